"""`python -m generator` does what `cervical-options generate` does."""

from .cli import generate

generate(prog_name="python -m generator")
