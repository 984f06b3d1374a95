"""What the package does for a patient: answers to its questions become records that its conditions read."""
