"""Teaching a network of images: batches of the pixels, each epoch in an order of its own, by the steps of `loop`.

What holds: the same seed, images, settings and number of threads give the same bits, stopped and resumed or not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch

from likewise.errors import InputError
from likewise.neural import diagnostics as watch
from likewise.neural import trainer as loop
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.images.objective import Objective, Taught, Views
from likewise.neural.state import State
from likewise.system import seeds
from likewise.system.progress import Progress

MOST_HELD = 2048  # images
MOST_NUMBERS = 2**23  # of what is held out, which is kept as float32


def train(
    state: State, pixels: np.ndarray, objective: Objective, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state`, whose model is a `Taught`, in place, to the end; yields where it is whole and may be stored.

    pixels: (n, h, w, c) uint8, which may be memory-mapped. Settings count images where they count slots and tokens.
    Raises `Diverged` as `loop.descend` does, and `InputError` where the images are too few.
    """
    with loop.only_threads(threads):
        learnt, held = held_apart(pixels.shape, objective.fewest, settings)
        state.total = state.total or budget(state, pixels, learnt, objective, settings)
        looks = held_views(pixels, held, objective, settings)
        chance = objective.chance(looks)
        reported = time.monotonic()
        while state.done < state.total:
            before, learning_rate = state.done, settings.learning_rate_at(state.done / state.total)
            take_step(state, pixels, learnt, objective, settings)
            ends = state.done >= state.total
            if before * loop.LOOKS // state.total < state.done * loop.LOOKS // state.total or ends:
                look(state, looks, objective, chance)
            if time.monotonic() - reported >= loop.REPORT_SECONDS or ends:
                yield _progress(state, len(learnt), learning_rate)
                reported = time.monotonic()


def _progress(state: State, learnt: int, learning_rate: float) -> Progress:
    mean = state.loss / state.steps if state.steps else state.history[-1]["loss"]
    epochs = -(-state.total // learnt)
    return Progress(
        "training", min(state.done, state.total), state.total, "images", mean, min(state.epoch + 1, epochs), epochs,
        learning_rate,
    )  # fmt: skip


def held_apart(shape: tuple[int, ...], fewest: int, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """The images, of (n, h, w, c), that are learnt from, at least two, and those held out: a share `held_out`, but at
    most 2,048 and 32 MB. Raises `InputError` where there are too few for both.
    """
    n, size = shape[0], int(np.prod(shape[1:]))
    wanted = max(2, fewest) + fewest
    if n < wanted:
        raise InputError(f"{n} images: wanted {wanted} or more, some of them to be held out")
    order = seeds.generator(settings.seed, "context.held_out").permutation(n)
    most = min(MOST_HELD, MOST_NUMBERS // size, n - max(2, fewest))
    held = max(fewest, min(round(settings.held_out * n), most))
    return np.sort(order[held:]), np.sort(order[:held])


def budget(
    state: State, pixels: np.ndarray, learnt: np.ndarray, objective: Objective, settings: Settings
) -> int:
    """How many images are to be learnt from in all."""
    if settings.tokens is not None:
        return settings.tokens
    if settings.hours is not None:
        a_second = loop.pace(state, settings, lambda s: take_step(s, pixels, learnt, objective, settings))
        return max(1, int(settings.hours * 3600 * a_second))
    return (settings.epochs or 1) * len(learnt)


def batches(n: int, batch_size: int, fewest: int) -> int:
    """How many batches an epoch of n images has, all about equal, none below `fewest` or, for the norms, 2."""
    return max(1, min(round(n / batch_size), n // max(2, fewest)))


def take_step(
    state: State, pixels: np.ndarray, learnt: np.ndarray, objective: Objective, settings: Settings
) -> None:
    """Learn from the next batch, and say where the one after it stands."""
    count = batches(len(learnt), settings.batch_size, objective.fewest)
    order = order_of(settings.seed, state.epoch, len(learnt))
    members = np.sort(
        learnt[order[len(order) * state.batch // count : len(order) * (state.batch + 1) // count]]
    )
    random = seeds.generator(settings.seed, "context.views", state.step)
    example = objective.example(members, np.asarray(pixels[members]), random, learning=True)
    state.loss += loop.descend(state, example, objective, settings)
    state.steps, state.step = state.steps + 1, state.step + 1
    state.done += len(members)
    state.batch += 1
    if state.batch == count:
        state.epoch, state.batch = state.epoch + 1, 0


@lru_cache(maxsize=1)
def order_of(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order of an epoch."""
    return seeds.generator(seed, "context.order", epoch).permutation(n)


def held_views(pixels: np.ndarray, held: np.ndarray, objective: Objective, settings: Settings) -> list[Views]:
    """What is held out, with the same views at every look."""
    count = batches(len(held), settings.batch_size, objective.fewest)
    parts = [held[len(held) * i // count : len(held) * (i + 1) // count] for i in range(count)]
    return [
        objective.example(
            part, np.asarray(pixels[part]), seeds.generator(settings.seed, "context.held_views", i), learning=False
        )
        for i, part in enumerate(parts)
    ]  # fmt: skip


def look(state: State, looks: list[Views], objective: Objective, chance: float) -> None:
    """Measure on what is held out, record it, and say what is alarming."""
    loss = loop.held_loss(state.model, looks, objective)
    device = next(state.model.parameters()).device
    with torch.no_grad():
        alike = watch.mean_cosine(state.model.encoder(looks[0].pictures[0].to(device)).float())
    loop.note(state, {"images": state.done}, loss, chance, alike)
    share = state.done / state.total
    loop.raise_alarms(
        state, watch.alarms(loss, chance, alike, share, of="images", guess=objective.guess, more="images")
    )


def taught(encoder: torch.nn.Module, objective: Objective, seed: int) -> Taught:
    """The encoder, its weights as they are, with the objective's head, started from the seed."""
    head = objective.head(encoder)
    stored.start(head, seed)
    return Taught(encoder, head)
