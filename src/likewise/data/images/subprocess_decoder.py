"""Decoding in processes of their own: a file that crashes a decoder's native code ends one of them, and is named.

They are started as programs, not forked, so that threads and libraries of this process do not matter; they end when
this one does, for then there are no more requests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from likewise.data.images.decoding import Unreadable
from likewise.data.images.preprocess import Canvas

PROGRAM = "likewise.data.images.decoder_worker"
SOURCES = Path(__file__).parents[3]

Process = subprocess.Popen[bytes]


class Workers:
    """At most so many processes, started when first used; its two methods do and raise as those of `decoding`."""

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[Process | None] = SimpleQueue()
        self._count = count
        for _ in range(count):
            self._idle.put(None)

    def decode(self, data: Path | bytes, canvas: Canvas) -> tuple[np.ndarray, tuple[str, ...]]:
        """As `decoding.decode`."""
        answer, pixels = self._request(data, canvas, canvas.max_pixels)
        return np.frombuffer(pixels, np.uint8).reshape(canvas.shape), tuple(answer["notes"])

    def size_of(self, data: Path | bytes, max_pixels: int) -> tuple[int, int]:
        """As `decoding.size_of`."""
        height, width = self._request(data, None, max_pixels)[0]["size"]
        return height, width

    def end(self) -> None:
        """End all processes, and wait until they are gone."""
        for _ in range(self._count):
            process = self._idle.get()
            if process is not None:
                _end(process)

    def _request(self, data: Path | bytes, canvas: Canvas | None, limit: int) -> tuple[dict[str, Any], bytes]:
        process = self._idle.get() or _started()
        answer: dict[str, Any] | None = None
        try:
            length = 0 if canvas is None else int(np.prod(canvas.shape))
            answer, pixels = _exchanged(process, _request(data, canvas, limit), length)
        finally:
            if answer is None:
                _end(process)
            self._idle.put(process if answer is not None else None)
        if answer is None:
            raise Unreadable(f"its decoder crashed ({_cause(process.returncode)})")
        if "reason" in answer:
            raise Unreadable(answer["reason"])
        return answer, pixels


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """Workers that are gone at the end."""
    made = Workers(count)
    try:
        yield made
    finally:
        made.end()


def _started() -> Process:
    """A process of its own session: Ctrl-C at a terminal stops this program, and is not to end a decoder."""
    paths = [str(SOURCES), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        start_new_session=True,
    )


def _request(data: Path | bytes, canvas: Canvas | None, limit: int) -> bytes:
    named = {"length": len(data)} if isinstance(data, bytes) else {"path": os.fspath(data)}
    drawn = None if canvas is None else asdict(canvas)
    line = json.dumps({**named, "canvas": drawn, "max_pixels": limit}).encode() + b"\n"
    return line + data if isinstance(data, bytes) else line


def _exchanged(process: Process, request: bytes, length: int) -> tuple[dict[str, Any] | None, bytes]:
    """The answer, and pixels of `length` bytes where it has notes; None where the process is dead."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request)
        process.stdin.flush()
        line = process.stdout.readline()
        answer = json.loads(line) if line.endswith(b"\n") else None
        wanted = length if answer is not None and "notes" in answer else 0
        pixels = process.stdout.read(wanted)
    except BrokenPipeError:
        return None, b""
    return (answer, pixels) if len(pixels) == wanted else (None, b"")


def _end(process: Process) -> None:
    """Close its input and wait; one that does not end is ended."""
    try:
        process.communicate(timeout=5)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        process.kill()
        process.wait()


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
