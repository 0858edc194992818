"""Saves models over one another until it is killed: `python saver.py FOLDER [two-steps]`; a line for each."""

from __future__ import annotations

import sys
from itertools import count

import numpy as np

from likewise.artifacts import artifact
from likewise.artifacts.artifact import Contents
from likewise.system import files


def version(number: int) -> Contents:
    """A model in which every number, key and fact tells the version."""
    vectors = np.full((2000, 20), number, np.float32)
    return Contents(
        "table", {"version": number}, {"vectors": vectors}, [f"{number}/{i}" for i in range(2000)]
    )


def is_of_one_version(contents: Contents) -> bool:
    """Whether nothing is mixed."""
    number = contents.facts["version"]
    assert contents.keys is not None
    are_keys = all(key.startswith(f"{number}/") for key in contents.keys)
    return are_keys and bool((contents.arrays["vectors"] == number).all())


if __name__ == "__main__":
    if "two-steps" in sys.argv:
        files._exchange = lambda one, other: False
    for number in count():
        artifact.write(version(number), sys.argv[1], overwrite=True)
        print(number, flush=True)
