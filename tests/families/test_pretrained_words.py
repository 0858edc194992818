"""Words in their places by a checkpoint: their vectors, their meanings, and what it cannot do, in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from test_pretrained import checkpoint  # noqa: E402

import likewise  # noqa: E402
from likewise.cli.main import main  # noqa: E402
from likewise.contextual import Pretrained, from_pretrained  # noqa: E402
from likewise.contextual._pretrained import _lowered  # noqa: E402
from likewise.errors import InputError  # noqa: E402

RIVER, MONEY = "the river bank and the cat sat", "money from the bank and the dog ran"
TEXTS = [RIVER, MONEY] * 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("checkpoints") / "bert"
    checkpoint(place, "bert")
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Pretrained:
    random = np.random.default_rng(1)
    words = sorted(set(" ".join(TEXTS).split()))
    table = likewise.Table(words, random.standard_normal((len(words), 8)).astype(np.float32))
    return from_pretrained(folder, words=table)


def test_a_word_has_the_mean_of_its_pieces_in_the_layers_asked_for(model: Pretrained) -> None:
    found, _, places = model.hidden([RIVER], threads=1)
    at = [RIVER[a:b] for a, b in places].index("bank")
    for layers in ([0], [1], [0, 2], [-1]):
        wanted = np.mean([found.tokens[layer][at] for layer in layers], axis=0)
        np.testing.assert_allclose(model.vector("bank", RIVER, layers=layers, threads=1), wanted, atol=1e-5)
    words, spans, vectors = model.encode_words([RIVER, ""], threads=1)
    assert words == [RIVER.split(), []]
    assert [RIVER[a:b] for a, b in spans[0]] == words[0]
    np.testing.assert_allclose(vectors[0][at], model.vector("bank", RIVER, threads=1), atol=1e-6)


def test_meanings_are_found_in_texts_that_are_given(model: Pretrained) -> None:
    for by in ("context", "joined"):
        known = model.senses("bank", texts=TEXTS, k=2, by=by)  # type: ignore[arg-type]
        is_river = np.array(["river" in usage.text for usage in known.usages])
        assert len(set(zip(known.codes.tolist(), is_river.tolist(), strict=True))) == 2
        assert model.assign(known, MONEY).number != model.assign(known, RIVER).number
        assert known.meanings[0].substitutes == ()
    with pytest.raises(InputError, match="keeps no text: give texts="):
        model.senses("bank")
    with pytest.raises(InputError, match="stands 0 times in the texts"):
        model.senses("cow", texts=TEXTS)
    with pytest.raises(InputError, match="not in"):
        model.vector("cow", RIVER)


def test_small_letters_stay_in_their_places() -> None:
    for text in ("The BANK", "İSTANBUL Bank", "ẞ", ""):
        assert len(_lowered(text)) == len(text)
    assert _lowered("İSTANBUL Bank") == "İstanbul bank"


def test_the_command_asks_a_checkpoint_with_a_text(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(TEXTS))
    line = ["senses", str(folder), "bank", "-k", "2", "--in", RIVER]
    assert main([*line, "--texts", str(text)]) == 0
    out, err = capfd.readouterr()
    assert out.count('"meaning"') == 2
    assert "by context" in err
    assert main(line) == 1
    assert "keeps no text: give --texts in which the word is used" in capfd.readouterr().err
    assert main(["fill", str(folder), "the [MASK] sat"]) == 1
    assert "`likewise train context` makes one" in capfd.readouterr().err
