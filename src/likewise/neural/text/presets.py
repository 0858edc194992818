"""Sizes of encoders to choose from, each with what it costs and how much text it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.neural import trainer
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.state import start_state
from likewise.neural.text.language_model import LanguageModel
from likewise.neural.text.masked import MaskedModel
from likewise.neural.text.recurrent import Shape as RecurrentShape
from likewise.neural.text.sampling import Objective
from likewise.neural.text.training import TextProblem
from likewise.neural.threads import only_threads
from likewise.neural.transformer import Shape

Method = Literal["transformer", "recurrent"]


@dataclass(frozen=True)
class Preset:
    """The shapes of one size, the number of tokens below which a smaller one learns more, and how many are
    different."""

    transformer: Shape
    recurrent: RecurrentShape
    fewest: int
    vocabulary: int  # subword tokens, at most
    batch_size: int  # slots of a step: with less text more steps learn more than less noisy ones


PRESETS = {
    "tiny": Preset(Shape(2, 128, 2, 512), RecurrentShape(1, 128), 20_000, 4_000, 512),
    "small": Preset(Shape(4, 256, 4, 1024), RecurrentShape(2, 256), 2_000_000, 16_000, 2048),
    "base": Preset(Shape(8, 512, 8, 2048), RecurrentShape(2, 512), 20_000_000, 32_000, 4096),
}


@dataclass(frozen=True)
class Cost:
    """What a training takes: measured speed, counted weights, estimated memory."""

    parameters: int
    tokens_per_second: float
    bytes: int


def preset(name: str) -> Preset:
    """The preset of this name; raises `OptionError` with the names there are."""
    if name not in PRESETS:
        raise OptionError(f"preset must be one of {', '.join(PRESETS)}, not {name!r}")
    return PRESETS[name]


def check_size(name: str, tokens: int) -> None:
    """Raise `InputError` where a corpus of so many tokens is too small for the preset, with the one that fits it."""
    if tokens >= preset(name).fewest:
        return
    fitting = [other for other in PRESETS if PRESETS[other].fewest <= tokens]
    advice = f"give preset {fitting[-1]!r}" if fitting else "give more text, or average word vectors instead"
    raise InputError(
        f"{tokens:,} tokens of text are too few for preset {name!r}, which wants {preset(name).fewest:,}: {advice}"
    )


def build(name: str, method: Method, vocabulary: int) -> MaskedModel | LanguageModel:
    """The encoder of a preset, its weights not yet started; raises `OptionError`."""
    if method == "transformer":
        return MaskedModel(vocabulary, preset(name).transformer)
    if method == "recurrent":
        return LanguageModel(vocabulary, preset(name).recurrent)
    raise OptionError(f"method must be 'transformer' or 'recurrent', not {method!r}")


def cost(
    model: MaskedModel | LanguageModel,
    corpus: Ragged,
    objective: Objective,
    settings: Settings,
    *,
    threads: int = 1,
) -> Cost:
    """What training this model takes: a second or two of it are tried on the first tokens of the corpus."""
    shape = model.shape
    few = int(np.searchsorted(corpus.offsets, 16 * settings.batch_size)) + 2
    offsets = corpus.offsets[: few + 1]
    part = Ragged(corpus.ids[: offsets[-1]], offsets)
    problem = TextProblem(part, objective, shape, settings, held_out=1e-6)
    parameters = sum(p.numel() for p in stored.parameters(model).values())
    with only_threads(threads):
        speed = trainer.speed(start_state(model, settings), problem, settings)
    return Cost(parameters, speed, needed_bytes(model, objective, settings))


def needed_bytes(model: MaskedModel | LanguageModel, objective: Objective, settings: Settings) -> int:
    """Roughly the memory of a training: weights, gradients, moments, and what a step keeps for its way back."""
    parameters = sum(p.numel() for p in model.parameters())
    shape = model.shape
    inner = getattr(shape, "inner", 4 * shape.dim)  # an LSTM keeps its four gates
    a_slot = shape.layers * (10 * shape.dim + 3 * inner) + 3 * objective.share * objective.vocabulary
    return int(4 * (4 * parameters + settings.batch_size * a_slot))
