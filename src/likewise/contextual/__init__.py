"""Words in context: a vector for a word in each place where it stands, and which of its meanings is meant there.

model = likewise.contextual.transformer("corpus.txt", preset="tiny", hours=0.5, seed=1)
model.vector("bank", "sat on the bank of the river")
model.senses("bank").meanings
model.fill("this truth I [MASK] therefore I am")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from likewise.contextual._corpus import Reading
from likewise.contextual._distil import distil
from likewise.contextual._fill_mask import Filled
from likewise.contextual._fine_tuning import contrastive, distil_transformer, shortened
from likewise.contextual._model import Contextual
from likewise.contextual._occurrences import Usage
from likewise.contextual._pretrained import Pretrained, as_sentences, from_pretrained, save_pretrained
from likewise.contextual._senses import Assigned, Meaning, Senses
from likewise.contextual._training import train_language_model
from likewise.contextual._word_vectors import WordsInContext
from likewise.training.plan import Report

Preset = Literal["tiny", "small", "base"]

__all__ = [
    "Assigned",
    "Contextual",
    "Filled",
    "Meaning",
    "Pretrained",
    "Reading",
    "Senses",
    "Usage",
    "WordsInContext",
    "as_sentences",
    "contrastive",
    "distil",
    "distil_transformer",
    "from_pretrained",
    "recurrent",
    "save_pretrained",
    "shortened",
    "transformer",
]


def transformer(
    text: Any,
    *,
    preset: Preset = "tiny",
    epochs: int | None = None,
    tokens: int | None = None,
    hours: float | None = None,
    learning_rate: float = 1e-3,
    batch_size: int | None = None,
    keep: int = 2_000_000,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Contextual:
    """An encoder trained to predict masked words from their context (Devlin et al. 2019, arXiv 1810.04805).

    text: as `likewise.words.word2vec` takes it; a row is read by itself, so give a paragraph or a sentence a row. The
    budget is one of `epochs`, `tokens` (in all epochs together) or `hours`; without any, 10 epochs. `batch_size`
    counts tokens, by preset 512, 2048 or 4096; `keep` counts them too: rows of so many tokens stay with the model, in
    which usages are looked up. Token vectors begin as skip-gram vectors. Skip-gram also learns vectors of whole words,
    the simple answer that comes with each of the encoder's.

    The same seed gives the same bits at the same number of threads, resumed or not. Raises `InputError` for a text
    that is empty or too small for the preset, `OptionError`, `Diverged`, `NotEnoughMemory`, `Stopped` after a signal,
    and `MissingExtra` without torch.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    preset : "tiny", "small", "base" or None, default "tiny"
        Size of the network. None: by the size of the text.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    tokens : int or None, default None
        Length of the training in tokens, in place of `epochs`.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    learning_rate : float, default 0.001
        Highest learning rate. None: by the method.
    batch_size : int or None, default None
        Tokens of a training step. None: by the preset.
    keep : int, default 2000000
        Number of tokens of the text that stay with the model, for usages of words; 0 keeps none.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    return train_language_model(
        "transformer",
        text,
        preset=preset,
        epochs=epochs,
        tokens=tokens,
        hours=hours,
        learning_rate=learning_rate,
        batch_size=batch_size,
        keep=keep,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


def recurrent(
    text: Any,
    *,
    preset: Preset = "tiny",
    epochs: int | None = None,
    tokens: int | None = None,
    hours: float | None = None,
    learning_rate: float = 1e-3,
    batch_size: int | None = None,
    keep: int = 2_000_000,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Contextual:
    """A bidirectional LSTM trained to predict the next word and the previous one (Peters et al. 2018, arXiv
    1802.05365).

    All else as `transformer`. A vector joins what was read before a place and what after, so that it has twice the
    numbers of the preset.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    preset : "tiny", "small", "base" or None, default "tiny"
        Size of the network. None: by the size of the text.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    tokens : int or None, default None
        Length of the training in tokens, in place of `epochs`.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    learning_rate : float, default 0.001
        Highest learning rate. None: by the method.
    batch_size : int or None, default None
        Tokens of a training step. None: by the preset.
    keep : int, default 2000000
        Number of tokens of the text that stay with the model, for usages of words; 0 keeps none.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    return train_language_model(
        "recurrent",
        text,
        preset=preset,
        epochs=epochs,
        tokens=tokens,
        hours=hours,
        learning_rate=learning_rate,
        batch_size=batch_size,
        keep=keep,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )
