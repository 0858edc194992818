"""What a run records of its input, and the folder for what it makes of it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from likewise.artifacts.run import Run


def describe_input(source: Any) -> Any:
    """What a run records of its input: the paths, or that it was given from Python."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    if isinstance(source, list | tuple) and source and all(isinstance(item, os.PathLike) for item in source):
        return [os.fspath(item) for item in source]
    return f"given from Python as a {type(source).__name__}"


def corpus_folder(run: Run | None, stack: ExitStack) -> Path:
    """Folder for token ids and other intermediate files: the run's, or a temporary one that `stack` removes."""
    if run is not None:
        return run.folder / "corpus"
    return Path(stack.enter_context(TemporaryDirectory(prefix="likewise-")))
