from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from likewise.errors import OptionError
from likewise.system import seeds

DRAW = (
    "from likewise.system import seeds; "
    "print(seeds.generator(7, 'stage', 3).integers(2**60), seeds.state(7, 'stage', 3))"
)


def test_the_same_name_gives_the_same_stream_in_another_process() -> None:
    here = f"{seeds.generator(7, 'stage', 3).integers(2**60)} {seeds.state(7, 'stage', 3)}"
    child = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == here


def test_streams_of_other_seeds_stages_and_shards_are_others() -> None:
    names = [
        (seed, stage, shard) for seed in (0, 1, 2**63 - 1) for stage in ("a", "b", "ab") for shard in (0, 1)
    ]
    first = {tuple(seeds.generator(*name).integers(2**60, size=4)) for name in names}
    assert len(first) == len(names)
    assert len({seeds.state(*name) for name in names}) == len(names)


def test_streams_are_not_correlated() -> None:
    left, right = (seeds.generator(1, "stage", shard).standard_normal(20_000) for shard in (0, 1))
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.03


def test_a_state_is_odd_and_fits_64_bits() -> None:
    states = [seeds.state(seed, "stage") for seed in range(200)]
    assert all(state % 2 == 1 and 0 < state < 2**64 for state in states)
    assert max(states) > 2**63  # the highest bit is used too


def test_a_drawn_seed_can_be_given_again_and_varies() -> None:
    drawn = [seeds.draw_seed() for _ in range(20)]
    assert len(set(drawn)) > 15
    assert all(seeds.checked(seed) == seed for seed in drawn)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "1", None, True, np.float64(1)])
def test_what_is_no_seed_is_refused(seed: object) -> None:
    with pytest.raises(OptionError, match="seed must be a whole number"):
        seeds.checked(seed)  # type: ignore[arg-type]


def test_numpy_integers_are_seeds_and_become_plain() -> None:
    assert type(seeds.checked(np.int64(5))) is int
    assert seeds.checked(0) == 0
    assert seeds.checked(2**63 - 1) == 2**63 - 1
