"""Whether a text is FHIRPath, by a strict parser: the library that evaluates takes a broken text for a shorter one."""

import re
from functools import lru_cache

TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|//[^\n]*|/\*.*?\*/", re.DOTALL)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
# FHIRPath's own functions, and the words that may stand before a parenthesis.
OF_FHIRPATH = frozenset(
    (
        "abs aggregate all allFalse allTrue and anyFalse anyTrue as ceiling children combine contains "
        "convertsToBoolean convertsToDate convertsToDateTime convertsToDecimal convertsToInteger "
        "convertsToLong convertsToQuantity convertsToString convertsToTime count decode defineVariable "
        "descendants distinct div encode endsWith escape exclude exists exp first floor highBoundary iif "
        "implies in indexOf intersect is isDistinct empty join last lastIndexOf length ln log lower "
        "lowBoundary matches matchesFull mod not now ofType or power precision repeat repeatAll replace "
        "replaceMatches round select single skip split sqrt startsWith subsetOf substring supersetOf tail "
        "take timeOfDay toBoolean toChars toDate toDateTime toDecimal toInteger toLong toQuantity toString "
        "toTime today trace trim truncate type unescape union upper where xor comparable sort coalesce"
    ).split()
)
REST = re.compile(r'input: "((?:[^"\\]|\\.)*)"')
# Functions that FHIR adds to FHIRPath, and SDC to both.
OF_FHIR = frozenset(
    (
        "answers checkModifiers conformsTo elementDefinition extension getReferenceKey getResourceKey getValue "
        "hasValue htmlChecks memberOf ordinal resolve slice subsumedBy subsumes sum avg min max weight"
    ).split()
)


@lru_cache(maxsize=4096)
def fault(text: str) -> str | None:
    """Why a text is no FHIRPath; None where it is."""
    import fhirpathrs  # type: ignore[import-untyped]

    bare = TEXTS.sub("''", text)
    if not _balanced(bare):
        return "its parentheses do not match"
    unknown = next((name for name in CALL.findall(bare) if name not in OF_FHIR and name not in OF_FHIRPATH), None)
    if unknown is not None:
        return f"there is no function {unknown}()"
    try:  # it has no parser alone; what stands in a branch not taken is parsed and not evaluated, so always ends
        fhirpathrs.evaluate(f"iif(false, ({text}\n), {{}})", {})
    except Exception as error:  # on nothing it may well fail; only what it can't parse counts
        message = str(error)
        if message.startswith("Parse error"):
            rest = REST.search(message)
            left = rest[1].removesuffix("), {})").removesuffix("\\n")[:60] if rest else ""
            return f"it can't be parsed at {left!r}" if left else "it can't be parsed"
    return None


def _balanced(text: str) -> bool:
    """Whether parentheses match, so that a text can be put between two of them."""
    open_ = 0
    for sign in text:
        open_ += (sign == "(") - (sign == ")")
        if open_ < 0:
            return False
    return open_ == 0
