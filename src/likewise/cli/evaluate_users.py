"""`likewise evaluate MODEL --test FILE`: how well a model of users predicts held-out interactions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from likewise.data.interactions import Interactions
    from likewise.evaluate.rows import Row
    from likewise.users import Users


def rows_of(model: Users, test: Path, name: str, seed: int) -> list[Row]:
    """Full ranking of all items for each user of a file, without those the model has seen, compared with baselines."""
    import numpy as np

    from likewise.arrays.ragged import Ragged
    from likewise.evaluate.recommend import recommend
    from likewise.evaluate.rows import Row
    from likewise.system.cores import checked_threads

    held = _held(model, test)
    users, items = model.names.places(held.users), model.items.places(held.items)
    pairs = held.seen.tocoo()
    rows, columns = users[pairs.row], items[pairs.col]
    known = (rows >= 0) & (columns >= 0)
    repeated = _seen_before(model, rows, columns, known)
    counts = {
        "held items of unknown users": int((rows < 0).sum()),
        "held items that are unknown": int(((rows >= 0) & (columns < 0)).sum()),
        "held items seen in training": int(repeated.sum()),
    }
    usable = known & ~repeated
    if not usable.any():
        raise InputError(
            f"this model can predict nothing in {test}: {', '.join(f'{n:,} {what}' for what, n in counts.items())}"
        )
    lengths = np.bincount(rows[usable], minlength=len(model))
    order = np.argsort(rows[usable], kind="stable")
    ids = columns[usable][order].astype(np.int32)
    expected = Ragged(ids, np.concatenate([[0], np.cumsum(lengths)])).counts(len(model.items))
    threads = checked_threads(None)
    score = recommend(model.scorer(), model.seen_matrix, expected, threads=threads, seed=seed)
    total = len(rows)
    left_out = [Row(name, what, n / total, total, total) for what, n in counts.items() if n]
    scores = [replace(row, total=len(held)) for row in score.rows(name)]
    return [*scores, *left_out]


def _seen_before(model: Users, rows: np.ndarray, columns: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(pairs,) bool: which known pairs the model has seen."""
    import numpy as np

    seen = model.seen
    own = np.repeat(np.arange(len(model)), seen.lengths) * len(model.items) + seen.ids
    return known & np.isin(rows * len(model.items) + columns, own)


def _held(model: Users, test: Path) -> Interactions:
    """The interactions of a file: columns as in the model's log, and its `at_least` where there is a rating."""
    from likewise.data.interactions import Reading, read

    recorded: dict[str, Any] = dict(model.facts["reading"])
    ways: list[tuple[str, ...]] = [("user", "item", "encoding")]
    if "at_least" in recorded:
        ways.insert(0, ("user", "item", "rating", "at_least", "encoding"))
    tries = [Reading(**{name: recorded[name] for name in way}) for way in ways]
    if isinstance(recorded["user"], int):  # what --hold-out writes has two columns and no others
        user, item = int(recorded["user"] > recorded["item"]), int(recorded["item"] > recorded["user"])
        tries.append(Reading(user=user, item=item, encoding=recorded["encoding"]))
    first: InputError | None = None
    for reading in tries:
        try:
            return read(test, reading)
        except InputError as error:
            first = first or error
    assert first is not None
    raise first
