"""Treatment options for recurrent cervical cancer as FHIR R4 resources. Draft, not medical advice.

`path()` is the folder of the resources that this installation brings; `resources()` reads it.
"""

from pathlib import Path
from typing import Any


def path() -> Path:
    """The folder with the package's resources, one `<Type>/<id>.json` each."""
    return _beside("fhir")


def examples_path() -> Path:
    """The folder with the example patients, `<option>/<outcome>.json`: none of them is a resource to load."""
    return _beside("examples")


def _beside(name: str) -> Path:
    here = Path(__file__).parent
    return here / name if (here / name).is_dir() else here.parent / name


def resources(folder: Path | None = None) -> list[dict[str, Any]]:
    """The resources of a folder of that shape, by default the package's own, in an order fit for loading.

    Raises `cervical_options.folder.FolderError` where the folder holds something else.
    """
    from .folder import read

    return read(folder or path())
