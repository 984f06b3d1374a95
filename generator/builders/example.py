"""Example patients: for each recommendation one offered, one ruled out and one in need of data, with the answer.

Made from the condition trees, so they show the smallest set of explicit records that decides. They are examples of the
package, not of real people, and are tagged as such.
"""

from collections.abc import Iterator

from ..logic import All, AnyOf, Fact, Not, Tree, Truth, closing, opposite, truth_of, unknowns
from ..model import Content, Option
from .common import EXAMPLE_TAG, PACKAGE_TAG, Resource, canonical, own_coding, resource_id
from .narrative import narrative, paragraph

SERVER = "https://example.org/fhir"  # RFC 2606: nobody's
OUTCOMES = {Truth.TRUE: "offered", Truth.FALSE: "ruled-out", Truth.UNKNOWN: "needs-data"}

Case = dict[str, Truth]


def examples(content: Content) -> dict[str, Resource]:
    """Path below the folder of examples -> Bundle (collection) with patient, records and the plan's answer."""
    return {
        f"{option.id}/{OUTCOMES[truth]}.json": _bundle(content, option, truth, case)
        for option in content.option
        for truth, case in _cases(content, option)
    }


def _cases(content: Content, option: Option) -> Iterator[tuple[Truth, Case]]:
    """For each outcome the facts that bring it about; the last part of the condition makes the difference."""
    tree = content.tree(option)
    *rest, last = tree.parts
    met = _decide(All(tuple(rest)), Truth.TRUE) if rest else {}
    yield Truth.TRUE, met | _decide(last, Truth.TRUE)
    yield Truth.FALSE, met | _decide(last, Truth.FALSE)
    yield Truth.UNKNOWN, met


def _decide(tree: Tree, truth: Truth) -> Case:
    """A smallest set of facts that makes the tree have this truth."""
    match tree:
        case Fact(id):
            return {id: truth}
        case Not(part):
            return _decide(part, opposite(truth))
        case All(parts) | AnyOf(parts):
            every = isinstance(tree, All) == (truth is Truth.TRUE)
            return {k: v for part in (parts if every else parts[:1]) for k, v in _decide(part, truth).items()}


def _bundle(content: Content, option: Option, truth: Truth, case: Case) -> Resource:
    tree, id = content.tree(option), f"{option.id}-{OUTCOMES[truth]}"
    if truth_of(tree, case) is not truth:
        raise ValueError(f"the example {id} does not show what it should")
    name = f"Example: {option.title}, {OUTCOMES[truth].replace('-', ' ')}"
    patient = {
        "resourceType": "Patient",
        "id": id,
        "meta": _meta(content, EXAMPLE_TAG),
        "text": narrative(name, paragraph("An example patient of the package; no real person.")),
        "name": [{"text": name}],
    }
    records = [_record(content, id, fact, answer) for fact, answer in case.items()]
    if content.conditions.always not in case:
        records.append(_diagnosis(content, id))
    resources = [patient, *records, _answer(content, option, id, truth, case)]
    return {
        "resourceType": "Bundle",
        "id": id,
        "meta": _meta(content, PACKAGE_TAG, EXAMPLE_TAG),
        "type": "collection",
        "entry": [{"fullUrl": f"{SERVER}/{r['resourceType']}/{r['id']}", "resource": r} for r in resources],
    }


def _meta(content: Content, *tags: str) -> Resource:
    return {"tag": [{"system": f"{content.package.base}/CodeSystem/package", "code": tag} for tag in tags]}


def _record(content: Content, patient: str, fact: str, truth: Truth) -> Resource:
    """The explicit record of a fact."""
    title = content.facts[fact].title
    said = content.facts[fact].said(truth)
    return {
        "resourceType": "Observation",
        "id": f"{patient}-{number(content, fact)}",
        "meta": _meta(content, EXAMPLE_TAG),
        "text": narrative(title, paragraph(f"It is recorded that {said}.")),
        "identifier": [{"system": f"{content.package.base}/fact", "value": fact}],
        "status": "final",
        "code": {"coding": [own_coding(content, "facts", fact, title)], "text": title},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": content.package.date,
        "valueBoolean": truth is Truth.TRUE,
    }


def _diagnosis(content: Content, patient: str) -> Resource:
    """A diagnosis that leaves open whether the cancer came back: without any, the answer would be no (R-18)."""
    diagnosis, status = content.codes.only(content.package.focus), content.codes.only("clinical-status-active")
    words = f"A diagnosis that is active: {diagnosis.display}. It does not say whether the cancer came back."
    return {
        "resourceType": "Condition",
        "id": f"{patient}-diagnosis",
        "meta": _meta(content, EXAMPLE_TAG),
        "text": narrative("Diagnosis", paragraph(words)),
        "clinicalStatus": {"coding": [status.coding()]},
        "code": {"coding": [diagnosis.coding()]},
        "subject": {"reference": f"Patient/{patient}"},
    }


def number(content: Content, fact: str) -> int:
    """The place of a fact among all facts: a short id for its record."""
    return list(content.facts).index(fact) + 1


def _answer(content: Content, option: Option, patient: str, truth: Truth, case: Case) -> Resource:
    """What the plan answers, as a GuidanceResponse; the outcome and the facts behind it are its output parameters."""
    tree = content.tree(option)
    missing = list(unknowns(tree, case))
    closed = {fact: case[fact] for fact in closing(tree, case)}
    words = _in_words(content, option, truth, missing, closed)
    needed = [
        {"type": "Observation", "codeFilter": [{"path": "code", "code": [_fact_coding(content, fact)]}]}
        for fact in missing
    ]
    parameters = [
        {"name": "outcome", "valueCode": OUTCOMES[truth]},
        *({"name": "missing", "valueCode": fact} for fact in missing),
        *({"name": "closedBy", "valueCode": fact} for fact in closed),
    ]
    return {
        "resourceType": "GuidanceResponse",
        "id": f"{patient}-answer",
        "meta": _meta(content, EXAMPLE_TAG),
        "text": narrative("What the plan answers", paragraph(words), paragraph(content.package.disclaimer)),
        "contained": [{"resourceType": "Parameters", "id": "answer", "parameter": parameters}],
        "moduleCanonical": canonical(content, "PlanDefinition", resource_id(f"offer-{option.id}")),
        "status": "data-required" if truth is Truth.UNKNOWN else "success",
        "subject": {"reference": f"Patient/{patient}"},
        "note": [{"text": f"{words} {content.package.disclaimer}"}],
        "outputParameters": {"reference": "#answer"},
        **({"dataRequirement": needed} if needed else {}),
    }


def _fact_coding(content: Content, fact: str) -> Resource:
    return own_coding(content, "facts", fact, content.facts[fact].title)


def _in_words(content: Content, option: Option, truth: Truth, missing: list[str], closed: Case) -> str:
    facts = content.facts
    if truth is Truth.TRUE:
        return f"{option.title} may be offered: the page's condition is met."
    if truth is Truth.UNKNOWN:
        asked = " and ".join(f"whether {facts[fact].yes}" for fact in missing)
        return f"{option.title}: it is not known {asked}. Unknown is not no."
    why = " and ".join(facts[fact].said(answer) for fact, answer in closed.items())
    return f"{option.title}: the page's condition is not met, because {why}."
