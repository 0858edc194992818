"""The last chapter: do the vectors beat the raw features on a task? The same labels and the same head for all."""

from __future__ import annotations

import numpy as np

from likewise import documents
from likewise.probing import compare, given_split
from likewise.report.comparison import curve, table
from likewise.report.page import Section
from likewise.tour.averaging import mean_of_words
from likewise.tour.chapter import Walk

BUDGETS, QUICK = (5, 10, 30, 100), (10, 100)


def beating(walk: Walk) -> list[Section]:
    """The comparison on the topics of the news, and the learning curve."""
    news = walk.news
    smooth = documents.sif(news.texts, words=walk.table, keep=False)
    raw = documents.tfidf(news.texts, sublinear_tf=True)
    found = compare(
        news.topics,
        {
            "tf-idf": raw.rows,
            "lsa": walk.lsa.encode(news.texts),
            "mean of words": mean_of_words(walk).encode(news.texts),
            "sif": smooth.encode(news.texts),
        },
        folds=given_split(np.arange(len(news)) % 2 == 1),
        budgets=QUICK if walk.quick else BUDGETS,
        seed=walk.seed,
    )
    report = found.to_json()
    return [
        table(
            report,
            heading="Do the vectors beat the raw features?",
            text="The comparison that counts. An editor filed each article under one of five topics. A linear head "
            "learns from every second article to predict the topic, and is tested on the others: on tf-idf "
            "as it is, on "
            "each kind of vectors, and on random projections of tf-idf, which show what so few numbers hold by chance. "
            "Features and vectors were made without the labels. The word vectors know a dictionary and an "
            "encyclopaedia, and no news; and what SIF takes away from long texts, a linear head can do without."
            "\n\nAdvice follows the difference and its doubt, not the winner:",
            call="likewise compare news.csv news model sif -o compared",
            is_timed=False,
        ),
        *curve(report),
    ]
