"""The questions about a patient: one a fact or reason, answered yes, no or not known.

Each question says how its answer becomes the explicit record of the fact: an Observation, by definition-based
extraction (SDC 4.0.0, sdc-questionnaire-definitionExtract and -definitionExtractValue).
"""

from collections.abc import Iterable

from ..model import CaseFact, Content, Reason, Section
from .code_system import NO, NOT_KNOWN, YES
from .common import (
    CPG,
    CRMI,
    Resource,
    artifact_extensions,
    assemble,
    copyright_notices,
    extension,
    metadata,
    own_coding,
    own_system,
    resource_id,
)
from .narrative import narrative, paragraph, section, table
from .words import reads

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
OBSERVATION = "http://hl7.org/fhir/StructureDefinition/Observation"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ANSWERS = ((YES, "Yes"), (NO, "No"), (NOT_KNOWN, "Not known"))


def questionnaire(content: Content) -> Resource:
    """All questions, grouped as a clinician thinks."""
    questions = content.questions
    profiles = [
        f"{CPG}cpg-computablequestionnaire",
        f"{CRMI}crmi-shareablequestionnaire",
        f"{CRMI}crmi-publishablequestionnaire",
    ]
    base = metadata(
        content, "Questionnaire", resource_id(questions.id), questions.title, questions.description, profiles
    )
    asked = [_asked(content, id) for part in questions.section for id in part.ask]
    resource = {
        **base,
        "text": narrative(
            questions.title,
            paragraph(questions.description, " ", content.package.unknown),
            *(section(part.title, _rows(content, part)) for part in questions.section),
            paragraph(content.package.disclaimer),
        ),
        "extension": [
            *base["extension"],
            *artifact_extensions(content, [s for each in asked for s in each.statements]),
        ],
        "subjectType": ["Patient"],
        "purpose": "To record what the page's conditions ask for, so that they can be answered.",
        "item": [_group(content, part) for part in questions.section],
    }
    return assemble({**resource, "copyright": copyright_notices(content, resource)})


def _rows(content: Content, part: Section) -> str:
    rows = ((each.question, why(content, each)) for each in (_asked(content, id) for id in part.ask))
    return table(("Question", "Why it is asked"), rows)


def _asked(content: Content, id: str) -> CaseFact | Reason:
    return content.facts.get(id) or content.reasons[id]


def why(content: Content, asked: CaseFact | Reason) -> str:
    """Why a question is asked: the statements behind it, and how they are read."""
    told = [f"{s}: {content.statements[s].text}." for s in asked.statements]
    readings = asked.readings if isinstance(asked, CaseFact) else ()
    read = reads(content, [r for r in readings if content.readings[r].about == "page"])
    return " ".join([*told, *read])


def _group(content: Content, part: Section) -> Resource:
    return {
        "linkId": f"section-{part.id}",
        "text": part.title,
        "type": "group",
        "item": [_question(content, _asked(content, id)) for id in part.ask],
    }


def _question(content: Content, asked: CaseFact | Reason) -> Resource:
    code = own_coding(content, "facts", asked.id, asked.title)
    return {
        "extension": list(_extraction(content, asked, code)),
        "linkId": asked.id,
        "code": [code],
        "text": asked.question,
        "type": "choice",
        "answerOption": [{"valueCoding": own_coding(content, "answers", answer, title)} for answer, title in ANSWERS],
        "item": [{"linkId": f"{asked.id}-why", "text": why(content, asked), "type": "display"}],
    }


def _extraction(content: Content, asked: CaseFact | Reason, code: Resource) -> Iterable[Resource]:
    """One Observation a question that is answered: the fact's code, and true or false where the answer is yes or no."""
    yield extension(
        f"{SDC}sdc-questionnaire-definitionExtract",
        extension=[extension("definition", valueCanonical=OBSERVATION)],
    )
    answered = "answer.value.where(system = '{}' and code = '{}').exists()".format
    system = own_system(content, "answers")
    yes, no, not_known = (answered(system, answer) for answer in (YES, NO, NOT_KNOWN))
    yield _fixed("identifier.system", valueUri=f"{content.package.base}/fact")
    yield _fixed("identifier.value", valueString=asked.id)
    yield _fixed("status", valueCode="final")
    yield _fixed("code.coding", valueCoding=code)
    yield _computed("subject", "%resource.subject")
    yield _computed("effective[x]", "%resource.authored")
    yield _computed("dataAbsentReason.coding.system", f"iif({not_known}, '{DATA_ABSENT_REASON}', {{}})")
    yield _computed("dataAbsentReason.coding.code", f"iif({not_known}, 'unknown', {{}})")
    yield _computed("value[x]", f"iif({yes}, true, iif({no}, false, {{}}))")


def _fixed(element: str, **value: object) -> Resource:
    return _value(element, extension("fixed-value", **value))


def _computed(element: str, expression: str) -> Resource:
    return _value(
        element, extension("expression", valueExpression={"language": "text/fhirpath", "expression": expression})
    )


def _value(element: str, how: Resource) -> Resource:
    place = extension("definition", valueUri=f"{OBSERVATION}#Observation.{element}")
    return extension(f"{SDC}sdc-questionnaire-definitionExtractValue", extension=[place, how])
