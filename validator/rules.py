"""Every rule that there is: importing this registers all layers."""

from functools import cache

from . import document, models, package_rules, profiles, schema, structure
from .definitions import Definitions
from .definitions.codes import CodeSystem
from .invariants import Invariants
from .profiles.table import TABLE
from .references import References
from .rule import RULES, Rule
from .server import rules as server
from .terminology import Terminology

LAYERS = (document, structure, schema, models, Invariants, Terminology, References, profiles, package_rules, server)


@cache
def definitions() -> Definitions:
    """R4's definitions and the code systems of the guides, loaded once."""
    return made()


def made() -> Definitions:
    """The same, to be added to."""
    found = Definitions()
    for each in TABLE.value_sets:
        found.add_code_system(CodeSystem(each.system, dict.fromkeys(each.codes, ())))
    return found


def all_rules() -> dict[str, Rule]:
    """All rules by id; those of the invariants come from R4's definitions."""
    Invariants(definitions())
    return RULES
