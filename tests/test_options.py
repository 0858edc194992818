"""Every option of every public function is checked: a value of another type or out of range is one `OptionError`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from likewise import documents, evaluate, graphs, pool, probing, tasks, users, words
from likewise.errors import LikewiseError

NAN = float("nan")
NEVER = (NAN, "5")  # what no option of a number can mean
BAD: tuple[Any, ...] = (NAN, float("inf"), "5", True, 1.5, 10**9, -1, None, [1])
TEXTS = ["the king and the queen", "a queen or a king", "milk and bread", "bread or milk"] * 6
EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c"), ("e", "f"), ("f", "a"), ("b", "e")]
TRIPLES = [("a", "r", "b"), ("b", "r", "c"), ("c", "s", "d"), ("d", "s", "a"), ("a", "s", "c")] * 2
LOG = [(f"u{n % 9}", f"i{n * 7 % 11}") for n in range(90)]
VECTORS = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
LABELS = ["a", "b"] * 20
TABLE = words.word2vec(TEXTS, dim=4, min_count=1, epochs=1, seed=1)
SMALL = {"dim": 4, "epochs": 1, "min_count": 1, "seed": 1}

# Each public function with arguments that it takes at once; its other options are then given what they cannot be.
CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "words.word2vec": (words.word2vec, (TEXTS,), SMALL),
    "words.fasttext": (words.fasttext, (TEXTS,), {**SMALL, "buckets": 100}),
    "words.glove": (words.glove, (TEXTS,), SMALL),
    "words.update": (words.update, (TABLE, TEXTS), {"epochs": 1, "min_count": 1, "seed": 1}),
    "documents.bag_of_words": (documents.bag_of_words, (TEXTS,), {}),
    "documents.tfidf": (documents.tfidf, (TEXTS,), {}),
    "documents.lsa": (documents.lsa, (TEXTS,), {"dim": 2, "seed": 1}),
    "documents.averaged": (documents.averaged, (TEXTS,), {"words": TABLE}),
    "documents.sif": (documents.sif, (TEXTS,), {"words": TABLE}),
    "documents.doc2vec": (documents.doc2vec, (TEXTS,), SMALL),
    "documents.classify": (documents.classify, (TEXTS, ["a", "a", "b", "b"] * 6), SMALL),
    "graphs.spectral": (graphs.spectral, (EDGES,), {"dim": 2}),
    "graphs.deepwalk": (graphs.deepwalk, (EDGES,), {"dim": 4, "seed": 1, "length": 5, "per_node": 2}),
    "graphs.node2vec": (graphs.node2vec, (EDGES,), {"dim": 4, "seed": 1, "length": 5, "per_node": 2}),
    "graphs.rdf2vec": (graphs.rdf2vec, (TRIPLES,), {"dim": 4, "seed": 1, "length": 4, "per_node": 2}),
    "graphs.complex": (graphs.complex, (TRIPLES,), {"dim": 4, "epochs": 1, "seed": 1}),
    "graphs.transe": (graphs.transe, (TRIPLES,), {"dim": 4, "epochs": 1, "seed": 1}),
    "graphs.distmult": (graphs.distmult, (TRIPLES,), {"dim": 4, "epochs": 1, "seed": 1}),
    "graphs.rotate": (graphs.rotate, (TRIPLES,), {"dim": 4, "epochs": 1, "seed": 1}),
    "users.als": (users.als, (LOG,), {"dim": 4, "epochs": 1, "seed": 1}),
    "users.bpr": (users.bpr, (LOG,), {"dim": 4, "epochs": 1, "seed": 1}),
    "users.ease": (users.ease, (LOG,), {}),
    "users.item2vec": (users.item2vec, (LOG,), {"dim": 4, "epochs": 1, "seed": 1}),
    "probing.classify": (probing.classify, (VECTORS, LABELS), {}),
    "probing.regress": (probing.regress, (VECTORS, VECTORS[:, 0]), {}),
    "probing.nearest_labels": (probing.nearest_labels, (VECTORS, LABELS), {}),
    "probing.project": (probing.project, (VECTORS,), {"dim": 3}),
    "probing.compare": (
        probing.compare,
        (LABELS, {"raw": VECTORS, "first": VECTORS[:, :3]}),
        {"raw": "raw", "budgets": (), "resamples": 10},
    ),
    "tasks.affinity": (tasks.affinity, (VECTORS, {"x": LABELS, "y": LABELS[::-1]}), {}),
    "pool.sif_weights": (pool.sif_weights, (np.array([3, 2, 1]),), {}),
    "table.similar": (TABLE.similar, ("king",), {}),
    "table.head": (TABLE.head, (), {"n": 2}),
    "table.nearest": (TABLE.nearest, (TABLE.vectors[0],), {}),
    "table.analogy": (TABLE.analogy, ("king", "queen", "milk"), {}),
    "evaluate.evaluate": (evaluate.evaluate, (TABLE, ["wordsim353"]), {}),
}
NUMBERS = ("int", "float")


def cases() -> Iterator[tuple[str, str]]:
    for name, (function, given, _) in CALLS.items():
        for place, (option, parameter) in enumerate(inspect.signature(function).parameters.items()):
            annotation = str(parameter.annotation)
            if (
                place >= len(given)
                and any(kind in annotation for kind in NUMBERS)
                and "Any" not in annotation
            ):
                yield name, option


@pytest.mark.parametrize(("name", "option"), list(cases()))
def test_a_wrong_value_is_an_error_of_our_own_and_nan_and_text_are_never_taken(
    name: str, option: str, tmp_path: Any
) -> None:
    function, given, usual = CALLS[name]
    for value in BAD:
        options = {**usual, option: value}
        if option == "checkpoint_seconds":
            options["out"] = tmp_path / f"m{BAD.index(value)}"
        try:
            function(*given, **options)
        except LikewiseError as error:
            said = str(error)
            if "\n" in said or (value in NEVER and not re.search(option.replace("_", "."), said)):
                pytest.fail(f"{name}({option}={value!r}) raised an error that does not name it: {said}")
        except Exception as error:
            pytest.fail(f"{name}({option}={value!r}) raised {type(error).__name__}: {error}")
        else:
            assert value not in NEVER, f"{name} took {option}={value!r}"
