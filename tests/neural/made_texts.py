"""Made texts in which a hidden piece is told by what is around it, and by nothing else."""

from __future__ import annotations

from likewise.arrays.ragged import Ragged
from likewise.neural.config import Settings
from likewise.neural.text.language_model import Language, LanguageModel
from likewise.neural.text.masked import Masked, MaskedModel
from likewise.neural.text.recurrent import Shape as RecurrentShape
from likewise.neural.transformer import Shape
from likewise.system.seeds import generator

VOCABULARY = 34  # 0 and 1 are special, then 16 letters and their 16 partners
MASK = 1


def alternating(rows: int) -> Ragged:
    """A letter and its partner in turn, a letter a row: any piece tells all others."""
    random = generator(7, "test.alternating")
    letters, repeats = random.integers(2, 18, rows), random.integers(3, 8, rows)
    return Ragged.from_rows([[x, x + 16] * n for x, n in zip(letters, repeats, strict=True)])


def unrelated(rows: int) -> Ragged:
    """Letters without any rule."""
    random = generator(8, "test.unrelated")
    return Ragged.from_rows([random.integers(2, 34, 10) for _ in range(rows)])


def small_masked() -> tuple[MaskedModel, Masked]:
    shape = Shape(layers=2, dim=32, heads=2, inner=64, longest=16)
    return MaskedModel(VOCABULARY, shape), Masked(VOCABULARY, MASK, (0,))


def small_language() -> tuple[LanguageModel, Language]:
    return LanguageModel(VOCABULARY, RecurrentShape(layers=1, dim=32, longest=16)), Language(VOCABULARY)


def quick(**options: object) -> Settings:
    given = {
        "epochs": 4,
        "batch_size": 512,
        "learning_rate": 1e-2,
        "precision": "float32",
        "held_out": 0.05,
        **options,
    }
    return Settings(**given)  # type: ignore[arg-type]
