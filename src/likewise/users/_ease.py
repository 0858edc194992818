"""EASE: a weight for each pair of items in closed form, as it is or as the best matrix of a lower rank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.interactions import Interactions
from likewise.data.interactions.options import Reading
from likewise.learn.kernels import sparse_product as sparse
from likewise.learn.kernels.gemm import one_blas_thread
from likewise.learn.recommend import ease as linear_items
from likewise.system.progress import Progress
from likewise.training.plan import Report
from likewise.training.run import owned
from likewise.users._fold_in import FoldIn
from likewise.users._model import Users
from likewise.users._options import call_of, card, read_log, users_of


def ease(
    log: Any,
    *,
    dim: int | None = None,
    regularisation: float = 200.0,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Users:
    """Find the weights between items that predict a user's items from their other items, in closed form (EASE).

    The vector of a user is the sum of the vectors of their items. The same log gives the same bits.

    Parameters
    ----------
    log : str, Path, list or Interactions
        Files with a row for each interaction, rows from Python, or what `read` returned.
    dim : int or None, default None
        Dimension of the vectors, from 1: the best matrix of this rank. None keeps the full matrix: the vector of an
        item is its row, as long as there are items, and that of a user holds their scores.
    regularisation : float, default 200.0
        Weight of the squared weights, above 0; 100 to 1,000 suit some thousands of users.
    reading : Reading, default Reading()
        Columns of the log, and the rules by which its rows become interactions.
    out : str, Path or None, default None
        Folder to save the model to.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Users
        The vectors of users and items, and the histories of the users.

    Raises
    ------
    InputError
        The log cannot be read, or holds too little to train on.
    OptionError
        An option is out of its range.
    NotEnoughMemory
        There are too many items for a weight for each pair of them.
    OutputExists
        `out` holds something already.

    References
    ----------
    H. Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019, arXiv:1905.03375.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> model = users.ease(log, dim=2, regularisation=5.0)
    >>> model.encode([["tea"]]).shape
    (1, 2)
    """
    call = call_of("ease", log, reading, dim=dim, regularisation=regularisation)
    with owned(out, call, overwrite=overwrite, resume=False, checkpoint_seconds=np.inf) as run:
        found = read_log(log, reading, run, report)
        progress = Progress("solving", 0, 0, "steps")
        if report is not None:
            report(progress)
        if run is not None:
            run.reached(progress, None)
        with one_blas_thread():  # the bits of BLAS depend on its threads
            users = (
                _full_rank(found, call, regularisation)
                if dim is None
                else _low_rank(found, call, dim, regularisation)
            )
        if run is not None:
            run.finish(users, card=card(users))
    return users


def _full_rank(found: Interactions, call: dict[str, Any], regularisation: float) -> Users:
    """The vector of an item is its row of weights; that of a user is the sum over their items."""
    weights = linear_items.ease(found.seen, regularisation=regularisation)
    return users_of(found, None, weights, FoldIn("sum", is_direct=True), call)


def _low_rank(found: Interactions, call: dict[str, Any], dim: int, regularisation: float) -> Users:
    inputs, outputs = linear_items.low_rank(found.seen, dim=dim, regularisation=regularisation)
    vectors = sparse.times(found.seen, inputs, 1)
    return users_of(found, vectors, outputs, FoldIn("sum", np.ascontiguousarray(inputs)), call)
