"""What is saved in the hub's layout: loaded by transformers and by sentence-transformers, with equal vectors."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from test_pretrained import CLASSES, TEXTS, checkpoint  # noqa: E402

from likewise.contextual._corpus import led  # noqa: E402
from likewise.contextual._hub import loading  # noqa: E402
from likewise.contextual._hub.modules import Dense, Head  # noqa: E402
from likewise.contextual._pretrained import Pretrained, as_sentences, from_pretrained, save_pretrained  # noqa: E402
from likewise.errors import ArtifactError, InputError, OutputExists  # noqa: E402
from likewise.neural import weights as stored  # noqa: E402
from likewise.neural.text.hidden_states import hidden  # noqa: E402
from likewise.neural.text.masked import MaskedModel  # noqa: E402
from likewise.neural.transformer import Shape  # noqa: E402
from likewise.tokens.subwords.tokenizer import Subwords  # noqa: E402

LONG = "the river bank and the money bank " * 4


class Ours:
    """A transformer with what `Contextual` has of it."""

    def __init__(self, method: str = "bpe", class_token: bool = True) -> None:
        self.subwords = Subwords.train(TEXTS * 3, method=method, size=300)  # type: ignore[arg-type]
        self.model = MaskedModel(len(self.subwords), Shape(2, 16, 2, 40, 20, class_token))
        self.method = "transformer"
        stored.start(self.model, 3)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * 0.2)


def peer(folder: Path) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    sentence_transformers = pytest.importorskip("sentence_transformers")
    return sentence_transformers.SentenceTransformer(str(folder), device="cpu")


@pytest.mark.parametrize(("method", "class_token"), [("bpe", True), ("wordpiece", True), ("bpe", False)])
def test_our_transformer_has_the_same_vectors_everywhere(
    tmp_path: Path, method: str, class_token: bool
) -> None:
    ours = Ours(method, class_token)
    save_pretrained(ours, tmp_path / "m")
    rows = ours.subwords.encode(map(led, TEXTS))
    last = hidden(ours.model, rows)
    firsts = last.firsts[-1][:, None] if class_token else np.zeros((len(TEXTS), 0, 16))
    tokens = np.split(last.tokens[-1], rows.offsets[1:-1])
    wanted = np.stack([np.concatenate([f, t]).mean(0) for f, t in zip(firsts, tokens, strict=True)])
    again = from_pretrained(tmp_path / "m")
    np.testing.assert_allclose(again.encode(TEXTS), wanted, atol=1e-5)
    np.testing.assert_allclose(peer(tmp_path / "m").encode(TEXTS), wanted, atol=1e-5)
    assert again.longest == 20


def test_long_texts_are_cut_alike_by_the_other_program(tmp_path: Path) -> None:
    save_pretrained(Ours(), tmp_path / "m")
    np.testing.assert_allclose(
        peer(tmp_path / "m").encode([LONG, "a cat"]),
        from_pretrained(tmp_path / "m").encode([LONG, "a cat"]),
        atol=1e-5,
    )


@pytest.mark.parametrize("kind", CLASSES)
def test_a_checkpoint_goes_there_and_back(kind: str, tmp_path: Path) -> None:
    checkpoint(tmp_path / "c", kind)
    ours = from_pretrained(tmp_path / "c")
    save_pretrained(ours, tmp_path / "m")
    np.testing.assert_allclose(from_pretrained(tmp_path / "m").encode(TEXTS), ours.encode(TEXTS), atol=2e-6)
    np.testing.assert_allclose(peer(tmp_path / "m").encode(TEXTS), ours.encode(TEXTS), atol=2e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_pooling_and_what_comes_after_it_are_those_of_the_other_program(pooling: Any, tmp_path: Path) -> None:
    checkpoint(tmp_path / "c", "bert")
    random = np.random.default_rng(0)
    dense = Dense(random.normal(size=(5, 16)).astype("f4"), random.normal(size=5).astype("f4"), "tanh")
    plain = loading.load(tmp_path / "c")
    model = Pretrained(
        loading.Checkpoint(plain.model, plain.tokenizer, Head(pooling, (dense, None)), 24, True)
    )
    assert model.dim == 5
    save_pretrained(model, tmp_path / "m")
    again, theirs = from_pretrained(tmp_path / "m"), peer(tmp_path / "m")
    texts = [*TEXTS, "THE CAT"]
    np.testing.assert_allclose(again.encode(texts), model.encode(texts), atol=1e-6)
    np.testing.assert_allclose(theirs.encode(texts), model.encode(texts), atol=2e-5)


def test_what_the_other_program_saves_is_read(tmp_path: Path) -> None:
    save_pretrained(Ours(), tmp_path / "m")
    peer(tmp_path / "m").save(str(tmp_path / "theirs"))
    np.testing.assert_allclose(
        from_pretrained(tmp_path / "theirs").encode(TEXTS),
        from_pretrained(tmp_path / "m").encode(TEXTS),
        atol=1e-6,
    )


def test_nothing_is_overwritten_unasked_nor_what_is_not_ours(tmp_path: Path) -> None:
    save_pretrained(Ours(), tmp_path / "m")
    with pytest.raises(OutputExists):
        save_pretrained(Ours(), tmp_path / "m")
    save_pretrained(Ours(), tmp_path / "m", overwrite=True)
    (tmp_path / "m" / "diary.txt").write_text("dear diary")
    with pytest.raises(ArtifactError, match=r"diary\.txt"):
        save_pretrained(Ours(), tmp_path / "m", overwrite=True)
    shutil.rmtree(tmp_path / "m")
    recurrent = Ours()
    recurrent.model, recurrent.method = torch.nn.LSTM(2, 2), "recurrent"
    with pytest.raises(InputError, match="recurrent"):
        save_pretrained(recurrent, tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("method", ["bpe", "wordpiece", "unigram"])
def test_a_text_has_the_pieces_that_it_was_taught_by_and_their_places(method: str) -> None:
    ours = Ours(method)
    texts = ["Cats sat.", "the bank of the river", "", "12 é", " led", "bank"]
    found, places = as_sentences(ours).cut(texts)
    rows, taught = ours.subwords.encode_with_places(map(led, texts))
    assert [row.tolist() for row in found] == [row.tolist() for row in rows]
    there = places[:, 1] > places[:, 0]  # a piece of nothing but a space is nowhere
    np.testing.assert_array_equal(there, taught[:, 1] > taught[:, 0])
    np.testing.assert_array_equal(places[there], np.maximum(taught - 1, 0)[there])
