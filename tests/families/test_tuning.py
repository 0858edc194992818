"""Encoders taught on: pairs come nearer, the seed decides, a smaller one learns from a larger one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from test_hub_layout import Ours  # noqa: E402
from test_pretrained import WORDS, checkpoint  # noqa: E402

from likewise.arrays.ragged import Ragged  # noqa: E402
from likewise.contextual._fine_tuning import contrastive, distil_transformer, shortened  # noqa: E402
from likewise.contextual._pretrained import Pretrained, as_sentences, from_pretrained, save_pretrained  # noqa: E402
from likewise.errors import InputError, OptionError  # noqa: E402
from likewise.neural.text.contrastive import Contrastive, info_nce  # noqa: E402
from likewise.testing import check_encoder  # noqa: E402

GROUPS = (["a", "cat", "sat", "on"], ["river", "bank", "money", "from"], ["dog", "ran", "mat", "and"])


def made_pairs(n: int) -> list[tuple[str, str]]:
    """Two texts of words of one group belong together."""
    random = np.random.default_rng(0)
    return [
        tuple(" ".join(random.choice(GROUPS[i % 3], random.integers(2, 6))) for _ in range(2))  # type: ignore[misc]
        for i in range(n)
    ]


@pytest.fixture
def model(tmp_path: Path) -> Pretrained:
    checkpoint(tmp_path / "c", "bert")
    return from_pretrained(tmp_path / "c")


def margin(model: Pretrained) -> float:
    """How much nearer texts of one group are than those of two."""
    pairs = made_pairs(120)[60:]
    left, right = (model.encode([pair[side] for pair in pairs]) for side in (0, 1))
    cosines = (left / np.linalg.norm(left, axis=1)[:, None]) @ (
        right / np.linalg.norm(right, axis=1)[:, None]
    ).T
    group = np.arange(len(pairs)) % 3
    together = group[:, None] == group
    return float(cosines[together].mean() - cosines[~together].mean())


def test_info_nce_is_the_definition() -> None:
    random = np.random.default_rng(1)
    one, other = random.normal(size=(2, 5, 7))
    same = np.zeros((5, 5), bool)
    same[1, 3] = same[3, 1] = True
    total = 0.0
    for a, b in ((one, other), (other, one)):
        for i in range(5):
            cosine = [a[i] @ b[j] / np.linalg.norm(a[i]) / np.linalg.norm(b[j]) / 0.1 for j in range(5)]
            scores = [np.exp(cosine[j]) for j in range(5) if not same[i, j]]
            total -= np.log(np.exp(cosine[i]) / sum(scores)) / 10
    found = info_nce(torch.tensor(one), torch.tensor(other), torch.tensor(same), 0.1)
    assert float(found) == pytest.approx(total, rel=1e-5)


def test_pairs_come_nearer_and_the_model_given_stays(model: Pretrained) -> None:
    before, vectors = margin(model), model.encode(WORDS)
    taught = contrastive(
        model, made_pairs(90), epochs=12, batch_size=16, learning_rate=2e-3, seed=1, threads=1
    )
    assert margin(taught) > before + 0.4
    history = taught.facts["history"]
    assert history[-1]["held_out"] < history[0]["held_out"] < 3
    assert np.array_equal(model.encode(WORDS), vectors)
    check_encoder(taught, ["a cat", "the dog ran", "money from the bank"])
    assert np.allclose(np.linalg.norm(taught.encode(["a cat"]), axis=1), 1, atol=1e-5)


def test_one_seed_gives_the_same_bits_and_another_does_not(model: Pretrained) -> None:
    made = [
        contrastive(model, made_pairs(30), epochs=2, batch_size=8, learning_rate=1e-3, seed=s, threads=1)
        for s in (1, 1, 2)
    ]
    first, again, other = (each.encode(WORDS) for each in made)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_short_vectors_do_alone_when_taught_so(model: Pretrained, tmp_path: Path) -> None:
    options = {"epochs": 12, "batch_size": 16, "learning_rate": 2e-3, "seed": 1, "threads": 1}
    taught = contrastive(model, made_pairs(90), dims=(2, 4), **options)  # type: ignore[arg-type]
    short = shortened(taught, 2)
    assert short.dim == 2
    assert margin(short) > 0.5
    save_pretrained(short, tmp_path / "short")
    np.testing.assert_allclose(
        from_pretrained(tmp_path / "short").encode(WORDS), short.encode(WORDS), atol=1e-6
    )


def test_a_transformer_made_here_is_taught_too(tmp_path: Path) -> None:
    ours = Ours()
    taught = contrastive(ours, made_pairs(120), epochs=5, batch_size=16, learning_rate=2e-3, threads=1)
    assert margin(taught) > margin(as_sentences(ours)) + 0.15
    save_pretrained(taught, tmp_path / "m")
    np.testing.assert_allclose(from_pretrained(tmp_path / "m").encode(WORDS), taught.encode(WORDS), atol=1e-5)


def test_a_student_comes_near_to_its_teacher(model: Pretrained) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 8))) for _ in range(300)]
    student = distil_transformer(
        model, texts, layers=1, epochs=15, batch_size=32, learning_rate=5e-3, seed=1, threads=1
    )
    assert student.model.shape.layers == 1
    history = student.facts["history"]
    assert history[-1]["held_out"] < 0.5 * history[0]["held_out"]
    held = [" ".join(random.choice(WORDS, 5)) for _ in range(50)]
    a, b = student.encode(held), model.encode(held)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosine.mean() > 0.9
    check_encoder(model, held[:3])


def test_same_texts_do_not_count_against_each_other() -> None:
    rows = Ragged.from_rows([[1, 2], [3], [1, 2], [4]])
    other = Ragged.from_rows([[5], [6], [7], [3]])
    from likewise.neural.pretrained.bert import Bert
    from likewise.neural.pretrained.config import Shape

    bert = Bert(Shape("bert", 1, 4, 1, 4, 8, 9))
    same = Contrastive(rows, other).example(bert, np.arange(4)).targets.numpy()
    wanted = np.zeros((4, 4), bool)
    wanted[0, 2] = wanted[2, 0] = True
    wanted[1, 3] = wanted[3, 1] = True
    assert np.array_equal(same, wanted)


def test_too_little_and_wrong_options_say_so(model: Pretrained) -> None:
    with pytest.raises(InputError, match="2 pairs with text in both"):
        contrastive(model, [("a", "cat"), ("", "dog"), ("dog", "ran")], threads=1)
    with pytest.raises(OptionError, match="temperature"):
        contrastive(model, made_pairs(9), temperature=0, threads=1)
    with pytest.raises(OptionError, match="dims"):
        contrastive(model, made_pairs(9), dims=(99,), threads=1)
    with pytest.raises(OptionError, match="layers"):
        distil_transformer(model, ["a cat"] * 9, layers=2, threads=1)
    with pytest.raises(OptionError, match="dim must be"):
        shortened(model, 0)
    check_encoder(model, ["a cat", "dog"])
