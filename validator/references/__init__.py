"""Across resources: what one points at in another, and what two must not both be."""

from .check import References

__all__ = ["References"]
