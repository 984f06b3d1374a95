"""Terminology: codes, displays, units and value sets, as far as they can be judged without a server."""

from .check import Terminology

__all__ = ["Terminology"]
