"""`likewise evaluate MODEL FOLDER`, where the folder has usages of words with their meanings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli.models import kind_of
from likewise.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from likewise.evaluate.rows import Row
    from likewise.evaluate.senses import Ambiguous, Represent, WiC


@dataclass(frozen=True)
class SenseSet:
    """Usages with their meanings, and what the set is called."""

    name: str
    found: list[Ambiguous] | WiC


def is_senses(name: str) -> bool:
    """Whether a folder is CoarseWSD-20 or WiC, or another in the layout of one of these."""
    from likewise.evaluate import senses

    return senses.is_coarse(name) or senses.is_wic(name)


def load(name: str) -> SenseSet:
    """The set in a folder, with its name."""
    from likewise.evaluate import senses

    return SenseSet(Path(name).name, senses.coarse(name) if senses.is_coarse(name) else senses.wic(name))


def rows_of(model: Any, name: str, given: SenseSet) -> list[Row]:
    """The scores of a model in each way that it can tell usages apart, the simplest first."""
    from likewise.evaluate import senses

    return senses.measured(_ways(model, name), given.found, given.name)


def _ways(model: Any, name: str) -> dict[str, Represent]:
    """How usages become vectors, by name: by the words around, by the encoder, by both."""
    from types import SimpleNamespace

    from likewise.families.contextual.usages import WAYS
    from likewise.table import Table

    if isinstance(model, Table):
        return {"words around": partial(_represented, SimpleNamespace(words=model), "neighbours")}
    if not hasattr(model, "subwords") or not hasattr(model, "layers"):
        raise InputError(
            f"{name!r} ({kind_of(model)}) has no vectors of words in their places: give a model by "
            "`likewise train context`, a checkpoint, or word vectors"
        )
    has_words = getattr(model, "words", None) is not None
    chosen = [by for by in WAYS if by == "context" or has_words]
    shown = {"neighbours": "words around", "context": "in context", "joined": "joined"}
    order = sorted(chosen, key=list(shown).index)
    return {shown[by]: partial(_represented, model, by) for by in order}


def _represented(model: Any, by: Any, texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> np.ndarray:
    from likewise.families.contextual.usages import Usage, represent

    usages = [Usage(text, start, stop) for text, (start, stop) in zip(texts, spans, strict=True)]
    return represent(model, usages, by)
