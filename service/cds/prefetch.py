"""The patient's records as a request brings them: one Bundle of theirs alone, and the types that were not read in full.

A type is unread where its query was not answered, or its answer failed, goes on elsewhere, or holds what can't be known
as this patient's. What hangs on it is then neither true nor false. Pure; what is fetched comes in as answers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..patient_record import SHAPES, TYPES, unreadable
from ..shape import Resource
from .request import Call
from .services import Template

# CDS Hooks 2.0 has null where a client has nothing. A chart without one diagnosis is hardly ever true, and no diagnosis
# would mean that the content does not apply, so of these null proves nothing.
NULL_IS_UNREAD = ("Condition",)

_ABSOLUTE = re.compile(r"(?P<base>https?://[^\s?#]+)/(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})")
_RELATIVE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})")
_BELONGS = ("subject", "patient", "for", "beneficiary")  # R4: the elements that say whose a record is


@dataclass(frozen=True, slots=True)
class Gathered:
    """`records`: a Bundle with the patient and their records. `unread`: type -> why it was not read in full."""

    records: Resource
    unread: Mapping[str, str]
    notes: tuple[str, ...]


def missing(call: Call) -> list[Template]:
    """The templates whose records the request does not bring."""
    return [each for each in call.service.prefetch if _is_missing(each, call.prefetch)]


def _is_missing(template: Template, prefetch: Mapping[str, Any]) -> bool:
    if template.key not in prefetch:
        return True
    value = prefetch[template.key]
    if value is None:
        return template.type in (*NULL_IS_UNREAD, "Patient")
    return value.get("resourceType") == "OperationOutcome" or _goes_on(value)


def gathered(call: Call, fetched: Mapping[str, Sequence[Resource] | str]) -> Gathered:
    """The records of a call: those that it brings, and for keys of which it brings none what was fetched.

    `fetched` has the pages of a key's answer, or why there is none.
    """
    gathering = _Gathering(call)
    for template in call.service.prefetch:
        found = fetched.get(template.key)
        if isinstance(found, str):
            gathering.lose(template.type, found)
        elif found is not None:
            gathering.pages(template, found)
        else:
            gathering.given(template)
    gathering.drafts()
    return Gathered(gathering.bundle(), gathering.unread, tuple(f"{what}: {n}" for what, n in gathering.notes.items()))


@dataclass(slots=True)
class _Gathering:
    """Records being gathered. `entries`: by type and id; None where two of one name differ."""

    call: Call
    unread: dict[str, str] = field(default_factory=dict)
    entries: dict[tuple[str, str], Resource | None] = field(default_factory=dict)
    patient: Resource | None = None
    notes: Counter[str] = field(default_factory=Counter)

    def lose(self, kind: str, why: str) -> None:
        self.unread.setdefault(kind, why)

    def given(self, template: Template) -> None:
        """What the request brings for a template."""
        value = self.call.prefetch.get(template.key)
        if template.key not in self.call.prefetch:
            self.lose(template.type, "not sent")
        elif value is None:
            if template.type in (*NULL_IS_UNREAD, "Patient"):
                self.lose(template.type, "sent as null")
        else:
            self.pages(template, [value])
            if _goes_on(value):
                self.lose(template.type, "more pages than were sent")

    def pages(self, template: Template, pages: Sequence[Resource]) -> None:
        for page in pages:
            kind = page.get("resourceType")
            if kind == "Bundle":
                self.page(template, page, alone=len(pages) == 1)
            elif kind == template.type:
                self.record(template, page, {}, "")
            else:
                self.lose(
                    template.type, "an error in its place" if kind == "OperationOutcome" else "something else sent"
                )

    def page(self, template: Template, page: Resource, *, alone: bool) -> None:
        entries = page.get("entry", [])
        if not isinstance(entries, list) or page.get("type") not in TYPES:
            self.lose(template.type, "no Bundle of records sent")
            return
        matches = 0
        for entry in entries:
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
                self.lose(template.type, "an entry without a resource")
                continue
            if resource["resourceType"] == "OperationOutcome":
                if not _informs(resource):
                    self.lose(template.type, "an error among its records")
                continue
            matches += resource["resourceType"] == template.type
            self.record(template, resource, entry, _base(entry, resource))
        total = page.get("total")
        if alone and isinstance(total, int) and total > matches:
            self.lose(template.type, "fewer records than its total")

    def record(self, template: Template, resource: Resource, entry: Resource, base: str) -> None:
        """One record, if it is this patient's."""
        kind, id = resource["resourceType"], resource.get("id")
        if kind == "Patient":
            if id == self.call.patient:
                self.patient = resource
            elif template.type == "Patient":
                self.notes["records of another patient left aside"] += 1
                self.lose("Patient", "another patient's sent")
            return
        if next(unreadable(resource, ""), None) is not None:
            self.notes["records that can't be read"] += 1
            self.lose(kind, "a record that can't be read")
            self.lose(template.type, "a record that can't be read")
            return
        owned = self.owned(resource, base)
        if owned is None:
            self.notes["records not known as this patient's left aside"] += 1
            self.lose(kind, "a record not known as this patient's")
            self.lose(template.type, "a record not known as this patient's")
            return
        key = (kind, id if isinstance(id, str) else f"#{len(self.entries)}")
        made = {"resource": owned, **({"fullUrl": entry["fullUrl"]} if isinstance(entry.get("fullUrl"), str) else {})}
        there = self.entries.setdefault(key, made)
        if there is None or there["resource"] != owned:
            self.entries[key] = None
            self.lose(kind, "two records of one id that differ")

    def owned(self, resource: Resource, base: str, *, loose: bool = False) -> Resource | None:
        """The record with the patient named as in the Bundle; None where it is not known to be theirs."""
        key = next((each for each in _BELONGS if each in resource), None)
        if key is None:
            nobodys = resource["resourceType"] not in SHAPES or resource["resourceType"] == "Medication"
            return resource if nobodys else resource | {"subject": self.named} if loose else None
        reference = resource[key].get("reference") if isinstance(resource[key], dict) else None
        if not isinstance(reference, str):
            return resource | {key: self.named} if loose else None
        reference = reference.partition("/_history/")[0]
        if match := _RELATIVE.fullmatch(reference):
            return resource if (match["type"], match["id"]) == ("Patient", self.call.patient) else None
        match = _ABSOLUTE.fullmatch(reference)
        if match is None or (match["type"], match["id"]) != ("Patient", self.call.patient):
            return None
        ours = {base, self.call.server.base if self.call.server else ""} - {""}
        return resource | {key: self.named} if match["base"] in ours or loose else None

    @property
    def named(self) -> Resource:
        return {"reference": f"Patient/{self.call.patient}"}

    def drafts(self) -> None:
        """The orders of the hook; its definition says that they are the patient's, unless they say another's."""
        for entry in self.call.drafts:
            resource = entry["resource"]
            owned = self.owned(resource, _base(entry, resource), loose=True)
            if owned is None:
                self.notes["draft orders of another patient left aside"] += 1
                continue
            id = resource.get("id")
            made = {key: value for key, value in entry.items() if key == "fullUrl" and isinstance(value, str)}
            self.entries[(f"draft {resource['resourceType']}", id or f"#{len(self.entries)}")] = made | {
                "resource": owned
            }

    def bundle(self) -> Resource:
        patient = self.patient if self.patient is not None else {"resourceType": "Patient", "id": self.call.patient}
        found = [each for each in self.entries.values() if each is not None]
        return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}, *found]}


def _informs(outcome: Resource) -> bool:
    """Whether an outcome among the records only informs (R4, search: mode outcome)."""
    issues = outcome.get("issue")
    return isinstance(issues, list) and all(
        isinstance(each, dict) and each.get("severity") == "information" for each in issues
    )


def _goes_on(value: Any) -> bool:
    """Whether a Bundle has a next page."""
    links = value.get("link", []) if isinstance(value, dict) else []
    return isinstance(links, Iterable) and any(
        isinstance(each, dict) and each.get("relation") == "next" for each in links
    )


def next_page(value: Resource) -> str | None:
    """The address of a Bundle's next page."""
    links = value.get("link", [])
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next" and isinstance(each.get("url"), str):
            return str(each["url"])
    return None


def _base(entry: Resource, resource: Resource) -> str:
    """The server that an entry's fullUrl names."""
    url = entry.get("fullUrl")
    match = _ABSOLUTE.fullmatch(url) if isinstance(url, str) else None
    same = match is not None and (match["type"], match["id"]) == (resource.get("resourceType"), resource.get("id"))
    return match["base"] if match is not None and same else ""
