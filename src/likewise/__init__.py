"""Vectors for anything you have, trained on your own data, on your own machine.

    table = likewise.words.word2vec("corpus.txt", dim=300, seed=1)
    table.similar("king")
    likewise.save(table, "model"); likewise.load("model")

The names below are looked up when first used, so that `import likewise` is quick and loads no heavy package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from likewise._version import __version__

if TYPE_CHECKING:
    from likewise import (
        contextual,
        documents,
        evaluate,
        features,
        formats,
        graphs,
        images,
        pool,
        probing,
        tasks,
        users,
        words,
    )
    from likewise.artifacts.artifact import load, save
    from likewise.encoder import Encoder
    from likewise.table import Table

_PLACES = {
    "Encoder": "likewise.encoder:Encoder",
    "Table": "likewise.table:Table",
    "contextual": "likewise.contextual",
    "documents": "likewise.documents",
    "evaluate": "likewise.evaluate",
    "features": "likewise.features",
    "formats": "likewise.formats",
    "graphs": "likewise.graphs",
    "images": "likewise.images",
    "load": "likewise.artifacts.artifact:load",
    "pool": "likewise.pool",
    "probing": "likewise.probing",
    "save": "likewise.artifacts.artifact:save",
    "tasks": "likewise.tasks",
    "users": "likewise.users",
    "words": "likewise.words",
}

__all__ = [
    "Encoder",
    "Table",
    "__version__",
    "contextual",
    "documents",
    "evaluate",
    "features",
    "formats",
    "graphs",
    "images",
    "load",
    "pool",
    "probing",
    "save",
    "tasks",
    "users",
    "words",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'likewise' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
