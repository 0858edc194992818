"""The card of a model of documents: what it is, from what, how, and what it is not."""

from __future__ import annotations

from typing import Any

from likewise._version import __version__
from likewise.training.model_card import rows_of_card

WHAT = {
    "bag_of_words": "counts of terms, one dimension a term",
    "tfidf": "counts of terms times how rare these are, one dimension a term",
    "lsa": "latent semantic analysis: tf-idf, brought to few dimensions by a truncated SVD",
    "averaged": "means of word vectors",
    "sif": "means of word vectors weighted by smooth inverse frequency, less what all texts share",
    "classify": "a classifier of texts: a softmax over the mean of the vectors of words and word n-grams",
    "doc2vec": "paragraph vectors: each text has a vector that predicts its words",
}


def card(model: Any) -> str:
    """Markdown for people, made from what a model says of itself."""
    made = dict(model.facts)
    what = WHAT[made["function"].rsplit(".", 1)[1]]
    counted = {
        name: made.pop(name) for name in ("documents", "empty", "read_terms", "longest") if name in made
    }
    return "\n".join(
        [
            f"# {counted['documents']:,} documents × {model.dim:,}",
            "",
            f"Made by likewise {__version__}: {what}.",
            "",
            *rows_of_card("Text", {"from": made.pop("text"), **counted, **made.pop("reading")}),
            *rows_of_card("Options and results", {k: v for k, v in made.items() if k != "function"}),
            "## Limits",
            "",
            "- A text of which no term is known gets zeros.",
            "- The vectors repeat what the texts say, their prejudices too.",
            "- `likewise compare` measures whether they beat the raw features on your own task.",
            "",
        ]
    )
