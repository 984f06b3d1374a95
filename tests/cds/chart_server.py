"""A FHIR server that holds one patient's chart, and answers the service's searches; it misbehaves as it is told."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ..misbehaving import Reply, Store
from ..test_prefetch import found

Resource = dict[str, Any]


@dataclass
class Chart(Store):
    """`bundle`: the chart; `pages`: how many records stand on a page."""

    bundle: Resource = field(default_factory=dict)
    pages: int = 100
    next_base: str | None = None  # where next pages are said to be, if elsewhere

    def answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        assert (method, body) == ("GET", None)
        assert "application/fhir+json" in headers["accept"]
        place, _, query = unquote(path).partition("?")
        if not query:
            patient = next(e["resource"] for e in self.bundle["entry"] if e["resource"]["resourceType"] == "Patient")
            return (200, patient, {}) if place == f"Patient/{patient['id']}" else (404, None, {})
        search, _, start = query.partition("&_start=")
        name, _, rest = search.partition("&")
        assert name.startswith("patient=")
        template = f"{place}?patient={{{{context.patientId}}}}{'&' if rest else ''}{rest}"
        hits = [{"resource": each["resource"]} for each in found(template, self.bundle)]
        at = int(start or 0)
        page: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(hits)}
        page["entry"] = hits[at : at + self.pages]
        if at + self.pages < len(hits):
            base = self.next_base or self.base
            page["link"] = [{"relation": "next", "url": f"{base}/{place}?{search}&_start={at + self.pages}"}]
        return 200, page, {}
