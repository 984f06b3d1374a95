"""Code systems in use, and on what terms, as the resources' copyright states them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

# A code system and the words by which the resources' copyright speaks of it.
NAMED = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.whocc.no/atc": "ATC",
    "http://loinc.org": "LOINC",
    "http://unitsofmeasure.org": "UCUM",
    "http://hl7.org/fhir/NamingSystem/ca-hc-din": "Drug Identification Numbers",
}
COPYRIGHT = "/artifact-copyright"


@dataclass(frozen=True, slots=True)
class Terms:
    """A code system, how many resources hold its codes, and its terms in `words`."""

    system: str
    resources: int
    words: str


def terms(resources: Sequence[Resource]) -> list[Terms]:
    """Each code system in use, by url."""
    used: dict[str, int] = {}
    notices: dict[str, None] = {}
    for resource in resources:
        for system in dict.fromkeys(_systems(resource)):
            used[system] = used.get(system, 0) + 1
        notices |= dict.fromkeys(filter(None, _copyright(resource).split("\n\n")))
    ours = {r["url"] for r in resources if r["resourceType"] == "CodeSystem"}
    licence = next((r["license"] for r in resources if "license" in r), "")
    found = []
    for system in sorted(used):
        name = NAMED.get(system)
        said = [notice for notice in notices if name and name in notice and not notice.startswith("Content under")]
        words = f"Ours: {licence}." if system in ours and licence else " ".join(said)
        found.append(Terms(system, used[system], words or "No notice in the resources."))
    return found


def _copyright(resource: Resource) -> str:
    extensions = resource.get("extension", ())
    stated = (each["valueMarkdown"] for each in extensions if each["url"].endswith(COPYRIGHT))
    return str(resource.get("copyright") or next(stated, ""))


def _systems(node: Any) -> Iterator[str]:
    """The systems of all codes below; a system without a code, such as an identifier's, is none."""
    if isinstance(node, dict):
        if isinstance(node.get("system"), str) and node.keys() & {"code", "concept"}:
            yield node["system"]
        for value in node.values():
            yield from _systems(value)
    elif isinstance(node, list):
        for value in node:
            yield from _systems(value)
