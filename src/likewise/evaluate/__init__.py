"""How good are the vectors? Standard sets and your own, every score with the baselines it must beat.

from likewise.evaluate import evaluate

report = evaluate(table, ["wordsim353", "simlex999", "my-pairs.tsv"])
print(report)
"""

from __future__ import annotations

from likewise.evaluate.report import Report, evaluate, over_seeds
from likewise.evaluate.rows import Row
from likewise.evaluate.sets import AnalogySet, CategorySet, OddGroup, OddSet, SimilaritySet, WordSet
from likewise.evaluate.standard_sets import load

__all__ = [
    "AnalogySet",
    "CategorySet",
    "OddGroup",
    "OddSet",
    "Report",
    "Row",
    "SimilaritySet",
    "WordSet",
    "evaluate",
    "load",
    "over_seeds",
]
