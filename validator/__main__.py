"""`python -m validator` does what `cervical-options validate` does."""

from .cli import validate

validate(prog_name="python -m validator")
