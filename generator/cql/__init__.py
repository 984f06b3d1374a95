"""The package's logic: which defines there are, and their text in CQL."""

from .defines import Define, Logic, OptionLogic, build_logic
from .text import cql

__all__ = ["Define", "Logic", "OptionLogic", "build_logic", "cql"]
