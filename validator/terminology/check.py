"""Codes and displays against the code systems at hand; what no list decides is said to be unchecked."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..catalogue import Catalogue
from ..definitions import Definitions
from ..definitions.codes import CodeSystem
from ..near import hint, url_hint
from ..odd import Node, coded, is_in, items
from ..place import Place
from ..rule import Finding, Layer, Rule, Wording, rule
from ..tally import Tally
from ..visit import Seen, Visit
from .digits import is_loinc, is_snomed
from .units import is_ucum
from .value_sets import Expansion, expanded, of_resource

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
# Where HL7 publishes code systems; under sid/ it gives names to those of others.
HL7 = ("http://hl7.org/fhir/", "http://terminology.hl7.org/CodeSystem/")
OTHERS = "http://hl7.org/fhir/sid/"
QUANTITIES = {"Quantity", "Age", "Count", "Distance", "Duration"}
OF_EXPRESSION = re.compile(r"[+:|{}()=,<]")  # a SNOMED CT expression, post-coordinated or with terms
NUMBERED = re.compile(r"/v2-[0-9]{4}$")
# Systems without a list at hand whose codes have a known form.
FORMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": (re.compile(r"[1-9][0-9]{0,7}"), "an RxNorm code is a number"),
    "http://www.whocc.no/atc": (
        re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?"),
        "an ATC code is a letter, two digits, a letter, a letter, two digits, cut after any of these",
    ),
    "urn:iso:std:iso:4217": (re.compile(r"[A-Z]{3}"), "a currency is three capital letters"),
    "urn:ietf:bcp:13": (
        re.compile(r"[\w.+*!#$&^\-]+/[\w.+*!#$&^\-]+(?:\s*;.*)?|xml|json|ttl"),
        "a media type is written type/subtype",
    ),
    "urn:ietf:bcp:47": (re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"), "a language tag is written en or en-CA"),
}
GRAMMARS = {"urn:ietf:bcp:13", "urn:ietf:bcp:47"}  # what has the form is a code
NO_LIST = "no list of its codes is at hand"
OF_FORM = "its form is right; whether the codes exist is not known here"
OF_DIGITS = "its check digits are right; whether the codes exist is not known here"
BOUND_FORMS = {
    "http://hl7.org/fhir/ValueSet/currencies": "urn:iso:std:iso:4217",
    "http://hl7.org/fhir/ValueSet/mimetypes": "urn:ietf:bcp:13",
}


@rule(Layer.TERMINOLOGY)
def code_unknown(system: str, code: str, near: str) -> Wording:
    """A code exists in its code system, where all codes of that are at hand."""
    return f"{system} has no code {code!r}", f"use a code that it has{near}"


@rule(Layer.TERMINOLOGY)
def display_differs(system: str, code: str, display: str, names: str) -> Wording:
    """A display is one that the code system gives the code: another may make a reader see another thing."""
    return f"{code!r} of {system} is not called {display!r}", f"write {names}"


@rule(Layer.TERMINOLOGY, "warning")
def display_alternative(system: str, code: str, display: str, names: str) -> Wording:
    """A value set may give a code a display of its own (R4 valueset.html); one that says another thing misleads."""
    return f"{code!r} of {system} is called {display!r} here", f"the code system calls it {names}: see that they agree"


@rule(Layer.TERMINOLOGY)
def snomed_check_digit(code: str) -> Wording:
    """A SNOMED CT code is 6 to 18 digits, says that it is a concept, and ends in its Verhoeff check digit."""
    return f"{code!r} can be no SNOMED CT code: its form, partition or check digit is wrong", "look the code up again"


@rule(Layer.TERMINOLOGY)
def loinc_check_digit(code: str) -> Wording:
    """A LOINC code is digits, a dash and its check digit."""
    return f"{code!r} can be no LOINC code: its form or check digit is wrong", "look the code up again"


@rule(Layer.TERMINOLOGY)
def ucum_unit(code: str) -> Wording:
    """A unit of UCUM is one that its grammar and tables have, case-sensitive."""
    return f"{code!r} is no unit of UCUM", "write the unit as UCUM does"


@rule(Layer.TERMINOLOGY)
def code_form(code: str, what: str) -> Wording:
    """A code has the form that its system gives its codes."""
    return f"{code!r} has not the form that is wanted here: {what}", "write it so"


@rule(Layer.TERMINOLOGY)
def system_is_value_set(system: str) -> Wording:
    """The system of a code is a code system, not a value set."""
    return f"{system} is a value set, not a code system", "write the url of the code system that has the code"


@rule(Layer.TERMINOLOGY, "warning")
def system_unknown(system: str, near: str) -> Wording:
    """A code system under a base of HL7 whose url is nearly that of one in R4 is that one."""
    return f"R4 has no code system {system}", f"correct the url, or name its package with --package{near}"


@rule(Layer.TERMINOLOGY)
def code_version(system: str, version: str, there: str) -> Wording:
    """A code says no other version than its code system has here."""
    return f"{system} is not here in version {version}", f"the version at hand is {there}"


@rule(Layer.TERMINOLOGY, "warning")
def extensible_binding(codes: str, value_set: str) -> Wording:
    """A code bound as extensible is one of the value set, unless that has none that fits."""
    return f"{codes} is not in the value set {value_set}", "use a code of it where one fits"


@rule(Layer.TERMINOLOGY)
def expansion_agrees(system: str, code: str) -> Wording:
    """An expansion holds no code that the value set's own definition does not select."""
    return f"the expansion has {code!r} of {system}, which the compose does not select", "expand the value set again"


@rule(Layer.TERMINOLOGY)
def expansion_complete(count: int, codes: str) -> Wording:
    """An expansion that says by its total that it is whole holds every code that the value set lists.

    Of a whole code system some may be left out: those that are not to be chosen.
    """
    what = f"{count} codes" if count > 1 else "a code"
    return f"the expansion lacks {what} that the compose selects: {codes}", "expand the value set again"


@rule(Layer.TERMINOLOGY)
def expansion_once(system: str, code: str) -> Wording:
    """An expansion holds a code once."""
    return f"the expansion has {code!r} of {system} twice", "expand the value set again"


@rule(Layer.TERMINOLOGY)
def expansion_total(total: int, count: int) -> Wording:
    """The total of an expansion that is given whole is the number of its codes."""
    return f"the total is {total}, and the expansion has {count} codes", "expand the value set again"


@rule(Layer.TERMINOLOGY)
def concept_property(code: str) -> Wording:
    """A property of a concept is one that the code system declares."""
    return f"the code system declares no property {code!r}", "declare it in CodeSystem.property, or correct its code"


@rule(Layer.TERMINOLOGY)
def concept_property_type(code: str, given: str, declared: str) -> Wording:
    """A property of a concept has a value of the type that the code system declares for it."""
    return f"the property {code!r} is given as {given}, and declared as {declared}", "make them agree"


@rule(Layer.TERMINOLOGY, "warning")
def code_system_count(count: int, found: int) -> Wording:
    """The count of a complete code system is the number of its codes."""
    return f"the count is {count}, and the code system has {found} codes", "correct the count"


@rule(Layer.TERMINOLOGY, "information")
def code_not_checked(count: int, system: str, what: str) -> Wording:
    """Codes of a system that no list at hand decides are counted as not checked."""
    codes = f"{count} codes" if count > 1 else "1 code"
    return f"not checked: {codes} of {system} ({what})", "ask a terminology server"


class Terminology:
    """What is known of codes: R4's own tables, the packages', and the code systems and value sets of the input."""

    def __init__(self, definitions: Definitions, catalogue: Catalogue) -> None:
        self._definitions = definitions
        self._catalogue = catalogue
        self._own: dict[str, list[tuple[str | None, CodeSystem]]] = {}
        self._near_systems: dict[str, str] = {}  # one unknown system is often named many times
        for entry in catalogue.of_type("CodeSystem"):
            system = of_resource(entry.resource)
            if system is not None:
                self._own.setdefault(system.url, []).append((entry.version, system))

    def check(self, visit: Visit) -> Iterator[Finding]:
        unchecked = Tally()
        for seen in visit.resources:
            for type, node, place, _ in seen.objects:
                name = type.name
                if name == "Coding":
                    yield from self._code(node.get("system"), node, place, unchecked, node.get("version"))
                    if seen.root.defines:
                        yield from self._version(node, place)
                elif name in QUANTITIES:
                    yield from self._code(node.get("system"), node, place, unchecked)
                elif name == "ValueSet.compose.include":
                    yield from self._included(node, place, unchecked)
                elif name == "ValueSet.expansion.contains":
                    version = node.get("version")
                    yield from self._code(node.get("system"), node, place, unchecked, version, display_alternative)
                elif name == "ConceptMap.group":
                    yield from self._group(node, place, unchecked)
                elif name == "ValueSet":
                    yield from self._expansion(node, place)
                elif name == "CodeSystem":
                    yield from _properties(node, place)
                    yield from _count(node, place)
            yield from self._bound(seen, unchecked)
        for place, count, (system, what) in unchecked:
            yield code_not_checked(place, count, system, what)

    def _system(self, url: str, version: Any = None) -> CodeSystem | None:
        """The code system whose codes decide; None where that version is not at hand, or several are."""
        own = self._own.get(url, [])
        if own:
            fitting = {at: system for at, system in own if version is None or at == version}
            return next(iter(fitting.values())) if len(fitting) == 1 else None
        return self._definitions.codes.system(url) if version is None else None

    def _code(
        self,
        system: Any,
        node: Node,
        place: Place,
        unchecked: Tally,
        version: Any = None,
        display: Rule | None = None,
    ) -> Iterator[Finding]:
        """One code with its display, of a system that may be known or not."""
        code = node.get("code")
        if not isinstance(system, str) or not isinstance(code, str):
            return
        known = self._system(system, version)
        if known is not None:
            found = known.canonical(code)
            if found is None:
                yield code_unknown(place.child("code"), system, code, hint(code, known.displays))
            else:
                yield from _display(display or display_differs, known, found, node, place)
            return
        at = place.child("code")
        what = NO_LIST
        if system == UCUM:
            if not is_ucum(code):
                yield ucum_unit(at, code)
            return
        if system == SNOMED:
            what = OF_DIGITS
            if OF_EXPRESSION.search(code):
                what = "expressions are not read"
            elif not is_snomed(code):
                yield snomed_check_digit(at, code)
                return
        elif system == LOINC:
            what = OF_DIGITS
            if not is_loinc(code):
                yield loinc_check_digit(at, code)
                return
        elif system in FORMS:
            pattern, form = FORMS[system]
            what = OF_FORM
            if not pattern.fullmatch(code):
                yield code_form(at, code, form)
                return
        elif self._is_value_set(system):
            yield system_is_value_set(place.child("system"), system)
            return
        elif system.startswith(HL7) and self._is_unknown(system) and self._near(system):
            yield system_unknown(place.child("system"), system, self._near(system))
            return
        unchecked.add(at, system, what)

    def _is_unknown(self, system: str) -> bool:
        if system.startswith(OTHERS):
            return False
        return system not in self._catalogue.by_url and self._definitions.canonicals.get(system) != "CodeSystem"

    def _near(self, system: str) -> str:
        if NUMBERED.search(system):
            return ""  # every number is near another
        if system not in self._near_systems:
            self._near_systems[system] = url_hint(system, self._definitions.canonicals)
        return self._near_systems[system]

    def _version(self, node: Node, place: Place) -> Iterator[Finding]:
        system, version = node.get("system"), node.get("version")
        if isinstance(system, str) and isinstance(version, str):
            entries = [entry for entry in self._catalogue.by_url.get(system, ()) if entry.type == "CodeSystem"]
            there = {
                entry.version for entry in entries if entry.version and entry.resource.get("content") == "complete"
            }
            if there and version not in there:
                yield code_version(place.child("version"), system, version, ", ".join(sorted(there)))

    def _is_value_set(self, url: str) -> bool:
        at_hand = [entry.type for entry in self._catalogue.by_url.get(url, ())]
        return "ValueSet" in at_hand or (not at_hand and self._definitions.canonicals.get(url) == "ValueSet")

    def _included(self, node: Node, place: Place, unchecked: Tally) -> Iterator[Finding]:
        system = node.get("system")
        if isinstance(system, str) and self._system(system) is None and self._is_value_set(system):
            yield system_is_value_set(place.child("system"), system)
            return
        for index, concept in enumerate(items(node.get("concept"))):
            if isinstance(concept, dict):
                at = place.child("concept", index)
                yield from self._code(system, concept, at, unchecked, node.get("version"), display_alternative)

    def _group(self, node: Node, place: Place, unchecked: Tally) -> Iterator[Finding]:
        for index, element in enumerate(items(node.get("element"))):
            if not isinstance(element, dict):
                continue
            at = place.child("element", index)
            yield from self._code(node.get("source"), element, at, unchecked)
            for number, target in enumerate(items(element.get("target"))):
                if isinstance(target, dict):
                    yield from self._code(node.get("target"), target, at.child("target", number), unchecked)

    def _expansion(self, node: Node, place: Place) -> Iterator[Finding]:
        """An expansion against its own compose, where that can be counted out."""
        expansion = node.get("expansion")
        if not isinstance(expansion, dict) or "compose" not in node:
            return
        if not all(self._at_hand(each) for each in _includes(node["compose"])):
            return
        wanted = expanded(node, _Known(self._system, self._definitions), self._catalogue, frozenset())
        if wanted is None:
            return
        given: dict[str, set[str]] = {}
        count = 0
        once: set[tuple[Any, ...]] = set()
        for at, contains in _contains(expansion, place.child("expansion")):
            system, code = contains.get("system"), contains.get("code")
            if not isinstance(system, str) or not isinstance(code, str) or contains.get("abstract") is True:
                continue
            count += 1
            key = (str(at.parent), system, code, contains.get("version"))  # below another code it may stand again
            if key in once:
                yield expansion_once(at.child("code"), system, code)
            once.add(key)
            given.setdefault(system, set()).add(code)
            if code not in wanted.get(system, ()):
                yield expansion_agrees(at.child("code"), system, code)
        partial = "offset" in expansion  # one page of several
        total = expansion.get("total")
        if isinstance(total, int) and not partial and (total < count or (total > count and _is_whole(wanted, given))):
            yield expansion_total(place.child("expansion").child("total"), total, count)
        listed = _listed(node["compose"])
        lacking = [
            code
            for system, codes in wanted.items()
            for code in sorted(codes & listed.get(system, set()) - given.get(system, set()))
        ]
        if lacking and not partial and total == count:
            shown = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
            yield expansion_complete(place.child("expansion"), len(lacking), shown)

    def _at_hand(self, include: Node) -> bool:
        """Whether the codes of an include can be told: it lists them, or the version that it names is at hand."""
        system = include.get("system")
        if "version" not in include or "concept" in include or not isinstance(system, str):
            return True
        return self._system(system, include["version"]) is not None

    def _bound(self, seen: Seen, unchecked: Tally) -> Iterator[Finding]:
        for member, value, place in seen.bound:
            url = member.value_set or ""
            if isinstance(value, str):
                system = BOUND_FORMS.get(url)
                if member.strength == "required" and system is not None:
                    pattern, form = FORMS[system]
                    if not pattern.fullmatch(value):
                        yield code_form(place, value, form)
                    elif system not in GRAMMARS:
                        unchecked.add(place, system, OF_FORM)
            codes = self._definitions.codes.value_set(url)
            if codes is None and url not in BOUND_FORMS:
                unchecked.add(place, f"what is bound to {url}", "it can't be counted out here")
            if codes is None or member.strength != "extensible":
                continue
            if isinstance(value, str):
                if not any(value in row for row in codes.values()):
                    yield extensible_binding(place, repr(value), url)
                continue
            codings = value.get("coding") if member.type == "CodeableConcept" else [value]
            named = [each for each in items(codings) if isinstance(each, dict) and "code" in each]
            if named and not any(is_in(codes, each) for each in named):
                yield extensible_binding(place, ", ".join(map(coded, named)), url)


class _Known:
    """The codes that expanding needs, the input's own before R4's."""

    def __init__(self, system: Callable[[str], CodeSystem | None], definitions: Definitions) -> None:
        self._system = system
        self._definitions = definitions

    def system(self, url: str) -> CodeSystem | None:
        return self._system(url)

    def value_set(self, url: str) -> Expansion | None:
        return self._definitions.codes.value_set(url)


def _display(rule: Rule, known: CodeSystem, code: str, node: Node, place: Place) -> Iterator[Finding]:
    display = node.get("display")
    names = known.displays[code]
    if isinstance(display, str) and names and _plain(display) not in {_plain(name) for name in names}:
        shown = " or ".join(repr(name) for name in names[:3])
        yield rule(place.child("display"), known.url, code, display, shown)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _properties(node: Node, place: Place) -> Iterator[Finding]:
    declared = {
        each["code"]: each.get("type")
        for each in items(node.get("property"))
        if isinstance(each, dict) and isinstance(each.get("code"), str)
    }

    def below(concepts: Any, root: Place) -> Iterator[Finding]:
        for index, concept in enumerate(items(concepts)):
            if not isinstance(concept, dict):
                continue
            here = root.child("concept", index)
            for number, each in enumerate(items(concept.get("property"))):
                code = each.get("code") if isinstance(each, dict) else None
                at = here.child("property", number)
                if isinstance(code, str) and code not in declared:
                    yield concept_property(at.child("code"), code)
                elif isinstance(code, str):
                    given = next((key for key in each if key.startswith("value")), None)
                    wanted = declared[code]
                    if isinstance(wanted, str) and given not in (None, f"value{wanted[:1].upper()}{wanted[1:]}"):
                        yield concept_property_type(at.child(str(given)), code, str(given), wanted)
            yield from below(concept.get("concept"), here)

    yield from below(node.get("concept"), place)


def _contains(node: Node, place: Place) -> Iterator[tuple[Place, Node]]:
    for index, each in enumerate(items(node.get("contains"))):
        if isinstance(each, dict):
            at = place.child("contains", index)
            yield at, each
            yield from _contains(each, at)


def _includes(compose: Any) -> list[Node]:
    """All includes and excludes of a compose."""
    named = compose if isinstance(compose, dict) else {}
    return [each for name in ("include", "exclude") for each in items(named.get(name)) if isinstance(each, dict)]


def _listed(compose: Any) -> dict[str, set[str]]:
    """The codes that a compose names one by one."""
    found: dict[str, set[str]] = {}
    for include in items(compose.get("include")) if isinstance(compose, dict) else ():
        if isinstance(include, dict) and isinstance(include.get("system"), str):
            codes = {str(each.get("code")) for each in items(include.get("concept")) if isinstance(each, dict)}
            found.setdefault(include["system"], set()).update(codes)
    return found


def _is_whole(wanted: Any, given: dict[str, set[str]]) -> bool:
    return all(codes <= given.get(system, set()) for system, codes in wanted.items())


def _count(node: Node, place: Place) -> Iterator[Finding]:
    count = node.get("count")
    if isinstance(count, int) and node.get("content") == "complete":
        found = sum(1 for _ in _concepts(node))
        if found and found != count:
            yield code_system_count(place.child("count"), count, found)


def _concepts(node: Node) -> Iterator[Node]:
    for concept in items(node.get("concept")):
        if isinstance(concept, dict):
            yield concept
            yield from _concepts(concept)
