"""`python -m cervical_options` is the command `cervical-options`."""

from .cli import app

if __name__ == "__main__":  # not in the processes that a command starts, which read this file again
    app(prog_name="cervical-options")
