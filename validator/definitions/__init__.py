"""The definitions of FHIR R4 4.0.1 as tables, loaded in milliseconds; further FHIR packages can be added.

`make.py` writes the tables; each says in `origin` where it comes from, under which licence, with which hash.
"""

from .table import Constraint, Definitions, ExtensionDefinition, Member, TypeDefinition

__all__ = ["Constraint", "Definitions", "ExtensionDefinition", "Member", "TypeDefinition"]
