"""Words in context, in a made world: "bank" stands beside words of rivers, or of money, and means two things."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import contextual
from likewise.artifacts import artifact
from likewise.contextual import Contextual
from likewise.contextual._fill_mask import whole_words
from likewise.contextual._training import continues
from likewise.errors import ArtifactError, InputError, MissingExtra, OptionError, Stopped
from likewise.neural.text.hidden_states import hidden
from likewise.testing import check_encoder

RIVER, MONEY = "river water boat fish reed shore flood stream", "money loan credit cash coin debt gold broker"
SHARED = "the a old new near great small was is"


def rows(n: int, seed: int = 1) -> list[str]:
    """Rows of nine words, each of one world, "bank" in every second one."""
    draw = random.Random(seed)
    made = []
    for i in range(n):
        own = draw.choice((RIVER, MONEY)).split()
        words = [draw.choice(own if draw.random() < 0.6 else SHARED.split()) for _ in range(9)]
        if i % 2:
            words[draw.randrange(9)] = "bank"
        made.append(" ".join(words))
    return made


TEXT = rows(2600)
HOW: dict[str, Any] = {"tokens": 40_000, "batch_size": 512, "seed": 1, "threads": 1, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def transformer() -> Contextual:
    return contextual.transformer(TEXT, **HOW)


@pytest.fixture(scope="module")
def recurrent() -> Contextual:
    return contextual.recurrent(TEXT, **HOW)


@pytest.fixture(scope="module", params=["transformer", "recurrent"])
def model(request: pytest.FixtureRequest) -> Contextual:
    found: Contextual = request.getfixturevalue(request.param)
    return found


def test_both_keep_the_laws_of_an_encoder(model: Contextual) -> None:
    check_encoder(model, ["the river bank", "", "gold", "the " * 400, "the river bank", "Ω ☃"])
    assert model.dim == model.model.width
    assert model.known(["river", ""]).tolist() == [True, False]


def test_something_is_learnt(model: Contextual) -> None:
    look = model.facts["looks"][-1]
    assert look["held_out"] < look["chance"] - 0.3
    assert model.facts["alarms"] == {}


def test_saved_is_loaded_to_the_same_bits(model: Contextual, tmp_path: Path) -> None:
    likewise.save(model, tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert isinstance(again, Contextual)
    assert np.array_equal(again.encode(TEXT[:9]), model.encode(TEXT[:9]))
    assert again.texts == model.texts
    assert again.words is not None
    assert again.words.similar("river", 2) == model.words.similar("river", 2)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["layers", "dim", "longest"])
def test_a_shape_that_lies_is_refused_before_it_takes_memory(
    transformer: Contextual, name: str, tmp_path: Path
) -> None:
    contents = transformer.contents()
    contents.facts["shape"][name] = {"layers": 250, "dim": 16384, "longest": 60000}[name]
    artifact.write(contents, tmp_path / "m")
    with pytest.raises(ArtifactError, match="shape"):
        likewise.load(tmp_path / "m")


def test_a_stray_array_and_a_missing_tokenizer_are_refused(transformer: Contextual, tmp_path: Path) -> None:
    contents = transformer.contents()
    contents.arrays["stray"] = np.zeros(3, np.float32)
    artifact.write(contents, tmp_path / "m")
    with pytest.raises(ArtifactError, match="stray"):
        likewise.load(tmp_path / "m")


def test_a_words_vector_is_the_mean_of_its_pieces(model: Contextual) -> None:
    text = "the unbankable river"
    ids, places = model.cut([text])
    layers = hidden(model.model, ids).tokens
    mean = sum(layers[n] for n in model.layers) / len(model.layers)
    own = [i for i, (a, b) in enumerate(places.tolist()) if a < 14 and b > 4]
    assert len(own) > 1
    assert np.allclose(model.vector("unbankable", text), np.mean(mean[own], axis=0), atol=1e-5)
    found = model.encode_words([text, "", "river"])
    assert found.words == [["the", "unbankable", "river"], [], ["river"]]
    assert found.spans[0].tolist() == [[0, 3], [4, 14], [15, 20]]
    assert np.allclose(found.vectors[0][1], model.vector("unbankable", text), atol=1e-5)
    assert [one.shape for one in found.vectors] == [(3, model.dim), (0, model.dim), (1, model.dim)]


def test_a_word_has_another_vector_in_another_place(model: Contextual) -> None:
    wet, dry, also_wet = (
        model.vector("bank", text) for text in ("river water bank", "money loan bank", "flood stream bank")
    )
    unit = [v / np.linalg.norm(v) for v in (wet, dry, also_wet)]
    assert unit[0] @ unit[2] > unit[0] @ unit[1]


def test_layers_are_chosen_by_number(transformer: Contextual) -> None:
    first, last = (transformer.vector("bank", "the bank", layers=[n]) for n in (1, -1))
    assert np.allclose(transformer.vector("bank", "the bank", layers=[1, -1]), (first + last) / 2, atol=1e-6)
    still = [transformer.vector("bank", text, layers=[0]) for text in ("old bank", "new bank")]
    assert np.array_equal(*still)
    with pytest.raises(OptionError, match="layers are from 0 to 2"):
        transformer.vector("bank", "the bank", layers=[3])


def test_a_long_text_is_read_to_its_end(transformer: Contextual) -> None:
    long = "river " * 500
    assert not np.allclose(
        transformer.encode([long])[0], transformer.encode([long + "money " * 500])[0], atol=1e-3
    )
    assert transformer.vector("gold", long + "gold").any()


@pytest.mark.parametrize("by", ["context", "neighbours", "joined"])
def test_two_meanings_are_found_and_told(model: Contextual, by: Any) -> None:
    known = model.senses("bank", k=2, by=by)
    money = [any(word in usage.text.split() for word in MONEY.split()) for usage in known.usages]
    wet = [any(word in usage.text.split() for word in RIVER.split()) for usage in known.usages]
    sure = np.array([a != b for a, b in zip(money, wet, strict=True)])
    agree = np.mean((known.codes == 1)[sure] == np.array(money)[sure])
    assert max(agree, 1 - agree) > (0.95 if by != "context" else 0.8)
    assert abs(sum(one.share for one in known.meanings) - 1) < 1e-9
    assert known.meanings[0].share >= known.meanings[1].share
    told = [model.assign(known, text).number for text in ("bank river boat", "bank money loan")]
    assert sorted(told) == [1, 2]


def test_the_number_of_meanings_is_found(transformer: Contextual) -> None:
    assert len(transformer.senses("bank", by="neighbours").meanings) == 2


def test_the_nearest_usages_are_of_the_same_meaning(transformer: Contextual) -> None:
    found = transformer.similar_usages("bank", "river boat bank", 3, by="neighbours")
    assert len(found) == 3
    assert all(any(word in usage.text for word in RIVER.split()) for usage, _ in found)


def test_a_hidden_word_is_told_from_its_world(model: Contextual) -> None:
    wet = {one.word: one.probability for one in model.fill("boat fish [MASK] shore flood", 99)}
    assert sum(wet[w] for w in RIVER.split()) > 1.5 * sum(wet[w] for w in MONEY.split())
    assert abs(sum(wet.values()) - 1) < 1e-4
    assert len(model.fill("[MASK]", 3)) == len(model.fill("river [MASK]", 3)) == 3
    assert model.fill_by_sum("boat fish [MASK] shore", 1)[0].key in RIVER.split()


def test_only_words_that_are_one_piece_fill(transformer: Contextual) -> None:
    words, ids = whole_words(transformer.subwords)
    assert "river" in words
    assert all(len(transformer.subwords.encode([f"the {word}"])[0]) == 2 for word in words[:50])
    assert not continues(transformer.subwords)[ids].any()


@pytest.mark.parametrize("text", ["no mask", "[MASK] and [MASK]", ""])
def test_one_mask_is_wanted(transformer: Contextual, text: str) -> None:
    with pytest.raises(InputError, match=r"times \[MASK\]"):
        transformer.fill(text)


def test_a_word_that_is_absent_or_there_twice_is_named(transformer: Contextual) -> None:
    with pytest.raises(InputError, match="'bank' is not in 'the river'"):
        transformer.vector("bank", "the river")
    with pytest.raises(InputError, match=r"stands 2 times.*0:4, 9:13"):
        transformer.vector("bank", "bank and bank")
    one, other = (transformer.vector("bank", "bank gold bank", span=span) for span in ((0, 4), (10, 14)))
    assert not np.array_equal(one, other)
    with pytest.raises(InputError, match="it stands at 0:4"):
        transformer.vector("bank", "bank", span=(1, 3))
    with pytest.raises(InputError, match="stands 0 times"):
        transformer.senses("zebra")
    assert np.array_equal(transformer.encode("one text"), transformer.encode(["one text"])[0])


def test_a_banks_cases_are_one_word(transformer: Contextual) -> None:
    assert np.allclose(
        transformer.vector("BANK", "the Bank"), transformer.vector("bank", "the bank"), atol=1e-6
    )


def test_the_nearest_rows_of_the_text(transformer: Contextual) -> None:
    found = transformer.similar(TEXT[0], 1)[0]
    assert found.key == TEXT[0]
    assert found.score > 0.999


def test_nothing_is_kept_where_nothing_should_be() -> None:
    bare = contextual.transformer(TEXT, **{**HOW, "tokens": 600}, keep=0)
    assert bare.texts == []
    with pytest.raises(InputError, match="keep"):
        bare.similar("river")


def test_the_same_seed_gives_the_same_bits_and_another_others() -> None:
    few = {**HOW, "tokens": 2000}
    one, same, other = (contextual.transformer(TEXT, **{**few, "seed": seed}) for seed in (4, 4, 5))
    assert np.array_equal(one.encode(TEXT[:3]), same.encode(TEXT[:3]))
    assert not np.allclose(one.encode(TEXT[:3]), other.encode(TEXT[:3]))


@pytest.mark.parametrize("method", [contextual.transformer, contextual.recurrent])
def test_stopped_and_gone_on_with_gives_the_bits_of_one_that_was_not(
    method: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import signal

    from likewise.neural import trainer as loop

    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    few, seen = {**HOW, "tokens": 4000}, []

    def report(told: Any) -> None:
        if getattr(told, "stage", "") == "training":
            seen.append(told.done)
            if len(seen) == 3:
                os.kill(os.getpid(), signal.SIGINT)

    whole = method(TEXT, **few, out=tmp_path / "whole")
    with pytest.raises(Stopped, match="--resume"):
        method(TEXT, **few, out=tmp_path / "m", report=report)
    assert not (tmp_path / "m").exists()
    resumed = method(TEXT, **few, out=tmp_path / "m", resume=True)
    assert np.array_equal(resumed.encode(TEXT[:5]), whole.encode(TEXT[:5]))
    assert resumed.facts["looks"] == whole.facts["looks"]


def test_a_text_too_small_for_the_preset_names_the_one_that_fits() -> None:
    with pytest.raises(InputError, match="give preset 'tiny'"):
        contextual.transformer(TEXT, preset="small", seed=1)
    with pytest.raises(InputError, match="give more text, or average word vectors"):
        contextual.transformer(TEXT[:50], seed=1)


@pytest.mark.parametrize(
    ("text", "said"), [([], "no text"), (["", "  "], "no text|blank"), ([""], "no text|blank")]
)
def test_an_empty_text_is_said_to_be_so(text: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        contextual.transformer(text, seed=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"preset": "huge"},
        {"epochs": 1, "hours": 1.0},
        {"keep": -1},
        {"learning_rate": 0.0},
        {"batch_size": 0},
    ],
)
def test_options_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        contextual.transformer(TEXT, seed=1, **wrong)


def test_without_torch_the_command_that_installs_it_is_told(
    transformer: Contextual, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    likewise.save(transformer, tmp_path / "m")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'likewise\[neural\]'"):
        contextual.transformer(TEXT, seed=1)
    with pytest.raises(MissingExtra, match=r"pip install 'likewise\[neural\]'"):
        likewise.load(tmp_path / "m")
