"""Content in, FHIR resources out: pure functions, one module a kind of resource. Same content, same bytes."""

from ..cql import build_logic
from ..model import Content
from .activity_definition import activity, drug_activity
from .code_system import code_systems
from .common import Resource
from .library import library
from .medication import medication
from .order_set import choice, combination
from .recommendation import recommendation
from .strategy import strategy
from .value_set import value_sets


def build(content: Content) -> list[Resource]:
    """Every resource of the package, in the order in which each finds what it depends on before it."""
    logic = build_logic(content)
    return [
        *code_systems(content),
        *value_sets(content),
        library(content, logic),
        *(medication(content, drug) for drug in content.drug),
        *(drug_activity(content, drug) for drug in content.drug),
        *(activity(content, each) for each in content.activity),
        *(combination(content, each) for each in content.combination),
        *(choice(content, logic, each) for each in content.choice),
        *(recommendation(content, logic, option) for option in content.option),
        strategy(content),
    ]
