"""The chapter on the simplest vectors of documents: which words a text has, and how rare these are."""

from __future__ import annotations

import numpy as np

from likewise import documents
from likewise.report.page import Section
from likewise.tour.chapter import Walk

SHOWN = "tech/014"
MOST, HEAVIEST = 5, 10


def terms(walk: Walk) -> list[Section]:
    """One article as counts and as tf-idf."""
    news = walk.news
    place = news.names.index(SHOWN) if SHOWN in news.names else 0
    text = news.texts[place]
    counts = documents.bag_of_words(news.texts)
    weights = documents.tfidf(news.texts, sublinear_tf=True)
    assert counts.rows is not None, "documents are kept by default"
    found = np.bincount(counts.rows.indices, minlength=counts.dim)
    own, heavy = counts.sparse([text]).toarray()[0], weights.sparse([text]).toarray()[0]
    most = np.argsort(-own, kind="stable")[:MOST].tolist()
    heaviest = np.argsort(-heavy, kind="stable")[:HEAVIEST].tolist()
    keys = counts.vocabulary.keys
    return [
        Section(
            "A document is the words it has",
            f"From here on whole texts: {len(news):,} articles of BBC News of 2004 and 2005 in five topics (Greene & "
            "Cunningham 2006). The simplest vector of a text has a number for each different word, "
            f"{counts.dim:,} here, and says how often it stands in the text: a “bag of words”. Nearly all are 0.\n\n"
            "The most frequent words are in all texts and say nothing. Tf-idf (Salton & Buckley 1988) takes the "
            "logarithm of each count and weighs it by how few articles have the word. What is then largest reads like "
            "keywords.\n\n"
            f"The article is “{news.headlines[place]}”.",
            call='reading = likewise.documents.Reading(column="text")\n'
            'likewise.documents.tfidf("news.csv", sublinear_tf=True, reading=reading)',
            header=("word", "times in the article", "articles that have it", "weight"),
            rows=[
                (keys[term], int(own[term]), int(found[term]), float(heavy[term]))
                for term in dict.fromkeys([*most, *heaviest])
            ],
            caption=f"The {MOST} most frequent words of the article, then the {HEAVIEST} of most weight.",
        )
    ]
