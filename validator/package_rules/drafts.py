"""Draft until a clinician has reviewed it, and nothing that says otherwise."""

from collections.abc import Iterator

from ..rule import Finding, Layer, Wording, rule
from .subject import ARTIFACT, Subject, at_artifact, only, shown, string, where

REVIEW = ("approvalDate", "lastReviewDate", "reviewer", "endorser", "effectivePeriod")


@rule(Layer.PACKAGE)
def package_draft(status: str) -> Wording:
    """The status is draft until a clinician has reviewed the content."""
    return f"the status is {status}", "write draft: no clinician has reviewed it"


@rule(Layer.PACKAGE)
def package_experimental(element: str) -> Wording:
    """Everything is experimental until a clinician has reviewed the content."""
    return "it is not said to be experimental", f"add {element} with the value true"


@rule(Layer.PACKAGE)
def package_no_review(element: str) -> Wording:
    """Nothing names an approval, a review or a reviewer before there was one."""
    return f"{element} claims a review, and no clinician has reviewed the content", "remove it"


def check(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    if subject.type == "Medication":
        # Its status says whether the drug is in use; the extension says what it is as part of the package.
        url = f"{ARTIFACT}experimental"
        if not any(each.get("url") == url and each.get("valueBoolean") is True for each in only(resource, "extension")):
            yield package_experimental(at_artifact(place, resource, "experimental", "valueBoolean"), f"extension {url}")
    else:
        if resource.get("status") != "draft":
            yield package_draft(where(place, resource, "status"), shown(resource.get("status")))
        if resource.get("experimental") is not True:
            yield package_experimental(where(place, resource, "experimental"), "experimental")
    for element in REVIEW:
        if element in resource:
            yield package_no_review(place.child(element), element)
    for at, node in subject.named("extension"):
        url = string(node, "url")
        if url.startswith(ARTIFACT) and url.removeprefix(ARTIFACT) in REVIEW:
            yield package_no_review(at, url.rpartition("/")[2])
