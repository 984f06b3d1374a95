"""What the source page says, as typed data. No FHIR in this file.

Each class is one table of `source/*.toml`; the keys are the field names in kebab-case. The types say what a value may
be; what one part says of another is checked in `checks.py`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from .codes import Code, CodeTable
from .elm import Elm
from .logic import All, AnyOf, Fact, Not, Tree, Truth
from .logic import facts as facts_of
from .parsing import CalendarDate, NotEmpty, Reader, Shape

ONE_LINE = "a text of one line without space around it"

Id = Annotated[str, Shape(r"[a-z0-9]+(-[a-z0-9]+)*", "an id (words of small letters and digits, joined by hyphens)")]
StatementId = Annotated[str, Shape(r"S-[0-9]{2}", "a statement id, such as S-01")]
ReadingId = Annotated[str, Shape(r"R-[0-9]{2}", "a reading id, such as R-01")]
LeftOutId = Annotated[str, Shape(r"L-[0-9]{2}", "the id of something left out, such as L-01")]
Date = Annotated[str, CalendarDate()]
Url = Annotated[str, Shape(r"https?://[^\s/]+(/[^\s/]+)*", "a URL, such as https://example.org/options")]
Text = Annotated[str, Shape(r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?", ONE_LINE)]
Statements = Annotated[tuple[StatementId, ...], NotEmpty()]
SomeStatements = tuple[StatementId, ...]
Readings = tuple[ReadingId, ...]
Ids = tuple[Id, ...]
Selection = Literal["any", "all", "exactly-one", "at-most-one", "one-or-more"]


ID_PREFIX = "cervical-"  # of every resource id: an EHR has its own `Medication/cisplatin`


@dataclass(frozen=True, kw_only=True)
class Identified:
    """A part that others name by its id."""

    id: Id


@dataclass(frozen=True, kw_only=True)
class Page:
    """The source page."""

    title: Text
    publisher: Text
    url: Url


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A copyright notice that a code system asks for."""

    system: Text
    text: Text


@dataclass(frozen=True, kw_only=True)
class Package:
    """The package as a whole."""

    title: Text
    publisher: Text
    date: Date
    base: Url
    id: Text
    license: Text
    jurisdiction: Id
    focus: Id
    disclaimer: Text
    unknown: Text
    page: Page
    notice: tuple[Notice, ...]
    cds_hooks_endpoint: Url | None = None  # of a service that runs the hook plans; a site's own, so none by default


@dataclass(frozen=True, kw_only=True)
class Statement(Identified):
    """One statement of the page, in our words."""

    id: StatementId
    section: Text
    kind: Id
    text: Text


@dataclass(frozen=True, kw_only=True)
class LeftOut(Identified):
    """Something the page holds that the package leaves out on purpose."""

    id: LeftOutId
    section: Text
    text: Text
    why: Text


@dataclass(frozen=True, kw_only=True)
class Reading(Identified):
    """What the page leaves open, and how we read it. `about` records: only of interest where records are read."""

    id: ReadingId
    statements: SomeStatements
    about: Literal["page", "records"] = "page"
    open: Text
    text: Text


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One reference of the page."""

    statement: StatementId
    title: Text
    text: Text


@dataclass(frozen=True, kw_only=True)
class Drug(Identified):
    """A drug the page names."""

    concept: Id
    kind: Literal["chemotherapy", "targeted", "immunotherapy"]
    statements: Statements
    brands: tuple[Text, ...] = ()
    synonyms: tuple[Text, ...] = ()
    citations: SomeStatements = ()

    @property
    def title(self) -> str:
        return self.id[0].upper() + self.id[1:]


@dataclass(frozen=True, kw_only=True)
class Combination(Identified):
    """Drugs the page names together."""

    use: Literal["chemotherapy", "chemoradiation"]
    drugs: Annotated[Ids, NotEmpty()]
    statements: Statements
    readings: Readings = ()

    @property
    def title(self) -> str:
        names = " and ".join(self.drugs)
        return names[0].upper() + names[1:]


@dataclass(frozen=True, kw_only=True)
class CaseFact(Identified):
    """Something that must be known of a patient: true, false or unknown.

    `yes` and `no` finish the sentence "It is recorded that ..."; `learn` is the activity that answers it.
    """

    title: Text
    question: Text
    yes: Text
    no: Text
    statements: Statements
    readings: Readings = ()
    learn: Id

    def said(self, truth: Truth) -> str:
        """What is recorded where the fact is true, or where it is false, as a clause."""
        return self.yes if truth is Truth.TRUE else self.no


@dataclass(frozen=True, kw_only=True)
class Reason(Identified):
    """Why an option may be chosen; never a gate."""

    title: Text
    question: Text
    statements: Statements

    def said(self, truth: Truth) -> str:
        """What is recorded where the reason is there, or where it is not, as a clause."""
        return f"the reason is {'' if truth is Truth.TRUE else 'not '}there: {self.title[0].lower()}{self.title[1:]}"


@dataclass(frozen=True, kw_only=True)
class CodeList(Identified):
    """Codes by which a record is recognised: those of these concepts."""

    title: Text
    description: Text
    readings: Readings = ()
    concepts: Annotated[Ids, NotEmpty()]


@dataclass(frozen=True, kw_only=True)
class Evidence(Identified):
    """A kind of record that proves a fact or a reason (`about`), beside its explicit record.

    `codes`: value sets of its code, or of its drug. `clinical`: the status of a diagnosis; `status`: of another record.
    `sites`, `answers`, `because`: value sets of a bodySite, of the value or an interpretation, of the reason.
    """

    about: Id
    says: Literal["yes", "no", "no-when-absent"] = "yes"
    title: Text
    resource: Literal["Condition", "Observation", "Procedure", "MedicationAdministration", "MedicationStatement"]
    codes: Annotated[Ids, NotEmpty()]
    clinical: Literal["recurrence", "current", "any"] | None = None
    status: tuple[Id, ...] = ()
    sites: Id | None = None
    answers: Id | None = None
    because: Id | None = None

    @property
    def value_sets(self) -> tuple[str, ...]:
        """Every value set that the row reads."""
        return (*self.codes, *(each for each in (self.sites, self.answers, self.because) if each))

    @property
    def of_drug(self) -> bool:
        """Whether the codes are a drug's, which may stand in another resource."""
        return self.resource.startswith("Medication")


@dataclass(frozen=True, kw_only=True)
class Section(Identified):
    """Questions that a clinician thinks of together. `ask`: facts and reasons."""

    title: Text
    ask: Annotated[Ids, NotEmpty()]


@dataclass(frozen=True, kw_only=True)
class Questions(Identified):
    """The questionnaire: every fact and reason once."""

    title: Text
    description: Text
    section: tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class Order(Identified):
    """A draft order that is looked at when it is signed.

    `concepts`: whose codes recognise it. `warns`: facts that make the card a warning when they close the option;
    `exclusions`: the statements that word them as such.
    """

    title: Text
    kind: Literal["MedicationRequest", "ServiceRequest"]
    option: Id
    concepts: Annotated[Ids, NotEmpty()]
    warns: Ids = ()
    exclusions: SomeStatements = ()
    statements: Statements


@dataclass(frozen=True, kw_only=True)
class Card:
    """The words of one card."""

    title: Text
    description: Text


@dataclass(frozen=True, kw_only=True)
class PatientView(Card):
    """The plan behind the hook patient-view, and its four cards.

    `beside_group`: the group of the strategy whose options are no treatment of the cancer.
    """

    beside_group: Id
    offered: Card
    missing: Card
    beside_treatment: Card
    not_met: Card


@dataclass(frozen=True, kw_only=True)
class OrderSign(Card):
    """The plan behind the hook order-sign, and the words of its three kinds of card; a title follows the option's."""

    warn: Card
    ask: Card
    not_met: Card


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """The CDS Hooks plans."""

    patient_view: PatientView
    order_sign: OrderSign


@dataclass(frozen=True, kw_only=True)
class Activity(Identified):
    """What can be requested beside a drug.

    `code` is the concept of its clinical code; None where the page names nothing that a verified code says exactly.
    Only an activity that answers a fact may be without a statement of its own: it rests on those of its facts.
    """

    title: Text
    description: Text
    kind: Literal["ServiceRequest", "CommunicationRequest", "Task"]
    code: Id | None = None
    statements: SomeStatements
    readings: Readings = ()


@dataclass(frozen=True, kw_only=True)
class ChoiceAction(Identified):
    """One line of a choice.

    `offers`: the drug, activity, combination or choice it leads to; `each`: a list to fill in instead; neither: left
    open. `option`: shown only where that option is offered. `concurrent`: the sibling it runs together with.
    """

    title: Text
    description: Text
    statements: Statements
    reasons: Ids = ()
    grouping: Literal["logical-group", "visual-group"] | None = None
    selection: Selection | None = None
    required: Literal["must", "could"] | None = None
    precheck: Literal["yes", "no"] | None = None
    each: Literal["chemotherapy-drugs", "combinations-for-chemotherapy", "combinations-for-chemoradiation"] | None = (
        None
    )
    offers: Id | None = None
    option: Id | None = None
    concurrent: Id | None = None
    action: tuple["ChoiceAction", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choice(Identified):
    """What a care team chooses among: an order set."""

    title: Text
    description: Text
    statements: SomeStatements = ()
    readings: Readings = ()
    action: Annotated[tuple[ChoiceAction, ...], NotEmpty()]


@dataclass(frozen=True, kw_only=True)
class Option(Identified):
    """A treatment or care that the page says may be offered.

    `offers` is what an offered option leads to; `beside` a choice that sets it against another option.
    """

    title: Text
    description: Text
    statements: Statements
    readings: Readings = ()
    reasons: Ids = ()
    citations: SomeStatements = ()
    offers: Id
    beside: Id | None = None


@dataclass(frozen=True, kw_only=True)
class Group(Identified):
    """Options that stand together in the strategy."""

    title: Text
    description: Text
    statements: Statements
    selection: Selection
    options: Ids = ()
    group: tuple["Group", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Strategy(Identified):
    """All options beside each other."""

    title: Text
    description: Text
    statements: Statements
    citations: SomeStatements = ()
    group: Annotated[tuple[Group, ...], NotEmpty()]


def _tree(value: object) -> Tree:
    """A tree as TOML writes it: a fact id, or a table with exactly one of `all`, `any`, `not`."""
    match value:
        case Fact() | Not() | All() | AnyOf():
            return value
        case str():
            return Fact(value)
        case {"not": part, **rest} if not rest:
            return Not(_tree(part))
        case {"all": [_, *_] as parts, **rest} if not rest:
            return All(tuple(map(_tree, parts)))
        case {"any": [_, *_] as parts, **rest} if not rest:
            return AnyOf(tuple(map(_tree, parts)))
    raise ValueError(f"{value!r} is not a condition: write a fact, or one of all = [...], any = [...], not = ...")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The page's condition for an option: all of these parts."""

    option: Id
    statements: Statements
    readings: Readings = ()
    all: Annotated[tuple[Annotated[Tree, Reader(_tree)], ...], NotEmpty()]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """All conditions. `always` is the fact that every option rests on."""

    always: Id
    readings: Readings = ()
    condition: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True)
class Content:
    """All of it, checked: every id that one part names is there, and every statement is carried."""

    version: str
    package: Package
    statement: tuple[Statement, ...]
    left_out: tuple[LeftOut, ...]
    reading: tuple[Reading, ...]
    citation: tuple[Citation, ...]
    drug: tuple[Drug, ...]
    combination: tuple[Combination, ...]
    fact: tuple[CaseFact, ...]
    reason: tuple[Reason, ...]
    value_set: tuple[CodeList, ...]
    evidence: tuple[Evidence, ...]
    order: tuple[Order, ...]
    questions: Questions
    hooks: Hooks
    activity: tuple[Activity, ...]
    choice: tuple[Choice, ...]
    option: tuple[Option, ...]
    conditions: Conditions
    strategy: Strategy
    codes: CodeTable
    elm: Elm | None

    @cached_property
    def statements(self) -> dict[str, Statement]:
        return {statement.id: statement for statement in self.statement}

    @cached_property
    def readings(self) -> dict[str, Reading]:
        return {reading.id: reading for reading in self.reading}

    @cached_property
    def citations(self) -> dict[str, Citation]:
        return {citation.statement: citation for citation in self.citation}

    @cached_property
    def facts(self) -> dict[str, CaseFact]:
        return {fact.id: fact for fact in self.fact}

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        return {reason.id: reason for reason in self.reason}

    @cached_property
    def drugs(self) -> dict[str, Drug]:
        return {drug.id: drug for drug in self.drug}

    @cached_property
    def code_lists(self) -> dict[str, CodeList]:
        return {each.id: each for each in self.value_set}

    @cached_property
    def options(self) -> dict[str, Option]:
        return {option.id: option for option in self.option}

    @cached_property
    def activities(self) -> dict[str, Activity]:
        return {activity.id: activity for activity in self.activity}

    def condition(self, option: Option) -> Condition | None:
        """The page's condition for an option; None where it sets none."""
        return next((c for c in self.conditions.condition if c.option == option.id), None)

    def conditional(self, option: Option) -> bool:
        """Whether the page sets a condition for the option."""
        return self.condition(option) is not None

    def tree(self, option: Option) -> All:
        """What must hold for an option: the fact every option rests on, and the page's condition."""
        condition = self.condition(option)
        return All((Fact(self.conditions.always), *(condition.all if condition else ())))

    def evidence_of(self, about: str) -> tuple[Evidence, ...]:
        """The kinds of record that prove a fact or a reason, beside its explicit record."""
        return tuple(row for row in self.evidence if row.about == about)

    def rows_reading(self, value_set: str) -> tuple[Evidence, ...]:
        """The evidence that reads a value set."""
        return tuple(row for row in self.evidence if value_set in row.value_sets)

    def asked(self, about: str) -> CaseFact | Reason:
        """The fact or reason of this id."""
        return self.facts[about] if about in self.facts else self.reasons[about]

    def codes_in(self, value_set: str) -> list[Code]:
        """The verified codes of a value set."""
        return [row for concept in self.code_lists[value_set].concepts for row in self.codes.of(concept)]

    def readings_of(self, option: Option) -> tuple[str, ...]:
        """The readings behind an option's answer: its own, its condition's, and those of the facts it reads."""
        condition = self.condition(option)
        of_facts = (reading for fact in facts_of(self.tree(option)) for reading in self.facts[fact].readings)
        of_condition = condition.readings if condition else ()
        return tuple(dict.fromkeys((*option.readings, *of_condition, *self.conditions.readings, *of_facts)))

    def readings_asked(self, option: Option) -> tuple[str, ...]:
        """The readings behind an option's answer and behind what learns its missing facts."""
        learned = (self.activities[self.facts[fact].learn] for fact in facts_of(self.tree(option)))
        return tuple(dict.fromkeys((*self.readings_of(option), *(r for way in learned for r in way.readings))))

    def rests_on(self, activity: Activity) -> tuple[str, ...]:
        """The statements of an activity: its own, and those of the facts that it answers."""
        learned = (s for fact in self.fact if fact.learn == activity.id for s in fact.statements)
        return tuple(dict.fromkeys((*activity.statements, *learned)))

    def ruling(self, option: Option) -> tuple[str, ...]:
        """The statements that an option's condition rests on."""
        condition = self.condition(option)
        always = self.facts[self.conditions.always].statements
        return tuple(dict.fromkeys((*always, *(condition.statements if condition else ()))))

    def listed(self, each: str) -> tuple[Drug | Combination, ...]:
        """What a choice's `each` stands for, in the order of the page."""
        if each == "chemotherapy-drugs":
            return tuple(drug for drug in self.drug if drug.kind == "chemotherapy")
        use = each.removeprefix("combinations-for-")
        return tuple(combination for combination in self.combination if combination.use == use)
