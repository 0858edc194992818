"""Checkpoints of other programs: equal to those programs, refused where hostile, whatever the batch."""

from __future__ import annotations

import json
import logging
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

from likewise.contextual._hub.folder import widened  # noqa: E402
from likewise.contextual._pretrained import Pretrained, from_pretrained  # noqa: E402
from likewise.errors import ArtifactError, OptionError, WrongType  # noqa: E402
from likewise.testing import check_encoder  # noqa: E402

WORDS = ["a", "cat", "sat", "on", "the", "mat", "and", "dog", "ran", "from", "river", "bank", "money"]
TEXTS = [
    "a cat sat on the mat",
    "the dog ran",
    "money bank",
    "a",
    "the river bank and the money bank and a dog",
]
CLASSES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert": ("BertConfig", "BertModel", {}),
    "distilbert": ("DistilBertConfig", "DistilBertModel", {}),
    "roberta": ("RobertaConfig", "RobertaModel", {"pad_token_id": 1}),
    "xlm-roberta": ("XLMRobertaConfig", "XLMRobertaModel", {"pad_token_id": 1}),
    "mpnet": ("MPNetConfig", "MPNetModel", {"pad_token_id": 1}),
    "roberta-prelayernorm": (
        "RobertaPreLayerNormConfig",
        "RobertaPreLayerNormModel",
        {"pad_token_id": 0, "hidden_act": "gelu_pytorch_tanh"},
    ),
}


def vocabulary(pad: int) -> dict[str, int]:
    order = ["[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    order.insert(pad, "[PAD]")
    return {piece: number for number, piece in enumerate(order)}


def write_tokenizer(folder: Path, pad: int) -> None:
    known = vocabulary(pad)
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(known, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.BertNormalizer()
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", known["[CLS]"]), ("[SEP]", known["[SEP]"])]
    )
    made.save(str(folder / "tokenizer.json"))


def checkpoint(folder: Path, kind: str, longest: int = 24) -> Any:
    """A tiny random model of the kind in a new folder; gives back the program's own."""
    config_name, model_name, more = CLASSES[kind]
    pad = more.get("pad_token_id", 0)
    sizes = {
        "vocab_size": 24,
        "max_position_embeddings": longest + (pad + 1 if kind not in ("bert", "distilbert") else 0),
    }
    if kind == "distilbert":
        sizes |= {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 40}
    else:
        sizes |= {
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 40,
        }
    torch.manual_seed(7)
    model = getattr(transformers, model_name)(getattr(transformers, config_name)(**sizes, **more)).eval()
    with torch.no_grad():  # so that biases and norms count too, and attention looks somewhere
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    model.save_pretrained(folder)
    write_tokenizer(folder, pad)
    return model


def by_transformers(model: Any, pieces: Any, text: str) -> list[np.ndarray]:
    ids = [*pieces.before, *pieces.encode([text]).ids.tolist(), *pieces.after]
    with torch.no_grad():
        found = model(
            input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), output_hidden_states=True
        )
    return [layer[0].numpy() for layer in found.hidden_states]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("checkpoints") / "bert"
    checkpoint(place, "bert")
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Pretrained:
    return from_pretrained(folder)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("kind", CLASSES)
def test_every_layer_of_each_architecture_is_what_transformers_gives(kind: str, tmp_path: Path) -> None:
    reference = checkpoint(tmp_path / "c", kind)
    ours = from_pretrained(tmp_path / "c")
    found, rows, places = ours.hidden(TEXTS, threads=1)
    for number, text in enumerate(TEXTS):
        wanted = by_transformers(reference, ours.subwords, text)
        inside = slice(rows.offsets[number], rows.offsets[number + 1])
        for layer, theirs in enumerate(wanted[:-1] if kind == "roberta-prelayernorm" else wanted):
            np.testing.assert_allclose(found.tokens[layer][inside], theirs[1:-1], atol=2e-5)
            np.testing.assert_allclose(found.firsts[layer][number], theirs[0], atol=2e-5)
        assert [text[a:b] for a, b in places[inside]] == text.split()
        np.testing.assert_allclose(
            ours.encode([text], threads=1)[0], wanted_mean(reference, ours, text), atol=2e-5
        )


def wanted_mean(reference: Any, ours: Pretrained, text: str) -> np.ndarray:
    ids = [*ours.subwords.before, *ours.subwords.encode([text]).ids.tolist(), *ours.subwords.after]
    with torch.no_grad():
        last = reference(
            input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))
        ).last_hidden_state
    return last[0].mean(0).numpy()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("long", ["cut", "mean"])
def test_the_laws_of_an_encoder_hold(folder: Path, precision: Any, long: Any) -> None:
    check_encoder(from_pretrained(folder, precision=precision, long=long), [*TEXTS, "the cat " * 40])


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_long_sequences_go_another_way_to_the_same(kind: str, tmp_path: Path) -> None:
    reference, text = checkpoint(tmp_path / "c", kind, longest=64), "the river bank and a dog " * 7
    ours = from_pretrained(tmp_path / "c")
    np.testing.assert_allclose(ours.encode([text])[0], wanted_mean(reference, ours, text), atol=2e-5)


def test_a_vector_is_the_same_among_many_and_alone(model: Pretrained) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, n)) for n in random.integers(1, 22, 300)]
    together = model.encode(texts)
    some = random.permutation(300)[:40]
    alone = np.concatenate([model.encode([texts[i]]) for i in some])
    norms = np.linalg.norm(alone, axis=1)
    assert (np.linalg.norm(together[some] - alone, axis=1) <= 1e-5 * norms).all()


def test_nothing_to_encode_gives_zeros_and_is_flagged(model: Pretrained) -> None:
    found = model.encoded(["", "zyx 😀", "a zyx", "   "])
    assert found.known.tolist() == [False, False, True, False]
    assert not found.vectors[[0, 1, 3]].any()
    assert found.vectors[2].any()
    assert model.known(["", "a"]).tolist() == [False, True]
    assert model.encode([]).shape == (0, 16)
    assert np.array_equal(model.encode("a cat"), model.encode(["a cat"])[0])
    with pytest.raises(WrongType):
        model.encode([None])  # type: ignore[list-item]


def test_what_is_cut_is_counted_and_told(model: Pretrained, caplog: pytest.LogCaptureFixture) -> None:
    long = "a cat " * 30
    with caplog.at_level(logging.WARNING):
        found = model.encoded(["a cat", long])
    assert found.truncated.tolist() == [False, True]
    assert found.lengths.tolist() == [2, 60]
    assert "1 of 2 texts cut at 24 tokens (longest 62)" in caplog.text
    assert np.allclose(found.vectors[1], model.encode([" ".join(long.split()[:22])])[0], atol=1e-6)


def test_long_texts_are_pooled_from_their_parts(folder: Path) -> None:
    model, words = from_pretrained(folder, long="mean"), ("a cat sat on the mat and dog " * 6).split()[:45]
    parts = [words[:15], words[15:30], words[30:]]
    wanted = model.encode([" ".join(part) for part in parts]).mean(0)
    np.testing.assert_allclose(model.encode([" ".join(words)])[0], wanted, atol=1e-6)
    assert not model.encoded([" ".join(words)]).truncated.any()


def test_memory_is_bounded_by_tokens(model: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    from likewise.neural.pretrained import encoding

    sizes: list[int] = []
    along = type(model.model).along

    def watched(self: Any, line: Any, **options: Any) -> Any:
        sizes.append(len(line.ids))
        return along(self, line, **options)

    monkeypatch.setattr(type(model.model), "along", watched)
    rows = model.tokens_of(["the cat " * 11, *["a dog"] * 1000])
    encoding.pooled(model.model, rows, "mean", slots=128)
    assert max(sizes) <= 128
    assert sum(sizes) == 24 + 4 * 1000  # no slot is padding


def test_text_that_spells_a_special_is_text(model: Pretrained) -> None:
    found = model.subwords.encode(["[SEP] a"])
    assert found.ids.tolist()[-1] == vocabulary(0)["a"]
    assert vocabulary(0)["[SEP]"] not in found.ids


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "weights.pt", "modeling_x.py", "x.PKL", "a.ckpt", "b.joblib"]
)
def test_pickles_and_code_are_refused_by_name(copied: Path, name: str) -> None:
    (copied / name).write_bytes(b"\x80\x04")
    with pytest.raises(ArtifactError, match=f"holds '{name}'"):
        from_pretrained(copied)


def edit(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config |= changes
        (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))

    return change


def write(name: str, data: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return change


def tokenizer(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def edited(folder: Path) -> None:
        facts = json.loads((folder / "tokenizer.json").read_text())
        change(facts)
        (folder / "tokenizer.json").write_text(json.dumps(facts))

    return edited


def linked(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    (folder / "model.safetensors").symlink_to(folder.parent / "elsewhere.safetensors")


def not_finite(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-4:] = struct.pack("<f", float("nan"))
    first = 8 + struct.unpack_from("<Q", data)[0]
    data[first : first + 4] = struct.pack("<f", float("inf"))
    (folder / "model.safetensors").write_bytes(data)


MODULE = json.dumps([{"idx": 0, "name": "0", "path": "", "type": "my_module.Evil"}]).encode()
CLIMBING = json.dumps([{"path": "../..", "type": "sentence_transformers.models.Transformer"}]).encode()
HOSTILE = {
    "code named": (edit(auto_map={"AutoModel": "x.Y"}), "names code of its own"),
    "type": (edit(model_type="llama"), "'llama'"),
    "no type": (edit(model_type=None), "None"),
    "size": (edit(hidden_size=10**9), "dim must be"),
    "other size": (edit(intermediate_size=41), "wanted (41, 16)"),
    "negative": (edit(num_hidden_layers=-1), "layers must be"),
    "more layers": (edit(num_hidden_layers=3), "'encoder.layer.2"),
    "heads": (edit(num_attention_heads=3), "not parted by 3 heads"),
    "positions": (edit(max_position_embeddings=10**4), "wanted (10000, 16)"),
    "fewer pieces": (edit(vocab_size=5), "vectors for 5"),
    "activation": (edit(hidden_act="swish"), "'swish'"),
    "relative": (edit(position_embedding_type="relative_key"), "relative_key"),
    "decoder": (edit(is_decoder=True), "is_decoder"),
    "eps": (edit(layer_norm_eps="1"), "eps"),
    "lacks": (edit(hidden_size=None), "hidden_size"),
    "JSON": (write("config.json", b"{" * 10**5), "damaged"),
    "not JSON": (write("config.json", b"\xff\xfe"), "damaged"),
    "a list": (write("config.json", b"[]"), "no JSON object"),
    "module": (write("modules.json", MODULE), "my_module.Evil"),
    "climbing": (write("modules.json", CLIMBING), "no folder next to"),
    "empty weights": (write("model.safetensors", b""), "damaged"),
    "a long header": (write("model.safetensors", struct.pack("<Q", 2**62) + b"{}"), "damaged"),
    "link": (linked, "is a link"),
    "not finite": (not_finite, "not finite"),
    "no vocabulary": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors is missing"),
    "vocabulary": (write("tokenizer.json", b"{}"), "tokenizer"),
    "a large id": (tokenizer(lambda facts: facts["model"]["vocab"].update(far=2**31)), "ids"),
    "pattern": (
        tokenizer(
            lambda facts: facts.update(
                pre_tokenizer={
                    "type": "Split",
                    "pattern": {"Regex": "(a+)+b"},
                    "behavior": "Isolated",
                    "invert": False,
                }
            )
        ),
        "pattern",
    ),
    "part": (tokenizer(lambda facts: facts.update(normalizer={"type": "Evil"})), "'Evil'"),
    "longest": (write("sentence_bert_config.json", b'{"max_seq_length": 1}'), "none for a token"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_and_hostile_folders_are_refused_in_one_line(copied: Path, name: str) -> None:
    change, said = HOSTILE[name]
    change(copied)
    with pytest.raises(ArtifactError) as caught:
        from_pretrained(copied)
    assert said in str(caught.value)
    assert str(copied) in str(caught.value)
    assert "\n" not in str(caught.value)


def cuts(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.iterdir()):
        size = len(path.read_bytes().rstrip())  # a last line end is no part of the JSON
        yield from ((path.name, n) for n in (0, 1, 8, size // 2, size - 1))


def test_a_file_cut_anywhere_is_refused(folder: Path, tmp_path: Path) -> None:
    for number, (name, size) in enumerate(cuts(folder)):
        place = tmp_path / str(number)
        shutil.copytree(folder, place)
        os.truncate(place / name, size)
        with pytest.raises(ArtifactError):
            from_pretrained(place)


def test_the_links_of_the_hubs_own_cache_are_followed(folder: Path, tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "models--x" / "blobs", tmp_path / "models--x" / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.iterdir())):
        shutil.copy(path, blobs / f"{number:040x}")
        (snapshot / path.name).symlink_to(f"../../blobs/{number:040x}")
    np.testing.assert_array_equal(
        from_pretrained(snapshot).encode(TEXTS), from_pretrained(folder).encode(TEXTS)
    )


def test_no_folder_and_wrong_options_say_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ArtifactError, match="there is no model folder"):
        from_pretrained(tmp_path / "none")
    with pytest.raises(OptionError, match="long must be"):
        from_pretrained(folder, long="split")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="precision must be"):
        from_pretrained(folder, precision="int8")  # type: ignore[arg-type]


def test_sixteen_bits_are_read_as_what_they_mean() -> None:
    wanted = np.array([1.0, -2.5, 3.140625, 0.0], np.float32)
    stored = (wanted.view(np.uint32) >> 16).astype("<u2")
    assert np.array_equal(widened(stored), wanted)
    assert widened(wanted.astype(np.float16)).dtype == np.float32


def test_the_same_call_gives_the_same_bits(model: Pretrained, folder: Path) -> None:
    assert np.array_equal(model.encode(TEXTS, threads=1), from_pretrained(folder).encode(TEXTS, threads=1))
