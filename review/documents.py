"""The lists in the integrator's documents, made from the resources, and their place between markers.

A document holds `<!-- generated: NAME -->` ... `<!-- end -->`; what stands between is replaced, all else is by hand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from ..packages.bundle import by_url, canonical_url, unload
from .evidence import recorded
from .readings import chosen
from .terms import NAMED, terms

Resource = dict[str, Any]

MARKER = re.compile(r"<!-- generated: (\S+) -->\n(.*?)<!-- end -->", re.DOTALL)
OPENING = re.compile(r"<!-- generated: (\S+) -->")
QUERY = "/cqf-fhirQueryPattern"
FACTS, STATEMENTS = "/CodeSystem/cervical-facts", "/CodeSystem/cervical-statements"


class MarkerError(Exception):
    """The markers of `document` are not what they should be; the message says which, and what to do."""

    def __init__(self, document: str, message: str) -> None:
        self.document = document
        super().__init__(message)


def artifacts(resources: Sequence[Resource]) -> str:
    """Every artifact with its type, id, canonical and version."""
    rows = [
        (r["resourceType"], f"`{r['id']}`", _title(r), f"`{canonical_url(r)}`", _version(r))
        for r in sorted(resources, key=lambda r: (r["resourceType"], r["id"]))
    ]
    return _table(("Type", "Id", "What it is", "Canonical", "Version"), rows)


def searches(resources: Sequence[Resource]) -> str:
    """What a server must be able to search by, from the requests of the bundles and the queries of the logic."""
    uses: dict[tuple[str, str], list[str]] = {}
    for bundle, use in ((by_url(resources), "`bundle-by-url.json`"), (unload(resources), "`unload.json`")):
        for entry in bundle["entry"]:
            _note(uses, entry["request"]["url"], use)
    for library, requirement in _requirements(resources):
        for query in _queries(requirement):
            _note(uses, query, f"`Library/{library['id']}` (prefetch)")
    types: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (kind, parameter), by in uses.items():
        types.setdefault((parameter, tuple(by)), []).append(kind)
    rows = [(f"`{parameter}`", ", ".join(sorted(kinds)), ", ".join(by)) for (parameter, by), kinds in types.items()]
    return _table(("Search parameter", "On", "Used by"), sorted(rows))


def code_systems(resources: Sequence[Resource]) -> str:
    """Each code system in use, how many resources hold its codes, and its terms as the resources state them."""
    rows = [(f"`{each.system}`", str(each.resources), each.words) for each in terms(resources)]
    return _table(("Code system", "Resources", "Terms"), rows)


def facts(resources: Sequence[Resource]) -> str:
    """The facts that decide a condition: code, question, statement and readings."""
    return _concepts(resources, "fact", ("Fact", "Question", "Statement", "Readings"))


def reasons(resources: Sequence[Resource]) -> str:
    """The reasons that are shown and decide nothing."""
    return _concepts(resources, "reason", ("Reason", "Meaning", "Statement", "Readings"))


def evidence(resources: Sequence[Resource]) -> str:
    """What says yes or no to each fact and reason: the output parameters of the logic."""
    rows = [(f"`{each.fact}`", each.says, "<br>".join(each.kinds)) for each in recorded(resources)]
    return _table(("Fact or reason", "Recorded that", "By one of these"), rows)


def records(resources: Sequence[Resource]) -> str:
    """Which records the logic reads, from its data requirements."""
    sets = {r["url"]: r for r in resources if r["resourceType"] == "ValueSet"}
    rows = []
    for library, requirement in _requirements(resources):
        wanted = [f["valueSet"].partition("|")[0] for f in requirement.get("codeFilter", ()) if "valueSet" in f]
        found = [sets[url] for url in wanted if url in sets]
        codes = "; ".join(f"`ValueSet/{each['id']}`: {each['description']}" for each in found) or "any"
        query = "<br>".join(f"`{query}`" for query in _queries(requirement))
        elements = ", ".join(f"`{element}`" for element in requirement.get("mustSupport", ()))
        rows.append((requirement["type"], codes, elements, query or f"of `{library['id']}`"))
    return _table(("Record", "With codes of", "Elements read", "Query"), rows)


def value_sets(resources: Sequence[Resource]) -> str:
    """The value sets by which others' records are recognised: codes that are not ours."""
    ours = {r["url"] for r in resources if r["resourceType"] == "CodeSystem"}
    rows = []
    for value_set in (r for r in resources if r["resourceType"] == "ValueSet"):
        systems = [system for system, _ in _members(value_set)]
        if not set(systems) <= ours:
            counted = ", ".join(f"{NAMED.get(s, s)} {systems.count(s)}" for s in dict.fromkeys(systems))
            rows.append((f"`{value_set['id']}`", value_set["title"], counted))
    return _table(("Value set", "Recognises", "Codes"), rows)


def readings(resources: Sequence[Resource]) -> str:
    """Where the page leaves room, and how it is read, from the usage of the resources that it touches."""
    rows = [(each.id, each.question, each.answer, str(len(each.touches))) for each in chosen(resources)]
    return _table(("Reading", "Where the page leaves room", "How it is read", "Resources"), rows)


def left_out(resources: Sequence[Resource]) -> str:
    """What the page has and this package leaves out on purpose."""
    [catalogue] = [r for r in resources if str(r.get("url", "")).endswith(STATEMENTS)]
    rows = [
        (c["code"], c["display"], c.get("definition", ""))
        for c in catalogue["concept"]
        if _property(c, "kind", "valueString") == ["left-out"]
    ]
    return _table(("Id", "What", "Why"), rows)


Section = Callable[[Sequence[Resource]], str]

# Document -> the parts it must hold, each once.
DOCUMENTS: Mapping[str, Mapping[str, Section]] = {
    "facts.md": {"facts": facts, "evidence": evidence, "reasons": reasons, "records": records},
    "integrators.md": {"artifacts": artifacts, "searches": searches, "code-systems": code_systems},
    "limits.md": {"readings": readings, "left-out": left_out},
    "local-codes.md": {"value-sets": value_sets},
}


def fill(name: str, text: str, resources: Sequence[Resource]) -> str:
    """A document with its marked parts made anew. Raises MarkerError where a marker is missing, doubled or unknown."""
    sections = DOCUMENTS[name]
    whole = [match[1] for match in MARKER.finditer(text) if not OPENING.search(match[2])]
    opened = OPENING.findall(text)
    for marker in sections:
        if (count := opened.count(marker)) != 1:
            raise MarkerError(name, f"{count} lines '<!-- generated: {marker} -->'; there must be one")
    for marker in opened:
        if marker not in sections:
            raise MarkerError(name, f"nothing is generated under the name '{marker}'; take that marker away")
        if marker not in whole:
            raise MarkerError(name, f"'<!-- generated: {marker} -->' has no '<!-- end -->' of its own; add one")

    def made(match: re.Match[str]) -> str:
        return f"<!-- generated: {match[1]} -->\n{sections[match[1]](resources)}<!-- end -->"

    return MARKER.sub(made, text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _title(resource: Resource) -> str:
    return str(resource.get("title") or resource.get("code", {}).get("text", ""))


def _version(resource: Resource) -> str:
    if "version" in resource:
        return str(resource["version"])
    return str(_extension(resource, "/artifact-version", "valueString"))


def _extension(element: Resource, url: str, value: str) -> Any:
    return next((e[value] for e in element.get("extension", ()) if e["url"].endswith(url)), "")


def _requirements(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Resource]]:
    for library in resources:
        if library["resourceType"] == "Library":
            for requirement in library.get("dataRequirement", ()):
                yield library, requirement


def _queries(requirement: Resource) -> list[str]:
    return [e["valueString"] for e in requirement.get("extension", ()) if e["url"].endswith(QUERY)]


def _note(uses: dict[tuple[str, str], list[str]], url: str, use: str) -> None:
    kind, _, query = url.partition("?")
    for parameter, _value in parse_qsl(query, keep_blank_values=True):
        by = uses.setdefault((kind, parameter), [])
        if use not in by:
            by.append(use)


def _members(value_set: Resource) -> list[tuple[str, str]]:
    return [(i["system"], c["code"]) for i in value_set["compose"]["include"] for c in i.get("concept", ())]


def _concepts(resources: Sequence[Resource], kind: str, head: Sequence[str]) -> str:
    [system] = [r for r in resources if r["resourceType"] == "CodeSystem" and r["url"].endswith(FACTS)]
    rows = [
        (
            f"`{c['code']}`",
            c["definition"],
            ", ".join(coding["code"] for coding in _property(c, "statement", "valueCoding")),
            ", ".join(_property(c, "reading", "valueString")),
        )
        for c in system["concept"]
        if _property(c, "kind", "valueString") == [kind]
    ]
    return _table(head, rows)


def _property(concept: Resource, code: str, value: str) -> list[Any]:
    return [p[value] for p in concept.get("property", ()) if p["code"] == code and value in p]
