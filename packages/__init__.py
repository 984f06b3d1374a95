"""The package as its users take it: bundles to load and unload, with checksums. Reads `fhir/` only."""
