"""The tour walked once, short, for all tests that look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from likewise.system.progress import Progress
from likewise.tour import tour
from likewise.training.plan import Plan


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Plan | Progress]]:
    """Its folder, and what it told on the way."""
    out, told = tmp_path_factory.mktemp("walked") / "tour", list[Plan | Progress]()
    assert tour(out, quick=True, threads=1, report=told.append) == out / "report.html"
    return out, told
