"""Alternating least squares against `implicit` 0.7.3: seconds a pass, loss after passes, and the lists of all users.

    python benches/als.py [--dims 64 128 256] [--threads 2] [--rounds 5] [--passes 10] [--memory 20000000]

MovieLens-100K, all ratings, confidence 5, penalty 40; both take turns, A B A B, in one process with BLAS on one thread.
The loss is that of `implicit` for both, from all pairs, a seen one: likewise's same loss has other letters (for a
confidence c: weights c − 1, unobserved 1, vectors by √(c / (c − 1)), its penalty multiplied by (c − 1) / c).
With --memory only a generated log of so many choices is learnt from, for two passes, and the peak told.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from _interactions import generated, movielens

CONFIDENCE, PENALTY = 5.0, 40.0  # those that `recommend.py` chose for `implicit`


def clock() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def loss(users: np.ndarray, items: np.ndarray, seen: Any) -> float:
    """Σ c (1 − s)² over what is seen, Σ s² over what is not, and the penalty; a seen pair."""
    scores, is_seen = users.astype(np.float64) @ items.T.astype(np.float64), seen.toarray() > 0
    errors = np.where(is_seen, CONFIDENCE * (1 - scores) ** 2, scores**2).sum()
    return float(errors + PENALTY * (np.square(users).sum() + np.square(items).sum())) / seen.nnz


def with_implicit(
    seen: Any, dim: int, passes: int, threads: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, Any]:
    from implicit.als import AlternatingLeastSquares
    from scipy import sparse

    ends: list[np.ndarray] = []
    model = AlternatingLeastSquares(
        factors=dim, regularization=PENALTY, iterations=passes, num_threads=threads, random_state=0, use_gpu=False
    )  # fmt: skip
    weights = sparse.csr_matrix(seen * np.float32(CONFIDENCE))
    model.fit(weights, show_progress=False, callback=lambda *_: ends.append(clock()))
    return (
        ends,
        model.user_factors,
        model.item_factors,
        lambda: model.recommend(np.arange(seen.shape[0]), weights, N=10),
    )


def with_likewise(
    seen: Any, dim: int, passes: int, threads: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, Any]:
    from likewise.arrays.ranking import best, by_vectors
    from likewise.learn.recommend import als

    scale = CONFIDENCE / (CONFIDENCE - 1)
    settings = als.Settings(dim=dim, unobserved=1.0, regularisation=PENALTY / scale, exponent=0.0)
    by_user = als.as_csr(seen * np.float32(CONFIDENCE - 1), *seen.shape)
    by_item, state = als.as_csr(by_user.T.tocsr(), *seen.shape[::-1]), als.fresh(*seen.shape, settings)
    ends = []
    for _ in range(passes):
        als.fit(state.users, state.items, by_user, settings, settings.block, threads)
        als.fit(state.items, state.users, by_item, settings, settings.block, threads)
        ends.append(clock())
    users, items, every = state.users * scale**0.5, state.items * scale**0.5, np.arange(seen.shape[0])
    return (
        ends,
        users,
        items,
        lambda: best(by_vectors(users, items), every, seen, seen.shape[1], 10, threads=threads),
    )


def compare(dim: int, args: argparse.Namespace) -> None:
    """One line for the passes, one for the lists."""
    seen, ways = movielens()[0], {"implicit": with_implicit, "likewise": with_likewise}
    for way in ways.values():
        way(seen, dim, 2, args.threads)[3]()
    passes: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    lists: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    losses = {}
    for _ in range(args.rounds):
        for name, way in ways.items():
            ends, users, items, answer = way(seen, dim, args.passes, args.threads)
            passes[name].append((ends[-1] - ends[0]) / (args.passes - 1))
            losses[name] = loss(users, items, seen)
            before = clock()
            answer()
            lists[name].append(clock() - before)
    for what, took in (("a pass", passes), ("all lists", lists)):
        told = []
        for k, kind in enumerate(("wall", "CPU")):
            seconds = {name: [one[k] for one in took[name]] for name in ways}
            ratios = [a / b for a, b in zip(seconds["implicit"], seconds["likewise"], strict=True)]
            told.append(
                f"{kind} {median(seconds['implicit']):.4f} {median(seconds['likewise']):.4f} s, "
                f"{median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
            )
        print(f"dim {dim:4} {what:9} {'; '.join(told)}", flush=True)
    after = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
    print(f"dim {dim:4} loss after {args.passes} passes: {after}", flush=True)


def memory(pairs: int, dim: int, threads: int) -> None:
    """Two passes over a generated log, and the peak of the process."""
    from likewise.learn.recommend import als

    seen = generated(pairs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    settings = als.Settings(dim=dim, epochs=2)
    state, start = als.fresh(*seen.shape, settings), time.perf_counter()
    ends = [time.perf_counter() for _ in als.train(state, seen, settings, threads=threads)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    longest = int(max(np.diff(seen.indptr).max(), np.bincount(seen.indices).max()))
    foreseen = als.needed_bytes(*seen.shape, seen.nnz, longest, settings, threads) // 2**20
    print(
        f"{seen.nnz:,} choices of {seen.shape[0]:,} users, {seen.shape[1]:,} items, dim {dim}: {ends[0] - start:.1f} s "
        f"the first pass, {ends[-1] - start:.1f} s two with the users' whole solution; peak {peak:,} MB "
        f"({before:,} MB of it while the log was made; foreseen {foreseen:,} MB)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dims", type=int, nargs="+", default=[64, 128, 256])
    for name, value in {"threads": 2, "rounds": 5, "passes": 10, "memory": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    if args.memory:
        memory(args.memory, args.dims[0], args.threads)
        return
    with threadpool_limits(1, "blas"):
        for dim in args.dims:
            compare(dim, args)


if __name__ == "__main__":
    main()
