"""The two newest checkpoints of a run, in turn: if one is damaged, the one before it is whole."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from likewise.artifacts import artifact
from likewise.artifacts.artifact import Contents
from likewise.errors import ArtifactError
from likewise.system import files

log = logging.getLogger(__name__)

SLOTS = ("checkpoint-a", "checkpoint-b")


def are_there(folder: Path) -> bool:
    """Whether there is any checkpoint, whole or not."""
    return any(files.standing(folder / slot).exists() for slot in SLOTS)


def write(contents: Contents, folder: Path, number: int) -> None:
    """Write checkpoint `number`, from 1, in place of the one before the last; raises as `artifact.write`."""
    facts = {"number": number, "kind": contents.kind, "facts": contents.facts}
    artifact.write(
        replace(contents, kind="checkpoint", facts=facts), folder / SLOTS[number % 2], overwrite=True
    )


def newest(folder: Path) -> tuple[int, Contents | None]:
    """The newest whole checkpoint and its number; (0, None) where there is none."""
    found = []
    for slot in SLOTS:
        if files.standing(folder / slot).exists():
            try:
                contents = artifact.read(folder / slot)
                found.append((contents.facts["number"], contents))
            except (ArtifactError, KeyError) as error:
                log.warning("passed over a checkpoint: %s", error)
    if not found:
        return 0, None
    number, contents = max(found, key=lambda pair: pair[0])
    return number, replace(contents, kind=contents.facts["kind"], facts=contents.facts["facts"])
