"""The package as a reviewer looks at it: which statement went where. Reads `fhir/` only."""
