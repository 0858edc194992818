"""Nodes or users as each representation of a comparison has them: edges or histories as they are, and models named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli.models import as_table, is_checkpoint, is_folder, kind_of, open_model
from likewise.cli.output import note
from likewise.errors import ArtifactError, InputError, OptionError

if TYPE_CHECKING:
    import numpy as np

    from likewise.graphs import Nodes
    from likewise.users import Users

KINDS = ("graph", "users")
COLUMN = "key"


def is_one(name: str) -> bool:
    """Whether a folder holds a model of nodes or of users, by its `model.json` alone."""
    from likewise.artifacts import artifact

    try:
        path = Path(name)
        return is_folder(path) and not is_checkpoint(path) and artifact.info(name)["kind"] in KINDS
    except ArtifactError:
        return False


def refuse_of_others(**options: Any) -> None:
    """Raise where an option (not None) of texts or images was given for keys."""
    from likewise.cli.method_options import option_as_typed

    for name, value in options.items():
        if value is not None:
            raise OptionError(
                f"{option_as_typed(name)} is of texts or images, and here are ids of nodes or users: leave it out"
            )


def represented(keys: list[str], models: list[str]) -> dict[str, Any]:
    """The matrices of all keys by name: the raw features of the first model of nodes or users, then the models.

    Raises `InputError` for a key that stands twice, as it would be learnt from and tested, for keys of which a model
    knows none, and for a model that takes none.
    """
    _refuse_repeated(keys)
    repeated = next((name for name in models if models.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f"{repeated!r} is named twice: name each model once")
    loaded = {name: _opened(name) for name in models}
    found = dict([_raw(keys, loaded)])
    for name, model in loaded.items():
        found[name] = _vectors(model, keys, name)
    return found


def _refuse_repeated(keys: list[str]) -> None:
    seen: set[str] = set()
    for row, key in enumerate(keys, 1):
        if key in seen:
            raise InputError(
                f"row {row:,}: {key!r} stands there twice, wanted one label for each: take one out"
            )
        seen.add(key)


def _opened(name: str) -> Any:
    """A model of nodes or users, or the table of any other that has keys."""
    from likewise.graphs import Nodes
    from likewise.users import Users

    model = open_model(name)
    return model if isinstance(model, Nodes | Users) else as_table(model, name, "compare --key")


def _raw(keys: list[str], models: Mapping[str, Any]) -> tuple[str, Any]:
    """The plainest features of the keys, and what they are called."""
    from numpy import arange

    from likewise.arrays.ragged import Ragged
    from likewise.graphs import Nodes
    from likewise.users import Users

    for model in models.values():
        if isinstance(model, Nodes):
            return "adjacency", edges(model, keys)
        if isinstance(model, Users):
            return "history", histories(model, keys)
    note("one-hot: no model of nodes or users is named, so a key has no features but that it is itself")
    every = Ragged(arange(len(keys), dtype="int32"), arange(len(keys) + 1))
    return "one-hot", every.counts(len(keys)).astype("float32")


def edges(model: Nodes, keys: list[str]) -> Any:
    """(n, nodes) CSR: the edges of each key's node either way, by weight."""
    from likewise.learn.factorise.adjacency import symmetric

    graph = model.graph.undirected()
    matrix = symmetric(graph.offsets, graph.targets, graph.weights).matrix
    return _rows(matrix, model.table.places(keys))


def histories(model: Users, keys: list[str]) -> Any:
    """(n, items) CSR: 1 where a user chose an item."""
    from likewise.users._histories import USER

    return _rows(model.seen_matrix, model.names.places([key.removeprefix(USER) for key in keys]))


def _rows(matrix: Any, places: np.ndarray) -> Any:
    """The rows of a CSR matrix at places (n,), rows of zeros where the place is -1."""
    from numpy import maximum

    is_known = places >= 0
    if not is_known.any():
        raise InputError(
            f"none of {len(places):,} keys is known to the model: look at the column that --key names"
        )
    found = matrix[maximum(places, 0)].multiply(is_known[:, None]).tocsr().astype("float32")
    found.eliminate_zeros()
    return found


def _vectors(model: Any, keys: list[str], name: str) -> np.ndarray:
    """(n, dim): the vectors of the keys; how many are unknown is reported."""
    from likewise.users import Users
    from likewise.users._histories import USER

    queries = (
        [key if key.startswith(USER) else USER + key for key in keys] if isinstance(model, Users) else keys
    )
    unknown = int((~model.known(queries)).sum())
    if unknown == len(keys):
        raise InputError(f"{name!r} ({kind_of(model)}) knows none of {len(keys):,} keys: leave it out")
    if unknown:
        note(f"{name}: {unknown:,} of {len(keys):,} keys unknown, their rows are zeros")
    vectors: np.ndarray = model.encode(queries)
    return vectors
