"""What can be requested: drugs, procedures, tests, a talk, questions. Whether it fits is a plan's business."""

from collections.abc import Iterable, Sequence

from ..codes import CodeTable
from ..model import Activity, Content, Drug
from .common import (
    CPG,
    CRMI,
    Resource,
    assemble,
    canonical,
    cited,
    copyright_notices,
    depends_on,
    derived_from,
    extension,
    metadata,
    own_coding,
    resource_id,
    topic,
    usage,
)
from .medication import drug_concept
from .narrative import bullets, narrative, paragraph, section
from .words import reads, says

# kind of request -> CPG activity profile, profile of the request, CPG activity type
KINDS = {
    "MedicationRequest": ("cpg-medicationrequestactivity", "cpg-medicationrequest", "order-medication"),
    "ServiceRequest": ("cpg-servicerequestactivity", "cpg-servicerequest", "order-service"),
    "CommunicationRequest": ("cpg-communicationactivity", "cpg-communicationrequest", "send-message"),
    "Task": ("cpg-collectinformationactivity", "cpg-questionnairetask", "collect-information"),
}

NO_DOSE = "The page gives no dose, cycle or duration, so none is given here."


def drug_activity(content: Content, drug: Drug) -> Resource:
    """The request for one drug, without dose."""
    request = {
        "code": {"coding": [_workflow(content.codes, "MedicationRequest")], "text": drug.id},
        "productCodeableConcept": drug_concept(content, drug),
    }
    description = f"{drug.title}, a drug that the page names. {NO_DOSE}"
    return _activity_definition(
        content,
        drug.id,
        "MedicationRequest",
        drug.title,
        description,
        statements=drug.statements,
        readings=(),
        artifacts=[
            *cited(content, drug.citations),
            *depends_on([canonical(content, "Medication", resource_id(drug.id))]),
        ],
        request=request,
    )


def activity(content: Content, activity: Activity) -> Resource:
    """The request for a procedure, a test, a talk or an answer."""
    clinical = [content.codes.only(activity.code).coding()] if activity.code else []
    own = own_coding(content, "activities", activity.id, activity.title)
    questions = canonical(content, "Questionnaire", resource_id(content.questions.id))
    asks = activity.kind == "Task"
    code = {"coding": [*clinical, own, _workflow(content.codes, activity.kind)], "text": activity.title}
    return _activity_definition(
        content,
        activity.id,
        activity.kind,
        activity.title,
        activity.description,
        statements=content.rests_on(activity),
        readings=activity.readings,
        artifacts=depends_on([questions]) if asks else [],
        request={"code": code},
        extensions=[extension(f"{CPG}cpg-collectWith", valueCanonical=questions)] if asks else [],
    )


def _workflow(codes: CodeTable, kind: str) -> Resource:
    return codes.only(KINDS[kind][2]).coding()


def _activity_definition(
    content: Content,
    id: str,
    kind: str,
    title: str,
    description: str,
    *,
    statements: Sequence[str],
    readings: Iterable[str],
    artifacts: Sequence[Resource],
    request: Resource,
    extensions: Sequence[Resource] = (),
) -> Resource:
    activity_profile, request_profile, _ = KINDS[kind]
    profiles = [
        f"{CPG}{activity_profile}",
        f"{CRMI}crmi-shareableactivitydefinition",
        f"{CRMI}crmi-publishableactivitydefinition",
    ]
    base = metadata(content, "ActivityDefinition", resource_id(id), title, description, profiles)
    resource = {
        **base,
        "extension": [*base["extension"], *extensions],
        "text": narrative(
            title,
            paragraph(description),
            section("The page says", bullets(says(content, statements))),
            section("How it is read", bullets(reads(content, readings))),
            paragraph(content.package.disclaimer),
        ),
        "purpose": "To propose, never to order. Whether it may be offered is decided by the plan that points here.",
        "usage": usage(content, readings),
        "topic": topic(content),
        "relatedArtifact": [derived_from(content, statements), *artifacts],
        "kind": kind,
        "profile": f"{CPG}{request_profile}",
        "intent": "proposal",
        "priority": "routine",
        "doNotPerform": False,
        **request,
    }
    return assemble({**resource, "copyright": copyright_notices(content, resource)})
