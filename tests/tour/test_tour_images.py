"""The chapters on images: what they show is what the networks say, and without torch they say how to get it."""

from __future__ import annotations

import re
import sys
from typing import Any, cast

import numpy as np
import pytest

from likewise.tour.chapter import Walk
from likewise.tour.images import handwritten, image_chapters

WALK = Walk([], cast(Any, None), cast(Any, None), cast(Any, None), seed=1, quick=True)


def test_without_torch_there_is_one_section_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.startswith("likewise.neural")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    (section,) = image_chapters(WALK)
    assert "pip install 'likewise[neural]'" in section.text
    assert section.figure == ""


def test_the_first_digits_are_one_of_each() -> None:
    digits = handwritten()
    assert digits.pixels.shape == (1797, 8, 8, 1)
    assert digits.pixels.max() == 255
    chosen = digits.first(np.flatnonzero(digits.is_test), 12)
    assert [digits.labels[row] for row in chosen] == [*"0123456789", "0", "1"]
    assert all(row % 2 for row in chosen)
    assert len(set(chosen)) == 12


@pytest.mark.slow
def test_the_networks_beat_the_pixels_and_the_near_are_alike() -> None:
    pytest.importorskip("torch")
    patches, steps, seen, near, judged = image_chapters(WALK)
    assert patches.figure.count("<image") == 16
    assert [row[1:] for row in steps.rows] == [(8, 8), (8, 8), (4, 4), (2, 2), (1, 1)]
    assert seen.figure.count("<image") == 24
    right, all_of_them = map(int, re.findall(r"(\d+) of the (\d+) show", near.caption)[0])
    assert all_of_them == 28
    assert right >= 24
    values = {row[0]: cast(float, row[1]) for row in judged.rows}
    assert values["cnn"] > values["pixels"] + 0.02
    assert values["contrast"] > values["untrained"]
    assert "Use cnn" in judged.text
