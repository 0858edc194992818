"""MODEL on the command line: the folder of a model, or a file of vectors that any program wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from likewise.errors import InputError, OutputExists
from likewise.spelling import nearest_spellings

if TYPE_CHECKING:
    from likewise.table import Table

# Names that only vectors have; .txt, .tsv, .csv and .jsonl may also be sets to evaluate with.
VECTOR_ENDINGS = (".vec", ".vec.gz", ".bin", ".bin.gz", ".npy", ".parquet")


def opened(name: str) -> Table:
    """The table of a model folder or of a file of vectors; `InputError` where there is neither."""
    from likewise import artifact, formats

    path = Path(name)
    if is_folder(path):
        return artifact.load(path)
    if path.is_file():
        return formats.read(path)
    raise InputError(_missing(path))


def is_folder(path: Path) -> bool:
    """Whether a folder stands there, also where a replacement of it was cut short."""
    from likewise.files import standing

    return standing(path).is_dir()


def is_model(name: str) -> bool:
    """Whether an argument among models and sets is a model: a folder, or by its ending a file of vectors."""
    return is_folder(Path(name)) or name.lower().endswith(VECTOR_ENDINGS)


def _missing(path: Path) -> str:
    if path.exists():
        return f"{str(path)!r} is neither a model folder nor a file of vectors"
    if path.with_name(f"{path.name}.run").is_dir():
        return f"{str(path)!r} is not finished yet: run its `likewise train` again with --resume"
    try:
        near = nearest_spellings(path.name, sorted(os.listdir(path.parent)), 1)
    except OSError:
        near = []
    hint = f"did you mean {str(path.parent / near[0])!r}?" if near else "`likewise train words` makes one"
    return f"no model {str(path)!r}; {hint}"


def refuse_output(out: Path, *, overwrite: bool, is_folder: bool) -> None:
    """Raise, before any work, where `out` cannot be written or would be overwritten without being asked."""
    from likewise import artifact

    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent} to write {out.name} in: make it first")
    if not overwrite and os.path.lexists(out):
        raise OutputExists(f"{out} is there already: choose another name, or --overwrite it")
    if is_folder:
        artifact.check_replaceable(out)
    elif out.is_dir():
        raise InputError(f"{out} is a folder: give the name of a file")
