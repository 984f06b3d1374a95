"""Translate the Library's CQL to ELM and keep it beside the generator: run after a change of the logic, by `make elm`.

It needs Node, and the model info that Maven brings; generating the package needs neither.
"""

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory

from .builders import build
from .builders.common import LOGIC
from .content import load
from .elm import write_elm


def text_of_library() -> str:
    """The CQL that the generator writes now."""
    library = next(each for each in build(load()) if each["id"] == LOGIC)
    found = next(each for each in library["content"] if each["contentType"] == "text/cql")
    return b64decode(found["data"]).decode("utf-8")


def main(translator: str, model_info: str) -> None:
    text = text_of_library()
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{LOGIC}.cql"
        file.write_text(text, encoding="utf-8")
        command = ["node", translator, "--model-info", model_info, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if not done.stdout:
        sys.exit(done.stderr)
    answer = json.loads(done.stdout)
    found = [*answer["errors"], *answer["warnings"]]
    if found:
        sys.exit("\n".join(f"{LOGIC}.cql:{each['line']}:{each['column']}: {each['message']}" for each in found))
    write_elm(text, answer["elm"])


if __name__ == "__main__":
    main(*sys.argv[1:])
