"""The logic as CQL text: terminology, records, facts, options, each with what it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..logic import And, Answer, Define, Expression, Neither, Or
from ..model import CaseFact, Content, Evidence, Reason
from ..statuses import BACK, ENDED, RECORDED, VOID
from . import Logic
from .defines import Define as NamedDefine
from .defines import OptionLogic, answer_name, pascal
from .hooks import OrderLogic


@dataclass(frozen=True, slots=True)
class Urls:
    """What the text refers to: the Library's name, and canonical urls without a version."""

    library: str
    fact_system: str
    fact_codes: str
    reason_codes: str
    evidence: Mapping[str, str]  # value set id -> url
    orders: Mapping[str, str]  # order id -> value set of its codes


def cql(content: Content, logic: Logic, urls: Urls) -> str:
    """The Library's text."""
    lines = [*_header(content, urls.library), "", *_terminology(content, urls), "", *_context(), "", *_records(content)]
    lines += ["", "// ---- Facts: yes and no as recorded; true, false or unknown as concluded ----"]
    for fact in content.fact:
        lines += ["", *_fact(content, fact)]
    lines += ["", "// ---- Reasons: why an option may be chosen; nothing rests on them (R-11) ----"]
    for reason in content.reason:
        lines += ["", *_fact(content, reason)]
    lines += ["", "// ---- Options: offered, not met, or in need of data; and the facts behind the answer ----"]
    for answers in logic.options.values():
        lines += ["", *_option(content, answers)]
    lines += ["", "// ---- Cards of the hook patient-view ----", ""]
    lines += [_define(define) for define in logic.patient_view]
    lines += ["", "// ---- Draft orders of the hook order-sign: recognised by code; a warning, or information ----", ""]
    lines += _drafts()
    for each in logic.order_sign:
        lines += ["", *_order(each)]
    return "\n".join(lines) + "\n"


def _header(content: Content, library: str) -> Iterator[str]:
    page = content.package.page
    yield f"// {content.package.title}: the conditions of a page, for every engine alike."
    yield f"// Source: {page.publisher}, {page.title}, {page.url}"
    yield f"// {content.package.disclaimer}"
    yield "// Each define is true or false, never null. A fact has two rails, Yes and No; it is true, false, or unknown"
    yield "// where neither or both (conflicting) are recorded. S-ids name what the page says, R-ids how it is read."
    yield f"library {library} version '{content.version}'"
    yield ""
    yield "using FHIR version '4.0.1'"
    yield ""
    yield "include FHIRHelpers version '4.0.1'"


def _terminology(content: Content, urls: Urls) -> Iterator[str]:
    yield f"codesystem \"Facts\": '{urls.fact_system}'"
    yield ""
    yield f"valueset \"Fact codes\": '{urls.fact_codes}' version '{content.version}'"
    yield f"valueset \"Reason codes\": '{urls.reason_codes}' version '{content.version}'"
    for each in content.value_set:
        yield f"valueset \"{each.title}\": '{urls.evidence[each.id]}' version '{content.version}'"
    for order in content.order:
        yield f"valueset \"{order.title}\": '{urls.orders[order.id]}' version '{content.version}'"
    yield ""
    for asked in (*content.fact, *content.reason):
        yield f'code "{asked.id}": \'{asked.id}\' from "Facts"'


def _context() -> Iterator[str]:
    yield "// The orders about to be signed, as the hook hands them over; a list, because HAPI does."
    yield "parameter draftOrders List<FHIR.Resource>"
    yield ""
    yield "context Patient"


def _records(content: Content) -> Iterator[str]:
    yield "// ---- Records ----"
    yield ""
    yield "// Explicit records: one Observation a patient and fact or reason, with a Boolean value."
    for name, value_set in (("FactRecords", "Fact codes"), ("ReasonRecords", "Reason codes")):
        yield f"define {name}:"
        yield f'  [Observation: "{value_set}"] O'
        yield f"    where {_one_of('O.status', RECORDED)}"
        yield ""
    yield "// A record whose value is absent or no Boolean says nothing."
    for name, records in (("IsRecorded", "FactRecords"), ("IsRecordedReason", "ReasonRecords")):
        yield f"define function {name}(asked Code, answer Boolean):"
        yield f"  exists ({records} O where O.code ~ asked and O.value = answer)"
        yield ""
    yield "// A diagnosis that is neither refuted nor a mistake."
    yield "define function Stands(diagnosis FHIR.Condition):"
    yield f"  not exists (diagnosis.verificationStatus.coding K where {_one_of('K.code', VOID)})"
    yield ""
    yield "define function IsCurrent(diagnosis FHIR.Condition):"
    yield f"  Stands(diagnosis) and not exists (diagnosis.clinicalStatus.coding K where {_one_of('K.code', ENDED)})"
    yield ""
    yield "define function IsBack(diagnosis FHIR.Condition):"
    yield f"  Stands(diagnosis) and exists (diagnosis.clinicalStatus.coding K where {_one_of('K.code', BACK)})"
    yield ""
    yield "// A reference may name a version; what it points to is the same record."
    yield "define function PointsTo(reference FHIR.Reference, place String):"
    yield "  ReplaceMatches(reference.reference.value, '/_history/.*$', '') = place"
    for value_set in dict.fromkeys(row.because for row in content.evidence if row.because):
        yield from ("", *_because(content, value_set))
    for codes in dict.fromkeys(row.codes for row in content.evidence if row.of_drug):
        yield from ("", *_pointed(content.code_lists[codes[0]].title, pascal(codes[0])))


def _because(content: Content, value_set: str) -> Iterator[str]:
    """Whether a record's reason is one of these, by code or by the diagnosis that it points to."""
    name, title = pascal(value_set), content.code_lists[value_set].title
    yield f"define {name}Diagnoses:"
    yield f'  [Condition: "{title}"] C where Stands(C)'
    yield ""
    yield f"define function Is{name}Code(reasons List<FHIR.CodeableConcept>):"
    yield f'  exists (reasons R where R in "{title}")'
    yield ""
    yield f"define function Is{name}Diagnosis(reasons List<FHIR.Reference>):"
    yield f"  exists (reasons R where exists ({name}Diagnoses C where PointsTo(R, 'Condition/' + C.id)))"


def _pointed(title: str, name: str) -> Iterator[str]:
    """Whether a reference leads to a drug of a value set, among the records or contained."""
    yield f"define {name}Medications:"
    yield f'  [Medication: "{title}"]'
    yield ""
    drug = "medication Choice<FHIR.CodeableConcept, FHIR.Reference>"
    yield f"define function PointsTo{name}({drug}, contained List<FHIR.Resource>):"
    yield "  medication is FHIR.Reference and ("
    yield f"    exists ({name}Medications D where PointsTo(medication as FHIR.Reference, 'Medication/' + D.id))"
    yield "    or exists (contained D where D is FHIR.Medication"
    yield f'      and (D as FHIR.Medication).code in "{title}"'
    yield "      and PointsTo(medication as FHIR.Reference, '#' + D.id)))"


def _fact(content: Content, asked: CaseFact | Reason) -> Iterator[str]:
    name = pascal(asked.id)
    rows = content.evidence_of(asked.id)
    function = "IsRecorded" if isinstance(asked, CaseFact) else "IsRecordedReason"
    readings = asked.readings if isinstance(asked, CaseFact) else ()
    yield f"// {', '.join((*asked.statements, *readings))}: {asked.title}"
    for row in rows:
        yield from (f"// {row.title}", *_evidence(content, row), "")
    for rail, says, answer in (("Yes", "yes", "true"), ("No", "no", "false")):
        said = [f'{function}("{asked.id}", {answer})', *(pascal(row.id) for row in rows if row.says.startswith(says))]
        line = f"define {name}{rail}: {' or '.join(said)}"
        yield line if len(line) < 100 else f"define {name}{rail}:\n  " + "\n    or ".join(said)
    yield f"define {name}True: {name}Yes and not {name}No"
    yield f"define {name}False: {name}No and not {name}Yes"
    yield f"define {name}Unknown: not {name}True and not {name}False"
    yield f"define {name}Conflicting: {name}Yes and {name}No"


def _evidence(content: Content, row: Evidence) -> Iterator[str]:
    """Whether there is a record of this kind; for an absence, whether there is none that leaves the fact open."""
    name = pascal(row.id)
    titles = {each: content.code_lists[each].title for each in row.value_sets}
    match row.resource:
        case "Condition":
            where = [{"recurrence": "IsBack(C)", "current": "IsCurrent(C)"}.get(row.clinical or "", "Stands(C)")]
            where += [f'exists (C.bodySite S where S in "{titles[row.sites]}")'] if row.sites else []
            found = [f'exists ([Condition: "{titles[each]}"] C where {" and ".join(where)})' for each in row.codes]
        case "Observation":
            answers = titles[row.answers or ""]
            found = [
                f'exists ([Observation: "{titles[each]}"] O\n    where {_one_of("O.status", row.status)}\n'
                f'      and (exists (O.interpretation I where I in "{answers}")\n'
                f'        or (O.value is FHIR.CodeableConcept and O.value as FHIR.CodeableConcept in "{answers}")))'
                for each in row.codes
            ]
        case "Procedure":
            because = f"\n      and ({_by_code('P', row)} or {_by_diagnosis('P', row)})" if row.because else ""
            found = [
                f'exists ([Procedure: "{titles[each]}"] P\n    where {_one_of("P.status", row.status)}{because})'
                for each in row.codes
            ]
        case _:
            status, drugs = _one_of("M.status", row.status), pascal(row.codes[0])
            because = f"({_by_code('M', row)} or {_by_diagnosis('M', row)})"
            title = titles[row.codes[0]]
            found = [
                # The one kind of retrieve without a filter: what points to its drug has no code to be retrieved by,
                # and HAPI can't filter a choice by code where one of the records has a reference (ADR 17).
                f"exists ([{row.resource}] M\n    where {status}\n"
                f"      and ((M.medication is FHIR.CodeableConcept\n"
                f'          and M.medication as FHIR.CodeableConcept in "{title}")\n'
                f"        or PointsTo{drugs}(M.medication, M.contained))\n      and {because})",
            ]
    if row.says != "no-when-absent":
        yield f"define {name}:\n  " + "\n  or ".join(found)
        return
    asked = pascal(row.about)
    said = f'exists (FactRecords O where O.code ~ "{row.about}")'
    yield f"define {name}: not (\n  " + "\n  or ".join((f"{asked}Yes", said, *found)) + "\n)"


def _by_code(alias: str, row: Evidence) -> str:
    return f"Is{pascal(row.because or '')}Code({alias}.reasonCode)"


def _by_diagnosis(alias: str, row: Evidence) -> str:
    return f"Is{pascal(row.because or '')}Diagnosis({alias}.reasonReference)"


def _one_of(path: str, texts: Sequence[str]) -> str:
    return f"{path}.value in {{ {', '.join(map(repr, texts))} }}"


def _option(content: Content, answers: OptionLogic) -> Iterator[str]:
    yield f"// {', '.join(answers.option.statements)}: {answers.option.title}"
    if content.condition(answers.option) is None:
        yield "// The page sets no condition of its own."
    yield from map(_define, answers)


def _drafts() -> Iterator[str]:
    for name, kind in (("Medications", "MedicationRequest"), ("Services", "ServiceRequest"), ("Drugs", "Medication")):
        yield f"define Draft{name}:"
        draft = f" and (D as FHIR.{kind}).status.value = 'draft'" if kind != "Medication" else ""
        yield f"  draftOrders D where D is FHIR.{kind}{draft} return D as FHIR.{kind}"
        if kind != "Medication":
            yield ""


def _order(each: OrderLogic) -> Iterator[str]:
    order = each.order
    yield f"// {', '.join(order.statements)}: {order.title}"
    if order.kind == "ServiceRequest":
        yield f'define {each.drafted.name}: exists (DraftServices S where S.code in "{order.title}")'
    else:
        name = pascal(order.id)
        yield from _pointed(order.title, name)
        yield ""
        yield f"define {each.drafted.name}:"
        yield "  exists (DraftMedications M"
        yield "    where (M.medication is FHIR.CodeableConcept"
        yield f'        and M.medication as FHIR.CodeableConcept in "{order.title}")'
        yield f"      or PointsTo{name}(M.medication, M.contained)"
        yield "      // The drug may be handed over among the drafts."
        yield f'      or (M.medication is FHIR.Reference and exists (DraftDrugs D where D.code in "{order.title}"'
        yield "        and PointsTo(M.medication as FHIR.Reference, 'Medication/' + D.id))))"
    yield from map(_define, each)


def _define(define: NamedDefine) -> str:
    text = expression_text(define.expression)
    if len(text) < 90:
        return f"define {define.name}: {text}"
    return f"define {define.name}:\n  {_broken(define.expression)}"


def _broken(expression: Expression) -> str:
    """A long group, a part a line."""
    if isinstance(expression, And | Or):
        joint = "\n    and " if isinstance(expression, And) else "\n    or "
        return joint.join(expression_text(part, nested=True) for part in expression.parts)
    return expression_text(expression)


def expression_text(expression: Expression, *, nested: bool = False) -> str:
    """An expression as CQL; in parentheses where it stands in a group."""
    match expression:
        case Answer():
            return answer_name(expression)
        case Define(name):
            return name
        case And(parts):
            text = " and ".join(expression_text(part, nested=True) for part in parts)
        case Or(parts):
            text = " or ".join(expression_text(part, nested=True) for part in parts)
        case Neither(parts):
            return f"not ({' or '.join(expression_text(part, nested=True) for part in parts)})"
    return f"({text})" if nested else text
