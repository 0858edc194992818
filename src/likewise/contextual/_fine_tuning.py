"""Sentence encoders fine-tuned on pairs that belong together, or on the vectors of a larger encoder."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.contextual._hub.loading import Checkpoint
from likewise.contextual._hub.modules import Dense, Head
from likewise.contextual._pretrained import Pretrained, as_sentences, heads_of
from likewise.errors import InputError, OptionError, WrongType
from likewise.system.cores import checked_threads
from likewise.system.options import shown
from likewise.system.progress import Progress

Report = Callable[[Progress], None]
RATE = 5e-5  # highest learning rate of a model that is trained already


def contrastive(
    model: Any,
    pairs: Iterable[tuple[str, str]],
    *,
    epochs: int | None = None,
    hours: float | None = None,
    batch_size: int = 64,
    learning_rate: float = RATE,
    temperature: float = 0.05,
    dims: Sequence[int] = (),
    held_out: float = 0.05,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> Pretrained:
    """Fine-tune an encoder so that texts of a pair are nearer to each other than to all others of the batch.

    model: a `Pretrained`, which stays as it is, or what `likewise.contextual.transformer` gives. Henderson et al. 2017
    (arXiv 1705.00652); `dims` are widths whose first numbers are to do alone (Kusupati et al. 2022): `shortened` gives
    them. A pair with an empty text is left out, and of a long text what is beyond the model's limit. The losses are in
    `facts`. One seed and number of threads gives the same bits. Raises `InputError` where there are too few pairs,
    `Diverged`, and `OptionError`.

    Parameters
    ----------
    model : Contextual or Pretrained
        Encoder.
    pairs : sequence of (str, str)
        Pairs of texts that belong together.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    batch_size : int, default 64
        Items of a training step.
    learning_rate : float, default 5e-05
        Highest learning rate. None: by the method.
    temperature : float, default 0.05
        Temperature of the softmax of InfoNCE.
    dims : sequence of int, default ()
        Shorter lengths that are trained as well (Matryoshka, Kusupati et al. 2022).
    held_out : float, default 0.05
        Share of the items on which the loss is measured, and which is not trained on.
    seed : int, default 0
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    from likewise.neural.pretrained.encoding import chosen
    from likewise.neural.text.contrastive import Contrastive

    begun = _plain(model)
    listed = [_pair(pair, number) for number, pair in enumerate(pairs, 1)]
    left, right = (_rows(begun, [pair[side] for pair in listed]) for side in (0, 1))
    whole = np.flatnonzero((left.lengths > 0) & (right.lengths > 0))
    left, right = (chosen(side, whole) for side in (left, right))
    if len(whole) < 4:
        raise InputError(
            f"{len(whole)} pairs with text in both: wanted 4 or more, some of them to be held out"
        )
    objective = Contrastive(left, right, begun.head.pooling, temperature, tuple(dims))
    facts = {
        "function": "contextual.contrastive",
        "pairs": len(whole),
        "temperature": temperature,
        "dims": list(dims),
    }
    settings = _settings(epochs, hours, batch_size, learning_rate, held_out, seed)
    return _fine_tune(begun, copy.deepcopy(_bare(begun)), objective, settings, threads, report, facts)


def _pair(pair: Any, number: int) -> tuple[str, str]:
    """A pair of texts; raises with its number for anything else."""
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
        raise InputError(f"pair {number:,} is {shown(pair)}; wanted two texts")
    for place, text in zip(("first", "second"), pair, strict=True):
        if not isinstance(text, str):
            raise WrongType(f"pair {number:,}, the {place} text, is {shown(text)}; wanted a str")
    return str(pair[0]), str(pair[1])


def distil_transformer(
    teacher: Any,
    texts: Iterable[str],
    *,
    layers: int = 2,
    epochs: int | None = None,
    hours: float | None = None,
    batch_size: int = 64,
    learning_rate: float = 5e-4,
    held_out: float = 0.05,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> Pretrained:
    """A student of fewer `layers` that learns to give the teacher's vectors of your texts.

    It begins with layers of the teacher's own (Sanh et al. 2019, arXiv 1910.01108) and learns the directions of its
    vectors (Reimers and Gurevych 2020, arXiv 2004.09813). How near it comes is in `facts`, as 1 - cosine on texts that
    were held out; measure on a task of your own how much is kept. Raises as `contrastive` does.

    Parameters
    ----------
    teacher : Encoder
        Encoder that is imitated.
    texts : iterable of str
        Texts that the student is trained on.
    layers : int, default 2
        Number of layers of the student.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    batch_size : int, default 64
        Items of a training step.
    learning_rate : float, default 0.0005
        Highest learning rate. None: by the method.
    held_out : float, default 0.05
        Share of the items on which the loss is measured, and which is not trained on.
    seed : int, default 0
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    from likewise.neural.pretrained import encoding
    from likewise.neural.text.distillation import Student, thinned
    from likewise.neural.threads import only_threads

    begun = _plain(teacher)
    rows = _rows(begun, texts)
    rows = encoding.chosen(rows, np.flatnonzero(rows.lengths))
    student = thinned(_bare(begun), layers)
    with only_threads(checked_threads(threads)):
        begun.model.lay_out()
        vectors = encoding.pooled(begun.model, rows, begun.head.pooling)
    objective = Student(rows, vectors, begun.head.pooling)
    facts = {"function": "contextual.distil_transformer", "texts": len(rows), "layers": layers}
    settings = _settings(epochs, hours, batch_size, learning_rate, held_out, seed)
    return _fine_tune(begun, student, objective, settings, threads, report, facts)


def shortened(model: Pretrained, dim: int) -> Pretrained:
    """The same encoder with only the first `dim` dimensions, at unit length; use it if the training had `dims`.

    Parameters
    ----------
    model : Contextual or Pretrained
        Encoder.
    dim : int
        Length of the vectors.
    """
    if isinstance(dim, bool) or not isinstance(dim, int) or not 1 <= dim <= model.dim:
        raise OptionError(f"dim must be from 1 to {model.dim}, not {dim!r}")
    cut = Dense(np.eye(dim, model.dim, dtype=np.float32), np.zeros(dim, np.float32), "none")
    head = Head(model.head.pooling, (*model.head.steps, cut, None))
    checkpoint = replace(model.checkpoint, head=head)
    return Pretrained(checkpoint, long=model.long, precision=model.precision, facts=model.facts)


def _plain(model: Any) -> Pretrained:
    """The encoder to begin with, which must end in its pooling."""
    begun = model if isinstance(model, Pretrained) else as_sentences(model)
    if any(step is not None for step in begun.head.steps):
        raise InputError(
            "a model with a layer after its pooling cannot be fine-tuned: remove the layer first"
        )
    return begun


def _bare(model: Pretrained) -> Any:
    """The transformer without what was laid out for encoding, which cannot be copied."""
    model.model.train()
    return model.model


def _rows(model: Pretrained, texts: Iterable[str]) -> Ragged:
    rows = model.tokens_of(list(texts))
    return heads_of(rows, np.minimum(rows.lengths, model.most))


def _settings(
    epochs: int | None, hours: float | None, batch_size: int, learning_rate: float, held_out: float, seed: int
) -> Any:
    from likewise.neural.config import Settings

    return Settings(
        epochs=epochs,
        hours=hours,
        batch_size=batch_size,
        learning_rate=learning_rate,
        held_out=held_out,
        seed=seed,
        optimiser="adamw",
        warmup=0.1,
    )


def _fine_tune(
    begun: Pretrained, model: Any, objective: Any, settings: Any, threads: int | None, report: Report | None,
    facts: dict[str, Any],
) -> Pretrained:  # fmt: skip
    from likewise.neural.pretrained import fine_tuning
    from likewise.neural.state import start_state

    state = start_state(model, settings)
    try:
        for progress in fine_tuning.train(state, objective, settings, threads=checked_threads(threads)):
            if report is not None:
                report(progress)
    finally:
        begun.prepare()
    head = Head(begun.head.pooling, begun.head.steps or (None,))
    made = Checkpoint(model, begun.subwords, head, begun.longest, begun.checkpoint.is_lowered)
    facts_of_training = {
        **facts,
        "seed": settings.seed,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "numbers": state.precision,
    }
    return Pretrained(
        made,
        long=begun.long,
        precision=begun.precision,
        facts={**facts_of_training, "history": state.history},
    )
