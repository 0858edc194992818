from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from likewise.errors import NotEnoughMemory
from likewise.system import memory

LIMITED = """
import resource
from likewise.system import memory
limit = {limit}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
left = memory.available_bytes()
assert left is not None and 0 < left < limit, left
bytearray(left // 2)
try:
    bytearray(limit)
except MemoryError:
    print("bounded")
"""


def test_what_fits_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    memory.demand(1000, "try less")


def test_what_does_not_fit_is_refused_with_need_free_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * 2**30)
    with pytest.raises(NotEnoughMemory) as caught:
        memory.demand(3 * 2**30, "try --dim 50")
    message = str(caught.value)
    assert "\n" not in message
    assert message.index("3") < message.index("2")
    assert message.endswith("try --dim 50")
    assert isinstance(caught.value, MemoryError)


def test_a_system_that_does_not_say_lets_everything_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: None)
    memory.demand(2**60, "try less")


def test_what_is_free_is_less_than_what_there_is() -> None:
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        pytest.skip("only Linux says in /proc/meminfo how much memory there is")
    total = int(meminfo.read_text().splitlines()[0].split()[1]) * 1024
    free = memory.available_bytes()
    assert free is not None
    assert 0 < free < total


def test_a_limit_on_the_address_space_counts() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("RLIMIT_AS is read from /proc")
    code = LIMITED.format(limit=2 * 2**30)
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert child.stdout.strip() == "bounded", child.stderr
