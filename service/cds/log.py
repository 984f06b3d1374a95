"""What the service says of its calls: one JSON object a line on stderr. Nothing of a patient, a record or a token."""

import json
import logging
import sys
from typing import Any

LOGGER = logging.getLogger("cervical_options.cds")


def to_stderr() -> None:
    """Send the lines to stderr, each as it is."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def say(event: str, **what: Any) -> None:
    LOGGER.info(json.dumps({"event": event, **what}, ensure_ascii=True, separators=(",", ":")))
