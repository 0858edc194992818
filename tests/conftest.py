"""What all tests share: the folder of real data, and the modules beside this file."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from likewise.system.extras import SPINS

TESTS = Path(__file__).parent
DATA = TESTS.parent.parent / "shared" / "data"

PACKAGE = TESTS.parent / "src" / "likewise"

# Tests import torch before likewise does, which else would say how long its threads wait for each other spinning: on a
# machine with other work that makes a test twenty times as slow.
os.environ.setdefault(*SPINS)

# A shell that puts the tests in the background turns Ctrl-C off for them and for all they start, and tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

sys.path.insert(0, str(TESTS))  # so that a test in any folder can `import damage`


def pytest_configure() -> None:
    """Forget kernels that Numba kept from before an edit, before any module asks for them.

    Numba looks whether the file of a kernel has changed, not whether a file it calls into has: after an edit of
    `register_tiles.py` it would go on with a `train_block` that holds the old tiles. Kernels call into other folders,
    so a change anywhere in the package counts.
    """
    sources = sorted(PACKAGE.rglob("*.py"))
    stamp = "".join(f"{path.relative_to(PACKAGE)} {path.stat().st_mtime_ns}\n" for path in sources)
    for cache in sorted(PACKAGE.rglob("__pycache__")):
        last = cache / "sources.stamp"
        if any(cache.glob("*.nbi")) and (not last.exists() or last.read_text() != stamp):
            for path in cache.glob("*.nb[ic]"):
                path.unlink(missing_ok=True)
            last.write_text(stamp)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; where it is missing a test is skipped, but in CI it fails."""
    if not DATA.is_dir():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(
                "CI must test on real data, and the folder ../shared/data beside the checkout is missing"
            )
        pytest.skip("the folder ../shared/data beside the checkout is missing")
    return DATA
