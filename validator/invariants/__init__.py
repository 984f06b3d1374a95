"""Invariants: the constraints that R4's definitions carry, each a rule under its own key."""

from . import expressions
from .check import Invariants

__all__ = ["Invariants", "expressions"]
