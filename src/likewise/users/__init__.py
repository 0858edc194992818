"""Users: a log of interactions goes in, vectors of users and of items come out, in one space.

    log → interactions → alternating least squares (als), or ranking by pairs (bpr)     → Users
    log → interactions → a weight for each pair of items (ease), of full or low rank    → Users
    log → interactions → histories, read as sentences → skip-gram (item2vec)            → Users
    log and attributes → two towers (two_tower)                                         → Users

from likewise import users

model = users.als("log.csv", dim=64, seed=1)
model.recommend("u17"); model.recommend(["a", "b"]); model.similar("item:a")
"""

from __future__ import annotations

from likewise.data.interactions import Interactions, Reading, ReadStats, read
from likewise.users._ease import ease
from likewise.users._item2vec import item2vec
from likewise.users._matrix_factorisation import als, bpr
from likewise.users._model import Recommendation, Users
from likewise.users._two_tower import two_tower

__all__ = [
    "Interactions",
    "ReadStats",
    "Reading",
    "Recommendation",
    "Users",
    "als",
    "bpr",
    "ease",
    "item2vec",
    "read",
    "two_tower",
]
