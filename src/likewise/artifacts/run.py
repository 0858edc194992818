"""One run of long work: it alone owns its output, keeps checkpoints, stops after a signal, saves at the end.

While it works, `OUT.run` lies next to the output, with `call.json` (the call), `lock`, `corpus` (the
encoded text, which the caller keeps there), and the two newest checkpoints.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, TracebackType
from typing import Any

from likewise.artifacts import artifact, checkpoints, layout, recipe
from likewise.artifacts.artifact import Contents, Savable
from likewise.errors import Busy, InputError, NotEnoughSpace, OutputExists, ResumeError, Stopped
from likewise.system import files
from likewise.system.lock import Lock
from likewise.system.options import check_float
from likewise.system.progress import Progress

log = logging.getLogger(__name__)

CALL, LOCK = "call.json", "lock"
ATTEMPTS = 50  # at locking a folder that the run before may remove between the making and the locking


class Run:
    """The run that makes `out`; use it as a context manager.

        with Run(out, call, resume=resume) as run:
            state = State.start() if (saved := run.restore()) is None else State.from_contents(saved)
            for progress in train(state):
                run.reached(progress, state.contents)
            run.finish(state.table())

    `call` is the function and its options, seed included, as plain JSON values. `data_digest` is the digest
    of the data, or one for each file, by name; where it becomes known later, `check_data` takes it.

    Entering raises `OutputExists` where the output is there, or an unfinished run of it, and neither
    `overwrite` nor `resume` is True; `ResumeError` where the run to resume had another call (but
    for options named in `harmless`) or other data; `Busy` where another process is at it; `InputError` where
    the output's folder is missing or cannot be written in. With `resume`, `finished` is True where the same
    call has made the output already.
    """

    def __init__(
        self,
        out: Path | str,
        call: Mapping[str, Any],
        *,
        data_digest: str | Mapping[str, str] | None = None,
        overwrite: bool = False,
        resume: bool = False,
        checkpoint_seconds: float = 300.0,
        harmless: Sequence[str] = ("threads",),
    ) -> None:
        self.out = Path(out)
        self.folder = self.out.parent / f"{self.out.name}.run"
        self.call = recipe.plain(call)
        self.finished = False
        self._data = _by_name(data_digest)
        self._overwrite, self._resume, self._harmless = overwrite, resume, tuple(harmless)
        if checkpoint_seconds != math.inf:  # never
            check_float("checkpoint_seconds", checkpoint_seconds, 0)
        self._checkpoint_seconds = checkpoint_seconds
        self._checkpointed_at = 0.0
        self._number = 0  # of the newest whole checkpoint
        self._restored: Contents | None = None
        self._stop_signal: signal.Signals | None = None
        self._must_keep = False
        self._leaving = ExitStack()

    def __enter__(self) -> Run:
        self._refuse_output()
        with ExitStack() as leaving:
            leaving.enter_context(_working_folder(self.folder))
            self._begin()
            leaving.enter_context(_listening(self._request_stop))
            self._leaving = leaving.pop_all()
        self._checkpointed_at = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._leaving:
            if self.finished or not (self._number or self._must_keep):
                self._clear()
            else:
                log.info("%s is kept: go on with --resume", self.folder)
        if error is None and self._stop_signal is not None:
            raise Stopped(f"stopped; {self.out} is finished", 128 + self._stop_signal)

    def restore(self) -> Contents | None:
        """The newest whole checkpoint, its arrays memory-mapped and read-only; None at the beginning.

        It can be taken once: a map kept here would hold on to the disk space of
        checkpoints that are long replaced.
        """
        restored, self._restored = self._restored, None
        return restored

    def check_data(self, digest: str | Mapping[str, str]) -> None:
        """Note the digest of the data, or raise `ResumeError` where the run to go on with had other data."""
        data = _by_name(digest)
        self._refuse_other_data(self._data or data, data)
        self._data = data
        self._write_call()

    def reached(self, progress: Progress, contents: Callable[[], Contents] | None) -> None:
        """Mark a point where the state is complete: a checkpoint is written if it is time for one.

        `contents` gives the state, or is None where there is nothing yet that would be worth keeping. Raises
        `Stopped` after a signal. A full disk is logged, and the work goes on.
        """
        is_due = time.monotonic() - self._checkpointed_at >= self._checkpoint_seconds
        if contents is not None and (is_due or self._stop_signal is not None):
            self._write_checkpoint(contents())
        if self._stop_signal is not None:
            then = "go on with --resume" if self._number else "nothing was kept"
            reached = f"{progress.stage}, {progress.done} of {progress.total} {progress.unit}"
            raise Stopped(f"stopped at {reached}; {then}", 128 + self._stop_signal)

    def finish(self, made: Savable, *, card: str | None = None) -> None:
        """Save the output, whole, with `run.toml` and, where `card` is given, `README.md` next to it.

        Raises as `artifact.write` does; where the disk is full the run is kept, to be gone on with.
        """
        texts = {"run.toml": recipe.run_text(self.call, self._data)}
        if card is not None:
            texts["README.md"] = card
        try:
            artifact.write(made.contents(), self.out, overwrite=self._overwrite, texts=texts)
        except NotEnoughSpace as error:
            self._must_keep = True
            raise NotEnoughSpace(f"{error}, and rerun with --resume ({self.folder} is kept)") from error
        self.finished = True

    def _refuse_output(self) -> None:
        """All that can be known before any work: rather now than after three hours."""
        if not self.out.parent.is_dir():
            raise InputError(
                f"there is no folder {self.out.parent} to write {self.out.name} in: make it first"
            )
        if self._overwrite or self._resume:
            artifact.check_replaceable(self.out)
        elif os.path.lexists(self.out):
            raise OutputExists(f"{self.out} is there already: choose another name, or --overwrite it")

    def _begin(self) -> None:
        record = self._read_call() if self._resume else None
        if record is not None:
            self._go_on(record)
        elif self._resume and self.out.exists():
            self._refuse_other_output()
            self.finished = True
        else:
            self._refuse_unfinished()
            self._clear()
        if not self.finished:
            self._write_call()

    def _refuse_unfinished(self) -> None:
        if checkpoints.are_there(self.folder) and not self._overwrite:
            wish = "--overwrite to start again"
            if self._resume:
                raise ResumeError(f"{self.folder / CALL} is damaged, so there is no going on: {wish}")
            raise OutputExists(f"an unfinished run is there, {self.folder}: --resume to go on, {wish}")

    def _go_on(self, record: dict[str, Any]) -> None:
        changed = recipe.differences(record["call"], self.call, self._harmless)
        if changed:
            raise ResumeError(f"{self.folder} was begun with other options: {', '.join(changed)}")
        self._refuse_other_data(record["data"], self._data)
        self._data = self._data or record["data"]
        self._overwrite = self._overwrite or record["overwrite"]
        if self.out.exists() and not self._overwrite:  # it ended between the saving and the removing
            self._refuse_other_output()
            self.finished = True
        else:
            self._number, self._restored = checkpoints.newest(self.folder)

    def _refuse_other_output(self) -> None:
        """Raise unless the output that is there was made by this same call."""
        made = recipe.read_run_text(self.out / "run.toml")
        if made is None or not isinstance(made.get("call"), dict):
            raise OutputExists(
                f"{self.out} is there already and does not say how it was made: --overwrite it"
            )
        changed = recipe.differences(made["call"], self.call, self._harmless)
        if changed:
            raise ResumeError(f"{self.out} is finished, with other options: {', '.join(changed)}")
        self._refuse_other_data(made.get("data", {}), self._data)

    def _refuse_other_data(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        changed = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        if old and new and changed:
            raise ResumeError(
                f"the run was begun with other data: {', '.join(changed)} changed; --overwrite to start again"
            )

    def _read_call(self) -> dict[str, Any] | None:
        """What `call.json` says; None where a run ended before it had written it."""
        try:
            record = layout.parse_json((self.folder / CALL).read_bytes())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.keys() == {"call", "data", "overwrite"} else None

    def _write_call(self) -> None:
        record = {"call": self.call, "data": self._data, "overwrite": self._overwrite}
        with files.atomic_file(self.folder / CALL) as file:
            file.write(layout.dump_json(record))

    def _write_checkpoint(self, contents: Contents) -> None:
        try:
            checkpoints.write(contents, self.folder, self._number + 1)
            self._number += 1
        except NotEnoughSpace as error:
            log.warning("no checkpoint at this point, the one before it is kept: %s", error)
        self._checkpointed_at = time.monotonic()

    def _clear(self) -> None:
        for entry in sorted(self.folder.iterdir()):
            if entry.name != LOCK:
                files.remove(entry)

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        if self._stop_signal is not None:
            raise KeyboardInterrupt
        self._stop_signal = signal.Signals(number)
        log.warning("stopping where the state is next whole, with a checkpoint; once more to quit at once")


class NoRun:
    """Stands for a `Run` where nothing is saved: no output, no checkpoints, and a temporary folder if one is needed."""

    finished = False

    def __init__(self) -> None:
        self._leaving = ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> NoRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.close()

    @property
    def out(self) -> Path:
        """There is none."""
        raise AssertionError("a run that saves nothing has no output")

    @property
    def folder(self) -> Path:
        """A temporary folder, made when first needed and removed at the end."""
        if self._folder is None:
            self._folder = Path(self._leaving.enter_context(TemporaryDirectory(prefix="likewise-")))
        return self._folder

    def restore(self) -> None:
        """There is no checkpoint."""

    def check_data(self, digest: str | Mapping[str, str]) -> None:
        """There are no earlier data."""

    def reached(self, progress: Progress, contents: Callable[[], Contents] | None) -> None:
        """There is nothing to keep."""

    def finish(self, made: Savable, *, card: str | None = None) -> None:
        """There is nowhere to save."""


def begun_call(out: Path | str) -> dict[str, Any] | None:
    """The call of the unfinished run of `out`, or else of the one that made `out`; None where neither says."""
    out = Path(out)
    try:
        record = layout.parse_json((out.parent / f"{out.name}.run" / CALL).read_bytes())
    except (OSError, ValueError):
        record = recipe.read_run_text(out / "run.toml")
    call = record.get("call") if isinstance(record, dict) else None
    return call if isinstance(call, dict) else None


def _by_name(digest: str | Mapping[str, str] | None) -> dict[str, str]:
    if digest is None:
        return {}
    return {"the data": digest} if isinstance(digest, str) else dict(digest)


@contextmanager
def _working_folder(folder: Path) -> Iterator[None]:
    """The folder, made where it is missing, and locked; removed at the end where nothing is left in it."""
    lock = _locked(folder)
    try:
        yield
    finally:
        lock.__exit__()
        with suppress(OSError):
            folder.rmdir()


def _locked(folder: Path) -> Lock:
    for attempt in range(ATTEMPTS):
        try:
            folder.mkdir(exist_ok=True)
            return Lock(folder / LOCK).__enter__()
        except Busy:
            raise
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or attempt == ATTEMPTS - 1:
                raise InputError(f"cannot write {folder}: {error.strerror}") from error
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def _listening(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Hear SIGINT and SIGTERM, where they are not ignored and this is the thread that can."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
