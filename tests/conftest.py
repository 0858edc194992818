"""What all tests share: the folder of real data, and the modules beside this file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DATA = TESTS.parent.parent / "shared" / "data"

sys.path.insert(0, str(TESTS))  # so that a test in any folder can `import damage`


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
