"""FHIRPath over a Bundle of records: a condition in, true, false or empty out.

`Engine` is the port that everything else uses. Behind it, expressions are compiled to closures that share what they
have in common (`parser`, `compiler`); what the compiler does not know runs in a library engine (fhirpathpy).
"""

from .engine import Condition, Engine, FhirPathError, Records

__all__ = ["Condition", "Engine", "FhirPathError", "Records"]
