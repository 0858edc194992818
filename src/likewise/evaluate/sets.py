"""Sets that word vectors are evaluated on: similarity, analogies, categories, odd words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class SimilaritySet:
    """Pairs of words and how alike people find them; `scores[i]` belongs to `pairs[i]`, in any unit.

    Parameters
    ----------
    name : str
        Name.
    pairs : tuple of (str, str)
        Pairs of words.
    scores : tuple of float
        Human score of each pair.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class AnalogySet:
    """Analogies "a is to b as c is to d"; analogy i belongs to the section `section_names[sections[i]]`.

    Parameters
    ----------
    name : str
        Name.
    analogies : tuple of (str, str, str, str)
        Analogies: a is to b as c is to d.
    sections : tuple of int
        Section of each analogy.
    section_names : tuple of str
        Names of the sections.
    """

    name: str
    analogies: tuple[tuple[str, str, str, str], ...]
    sections: tuple[int, ...]
    section_names: tuple[str, ...]


@dataclass(frozen=True)
class CategorySet:
    """Words and the category that people put each in; `labels[i]` belongs to `words[i]`.

    Parameters
    ----------
    name : str
        Name.
    words : tuple of str
        Words.
    labels : tuple of str
        Category of each word.
    """

    name: str
    words: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class OddGroup:
    """Words that belong together, and outliers of which one at a time is put among them.

    Parameters
    ----------
    name : str
        Name.
    words : tuple of str
        Words.
    outliers : tuple of str
        Words that do not belong to the group.
    """

    name: str
    words: tuple[str, ...]
    outliers: tuple[str, ...]


@dataclass(frozen=True)
class OddSet:
    """Groups of words, each with its outliers.

    Parameters
    ----------
    name : str
        Name.
    groups : tuple of OddGroup
        Groups of words.
    """

    name: str
    groups: tuple[OddGroup, ...]


WordSet: TypeAlias = SimilaritySet | AnalogySet | CategorySet | OddSet
