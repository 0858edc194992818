"""Vectors put to use: a linear head, the nearest neighbours, and whether they beat the raw features on your own task.
What is left of the input in them, and how two spaces of them are brought together.

from likewise.reuse import classify, compare

print(classify(vectors, labels).value)
print(compare(labels, {"tf-idf": features, "lsa-300": vectors}))
"""

from __future__ import annotations

from likewise.reuse import recover
from likewise.reuse.align import Alignment, align
from likewise.reuse.compare import compare
from likewise.reuse.comparison import Comparison, Point, Standing
from likewise.reuse.confirmation import Confirmation, confirm
from likewise.reuse.folds import at_random, given_split, stratified
from likewise.reuse.grouping import Grouping, group
from likewise.reuse.neighbours import nearest_labels, recall_at
from likewise.reuse.probe import Probe, classify, multilabel, regress
from likewise.reuse.projection import project
from likewise.reuse.recovered import Recovered
from likewise.reuse.scores import Score

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
