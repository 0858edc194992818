"""`likewise evaluate MODEL FOLDER`, where the folder has usages of words with their meanings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """The scores of a model by each representation of usages, the simplest first."""
    from likewise.evaluate import senses

    return senses.measured(_ways(model, name), given.found, given.name)


def _ways(model: Any, name: str) -> dict[str, Represent]:
    """How usages become vectors, by name: by the context words, by the encoder, by both."""
    from types import SimpleNamespace

    from likewise.table import Table

    if isinstance(model, Table):
        return {"context words": partial(Represented(SimpleNamespace(words=model)), "neighbours")}
    if not hasattr(model, "subwords") or not hasattr(model, "layers"):
        raise InputError(
            f"{name!r} ({kind_of(model)}) has no vectors of words in their places: give a model by "
            "`likewise train context`, a checkpoint, or word vectors"
        )
    read = Represented(model)
    if getattr(model, "words", None) is None:
        return {"in context": partial(read, "context")}
    return {
        "context words": partial(read, "neighbours"),
        "in context": partial(read, "context"),
        "joined": partial(read, "joined"),
    }


@dataclass(frozen=True, eq=False)
class Represented:
    """Usages as vectors by a model; what was read once is kept, for "joined" wants both of the others again."""

    model: Any
    known: dict[tuple[Any, int], np.ndarray] = field(default_factory=dict)

    def __call__(self, by: Any, texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> np.ndarray:
        from likewise.contextual._occurrences import Usage, joined, represent

        if by == "joined":
            return joined([self("context", texts, spans), self("neighbours", texts, spans)])
        at = (by, id(texts))  # lists of a set, which lives as long as its evaluation
        if at not in self.known:
            usages = [Usage(text, start, stop) for text, (start, stop) in zip(texts, spans, strict=True)]
            self.known[at] = represent(self.model, usages, by)
        return self.known[at]
