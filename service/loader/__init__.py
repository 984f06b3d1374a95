"""The package onto a server and off it again: look, decide, write what differs, read back.

What is written follows from the package and from what the server has (`plan.py`, pure); `look.py` and `write.py` ask
the server. Ownership is the url (a Medication: the identifier) with the package's tag, never an id.
"""
