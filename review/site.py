"""The review pages: what is shown in, the files of a static site out. Same resources, same bytes."""

from collections.abc import Callable, Iterator
from importlib.resources import files as own_files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..service.options import OUTCOMES
from ..service.told import HEADINGS
from .choices import Choice
from .content import Content
from .graph import graph
from .markdown import markdown
from .picture import description, picture
from .terms import NAMED
from .trying import data, script
from .unsaid import UNSAID

Resource = dict[str, Any]

# File -> its name in the navigation, in its order.
PAGES = {
    "index.html": "Overview",
    "try.html": "Try a patient",
    "facts.html": "Facts",
    "drugs.html": "Drugs",
    "readings.html": "Readings",
    "patients.html": "Patients",
    "trace.html": "Trace",
    "terminology.html": "Terminology",
    "unsaid.html": "What is not said",
    "signoff.html": "Sign-off",
}
# Short names of code systems, beside those that the terms know.
SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/NamingSystem/ca-hc-din": "DIN",
    "http://terminology.hl7.org/CodeSystem/icd-o-3": "ICD-O-3",
}
STATIC = ("site.css", "print.js", "signoff.js", "try.js", "try.LICENSES.txt")


def site(content: Content) -> dict[str, bytes]:
    """File name -> bytes. Raises LookupError where the resources do not hold together."""
    pages = _Pages(content)
    made = {
        f"option-{option.id}.html": pages.page("option.html.j2", option.title, option=option)
        for option in content.options
    }
    made["index.html"] = pages.index()
    made["drugs.html"] = pages.page("drugs.html.j2", "Drugs", combinations=list(_combinations(content)))
    made["facts.html"] = pages.page("facts.html.j2", "Facts", deciding=content.deciding)
    made["readings.html"] = pages.page("readings.html.j2", "Readings to confirm")
    made["patients.html"] = pages.page("patients.html.j2", "Written patients")
    made["trace.html"] = pages.page("trace.html.j2", "Trace", carried=_carried(content), place=_places(content))
    made["terminology.html"] = pages.page("terminology.html.j2", "Terminology")
    made["unsaid.html"] = pages.page("unsaid.html.j2", "What the page does not say", unsaid=UNSAID, open=_open(content))
    made["try.html"] = pages.page("try.html.j2", "Try a patient")
    made["signoff.html"] = pages.page("signoff.html.j2", "Sign-off")
    texts = {name: text.encode("utf-8") for name, text in made.items()}
    drawings = {
        "options.svg": picture(content.resources).encode("utf-8"),
        "options-narrow.svg": picture(content.resources, narrow=True).encode("utf-8"),
    }
    scripts = {
        "signoff-data.js": script("cervicalOptionsSignoff", {"package": _canonical(content.strategy)}),
        "try-data.js": script("cervicalOptions", data(content)),
        "try-patients.js": script(
            "cervicalOptionsPatients",
            [{"name": each.name, "title": each.title, "bundle": each.bundle} for each in content.patients],
        ),
    }
    static = own_files(__package__) / "static"
    return {**texts, **drawings, **scripts, **{name: (static / name).read_bytes() for name in STATIC}}


class _Pages:
    def __init__(self, content: Content) -> None:
        self._content = content
        self._jinja = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters["markdown"] = markdown
        self._jinja.tests |= {
            "answers": lambda outcomes, option, name: outcomes.get(option) == name,
            "has": lambda values, value: value in values,
        }
        self._jinja.globals |= {
            "content": content,
            "pages": list(PAGES.items()),
            "outcomes": {OUTCOMES[id]: HEADINGS[OUTCOMES[id]] for id in OUTCOMES},
            "drug_of": {each.activity["id"]: each.id for each in content.drugs},
            "system": lambda url: SYSTEMS.get(url) or NAMED.get(url) or str(url).rpartition("/")[2],
            "codes": lambda activity: (activity.get("productCodeableConcept") or activity["code"])["coding"],
            "derived": _derived,
            "codes_in": _codes_in,
        }

    def page(self, template: str, title: str, **shown: Any) -> str:
        here = f"{template.removesuffix('.html.j2')}.html"
        return self._jinja.get_template(template).render(title=title, here=here, **shown)

    def index(self) -> str:
        content = self._content
        counts = [
            (len(content.options), "options, a page each", "#options"),
            (len(content.drugs), "drugs", "drugs.html"),
            (sum(each.decides for each in content.facts), "facts that decide", "facts.html"),
            (len(content.readings), "readings to confirm", "readings.html"),
            (len(content.statements), "statements, carried or left out", "trace.html"),
            (len(content.patients), "written patients", "patients.html"),
            (len(content.value_sets), "value sets", "terminology.html"),
        ]
        words = description(graph(content.resources))
        return self.page("index.html.j2", "Overview", description=words, counts=counts)


def _canonical(resource: Resource) -> str:
    return f"{resource['url']}|{resource['version']}"


def _derived(resource: Resource) -> list[str]:
    """The statements that a resource is derived from."""
    labels = [each.get("label", "") for each in resource.get("relatedArtifact", ()) if each["type"] == "derived-from"]
    return [id for label in labels for id in label.split(", ") if id]


def _codes_in(value_set: Resource) -> list[Resource]:
    includes = value_set.get("compose", {}).get("include", ())
    return [{"system": i["system"], "display": "", **c} for i in includes for c in i.get("concept", ())]


def _walk(choice: Choice) -> Iterator[Choice]:
    yield choice
    for each in choice.below:
        yield from _walk(each)


def _combinations(content: Content) -> Iterator[tuple[Resource, list[str], list[str]]]:
    """Plans all of whose parts are drugs that are given together."""
    drugs = {each.activity["id"] for each in content.drugs}
    found: dict[str, tuple[Resource, list[str], list[str]]] = {}
    for option in content.options:
        for choice in _walk(option.leads_to):
            parts = [each for below in choice.below for each in below.below]
            targets = [each.target["id"] for each in parts if each.target]
            together = len(choice.below) == 1 and choice.below[0].words == "all of these"
            if choice.target and together and len(targets) == len(parts) > 1 and drugs.issuperset(targets):
                found[choice.target["id"]] = (
                    choice.target,
                    [each.title for each in parts],
                    list(choice.below[0].statements),
                )
    yield from found.values()


def _open(content: Content) -> list[tuple[str, str]]:
    """What the page leaves open, each once."""
    found = {
        (each.title, each.text): None
        for option in content.options
        for each in _walk(option.leads_to)
        if each.target is None and not each.below
    }
    return list(found)


def _carried(content: Content) -> list[tuple[str, list[str], list[str]]]:
    """Resource -> the statements of itself, and those of its actions and concepts."""
    own: dict[str, list[str]] = {}
    inner: dict[str, list[str]] = {}
    for carrier, carried in content.carriers.items():
        place, _, element = carrier.partition("#")
        (inner if element else own).setdefault(place, []).extend(carried)
    places = [f"{each['resourceType']}/{each['id']}" for each in content.resources]
    return [(place, sorted(set(own.get(place, ()))), sorted(set(inner.get(place, ())))) for place in places]


def _places(content: Content) -> Callable[[str], str]:
    """A function from a carrier to the page that shows it."""
    pages = {f"PlanDefinition/{each.plan['id']}": f"option-{each.id}.html" for each in content.options}
    for drug in content.drugs:
        pages[f"ActivityDefinition/{drug.activity['id']}"] = f"drugs.html#{drug.id}"
    pages |= {f"ValueSet/{each['id']}": f"terminology.html#{each['id']}" for each in content.value_sets}
    return lambda carrier: pages.get(carrier.partition("#")[0], "")
