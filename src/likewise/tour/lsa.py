"""The chapter on latent semantic analysis: few dimensions, what they keep, and which texts come near."""

from __future__ import annotations

import numpy as np

from likewise import documents
from likewise.report.curve import Line, curve
from likewise.report.page import Section
from likewise.tour.chapter import Walk, listed

QUERIES = (
    "the striker scored twice and the crowd went wild",
    "a handset with a built in camera",
    "tax cuts before polling day",
    "box office hit wins an oscar",
    "crude oil gets dearer",
)
TERMS = ("striker", "handset", "oscar", "chancellor", "crude")


def latent(walk: Walk) -> list[Section]:
    """The nearest articles to some texts by LSA and by tf-idf, and how much the dimensions keep."""
    return [_nearest(walk), _kept(walk)]


def _nearest(walk: Walk) -> Section:
    lsa, plain = walk.lsa, documents.tfidf(walk.news.texts, sublinear_tf=True)
    topics = dict(zip(walk.news.names, walk.news.headlines, strict=True))
    rows: list[tuple[str, str, str | None]] = []
    for text in QUERIES:
        (near,) = lsa.similar(text, 1)
        word_for_word = plain.similar(text, 1)[0]
        simple = walk.news.names[int(word_for_word.key) - 1]
        rows.append((text, _with_headline(near.key, topics), _with_headline(simple, topics)))
    words = [term for term in TERMS if term in lsa.table]
    rows += [(term, listed(found.key for found in lsa.similar_terms(term, 5)), None) for term in words]
    return Section(
        "Words that keep the same company",
        "Two articles on one subject may share few words. Latent semantic analysis (Deerwester et al. 1990) brings "
        f"the {len(lsa.vocabulary):,} numbers of tf-idf down to {lsa.dim} such that as little as can be is lost: words "
        "that stand in the same articles fall together. A new text is brought there in the same way, and so are single "
        "words.\n\nFive texts that are in no article, and the nearest article to each; then five words, and the words "
        "nearest to them.",
        call='news = likewise.documents.lsa("news.csv", dim=100, seed=1, out="news",\n'
        '    reading=likewise.documents.Reading(column="text", id="id"))\n'
        'news.similar("crude oil gets dearer", k=1)\nnews.similar_terms("striker", k=5)',
        header=("query", "nearest by LSA", "nearest by tf-idf"),
        rows=rows,
    )


def _with_headline(name: str, headlines: dict[str, str]) -> str:
    return f"{headlines[name]} ({name.partition('/')[0]})"


def _kept(walk: Walk) -> Section:
    squares = np.asarray(walk.lsa.values, np.float64) ** 2
    energy = float(walk.lsa.facts["energy"])
    kept = np.concatenate([[0.0], np.cumsum(squares) / squares.sum() * energy])
    dims = np.arange(len(kept))
    blind = len(kept) - 1, (len(kept) - 1) / len(walk.news)
    return Section(
        "How much is kept",
        f"{walk.lsa.dim} of at most {len(walk.news):,} dimensions keep {energy:.0%} of the squares of all weights. "
        "Each keeps less than the one before: the first what all news have in common, the next what parts sport from "
        "business. As many dimensions taken blindly would keep what the dashed line says. What is lost is not all "
        "noise: whether it matters, only a task can say.",
        figure=curve(
            [
                Line("kept by LSA", dims, kept),
                Line(
                    "by dimensions taken blindly",
                    np.array([0, blind[0]]),
                    np.array([0, blind[1]]),
                    dashed=True,
                ),
            ],
            title="Share of the squared weights that LSA keeps, by dimensions",
            x="dimensions",
            y="share kept",
        ),
    )
