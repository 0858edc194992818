"""A small text, a model of it, and the command run here or in a child process."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import LIKEWISE, Ended, sentences

from likewise.artifacts import artifact
from likewise.cli import main


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "corpus.txt"
    path.write_text(sentences(600))
    return path


@pytest.fixture(scope="session")
def model(text: Path) -> Path:
    from likewise import words

    folder = text.parent / "m"
    artifact.save(words.word2vec(text, dim=16, epochs=20, sample=0, seed=1, threads=1), folder)
    return folder


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Ended]]:
    """`here("similar", "m", "king")` runs the command in this process."""
    log = logging.getLogger("likewise")
    before = log.level, list(log.handlers)

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        code = main.main([str(each) for each in arguments])
        return Ended(code, *capsys.readouterr())

    yield run
    log.level, log.handlers = before


@pytest.fixture
def child() -> Callable[..., Ended]:
    """`child("similar", "m", "king", LANG="C")` runs the command in a process of its own."""

    def run(*arguments: object, given: bytes = b"", **environment: str) -> Ended:
        ended = subprocess.run(
            [*LIKEWISE, *map(str, arguments)],
            input=given,
            capture_output=True,
            env={**os.environ, **environment},
            timeout=120,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return run
