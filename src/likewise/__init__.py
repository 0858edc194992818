"""Vectors for anything you have, trained on your own data, on your own machine.

    table = likewise.words.word2vec("corpus.txt", dim=300, seed=1)
    table.similar("king")
    likewise.save(table, "model"); likewise.load("model")

The names below are looked up when first used, so that `import likewise` is quick and loads no heavy package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from likewise import evaluate, features, formats, pool, reuse
    from likewise.artifact import load, save
    from likewise.encoder import Encoder
    from likewise.families import contextual, documents, graphs, images, tasks, users, words
    from likewise.table import Table

_PLACES = {
    "Encoder": "likewise.encoder:Encoder",
    "Table": "likewise.table:Table",
    "contextual": "likewise.families.contextual",
    "documents": "likewise.families.documents",
    "evaluate": "likewise.evaluate",
    "features": "likewise.features",
    "formats": "likewise.formats",
    "graphs": "likewise.families.graphs",
    "images": "likewise.families.images",
    "load": "likewise.artifact:load",
    "pool": "likewise.pool",
    "reuse": "likewise.reuse",
    "save": "likewise.artifact:save",
    "tasks": "likewise.families.tasks",
    "users": "likewise.families.users",
    "words": "likewise.families.words",
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
    "reuse",
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
