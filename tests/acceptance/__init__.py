"""Acceptance on a real FHIR R4 server with clinical reasoning and CDS Hooks: HAPI, as `server/` builds it."""
