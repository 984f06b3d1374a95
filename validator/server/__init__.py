"""A second opinion from a FHIR server: `$validate` for each document, its issues beside ours, marked as the server's.

It adds what a server knows and we can't: terminology that is not at hand, profiles that are loaded there.
"""
