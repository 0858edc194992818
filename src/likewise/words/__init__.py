"""Words: vectors for the words of a text.

    blocks of text → ids on disk (→ phrases joined) → skip-gram or CBOW          → a Table
                                                    → the same with n-grams      → a SubwordTable
                                                    → counted pairs, AdaGrad     → a Table

A word has one vector, whatever its meaning in a sentence: "bank" is one point.
"""

from __future__ import annotations

from likewise.words._fasttext import fasttext, read_fasttext
from likewise.words._glove import glove
from likewise.words._options import Reading
from likewise.words._subword_table import Ngrams, SubwordTable
from likewise.words._update import Update, update
from likewise.words._word2vec import Tuning, word2vec

__all__ = [
    "Ngrams",
    "Reading",
    "SubwordTable",
    "Tuning",
    "Update",
    "fasttext",
    "glove",
    "read_fasttext",
    "update",
    "word2vec",
]
