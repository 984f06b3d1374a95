"""`python -m cervical_options` is the command `cervical-options`."""

from .cli import app

app(prog_name="cervical-options")
