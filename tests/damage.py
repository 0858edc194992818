"""Damage a saved folder in every way a disk can, and see that it is noticed: a harness for any artifact.

    assert unnoticed(folder, "damage:contents_of", flips=200, seed=1) == []

For each damage a child process copies the folder, damages the copy, and calls the function, which loads it
and gives back as text all that a user would get. Only two outcomes are allowed: the same text as from the
whole folder, or `ArtifactError`. Another text, another error, a signal, or a hang of 30 s is returned.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

HANG_SECONDS = 30


@dataclass(frozen=True)
class Damage:
    """`file` is cut at `offset`, or has `bit` of the byte there flipped; `place` names the offset's class."""

    file: str
    kind: str
    place: str
    offset: int
    bit: int = 0


def damages(folder: Path, *, seed: int, flips: int) -> list[Damage]:
    """Each file cut at each class of length, and `flips` flipped bits, spread over files and their parts."""
    files = sorted(path for path in folder.iterdir())
    random = np.random.default_rng(seed)
    cuts = [Damage(path.name, "cut", place, offset) for path in files for place, offset in _lengths(path)]
    return cuts + [flip for path in files for flip in _flips(path, random, -(-flips // len(files)))]


def _header(path: Path) -> int:
    data = path.read_bytes()
    return 8 + int.from_bytes(data[:8], "little") if path.suffix == ".safetensors" else min(8, len(data))


def _lengths(path: Path) -> Iterator[tuple[str, int]]:
    size, header = path.stat().st_size, _header(path)
    named = {"0": 0, "1": 1, "header-1": header - 1, "header": header, "half": size // 2, "n-1": size - 1}
    return ((place, offset) for place, offset in named.items() if 0 <= offset < size)


def _flips(path: Path, random: np.random.Generator, count: int) -> Iterator[Damage]:
    size, header = path.stat().st_size, _header(path)
    parts = {"start": (0, 8), "header": (0, header), "body": (header, size), "end": (size - 16, size)}
    for number in range(count):
        place = list(parts)[number % len(parts)]
        low, high = max(parts[place][0], 0), max(min(parts[place][1], size), 1)
        yield Damage(path.name, "flip", place, int(random.integers(min(low, high - 1), high)), number % 8)


def inflict(damage: Damage, folder: Path) -> None:
    """Damage the file in place."""
    path = folder / damage.file
    data = bytearray(path.read_bytes())
    if damage.kind == "cut":
        del data[damage.offset :]
    else:
        data[damage.offset] ^= 1 << damage.bit
    path.write_bytes(data)


def contents_of(folder: Path) -> str:
    """All that `artifact.read` gives, as text."""
    from likewise.artifacts import artifact

    contents = artifact.read(folder)
    arrays = {
        name: (array.dtype.str, array.shape, array.tobytes()) for name, array in contents.arrays.items()
    }
    counts = None if contents.counts is None else contents.counts.tobytes()
    texts = (contents.keys, contents.labels, contents.tokenizer)
    whole = repr((contents.kind, contents.facts, sorted(arrays.items()), counts, *texts))
    return hashlib.sha256(whole.encode()).hexdigest()


def unnoticed(folder: Path, function: str, *, seed: int, flips: int) -> list[str]:
    """A line for each damage with an outcome that is not allowed."""
    todo = damages(folder, seed=seed, flips=flips)
    lines: list[str] = []
    begun = 0
    while begun < len(todo):
        command = [sys.executable, __file__, str(folder), function, str(seed), str(flips), str(begun)]
        child = subprocess.run(command, capture_output=True, text=True, check=False)
        told = child.stdout.splitlines()
        begun += sum(line == "begin" for line in told)
        lines += [line for line in told if line != "begin"]
        if child.returncode < 0 and begun:
            lines.append(f"{todo[begun - 1]}: {signal.Signals(-child.returncode).name}")
        elif child.returncode:
            raise RuntimeError(f"the harness itself failed: {child.stderr}")
    return lines


def _main(folder: str, function: str, seed: str, flips: str, start: str) -> None:
    from likewise.errors import ArtifactError

    module, _, name = function.partition(":")
    look = getattr(import_module(module), name)
    whole = look(Path(folder))
    for damage in damages(Path(folder), seed=int(seed), flips=int(flips))[int(start) :]:
        print("begin", flush=True)
        signal.alarm(HANG_SECONDS)  # ends this process where nobody handles it
        with tempfile.TemporaryDirectory() as place:
            copy = shutil.copytree(folder, Path(place) / "copy")
            inflict(damage, copy)
            try:
                outcome = "another text" if look(copy) != whole else ""
            except ArtifactError:
                outcome = ""
            except BaseException as error:
                outcome = repr(error)
        if outcome:
            print(f"{damage}: {outcome}", flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
