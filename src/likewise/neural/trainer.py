"""Teaching an encoder: batches, steps, a budget, a held-out loss, and an alarm where nothing is learnt.

What holds: the same seed, data, settings and number of threads give the same bits, stopped and resumed or not. Another
number of threads gives the same up to rounding, for torch adds up in another order; so the number is to be recorded.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged
from likewise.neural import diagnostics as watch
from likewise.neural.config import Settings
from likewise.neural.distributed import ALONE, Crew
from likewise.neural.optimizer import optimiser
from likewise.neural.packing import Layout
from likewise.neural.state import State
from likewise.neural.text import sampling
from likewise.neural.text.batch import Example
from likewise.neural.text.sampling import Objective, Sequences
from likewise.neural.threads import only_threads
from likewise.system import seeds
from likewise.system.progress import Progress

log = logging.getLogger(__name__)
REPORT_SECONDS = 0.25
SPEED_SECONDS = 1.0
LOOKS = 16  # times that the held-out loss is measured


def train(
    state: State,
    corpus: Ragged,
    objective: Objective,
    settings: Settings,
    *,
    threads: int = 1,
    compiled: bool = False,
    crew: Crew = ALONE,
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    corpus: rows of int32 piece ids below `objective.vocabulary`, which may be memory-mapped. `compiled` lets torch
    make kernels of its own first, which takes a minute and a C++ compiler, and pays on a GPU. A `crew` shares every
    batch. Raises `Diverged` when the loss or a gradient is no longer finite, before a weight has changed; and as
    `sampling.held_apart` does.
    """
    with only_threads(threads):
        shape = state.model.shape
        learnt, held = sampling.held_apart(
            corpus, objective.vocabulary, shape.longest - shape.lead, settings.held_out, settings.seed
        )
        state.total = crew.agreed(
            state.total or budget(state, learnt, objective, settings, processes=crew.size)
        )
        looks = held_batches(held, objective, shape, settings)
        chance = watch.chance_loss(sampling.counts(corpus.ids, objective.vocabulary), looks)
        if compiled:
            state.model.compile()
        reported = time.monotonic()
        while state.done < state.total:
            before, learning_rate = state.done, settings.learning_rate_at(state.done / state.total)
            take_step(state, learnt, objective, settings, crew)
            if before * LOOKS // state.total < state.done * LOOKS // state.total or state.done >= state.total:
                _look(state, looks, objective, chance)
            if time.monotonic() - reported >= REPORT_SECONDS or state.done >= state.total:
                yield _progress(state, learnt, settings, learning_rate)
                reported = time.monotonic()


def _progress(state: State, learnt: Sequences, settings: Settings, learning_rate: float) -> Progress:
    mean = state.loss / state.steps if state.steps else state.history[-1]["loss"]
    epochs = -(-state.total // learnt.tokens)
    return Progress(
        "training", min(state.done, state.total), state.total, "pieces", mean,
        min(state.epoch + 1, epochs), epochs, learning_rate,
    )  # fmt: skip


def budget(
    state: State, learnt: Sequences, objective: Objective, settings: Settings, *, processes: int = 1
) -> int:
    """How many tokens are to be learnt from in all; several processes are taken to be so many times as fast."""
    if settings.tokens is not None:
        return settings.tokens
    if settings.hours is not None:
        return max(1, int(settings.hours * 3600 * processes * speed(state, learnt, objective, settings)))
    return (settings.epochs or 1) * learnt.tokens


def speed(state: State, learnt: Sequences, objective: Objective, settings: Settings) -> float:
    """Tokens a second, measured for about a second on a copy, so that the state stays as it is."""
    return pace(state, settings, lambda trial: take_step(trial, learnt, objective, settings))


def pace(state: State, settings: Settings, step: Callable[[State], None]) -> float:
    """How much of the budget a second of steps does, on a copy of the state."""
    model = copy.deepcopy(state.model)
    trial = State(model, optimiser(model, settings.optimiser, settings.decay), state.numbers, total=2**62)
    step(trial)  # the first step is slower: memory is taken and kernels chosen
    warm, start = trial.done, time.perf_counter()
    while time.perf_counter() - start < SPEED_SECONDS:
        step(trial)
    return (trial.done - warm) / (time.perf_counter() - start)


def take_step(
    state: State, learnt: Sequences, objective: Objective, settings: Settings, crew: Crew = ALONE
) -> None:
    """Learn from the next batch, and say where the one after it stands."""
    laid = _chunk(state, learnt, objective, settings)
    sequences, layout = laid[state.batch]
    random = seeds.generator(settings.seed, "context.questions", state.step)
    example = objective.example(sequences.joined(), layout, random)
    state.loss += descend(state, example, objective, settings, crew)
    state.steps, state.step = state.steps + 1, state.step + 1
    state.done += sequences.tokens
    state.batch += 1
    if state.batch == len(laid):
        state.chunk, state.batch = state.chunk + 1, 0
    if state.chunk == sampling.chunks(learnt, settings.batch_size):
        state.epoch, state.chunk = state.epoch + 1, 0


def _chunk(
    state: State, learnt: Sequences, objective: Objective, settings: Settings
) -> list[tuple[Sequences, Layout]]:
    """The batches of the chunk under way, made once."""
    at = (state.epoch, state.chunk)
    if state.laid is None or state.laid[0] != at:
        state.laid = (
            at,
            sampling.batches(learnt, objective, state.model.shape, settings.batch_size, settings.seed, *at),
        )
    return state.laid[1]


def descend(state: State, example: Any, objective: Any, settings: Settings, crew: Crew = ALONE) -> float:
    """One step down the loss of an example; gives the loss. Raises `Diverged` before a weight has changed."""
    example, share = crew.part(example)
    model, device = state.model, next(state.model.parameters()).device
    model.train()
    model.zero_grad(set_to_none=True)
    with torch.autocast(device.type, torch.bfloat16, enabled=state.numbers == "bfloat16"):
        loss = objective.loss(model, example.to(device)) * share
    loss.backward()
    loss = crew.summed(loss, model)
    norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
    value = float(loss)
    if not np.isfinite(value) or not torch.isfinite(norm):
        raise Diverged(
            f"the loss or its gradient is no longer finite at step {state.step + 1}, "
            f"{state.done / state.total:.0%} of the budget: try rate {settings.learning_rate / 10:g}"
        )
    state.optimiser.step(settings.learning_rate_at(state.done / state.total))
    return value


def held_batches(held: Sequences, objective: Objective, shape: Any, settings: Settings) -> list[Example]:
    """What is held out, with the same questions at every look."""
    random = seeds.generator(settings.seed, "context.held_questions")
    laid = sampling.laid_out(held, objective, shape, settings.batch_size, random)
    return [objective.example(sequences.joined(), layout, random) for sequences, layout in laid]


def held_loss(model: nn.Module, batches: list[Any], objective: Any) -> float:
    """Mean loss in nats over all questions of the batches, in float32."""
    model.eval()
    device, total, questions = next(model.parameters()).device, 0.0, 0
    with torch.no_grad():
        for batch in batches:
            total += float(objective.loss(model, batch.to(device))) * batch.questions
            questions += batch.questions
    return total / max(1, questions)


def _look(state: State, batches: list[Example], objective: Objective, chance: float) -> None:
    """Measure on what is held out, record it, and say what is alarming."""
    loss = held_loss(state.model, batches, objective)
    alike = watch.likeness(state.model, batches[0].to(next(state.model.parameters()).device))
    note(state, {"tokens": state.done}, loss, chance, alike)
    raise_alarms(state, watch.alarms(loss, chance, alike, state.done / state.total))


def note(state: State, row: dict[str, float], loss: float, chance: float, alike: float) -> None:
    """Write a look into the history; raises `Diverged` for a loss that is no number."""
    if not np.isfinite(loss):
        raise Diverged(f"the held-out loss is no longer finite at step {state.step}: try a tenth of the rate")
    told = {"loss": state.loss / state.steps, "held_out": loss, "chance": chance, "alike": alike}
    state.history.append({**row, **told})
    state.loss, state.steps = 0.0, 0


def raise_alarms(state: State, raised: dict[str, str]) -> None:
    """Say what was not wrong at the look before."""
    for name in sorted(raised.keys() - state.alarms.keys()):
        log.warning("%s", raised[name])
    state.alarms = raised
