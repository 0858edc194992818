"""The contract of an encoder and of a table, as programs: call them in the tests of an encoder of your own.

from likewise.testing import check_encoder

def test_my_encoder():
    check_encoder(MyEncoder(), ["a text", "another text", "a third, rather longer text"])
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from likewise.encoder import Encoder
from likewise.errors import InputError
from likewise.table import Table

TOLERANCE = (
    1e-5  # of a vector's norm: the order of a sum depends on the size of a batch, its meaning does not
)
SAMPLE = 50  # how many keys of a table are tried


def check_encoder(encoder: Encoder, items: Sequence[Any], *, empty: Any = "") -> None:
    """Hold `encoder` to every law of `likewise.encoder.Encoder` on `items`, two or more that differ.

    `empty` is an item with nothing in it, which must give zeros; None leaves that law out, for things that
    cannot be empty, such as images. Raises `AssertionError` that opens with the name of the broken law.
    """
    items = list(items)
    if len(items) < 2:
        raise ValueError(f"the laws need two or more items, not {len(items)}")
    for law, broken in LAWS.items():
        _obey(law, broken, encoder, items)
    if empty is not None:
        _obey("empty item", _empty_is_broken, encoder, [items[0], empty, items[1]])


def check_table(table: Table) -> None:
    """Hold `table` to the laws of an encoder and its own: keys, neighbours, and what is saved is what loads.

    Raises `AssertionError` that opens with the name of the broken law.
    """
    keys = table.keys[:SAMPLE]
    if len(keys) >= 2:
        check_encoder(table, keys, empty=_unknown_key(table))
    assert table.encode([]).shape == (0, table.dim), "no items: the result is not (0, dim)"
    assert len(set(table.keys)) == len(table) == len(table.vectors), "unique keys: a key stands twice"
    assert np.isfinite(table.vectors).all(), "finite: a vector holds NaN or Inf"
    for position, key in enumerate(keys):
        assert table.index(key) == position, f"index: {key!r} is at {position}, not {table.index(key)}"
        if table.vectors[position].any():
            _check_neighbours(table, key)
    if find_spec("likewise.artifacts.artifact"):
        _check_saved(table)


def _obey(
    law: str, broken: Callable[[Encoder, list[Any]], str | None], encoder: Encoder, items: list
) -> None:
    """Raise where `broken` says how the law is broken, or fails itself."""
    try:
        how = broken(encoder, items)
    except Exception as error:
        raise AssertionError(f"{law}: encode raised {type(error).__name__}: {error}") from error
    if how:
        raise AssertionError(f"{law}: {how}")


def _shape_is_broken(encoder: Encoder, items: list) -> str | None:
    if not isinstance(encoder.dim, int) or encoder.dim < 1:
        return f"dim is {encoder.dim!r}, not a whole number from 1"
    vectors = encoder.encode(items)
    if not isinstance(vectors, np.ndarray) or vectors.shape != (len(items), encoder.dim):
        shape = getattr(vectors, "shape", type(vectors).__name__)
        return f"{len(items)} items gave {shape}, not {(len(items), encoder.dim)}"
    return None


def _dtype_is_broken(encoder: Encoder, items: list) -> str | None:
    dtype = encoder.encode(items).dtype
    return None if dtype == np.float32 else f"the vectors are {dtype}, not float32"


def _finite_is_broken(encoder: Encoder, items: list) -> str | None:
    finite = np.isfinite(encoder.encode(items)).all(axis=1)
    return None if finite.all() else f"the vector of {items[int(np.argmin(finite))]!r} holds NaN or Inf"


def _argument_is_changed(encoder: Encoder, items: list) -> str | None:
    given = copy.deepcopy(items)
    encoder.encode(given)
    same = len(given) == len(items) and all(
        type(a) is type(b) and np.array_equal(a, b) for a, b in zip(given, items, strict=True)
    )
    return None if same else "encode changed the items it was given"


def _repetition_differs(encoder: Encoder, items: list) -> str | None:
    first = encoder.encode(items)
    kept = first.copy()
    if first.flags.writeable:
        first[:] = 0  # the caller may do as he likes with what he was given
    return _difference(kept, encoder.encode(items), items, "is another the second time")


def _batch_matters(encoder: Encoder, items: list) -> str | None:
    together = encoder.encode(items)
    alone = np.concatenate([encoder.encode([item]) for item in items])
    return _difference(together, alone, items, "is another when it is encoded alone")


def _order_is_lost(encoder: Encoder, items: list) -> str | None:
    vectors = encoder.encode(items)
    return _difference(vectors, encoder.encode(items[::-1])[::-1], items, "is another in the reversed order")


def _subset_differs(encoder: Encoder, items: list) -> str | None:
    return _difference(
        encoder.encode(items)[::2],
        encoder.encode(items[::2]),
        items[::2],
        "is another with every second item",
    )


def _duplicates_differ(encoder: Encoder, items: list) -> str | None:
    vectors = encoder.encode(items)
    doubled = encoder.encode([item for item in items for _ in range(2)])
    if len(doubled) != 2 * len(items):
        return f"{2 * len(items)} items, each given twice, gave {len(doubled)} vectors"
    return _difference(vectors, doubled[1::2], items, "is another when the item is given twice")


def _nothing_is_broken(encoder: Encoder, items: list) -> str | None:
    vectors = encoder.encode([])
    if vectors.shape == (0, encoder.dim) and vectors.dtype == np.float32:
        return None
    return f"no items gave {vectors.dtype} {vectors.shape}, not float32 {(0, encoder.dim)}"


def _bare_string_is_a_list(encoder: Encoder, items: list) -> str | None:
    try:
        one = encoder.encode("abc")
    except TypeError:
        return None
    except InputError:  # a path of an image, say, and no file has this name
        return None
    if np.array_equal(one, encoder.encode(["abc"])[0]):
        return None
    return "encode took one string for a list of items; give its one vector, or raise WrongType"


def _empty_is_broken(encoder: Encoder, items: list) -> str | None:
    before, empty, after = encoder.encode(items)
    if not np.isfinite(empty).all() or empty.any():
        return f"{items[1]!r} gave numbers other than zero"
    full = encoder.encode([items[0], items[2]])
    return _difference(full, np.stack([before, after]), [items[0], items[2]], "differs next to an empty item")


LAWS: dict[str, Callable[[Encoder, list[Any]], str | None]] = {
    "argument unchanged": _argument_is_changed,  # first, so that the others may use one list
    "shape": _shape_is_broken,
    "dtype": _dtype_is_broken,
    "finite": _finite_is_broken,
    "same twice": _repetition_differs,
    "order": _order_is_lost,
    "subset": _subset_differs,
    "duplicates": _duplicates_differ,
    "batch independence": _batch_matters,
    "no items": _nothing_is_broken,
    "bare string": _bare_string_is_a_list,
}


def _difference(wanted: np.ndarray, given: np.ndarray, items: list, how: str) -> str | None:
    if given.shape != wanted.shape:
        return f"{len(items)} items gave {given.shape}, not {wanted.shape}"
    distances = np.linalg.norm(given - wanted, axis=1)
    far = ~(distances <= TOLERANCE * np.linalg.norm(wanted, axis=1))
    if not far.any():
        return None
    worst = int(np.argmax(far))
    return f"the vector of {items[worst]!r} {how} (by {distances[worst]:.2g})"


def _unknown_key(table: Table) -> str:
    def candidates() -> Iterator[str]:
        yield ""
        while True:
            yield f"unknown {np.random.default_rng().integers(2**62)}"

    return next(key for key in candidates() if key not in table)


def _check_neighbours(table: Table, key: str) -> None:
    found = table.similar(key, len(table))
    scores = [neighbour.score for neighbour in found]
    assert len(found) == len(table) - 1, f"similar: {key!r} has {len(found)} neighbours of {len(table) - 1}"
    assert key not in {neighbour.key for neighbour in found}, f"similar: {key!r} is among its own neighbours"
    assert scores == sorted(scores, reverse=True), f"similar: the neighbours of {key!r} are out of order"
    assert all(-1 <= score <= 1 for score in scores), f"similar: a cosine with {key!r} is beyond 1"
    assert table.similar(key, 0) == [], f"similar: no neighbours of {key!r} were requested, and some came"
    assert table.similar(key, 1) == found[:1], f"similar: the first neighbour of {key!r} depends on k"


def _check_saved(table: Table) -> None:
    from likewise.artifacts.artifact import load, save

    with TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        save(table, path)
        again = load(path)
        assert again.keys == table.keys, "saved and loaded: the keys are others"
        assert np.array_equal(again.vectors, table.vectors), "saved and loaded: the vectors are others"
        assert _same(again.counts, table.counts), "saved and loaded: the counts are others"
        assert again.spelling == table.spelling, "saved and loaded: the spelling is another"
        assert again.facts == table.facts, "saved and loaded: the facts are others"


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    return a is b if a is None or b is None else np.array_equal(a, b)
