"""Text to an encoder of words in context, with checkpoints on the way."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from likewise import words
from likewise.arrays.ragged import Ragged
from likewise.artifacts import artifact
from likewise.artifacts.artifact import Contents
from likewise.contextual._card import card
from likewise.contextual._corpus import Reading, Spool, Watch, encode_tokens, sampled, spooled
from likewise.contextual._model import Contextual
from likewise.errors import OptionError
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.tokens.subwords.tokenizer import Subwords
from likewise.training.inputs import corpus_folder, describe_input
from likewise.training.plan import Plan, Report, reporter
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)

Method = Literal["transformer", "recurrent"]
STATIC_DIM = {"tiny": 100, "small": 300, "base": 300}
NAMED = ("rows", "tokens", "different")
READ = 20_000_000  # tokens that skip-gram reads in all, in whole epochs: a minute of hours


def train_language_model(
    method: Method,
    text: Any,
    *,
    preset: str,
    epochs: int | None,
    tokens: int | None,
    hours: float | None,
    learning_rate: float,
    batch_size: int | None,
    keep: int,
    seed: int | None,
    threads: int | None,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Contextual:
    """One path for both methods: they differ in the network, and in what it predicts."""
    need("torch", "neural", "training an encoder")
    from likewise.neural.config import Settings
    from likewise.neural.distributed import init_distributed
    from likewise.neural.text import presets, training

    size = presets.preset(preset)
    if isinstance(keep, bool) or keep < 0:
        raise OptionError(f"keep is a number of tokens, 0 for none, not {keep!r}")
    budget = {"epochs": epochs, "tokens": tokens, "hours": hours}
    if all(value is None for value in budget.values()):
        budget["epochs"] = 10
    slots = size.batch_size if batch_size is None else batch_size
    checked_threads(threads)
    with ExitStack() as stack:
        processes = stack.enter_context(init_distributed())
        if not processes.is_main_process:
            report = None
        if processes.size > 1 and "-" in (text, *(text if isinstance(text, list | tuple) else ())):
            raise OptionError("several processes cannot read one standard input: give a file")
        threads = processes.threads(threads)
        begun = recorded_seed(seed, out, resume=resume)
        settings = Settings(
            **budget,  # type: ignore[arg-type]
            learning_rate=learning_rate,
            batch_size=slots,
            seed=processes.broadcast(draw_seed_if_none(begun)),
        )
        call = {
            "function": f"likewise.contextual.{method}", "text": describe_input(text), "reading": asdict(reading),
            "preset": preset, "keep": keep, "training": asdict(settings),
        }  # fmt: skip
        run = stack.enter_context(
            owned(
                out if processes.is_main_process else None,
                call,
                overwrite=overwrite,
                resume=resume,
                checkpoint_seconds=checkpoint_seconds,
            )
        )
        if processes.broadcast(run is not None and run.finished):
            return made_before(run, settings.epochs or 1) if run is not None else artifact.load(str(out))
        folder, watch = corpus_folder(run, stack), reporter(run, report)
        spool = spooled(text, reading, folder, watch)
        if run is not None:
            run.check_data(spool.digest)
        if begun is None and processes.is_main_process:
            log.info("no seed was given: using seed %d", settings.seed)
        subwords = Subwords.train(spool, size=size.vocabulary, case=reading.case)
        rows = encode_tokens(spool, subwords, folder, watch)
        presets.check_size(preset, len(rows.ids))
        model, objective = network(method, preset, subwords)
        _report_plan(model, rows, objective, settings, subwords, spool, threads, report)
        static = _static(spool, preset, reading, settings.seed, threads, watch)
        saved = processes.broadcast(None if run is None else run.restore())
        state = _state(model, rows, settings, saved, threads, watch)
        state.precision = processes.broadcast(state.precision)
        steps = training.train(state, rows, objective, settings, threads=threads, context=processes)
        driven(steps, run, report, lambda: state.done < state.total, lambda: _checkpoint(state))
        facts = {
            **call, "read": {"rows": spool.rows, "tokens": len(rows.ids), "different": len(subwords)},
            "learnt_from": state.done, "threads": threads, "numbers": state.precision, "looks": state.history,
            "alarms": state.alarms,
        }  # fmt: skip
        made = Contextual(model.eval(), subwords, words=static, kept=sampled(rows, keep), facts=facts)
        if run is not None:
            run.finish(made, card=card(made))
    return made


def network(method: Method, preset: str, subwords: Subwords) -> tuple[Any, Any]:
    """The network of a preset, its weights not started, and what it is to learn."""
    from likewise.neural.text import presets
    from likewise.neural.text.language_model import Language
    from likewise.neural.text.masked import Masked

    model = presets.build(preset, method, len(subwords))
    if method == "recurrent":
        return model, Language(len(subwords))
    special = tuple(range(len(subwords.specials)))
    mask = subwords.specials.index("[MASK]")
    return model, Masked(len(subwords), mask, special, continues=continues(subwords))


def continues(subwords: Subwords) -> np.ndarray:
    """(v,) bool: tokens that continue a word; at the start of a text they begin one."""
    goes_on = [not key.startswith("Ġ") and key[:1].isalnum() for key in subwords.keys]
    goes_on[: len(subwords.specials)] = [False] * len(subwords.specials)
    return np.array(goes_on)


def _report_plan(
    model: Any, rows: Ragged, objective: Any, settings: Any, subwords: Subwords, spool: Spool, threads: int,
    report: Report | None,
) -> None:  # fmt: skip
    """Report what the training takes; raise where the memory is not there."""
    from likewise.neural.text import presets

    memory.demand(
        presets.needed_bytes(model, objective, settings), "try a smaller preset, or a smaller batch"
    )
    if report is None:
        return
    cost = presets.cost(model, rows, objective, settings, threads=threads)
    tokens = settings.tokens or (settings.epochs or 1) * len(rows.ids)
    seconds = settings.hours * 3600 if settings.hours else tokens / cost.tokens_per_second
    plan = Plan(spool.rows, len(rows.ids), len(subwords), cost.bytes, 4 * cost.parameters, seconds, NAMED)
    report(plan)


def _static(spool: Spool, preset: str, reading: Reading, seed: int, threads: int, watch: Watch) -> Table:
    """Skip-gram of the same text: what the vectors in context are compared with, and joined to."""
    rows = max(1, spool.path.stat().st_size // 6)  # about so many words
    return words.word2vec(
        spool.path,
        dim=STATIC_DIM[preset],
        window=10,
        epochs=passes(rows),
        sample=1e-4 if rows > 1_000_000 else 1e-3,  # a small text has no word to waste
        min_count=min(5, 1 + rows // 20_000),
        seed=seed,
        threads=threads,
        reading=words.Reading(tokens=Words(case=reading.case)),
        report=_as_stage("words", watch),
    )


def _as_stage(name: str, watch: Watch) -> Report:
    """Reports a stage before the training, which has no plan of its own."""

    def report_stage(progress: Any) -> None:
        if isinstance(progress, Progress):
            watch(replace(progress, stage=name))

    return report_stage


def passes(tokens: int) -> int:
    """How often skip-gram goes over so many tokens: often where they are few, as each then says more."""
    return int(min(20, max(2, -(-READ // tokens))))


def _state(
    model: Any,
    rows: Ragged,
    settings: Any,
    saved: Contents | None,
    threads: int,
    watch: Any,
) -> Any:
    """Where the training begins, from skip-gram's vectors of the tokens, or is resumed."""
    from likewise.neural import state

    if saved is not None:
        return state.restore_state(model, settings, saved.arrays, saved.facts)
    begun = state.init_state(model, settings)
    _begin(model, rows, settings.seed, threads, watch)
    return begun


def _begin(model: Any, rows: Ragged, seed: int, threads: int, watch: Any) -> None:
    from likewise.neural.text import sampling
    from likewise.neural.text.initialise import begin

    vocabulary, dim = model.token_embedding.weight.shape
    counts = sampling.token_counts(rows.ids, vocabulary)
    chosen = sgns.Settings(dim=dim, window=5, epochs=passes(len(rows.ids)), seed=seed)
    learnt = sgns.fresh(vocabulary, chosen)
    report_stage = _as_stage("tokens", watch)
    for progress in sgns.train(learnt, rows, counts, chosen, threads=threads):
        report_stage(progress)
    begin(model, learnt.inputs[:, :dim], counts)


def _checkpoint(state: Any) -> Contents:
    return Contents("checkpoint", state.facts(), state.arrays())
