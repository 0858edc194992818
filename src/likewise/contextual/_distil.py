"""An encoder of texts made into a table of words, whose mean comes near to what the encoder would have said.

Each word goes through the teacher alone, as Model2Vec does it (van Dongen and Tulkens 2024), is centred, weighed by
its frequency (Arora et al. 2017) and rotated to its main directions. With texts of your own their words come in too,
and the vectors move to where weighed means give the teacher's vectors of these texts: least squares, near the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.documents._options import single, terms_of
from likewise.encoder import Encoder
from likewise.errors import InputError, OptionError
from likewise.system.cores import checked_threads
from likewise.system.progress import Progress
from likewise.system.seeds import generator
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words

Report = Callable[[Progress], None]
TEXTS = 512  # encoded between two reports
HELD = 0.1  # of the texts, on which the strength is chosen
STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03)  # of the pull towards the start; a text counts 1
ROUNDS = 30  # of conjugate gradients
UNSEEN = 0.5  # the count of a word that is in none of the texts
PAIRS = 5000  # of held-out texts, whose similarity is compared


def distil(
    teacher: Encoder,
    texts: Iterable[str] | None = None,
    *,
    dim: int = 256,
    most: int = 60_000,
    a: float = 1e-3,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> Table:
    """A Table of words, whose plain mean over a text stands for the teacher's vector of it, hundreds of times as fast.

        teacher: an encoder of texts. The words are the `most` frequent of `texts`, then those among the teacher's own
    subword tokens where it has any. `a` is that of SIF: a word's vector is a / (a + its share) as long. `facts` say how
    much
        was kept: over pairs of texts held out, the rank correlation of cosines in the table with those of the teacher.
        Raises `InputError` where there is no word, and `OptionError`.

    Parameters
    ----------
    teacher : Encoder
        Encoder that is imitated.
    texts : iterable of str or None, default None
        Texts that the student is trained on.
    dim : int or None, default 256
        Length of the vectors. None: that of the teacher.
    most : int, default 60000
        Largest number of words of the table.
    a : float, default 0.001
        Parameter of SIF (Arora et al. 2017): smaller values give frequent words less weight.
    seed : int, default 0
        Seed of all random numbers.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1 or most < 1 or not 0 < a < 1:
        raise OptionError(f"dim and most must be from 1 and a from 0 to 1, not {dim!r}, {most!r} and {a!r}")
    threads, rule = checked_threads(threads), Words()
    listed = list(texts or ())
    keys, counts = vocabulary(teacher, listed, rule, most, threads)
    if not keys:
        raise InputError("there is no word to make a vector of: give texts, or a teacher with subword tokens")
    vectors = encoded(teacher, keys, "words", report)
    kept = np.flatnonzero(vectors.any(axis=1))
    keys, counts, vectors = [keys[i] for i in kept], counts[kept], vectors[kept]
    shares = (counts + UNSEEN) / (counts + UNSEEN).sum() if listed else zipf(len(keys))
    weights = (a / (a + shares)).astype(np.float32)
    vectors = vectors - shares.astype(np.float32) @ vectors
    fit_facts: dict[str, Any] = {}
    if listed:
        wanted = encoded(teacher, listed, "texts", report)
        rows = in_words(keys, listed, rule, threads)
        vectors, fit_facts = fitted(rows, wanted, vectors, weights, seed)
    vectors = rotated(vectors, weights, shares, min(dim, vectors.shape[1]))
    facts = {"function": "contextual.distil", "texts": len(listed), "a": a, "seed": seed, **fit_facts}
    return Table(keys, vectors, counts=counts, spelling=Spelling(form=rule.form, case=rule.case), facts=facts)


def vocabulary(
    teacher: Any, texts: list[str], rule: Words, most: int, threads: int
) -> tuple[list[str], np.ndarray]:
    """The words and how often each is there, most frequent first; those of the teacher alone follow, with 0."""
    found = terms_of(texts, single(rule), threads)
    seen = np.bincount(found.rows.ids, minlength=found.distinct)
    order = np.argsort(-seen, kind="stable")[:most]
    words = dict(zip(found.keys(order), seen[order].tolist(), strict=True))
    tokens = getattr(getattr(teacher, "subwords", None), "keys", [])
    whole = [token.removeprefix("Ġ").removeprefix("▁") for token in tokens]
    for word in whole:
        if len(words) >= most:
            break
        if word.isalnum() and word == rule.spelling(word):
            words.setdefault(word, 0)
    return list(words), np.array(list(words.values()), np.int64)


def encoded(teacher: Encoder, items: list[str], what: str, report: Report | None) -> np.ndarray:
    """(n, dim) float32, by length, so that a batch holds texts about as long."""
    order = np.argsort([len(item) for item in items], kind="stable")
    vectors = np.zeros((len(items), teacher.dim), np.float32)
    for start in range(0, len(items), TEXTS):
        part = order[start : start + TEXTS]
        vectors[part] = teacher.encode([items[i] for i in part])
        if report is not None:
            report(Progress("encoding", start + len(part), len(items), what))
    return vectors


def zipf(n: int) -> np.ndarray:
    """(n,): shares of words, estimated from their rank alone (Zipf 1949)."""
    shares = 1 / (np.arange(n) + 2.7)
    return shares / shares.sum()


def in_words(keys: list[str], texts: list[str], rule: Words, threads: int) -> Ragged:
    """The texts in the numbers of their words; a word without a number is left out."""
    found = terms_of(texts, single(rule), threads)
    numbers = {key: number for number, key in enumerate(keys)}
    places = np.array([numbers.get(key, -1) for key in found.keys(np.arange(found.distinct))], np.int64)
    rows = (places[row] for row in found.rows)
    return Ragged.from_rows([row[row >= 0].tolist() for row in rows])


def fitted(
    rows: Ragged, wanted: np.ndarray, start: np.ndarray, weights: np.ndarray, seed: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Vectors (v, d) whose weighed means over `rows` come near to `wanted` (n, d), and what that was worth on held-out
    rows: the strength of the pull towards `start` is the one that does best there.
    """
    means = mean_matrix(rows, weights)
    unit = unit_rows(wanted)
    unit = unit - unit.mean(axis=0)
    there = np.flatnonzero((rows.lengths > 0) & wanted.any(axis=1))
    order = generator(seed, "distil.held").permutation(there)
    held, learnt = order[: max(1, round(HELD * len(order)))], order[max(1, round(HELD * len(order))) :]
    if len(learnt) < 2:
        return start, {}
    begun = means @ start
    scale = float((begun * unit).sum() / max((begun * begun).sum(), 1e-12))
    start = start * np.float32(scale)
    found = []
    for strength in STRENGTHS:
        vectors = start + change(means[learnt], unit[learnt] - means[learnt] @ start, strength)
        found.append((similarity_kept(means[held] @ vectors, wanted[held], seed), strength))
    before = similarity_kept(means[held] @ start, wanted[held], seed)
    best, strength = max(found)
    if best <= before:
        return start, {"kept": before, "kept_by_words_alone": before}
    vectors = start + change(means[order], unit[order] - means[order] @ start, strength)
    return vectors, {"kept": best, "kept_by_words_alone": before, "strength": strength}


def mean_matrix(rows: Ragged, weights: np.ndarray) -> Any:
    """(n, v) float32 CSR: the weighed mean over the words of each row."""
    from scipy.sparse import diags_array

    matrix = rows.counts(len(weights)) * weights[None, :]
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return (diags_array(1 / np.maximum(sums, 1e-12)) @ matrix).tocsr().astype(np.float32)


def change(means: Any, missing: np.ndarray, strength: float) -> np.ndarray:
    """X (v, d) that makes |means X - missing|² + strength |X|² least, by conjugate gradients for each column."""
    pulled = (means.T @ missing).astype(np.float32)
    solution, rest = np.zeros_like(pulled), pulled.copy()
    towards, size = rest.copy(), (rest * rest).sum(axis=0)
    for _ in range(ROUNDS):
        applied = means.T @ (means @ towards) + np.float32(strength) * towards
        step = size / np.maximum((towards * applied).sum(axis=0), 1e-20)
        solution += step * towards
        rest -= step * applied
        size, before = (rest * rest).sum(axis=0), size
        towards = rest + towards * (size / np.maximum(before, 1e-20))
    return solution


def similarity_kept(found: np.ndarray, wanted: np.ndarray, seed: int) -> float:
    """Spearman's correlation of cosines between rows of (n, d), over pairs drawn: 1 where all similarity is kept."""
    from scipy.stats import rankdata

    random, n = generator(seed, "distil.pairs"), len(found)
    left, right = random.integers(n, size=(2, PAIRS))
    left, right = left[left != right], right[left != right]
    if len(left) < 2:
        return 0.0
    both = [(unit_rows(side)[left] * unit_rows(side)[right]).sum(axis=1) for side in (found, wanted)]
    one, other = (rankdata(cosines) - (len(left) + 1) / 2 for cosines in both)
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else 0.0


def rotated(vectors: np.ndarray, weights: np.ndarray, shares: np.ndarray, dim: int) -> np.ndarray:
    """(v, dim) float32: as long as their weights say, on the directions that the words of a text spread along most."""
    weighed = vectors * weights[:, None]
    spread = (weighed * shares[:, None].astype(np.float32)).T @ weighed
    _, directions = np.linalg.eigh(spread.astype(np.float64))
    return np.ascontiguousarray(weighed @ directions[:, ::-1][:, :dim].astype(np.float32), np.float32)
