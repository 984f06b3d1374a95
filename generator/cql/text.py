"""The logic as CQL text: terminology, records, facts, options, each with what it rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..logic import And, Answer, Define, Expression, Neither, Or
from ..model import CaseFact, Content
from . import Logic
from .defines import Define as NamedDefine
from .defines import OptionLogic, answer_name, pascal
from .hooks import OrderLogic

FACT_RECORD_STATUS = ("final", "amended", "corrected")


@dataclass(frozen=True, slots=True)
class Urls:
    """What the text refers to: the Library's name, and canonical urls without a version."""

    library: str
    fact_system: str
    fact_codes: str
    orders: Mapping[str, str]  # order id -> value set of its codes


def cql(content: Content, logic: Logic, urls: Urls) -> str:
    """The Library's text."""
    lines = [*_header(content, urls.library), "", *_terminology(content, urls), "", *_context(), "", *_records()]
    lines += ["", "// ---- Facts: yes and no as recorded; true, false or unknown as concluded ----"]
    for fact in content.fact:
        lines += ["", *_fact(fact)]
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
    for order in content.order:
        yield f"valueset \"{order.title}\": '{urls.orders[order.id]}' version '{content.version}'"
    yield ""
    for fact in content.fact:
        yield f'code "{fact.id}": \'{fact.id}\' from "Facts"'


def _context() -> Iterator[str]:
    yield "// The orders about to be signed, as the hook hands them over; a list, because HAPI does."
    yield "parameter draftOrders List<FHIR.Resource>"
    yield ""
    yield "context Patient"


def _records() -> Iterator[str]:
    statuses = ", ".join(f"'{status}'" for status in FACT_RECORD_STATUS)
    yield "// ---- Records ----"
    yield ""
    yield "// Explicit records: one Observation a patient and fact, with a Boolean value."
    yield "define FactRecords:"
    yield '  [Observation: "Fact codes"] O'
    yield f"    where O.status in {{ {statuses} }}"
    yield ""
    yield "// A record whose value is absent or no Boolean says nothing."
    yield "define function IsRecorded(fact Code, answer Boolean):"
    yield "  exists (FactRecords O where O.code ~ fact and O.value = answer)"


def _fact(fact: CaseFact) -> Iterator[str]:
    name = pascal(fact.id)
    yield f"// {', '.join((*fact.statements, *fact.readings))}: {fact.title}"
    yield f'define {name}Yes: IsRecorded("{fact.id}", true)'
    yield f'define {name}No: IsRecorded("{fact.id}", false)'
    yield f"define {name}True: {name}Yes and not {name}No"
    yield f"define {name}False: {name}No and not {name}Yes"
    yield f"define {name}Unknown: not {name}True and not {name}False"
    yield f"define {name}Conflicting: {name}Yes and {name}No"


def _option(content: Content, answers: OptionLogic) -> Iterator[str]:
    yield f"// {', '.join(answers.option.statements)}: {answers.option.title}"
    if content.condition(answers.option) is None:
        yield "// The page sets no condition of its own."
    yield from map(_define, answers)


def _drafts() -> Iterator[str]:
    yield "define DraftMedications:"
    yield "  draftOrders D where D is FHIR.MedicationRequest return D as FHIR.MedicationRequest"
    yield ""
    yield "define DraftServices:"
    yield "  draftOrders D where D is FHIR.ServiceRequest return D as FHIR.ServiceRequest"


def _order(each: OrderLogic) -> Iterator[str]:
    order = each.order
    yield f"// {', '.join(order.statements)}: {order.title}"
    if order.kind == "MedicationRequest":
        match = f'DraftMedications M where M.medication as FHIR.CodeableConcept in "{order.title}"'
    else:
        match = f'DraftServices S where S.code in "{order.title}"'
    yield f"define {each.drafted.name}: exists ({match})"
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
