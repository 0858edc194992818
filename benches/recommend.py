"""Users and items against tuned peers: `implicit` 0.7.3 (ALS, BPR), EASE, item-kNN, popularity; full ranking.

    python benches/recommend.py [--sets movielens lastfm citeulike] [--splits 3] [--threads 2] [--methods als bpr ...]

Each method has the same number of trials, the TRIALS settings of its grid, judged by nDCG@10 on a validation part: of
the first split's training part, again the same share of each user's choices (the test part is not touched). The best
setting of each learns each split anew. MovieLens-100K: all ratings, 75/25 of each user, and the last of each user held
out, with the same settings; LastFM and CiteULike-a 80/20. What was seen is left out.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from _interactions import citeulike, lastfm, movielens
from likewise.arrays.ranking import Scorer, by_vectors
from likewise.evaluate import recommend_splits as splits
from likewise.evaluate.recommend import recommend
from likewise.evaluate.recommend_baselines import item_neighbours, popularity
from likewise.learn.kernels import row_stream as source
from likewise.learn.recommend import als, bpr
from likewise.learn.recommend import ease as linear_items
from likewise.learn.sgns import training as sgns
from likewise.users._histories import shuffle_histories

TRIALS = 12
Way = Callable[[Any, argparse.Namespace, dict[str, Any]], Scorer]


def trained(module: Any, seen: Any, settings: Any, threads: int) -> Scorer:
    state = module.fresh(*seen.shape, settings)
    for _ in module.train(state, seen, settings, threads=threads):
        pass
    return by_vectors(state.users, state.items)


def our_als(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    return trained(als, seen, als.Settings(seed=0, **options), args.threads)


def our_bpr(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    return trained(bpr, seen, bpr.Settings(seed=0, **options), args.threads)


def our_ease(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    weights = linear_items.ease(seen, **options)
    return lambda rows: np.asarray(seen[rows] @ weights)


def our_low_rank(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    inputs, outputs = linear_items.low_rank(seen, **options)
    return by_vectors(np.asarray(seen @ inputs), outputs)


def item2vec(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    made = shuffle_histories(seen)
    counts = np.maximum(1, np.bincount(seen.indices, minlength=seen.shape[1]))
    ordered, counts, order = source.sort_by_frequency(made, counts)
    settings = sgns.Settings(dynamic_window=False, seed=0, **options)
    state = sgns.fresh(len(counts), settings)
    for _ in sgns.train(state, ordered, counts, settings, threads=args.threads):
        pass
    inputs, outputs = np.zeros((2, len(counts), settings.dim), np.float32)
    inputs[order], outputs[order] = state.inputs[:, : settings.dim], state.outputs[:, : settings.dim]
    # A user is the mean of what they chose, the rare weighing more: nearer to the taste, farther from what all like.
    weights = 1 / np.sqrt(counts)
    sums = np.maximum(seen @ weights, 1e-12)
    means = seen @ (inputs * weights[:, None]) / sums[:, None]
    return by_vectors(means.astype(np.float32), outputs)


def implicit_als(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    from implicit.als import AlternatingLeastSquares

    return by_implicit(AlternatingLeastSquares, seen, args, options)


def implicit_bpr(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    from implicit.bpr import BayesianPersonalizedRanking

    return by_implicit(BayesianPersonalizedRanking, seen, args, options)


def by_implicit(kind: Any, seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    model = kind(num_threads=args.threads, random_state=0, use_gpu=False, **options)
    model.fit(sparse.csr_matrix(seen), show_progress=False)
    return by_vectors(model.user_factors, model.item_factors)


def neighbours(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    return item_neighbours(seen, **options)


GRIDS: dict[str, tuple[Way, dict[str, list[Any]]]] = {
    "item-kNN": (neighbours, {"neighbours": [5, 10, 20, 30, 40, 50, 70, 100, 150, 200, 300, 500]}),
    "implicit ALS": (
        implicit_als,
        {"factors": [64], "alpha": [2, 5, 20], "regularization": [1.0, 5.0, 15.0, 40.0], "iterations": [15]},
    ),
    "implicit BPR": (
        implicit_bpr,
        {"factors": [64], "learning_rate": [0.01, 0.03, 0.1], "regularization": [0.003, 0.01, 0.03, 0.06],
         "iterations": [100]},
    ),
    "EASE": (our_ease, {"regularisation": [10.0, 20, 30, 50, 75, 100, 150, 200, 300, 400, 500, 800]}),
    "als": (
        our_als,
        {"dim": [64], "unobserved": [0.1, 0.2, 0.3], "regularisation": [0.01, 0.014, 0.02, 0.03]},
    ),
    "low_rank": (our_low_rank, {"dim": [32, 64, 256], "regularisation": [50.0, 150.0, 300.0, 500.0]}),
    "bpr": (
        our_bpr,
        {"dim": [64], "candidates": [1, 2, 4], "regularisation": [0.003, 0.01, 0.03, 0.06], "epochs": [60]},
    ),
    "item2vec": (
        item2vec,
        {"dim": [64], "window": [10], "exponent": [-0.5, 0.0, 0.5], "sample": [0.0, 2e-3], "negatives": [10, 20],
         "epochs": [40]},
    ),
}  # fmt: skip
assert all(np.prod([len(values) for values in grid.values()]) == TRIALS for _, grid in GRIDS.values())


# The weight of what is not seen goes with how few of all pairs are seen: 6, 0.28 and 0.22 % here.
UNOBSERVED = {"movielens": [0.1, 0.2, 0.3], "lastfm": [0.03, 0.1, 0.2], "citeulike": [0.003, 0.01, 0.03]}
PENALTIES = {"citeulike": [0.003, 0.006, 0.012, 0.024]}


def trials(grid: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Every setting of a grid."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def measured(score: Scorer, split: splits.Split, args: argparse.Namespace) -> dict[str, float]:
    found = recommend(
        score, split.train, split.held, k=(10,), baselines=False, resamples=0, threads=args.threads
    )
    return {name.removesuffix("@10"): value for name, value in found.means.items()}


def search(name: str, split: splits.Split, share: float, args: argparse.Namespace) -> dict[str, Any]:
    """The setting of largest nDCG@10 on the validation part."""
    way, grid = GRIDS[name]
    inner, best = splits.at_random(split.train, share=share, seed=100), (-1.0, {})
    for options in trials(grid):
        value = measured(way(inner.train, args, options), inner, args)["nDCG"]
        best = max(best, (value, options), key=lambda pair: pair[0])
    return best[1]


def judged(
    title: str, parted: list[splits.Split], name: str, options: dict[str, Any], args: argparse.Namespace
) -> None:
    way = popular if name == "popularity" else GRIDS[name][0]
    start = time.perf_counter()
    found = [measured(way(split.train, args, options), split, args) for split in parted]
    seconds = (time.perf_counter() - start) / len(parted)
    values = " ".join(
        f"{metric} {np.mean([one[metric] for one in found]):.4f}"
        f" ({min(one[metric] for one in found):.3f}–{max(one[metric] for one in found):.3f})"
        for metric in ("nDCG", "Recall", "HR", "MRR", "coverage")
    )
    print(f"{title:22} {name:13} {values}  {seconds:.1f} s  {options}", flush=True)


def popular(seen: Any, args: argparse.Namespace, options: dict[str, Any]) -> Scorer:
    return popularity(seen)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=["movielens", "lastfm", "citeulike"])
    parser.add_argument("--methods", nargs="+", default=["popularity", *GRIDS])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    with threadpool_limits(args.threads, "blas"):
        for which in args.sets:
            share = 0.75 if which == "movielens" else 0.8
            made = {"movielens": movielens, "lastfm": lastfm, "citeulike": citeulike}[which]()
            seen, times = made if which == "movielens" else (made, None)
            parted = [splits.at_random(seen, share=share, seed=seed) for seed in range(args.splits)]
            for name in args.methods:
                GRIDS["als"][1]["unobserved"] = UNOBSERVED[which]
                GRIDS["als"][1]["regularisation"] = PENALTIES.get(which, [0.01, 0.014, 0.02, 0.03])
                options = {} if name == "popularity" else search(name, parted[0], share, args)
                judged(f"{which} {share:.0%}", parted, name, options, args)
                if times is not None:
                    judged(f"{which} last out", [splits.last_out(seen, times)], name, options, args)


if __name__ == "__main__":
    main()
