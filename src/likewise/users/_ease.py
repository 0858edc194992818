"""A log → a weight for each pair of items, in closed form: what someone chose says what they will choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.interactions import Interactions, Reading
from likewise.learn.kernels import sparse_product as sparse
from likewise.learn.kernels.gemm import one_blas_thread
from likewise.learn.recommend import ease as linear_items
from likewise.system.progress import Progress
from likewise.training.plan import Report
from likewise.training.run import owned
from likewise.users._card import card
from likewise.users._fold_in import Space
from likewise.users._model import Users
from likewise.users._options import call_of, opened, users_of


def solved(
    source: Any,
    *,
    dim: int | None,
    regularisation: float,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    report: Report | None,
) -> Users:
    """EASE whole, where `dim` is None, or the best of a lower rank."""
    call = call_of("ease", source, reading, dim=dim, regularisation=regularisation)
    with owned(out, call, overwrite=overwrite, resume=False, checkpoint_seconds=np.inf) as run:
        found = opened(source, reading, run, report)
        told = Progress("solving", 0, 0, "steps")
        if report is not None:
            report(told)
        if run is not None:
            run.reached(told, None)
        with one_blas_thread():  # the bits of BLAS depend on its threads
            users = (
                _whole(found, call, regularisation)
                if dim is None
                else _short(found, call, dim, regularisation)
            )
        if run is not None:
            run.finish(users, card=card(users))
    return users


def _whole(found: Interactions, call: dict[str, Any], regularisation: float) -> Users:
    """An item's vector is what choosing it says of every other item, a user's is the sum of those of their items."""
    weights = linear_items.ease(found.seen, regularisation=regularisation)
    return users_of(found, None, weights, Space("sum", direct=True), call)


def _short(found: Interactions, call: dict[str, Any], dim: int, regularisation: float) -> Users:
    inputs, outputs = linear_items.low_rank(found.seen, dim=dim, regularisation=regularisation)
    vectors = sparse.times(found.seen, inputs, 1)
    return users_of(found, vectors, outputs, Space("sum", np.ascontiguousarray(inputs)), call)
