"""A trained classifier of texts, which is an encoder as well: a text's vector is what its label was learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.artifacts.artifact import Contents
from likewise.documents._averaged import rows_of
from likewise.documents._options import described, refuse_function, terms_from, terms_of
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, OptionError
from likewise.learn.fasttext.supervised import hidden_vectors
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.ngram_keys import feature_rows
from likewise.tokens.corpus.word_pattern import Words

KIND = "classifier"
Label = str | int
TEXTS_AT_A_TIME = 1 << 14


class Prediction(NamedTuple):
    """A label and its probability.

    Attributes
    ----------
    label : str or int
        Label.
    probability : float
        Probability, 0 to 1.
    """

    label: Label
    probability: float


@final
class TextClassifier:
    """A classifier of texts that `classify` trained, and an `Encoder`: a text's vector is the mean of its features.

    Parameters
    ----------
    words : list of str
        Words of the training texts, the most frequent first.
    counts : ndarray of shape (n_words,), int64
        How often each occurs.
    ngrams : ndarray of shape (n_ngrams,), uint64
        Sorted keys of word n-grams.
    terms : Terms
        How texts are split into words.
    classes : list of str or int
        Labels, in the order of the columns of `predict_proba`.
    inputs : ndarray of shape (n_words + n_ngrams + 1, dim), float32
        Vector of each feature; the last is that of the end of a text.
    outputs : ndarray of shape (n_classes, dim), float32
        Weights of each class.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        words: list[str],
        counts: np.ndarray,
        ngrams: np.ndarray,
        terms: Terms,
        classes: list[Label],
        inputs: np.ndarray,
        outputs: np.ndarray,
        *,
        facts: dict[str, Any] | None = None,
    ) -> None:
        spelling = terms.words.spelling if isinstance(terms.words, Words) else Spelling()
        self.words = Table(words, inputs[: len(words)], counts=counts, spelling=spelling)
        self.terms, self.classes, self.facts = terms, list(classes), dict(facts or {})
        self._ngrams, self._inputs, self._outputs = ngrams, inputs, outputs

    def __repr__(self) -> str:
        return f"TextClassifier({len(self.classes)} classes, {len(self.words):,} words, dim={self.dim})"

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self.words.dim

    @accepts_one
    def encode(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """Encode texts.

        Parameters
        ----------
        items : sequence of str or of lists of tokens, or one str
            Texts.
        threads : int or None, default None
            Threads that read; None: all cores.

        Returns
        -------
        ndarray of shape (n, dim), float32
            Mean of the vectors of the features; zeros for a text without a known word. (dim,) for one str.
        """
        rows, known = self._features(items, checked_threads(threads))
        vectors = hidden_vectors(rows, self._inputs)
        vectors[~known] = 0
        return vectors

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """Say which texts have a known word.

        Parameters
        ----------
        items : sequence of str or of lists of tokens
            Texts.

        Returns
        -------
        ndarray of shape (n,), bool
        """
        return self._features(items, 1)[1]

    def predict(self, items: Sequence[Any], *, threads: int | None = None) -> list[Label]:
        """Predict the label of each text.

        Parameters
        ----------
        items : sequence of str or of lists of tokens
            Texts. One without a known word gets the most frequent label.
        threads : int or None, default None
            Threads that read; None: all cores.

        Returns
        -------
        list of str or int
        """
        return [self.classes[number] for number in self._scores(items, threads).argmax(axis=1)]

    def predict_proba(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """Predict the probability of each label.

        Parameters
        ----------
        items : sequence of str or of lists of tokens
            Texts.
        threads : int or None, default None
            Threads that read; None: all cores.

        Returns
        -------
        ndarray of shape (n, n_classes), float32
            Rows sum to 1; columns are in the order of `classes`.
        """
        scores = self._scores(items, threads)
        scores -= scores.max(axis=1, keepdims=True, initial=-np.inf)
        np.exp(scores, out=scores)
        return scores / scores.sum(axis=1, keepdims=True)

    def predict_top(self, items: Sequence[Any], k: int = 3) -> list[list[Prediction]]:
        """Predict the k most probable labels of each text.

        Parameters
        ----------
        items : sequence of str or of lists of tokens
            Texts.
        k : int, default 3
            Number of labels, at least 1; all if there are fewer.

        Returns
        -------
        list of list of Prediction
            Label and probability, the most probable first.
        """
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise OptionError(f"k must be a whole number of at least 1, not {k!r}")
        probabilities = self.predict_proba(items)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        return [
            [Prediction(self.classes[number], float(row[number])) for number in order]
            for row, order in zip(probabilities, best, strict=True)
        ]

    def _features(self, items: Sequence[Any], threads: int) -> tuple[Ragged, np.ndarray]:
        """Rows of features, and which texts have a known word."""
        rows = rows_of(self.words, terms_of(items, self.terms, threads))
        known = np.diff(np.concatenate([[0], np.cumsum(rows.ids >= 0)])[rows.offsets]) > 0
        return feature_rows(rows, len(self.words), self._ngrams, self._longest), known

    def _scores(self, items: Sequence[Any], threads: int | None) -> np.ndarray:
        vectors = hidden_vectors(self._features(items, checked_threads(threads))[0], self._inputs)
        return vectors @ self._outputs.T

    @property
    def _longest(self) -> int:
        return int(self.facts.get("ngrams", 1))

    def contents(self) -> Contents:
        """What `likewise.save` writes; raises `InputError` where a function splits the texts.

        Returns
        -------
        Contents
        """
        refuse_function(self.terms)
        arrays = {"inputs": self._inputs, "outputs": self._outputs, "ngrams": self._ngrams.view(np.int64)}
        facts = {"made": self.facts, "reading": described(self.terms), "classes": self.classes}
        return Contents(KIND, facts, arrays, self.words.keys, self.words.counts)

    @classmethod
    def from_contents(cls, contents: Contents) -> TextClassifier:
        """The classifier that `contents` describes.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.

        Returns
        -------
        TextClassifier

        Raises
        ------
        ArtifactError
            If it describes none.
        """
        arrays, facts, keys = contents.arrays, contents.facts, contents.keys
        if keys is None or contents.counts is None:
            raise ArtifactError("a classifier of texts without words")
        inputs, outputs, ngrams = arrays["inputs"], arrays["outputs"], arrays["ngrams"].view(np.uint64)
        classes, dim = facts["classes"], inputs.shape[1]
        if not isinstance(classes, list) or any(type(each) not in (str, int) for each in classes):
            raise ArtifactError("the classes of a classifier are texts or whole numbers")
        if inputs.shape != (len(keys) + len(ngrams) + 1, dim) or outputs.shape != (len(classes), dim):
            raise ArtifactError(
                f"vectors of the shapes {inputs.shape} and {outputs.shape} do not fit its words and classes"
            )
        if (ngrams[1:] <= ngrams[:-1]).any() or len(set(classes)) != len(classes):
            raise ArtifactError("the n-grams or classes of a classifier are not in order, or repeat")
        return cls(
            keys,
            contents.counts,
            ngrams,
            terms_from(facts["reading"]),
            classes,
            inputs,
            outputs,
            facts=facts["made"],
        )
