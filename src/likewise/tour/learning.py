"""Chapters on learning: how the loss falls, and which words come to stand near each other."""

from __future__ import annotations

import math

import numpy as np

from likewise.evaluate.baselines import spelling_table
from likewise.report.curve import Line, curve
from likewise.report.page import Section
from likewise.system.files import readable_size
from likewise.tour.chapter import Walk, listed

FREQUENT = 5000
QUERIES = (
    "king", "mother", "river", "winter", "church", "war", "france", "physics", "disease", "violin", "bread", "wheat",
    "gold", "red", "seven", "tennis",
)  # fmt: skip


def training(walk: Walk) -> list[Section]:
    """Skip-gram: the call, what it took, the loss by epoch."""
    table, made = walk.table, walk.table.facts["training"]
    losses = np.array(table.facts["losses"])
    untrained = (made["negatives"] + 1) * math.log(2)
    epochs = np.arange(1, len(losses) + 1)
    return [
        Section(
            "A word is known by the company it keeps",
            f"Now each word gets {table.dim} numbers, drawn at random to begin with. Wherever a word stands, its "
            f"vector is changed a little so that it separates its context words from {made['negatives']} "
            "words drawn by "
            "lot: “skip-gram with negative sampling” (Mikolov et al. 2013). Words that are used alike meet the same "
            "company, and so come to have vectors that are alike.\n\n"
            "The loss says how badly context words are separated from others. It must fall; that alone does not say "
            "that the vectors are of use.",
            call=f'table = likewise.words.word2vec(\n    "text.txt", dim={made["dim"]}, window={made["window"]}, '
            f'epochs={made["epochs"]}, seed={made["seed"]}, out="model"\n)',
            header=("what", "how much"),
            rows=[
                ("words read in each epoch", f"{table.facts['reading_report']['kept']:,}"),
                ("epochs", f"{made['epochs']}"),
                ("words with a vector", f"{len(table):,}"),
                ("dimensions", f"{table.dim}"),
                ("vectors on disk, those that predict too", readable_size(2 * table.vectors.nbytes)),
                ("loss before learning", f"{untrained:.3f}"),
                ("loss in the last epoch", f"{losses[-1]:.3f}"),
            ],
            figure=curve(
                [
                    Line("loss a pair", epochs, losses),
                    Line("before learning", epochs[[0, -1]], np.full(2, untrained), dashed=True),
                ],
                title="Loss by epoch",
                x="epoch",
                y="loss",
            ),
        )
    ]


def neighbours(walk: Walk) -> list[Section]:
    """The nearest words, by vector and by spelling."""
    queries = walk.known(QUERIES)
    near = walk.table.subset(list(dict.fromkeys([*walk.table.head(FREQUENT).keys, *queries])))
    spelt = spelling_table(near, near.keys)
    return [
        Section(
            "Neighbours",
            "The nearest words are those whose vectors point most nearly the same way. They are of many kinds: "
            "synonyms, opposites (“summer” next to “winter”), parts, the things that are done with it. The vectors say "
            "that two words go together, and not how.",
            call='table.similar("king", k=6)',
            header=("word", "nearest by vector", "nearest by letters"),
            rows=[
                (
                    word,
                    listed(found.key for found in near.similar(word, 6)),
                    listed(found.key for found in spelt.similar(word, 4)),
                )
                for word in queries
            ],
            caption=f"Among the {FREQUENT:,} most frequent words.",
        )
    ]
