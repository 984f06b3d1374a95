"""The generator: what the page says, as data, turned into FHIR resources under `fhir/`."""
