"""`cervical-options package`."""

from pathlib import Path

import click

from ..console import fhir_folder, read_or_refuse, refuse, say

EXAMPLES = """\b
Examples:
  cervical-options package                     # dist/bundle-by-id.json and the rest
  cervical-options package --out /tmp/dist
  cd dist && sha256sum -c SHA256SUMS

Exit codes: 0 written, 2 no resources to read or a folder that can't be written.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Folder of the bundles; other files in it are left alone.",
)
@fhir_folder
def package(out: Path, fhir: Path | None) -> None:
    """Write the transaction bundles that load the package by id or by url, unload.json, and SHA256SUMS."""
    from .files import files, write

    made = files(read_or_refuse(fhir))
    if out.exists() and not out.is_dir():
        refuse(f"{out}: a file, not a folder; choose another one")
    try:
        write(made, out)
    except OSError as error:
        refuse(f"{error.filename or out}: {error.strerror}; choose a folder that can be written")
    for name, data in made.items():
        say(f"{out / name}  {len(data):,} bytes")
