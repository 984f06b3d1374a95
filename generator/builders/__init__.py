"""Content in, FHIR resources out: pure functions, one module a kind of resource. Same content, same bytes."""

from ..cql import build_logic
from ..model import Content
from .activity_definition import activity, drug_activity
from .code_system import code_systems
from .common import Resource, resource_id
from .hook_plan import order_sign, patient_view
from .implementation_guide import GUIDE, implementation_guide
from .library import library, manifest
from .medication import medication
from .order_set import choice, combination
from .questionnaire import questionnaire
from .recommendation import recommendation
from .strategy import strategy
from .value_set import value_sets


def build(content: Content) -> list[Resource]:
    """Every resource of the package, in the order in which each finds what it depends on before it."""
    logic = build_logic(content)
    parts = [
        *code_systems(content),
        *value_sets(content),
        library(content, logic),
        questionnaire(content),
        *(medication(content, drug) for drug in content.drug),
        *(drug_activity(content, drug) for drug in content.drug),
        *(activity(content, each) for each in content.activity),
        *(combination(content, each) for each in content.combination),
        *(choice(content, logic, each) for each in content.choice),
        *(recommendation(content, logic, option) for option in content.option),
        strategy(content),
        patient_view(content, logic),
        order_sign(content, logic),
    ]
    guide = {
        "resourceType": "ImplementationGuide",
        "id": resource_id(GUIDE),
    }  # listed before it is made: it lists the list
    parts.append(manifest(content, [*parts, guide]))
    return [*parts, implementation_guide(content, parts)]
