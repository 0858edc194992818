"""Estimators for scikit-learn: embeddings inside pipelines, grid searches and column transformers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from likewise.errors import WrongType

__all__ = ["Embedder", "LsaEmbedder", "TfidfEmbedder", "Word2VecEmbedder"]


class _TextEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What the estimators share: `fit` trains `model_`, and `transform` encodes with it."""

    def _train(self, texts: list[str]) -> Any:
        raise NotImplementedError

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Train the model on texts.

        Parameters
        ----------
        X : iterable of str, shape (n_samples,)
            Training texts.
        y : object, default None
            Not used; accepted so that a pipeline can pass labels.

        Returns
        -------
        Self
            The fitted estimator, with the model as `model_`.

        Raises
        ------
        WrongType
            If X is one string, or holds something else than strings.
        """
        self.model_ = self._train(_texts(X))
        return self

    def transform(self, X: Iterable[str]) -> Any:
        """Encode texts.

        Parameters
        ----------
        X : iterable of str, shape (n_samples,)
            Texts to encode.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
            A row for each text; a sparse matrix for tf-idf.
        """
        check_is_fitted(self, "model_")
        return self.model_.encode(_texts(X))

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.dim)

    def __sklearn_tags__(self) -> Any:
        return _with_text_input(super().__sklearn_tags__())


class TfidfEmbedder(_TextEmbedder):
    """Tf-idf vectors of texts: `likewise.documents.tfidf` as a scikit-learn transformer.

    Parameters
    ----------
    kind : {"word", "char", "char_wb"}, default "word"
        Unit of the n-grams.
    shortest : int, default 1
        Smallest n of the n-grams.
    longest : int, default 1
        Largest n of the n-grams.
    min_df : int or float, default 1
        Terms in fewer texts are left out; a float is a share of the texts.
    max_df : int or float, default 1.0
        Terms in more texts are left out; a float is a share of the texts.
    max_features : int or None, default None
        Keep so many of the most frequent terms. None keeps all.
    sublinear_tf : bool, default False
        Use 1 + ln(count) instead of the count.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.

    Examples
    --------
    >>> from likewise.sklearn import TfidfEmbedder
    >>> TfidfEmbedder().fit_transform(["a king", "a queen"]).shape
    (2, 3)
    """

    def __init__(
        self,
        *,
        kind: str = "word",
        shortest: int = 1,
        longest: int = 1,
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
        sublinear_tf: bool = False,
        threads: int | None = None,
    ) -> None:
        self.kind = kind
        self.shortest = shortest
        self.longest = longest
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.threads = threads

    def _train(self, texts: list[str]) -> Any:
        from likewise import documents

        return documents.tfidf(
            texts,
            terms=documents.Terms(kind=self.kind, shortest=self.shortest, longest=self.longest),  # type: ignore[arg-type]
            vocabulary=documents.VocabularyOptions(
                min_df=self.min_df, max_df=self.max_df, max_features=self.max_features
            ),
            sublinear_tf=self.sublinear_tf,
            keep=False,
            threads=self.threads,
        )

    def transform(self, X: Iterable[str]) -> Any:
        """Encode texts.

        Parameters
        ----------
        X : iterable of str, shape (n_samples,)
            Texts to encode.

        Returns
        -------
        csr_matrix of shape (n_samples, n_features)
            Rows of unit length.
        """
        check_is_fitted(self, "model_")
        return self.model_.sparse(_texts(X))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Give the terms that the columns stand for.

        Parameters
        ----------
        input_features : object, default None
            Not used; scikit-learn passes it.

        Returns
        -------
        ndarray of str, shape (n_features,)
            The terms.
        """
        check_is_fitted(self, "model_")
        return np.array(list(self.model_.vocabulary.keys), dtype=object)


class LsaEmbedder(_TextEmbedder):
    """Latent semantic analysis of texts: `likewise.documents.lsa` as a scikit-learn transformer.

    Parameters
    ----------
    dim : int, default 100
        Number of dimensions; at most the number of texts and of terms.
    min_df : int or float, default 1
        Terms in fewer texts are left out; a float is a share of the texts.
    max_df : int or float, default 1.0
        Terms in more texts are left out; a float is a share of the texts.
    max_features : int or None, default None
        Keep so many of the most frequent terms. None keeps all.
    sublinear_tf : bool, default True
        Use 1 + ln(count) instead of the count.
    seed : int or None, default 0
        Seed of all random numbers. None draws one.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.

    References
    ----------
    Deerwester et al., "Indexing by latent semantic analysis", JASIS 41, 1990.

    Examples
    --------
    >>> from likewise.sklearn import LsaEmbedder
    >>> LsaEmbedder(dim=1).fit_transform(["a king", "a queen"]).shape
    (2, 1)
    """

    def __init__(
        self,
        *,
        dim: int = 100,
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        seed: int | None = 0,
        threads: int | None = None,
    ) -> None:
        self.dim = dim
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.seed = seed
        self.threads = threads

    def _train(self, texts: list[str]) -> Any:
        from likewise import documents

        return documents.lsa(
            texts,
            dim=self.dim,
            vocabulary=documents.VocabularyOptions(
                min_df=self.min_df, max_df=self.max_df, max_features=self.max_features
            ),
            sublinear_tf=self.sublinear_tf,
            keep=False,
            seed=self.seed,
            threads=self.threads,
        )


class Word2VecEmbedder(_TextEmbedder):
    """Mean word vectors of texts, the words trained on the same texts by skip-gram or CBOW.

    Parameters
    ----------
    method : {"skipgram", "cbow"}, default "skipgram"
        Model of word2vec.
    dim : int, default 100
        Number of dimensions.
    window : int, default 5
        Largest number of context words on each side.
    negatives : int, default 5
        Negative samples for each context word.
    epochs : int, default 5
        Passes over the texts.
    min_count : int, default 5
        Words that occur less often have no vector.
    weighting : {"none", "idf"}, default "none"
        Weights of the words in the mean.
    seed : int or None, default 0
        Seed of all random numbers. None draws one.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.

    References
    ----------
    Mikolov et al., "Distributed representations of words and phrases and their compositionality", NeurIPS 2013.

    Examples
    --------
    >>> from likewise.sklearn import Word2VecEmbedder
    >>> Word2VecEmbedder(dim=4, min_count=1).fit_transform(["a king", "a queen"]).shape
    (2, 4)
    """

    def __init__(
        self,
        *,
        method: str = "skipgram",
        dim: int = 100,
        window: int = 5,
        negatives: int = 5,
        epochs: int = 5,
        min_count: int = 5,
        weighting: str = "none",
        seed: int | None = 0,
        threads: int | None = None,
    ) -> None:
        self.method = method
        self.dim = dim
        self.window = window
        self.negatives = negatives
        self.epochs = epochs
        self.min_count = min_count
        self.weighting = weighting
        self.seed = seed
        self.threads = threads

    def _train(self, texts: list[str]) -> Any:
        from likewise import documents, words

        table = words.word2vec(
            texts,
            method=self.method,  # type: ignore[arg-type]
            dim=self.dim,
            window=self.window,
            negatives=self.negatives,
            epochs=self.epochs,
            min_count=self.min_count,
            seed=self.seed,
            threads=self.threads,
        )
        return documents.averaged(
            texts,
            words=table,
            weighting=self.weighting,  # type: ignore[arg-type]
            keep=False,
            threads=self.threads,
        )


class Embedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A trained model of likewise, or any encoder, as a scikit-learn transformer. `fit` changes nothing.

    Parameters
    ----------
    model : Encoder, str or Path
        Anything with `dim` and `encode`, or the folder of a saved model. `clone` shares it and copies nothing.

    Examples
    --------
    >>> from likewise import documents
    >>> from likewise.sklearn import Embedder
    >>> model = documents.lsa(["a king", "a queen"], dim=1, seed=1)
    >>> Embedder(model).fit_transform(["a king"]).shape
    (1, 1)
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def __sklearn_clone__(self) -> Embedder:
        return type(self)(self.model)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Open the model; nothing is trained.

        Parameters
        ----------
        X : iterable
            Not used.
        y : object, default None
            Not used.

        Returns
        -------
        Self
            The estimator, with the encoder as `model_`.

        Raises
        ------
        WrongType
            If `model` has no `encode`.
        """
        if isinstance(self.model, str | Path):
            from likewise.artifacts.artifact import load

            self.model_ = load(self.model)
        elif hasattr(self.model, "encode") and hasattr(self.model, "dim"):
            self.model_ = self.model
        else:
            raise WrongType(
                f"model must be an encoder or the folder of one, not {type(self.model).__name__}: "
                "it needs `dim` and `encode`"
            )
        return self

    def transform(self, X: Any) -> Any:
        """Encode items.

        Parameters
        ----------
        X : iterable, shape (n_samples,)
            Items as the model takes them: texts, keys, images.

        Returns
        -------
        ndarray of shape (n_samples, dim)
            A row for each item.
        """
        check_is_fitted(self, "model_")
        return self.model_.encode(_items(X))

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.dim)

    def __sklearn_tags__(self) -> Any:
        tags = _with_text_input(super().__sklearn_tags__())
        tags.requires_fit = False
        return tags


def _with_text_input(tags: Any) -> Any:
    tags.input_tags.string = True
    tags.input_tags.two_d_array = False
    return tags


def _items(X: Any) -> Any:
    """A list where a column of a data frame, an array of strings or an iterator was given; images stay an array."""
    if isinstance(X, str | bytes):
        raise WrongType(f"X must be a list of texts, not one {type(X).__name__}: wrap it in a list")
    if isinstance(X, np.ndarray) and X.dtype.kind not in "OUS":
        return X
    return list(X)


def _texts(X: Any) -> list[str]:
    texts = list(_items(X))
    for n, text in enumerate(texts):
        if not isinstance(text, str):
            raise WrongType(f"X must hold texts; item {n} is of type {type(text).__name__}")
    return texts
