"""Vectors put to use: a linear head, the nearest neighbours, and whether they beat the raw features on your own task.
What is left of the input in them, and how two spaces of them are brought together.

from likewise.probing import classify, compare

print(classify(vectors, labels).value)
print(compare(labels, {"tf-idf": features, "lsa-300": vectors}))
"""

from __future__ import annotations

from likewise.probing import recover
from likewise.probing.align import Alignment, align
from likewise.probing.compare import compare
from likewise.probing.comparison import Comparison, Point, Standing
from likewise.probing.confirmation import Confirmation, confirm
from likewise.probing.folds import at_random, given_split, stratified
from likewise.probing.grouping import Grouping, group
from likewise.probing.neighbours import nearest_labels, recall_at
from likewise.probing.probe import Probe, classify, multilabel, regress
from likewise.probing.random_projection import project
from likewise.probing.recovered import Recovered
from likewise.probing.scores import Score

__all__ = [
    "Alignment",
    "Comparison",
    "Confirmation",
    "Grouping",
    "Point",
    "Probe",
    "Recovered",
    "Score",
    "Standing",
    "align",
    "at_random",
    "classify",
    "compare",
    "confirm",
    "given_split",
    "group",
    "multilabel",
    "nearest_labels",
    "project",
    "recall_at",
    "recover",
    "regress",
    "stratified",
]
