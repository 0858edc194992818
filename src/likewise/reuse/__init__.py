"""Vectors put to use: a linear head, the nearest neighbours, and whether they beat the raw features on your own task.

from likewise.reuse import classify, compare

print(classify(vectors, labels).value)
print(compare(labels, {"tf-idf": features, "lsa-300": vectors}))
"""

from __future__ import annotations

from likewise.reuse.compare import compare
from likewise.reuse.comparison import Comparison, Point, Standing
from likewise.reuse.folds import at_random, given_split, stratified
from likewise.reuse.neighbours import nearest_labels, recall_at
from likewise.reuse.probe import Probe, classify, multilabel, regress
from likewise.reuse.projection import project
from likewise.reuse.scores import Score

__all__ = [
    "Comparison",
    "Point",
    "Probe",
    "Score",
    "Standing",
    "at_random",
    "classify",
    "compare",
    "given_split",
    "multilabel",
    "nearest_labels",
    "project",
    "recall_at",
    "regress",
    "stratified",
]
