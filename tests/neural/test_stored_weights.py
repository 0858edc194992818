from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from made_texts import alternating, quick, small_language, small_masked

from likewise.errors import InputError, OptionError
from likewise.neural import precision
from likewise.neural import weights as stored
from likewise.neural.text import presets
from likewise.neural.text.hidden_states import hidden

BOTH = [small_masked, small_language]


@pytest.mark.parametrize("make", BOTH)
def test_weights_as_arrays_make_the_same_model(make: Callable[[], Any]) -> None:
    model, other = make()[0], make()[0]
    stored.start(model, 5)
    arrays = stored.to_arrays(model)
    assert all(name.isidentifier() and len(name) < 58 for name in arrays)
    stored.from_arrays(other, arrays)
    rows = alternating(5)
    for a, b in zip(hidden(model, rows).tokens, hidden(other, rows).tokens, strict=True):
        np.testing.assert_array_equal(a, b)
    arrays["bias"][:] = 9
    assert model.bias.abs().max() == 0  # the arrays are copies


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda arrays: arrays.pop("bias"), "lack 'bias'"),
        (lambda arrays: arrays.update(more=np.zeros(3, np.float32)), "hold an unknown 'more'"),
        (
            lambda arrays: arrays.update(bias=np.zeros(33, np.float32)),
            r"must be \(34,\) of float32, not \(33,\)",
        ),
        (lambda arrays: arrays.update(bias=np.zeros(34)), "float64"),
        (lambda arrays: arrays.update(bias=np.full(34, np.nan, np.float32)), "not finite"),
    ],
)
def test_arrays_of_another_model_are_refused(
    change: Callable[[dict[str, np.ndarray]], object], said: str
) -> None:
    model, _ = small_masked()
    arrays = stored.to_arrays(model)
    change(arrays)
    with pytest.raises(InputError, match=said):
        stored.from_arrays(model, arrays)


def test_first_weights_come_from_the_seed_alone() -> None:
    first, again, other = (small_masked()[0] for _ in range(3))
    torch.manual_seed(0)
    stored.start(first, 1)
    torch.manual_seed(1)
    stored.start(again, 1)
    stored.start(other, 2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.token_embedding.weight, other.token_embedding.weight)
    assert first.body.end_norm.weight.unique().tolist() == [1.0]
    assert first.body.layers[0].up.bias.unique().tolist() == [0.0]


def test_presets_grow_and_tell_their_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likewise.neural.trainer.SPEED_SECONDS", 0.01)
    _, objective = small_masked()
    sizes = [
        sum(p.numel() for p in presets.build(name, "transformer", 34).parameters())
        for name in presets.PRESETS
    ]
    assert sizes == sorted(sizes)
    model = presets.build("tiny", "transformer", 34)
    before = stored.to_arrays(model)
    cost = presets.cost(model, alternating(400), objective, quick())
    assert cost.parameters == sizes[0] == sum(a.size for a in before.values())
    assert cost.tokens_per_second > 0
    assert cost.bytes > 16 * cost.parameters
    assert all(np.array_equal(before[name], a) for name, a in stored.to_arrays(model).items())


def test_a_preset_too_large_for_the_text_names_the_one_that_fits() -> None:
    presets.check_size("small", 2_000_000)
    with pytest.raises(
        InputError, match=r"3,000,000 tokens .* too few for preset 'base'.*: give preset 'small'"
    ):
        presets.check_size("base", 3_000_000)
    with pytest.raises(InputError, match="give more text"):
        presets.check_size("tiny", 100)
    with pytest.raises(OptionError, match="tiny, small, base"):
        presets.build("huge", "transformer", 34)
    with pytest.raises(OptionError, match="'transformer' or 'recurrent'"):
        presets.build("tiny", "convolution", 34)  # type: ignore[arg-type]


def test_precision_is_what_was_asked_or_what_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert precision.gain(16, cpu) > 0
    for gain, wanted in ((1.0, "float32"), (2.0, "bfloat16")):
        monkeypatch.setattr(precision, "gain", lambda dim, device, gain=gain: gain)
        assert precision.resolve_precision("auto", 64, cpu) == wanted
    assert precision.resolve_precision("float32", 64, cpu) == "float32"
    with pytest.raises(OptionError, match="precision must be"):
        precision.resolve_precision("half", 64, cpu)


def test_without_torch_there_is_one_line_with_the_command() -> None:
    code = """
import sys
sys.modules["torch"] = None
from likewise.errors import MissingExtra
try:
    import likewise.neural.trainer
except MissingExtra as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "a neural network needs the package 'torch', which is not installed: pip install 'likewise[neural]'\n"
    )
