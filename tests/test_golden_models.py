"""Models that an earlier version saved still load, and give the vectors and answers that they gave then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import words

MODELS = Path(__file__).parent / "golden" / "models"
EXPECTED: dict[str, dict[str, Any]] = json.loads((MODELS / "expected.json").read_text(encoding="utf-8"))
TORCH = {"cnn", "vit_classify", "tasks", "contextual_small", "recurrent_small"}
PIXELS = np.random.default_rng(0).integers(0, 256, (48, 12, 12, 3), np.uint8)
ROWS = np.arange(12, dtype=np.float32).reshape(2, 6) / 6 - 1


def load(name: str) -> Any:
    if name in TORCH:
        pytest.importorskip("torch")
    return likewise.load(MODELS / name)


def items_of(name: str) -> Any:
    items = EXPECTED[name]["items"]
    return PIXELS[:2] if items == "pixels" else ROWS if items == "rows" else items


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_model_encodes_as_it_did(name: str) -> None:
    vectors = load(name).encode(items_of(name))
    if hasattr(vectors, "toarray"):
        vectors = vectors.toarray()
    expected = np.array(EXPECTED[name]["vectors"], np.float32)
    assert vectors.shape == expected.shape
    assert np.abs(vectors - expected).max() <= 1e-5 * max(1.0, float(np.abs(expected).max()))


@pytest.mark.parametrize("name", [name for name in EXPECTED if "recommended" in EXPECTED[name]])
def test_an_old_model_of_users_recommends_what_it_did(name: str) -> None:
    model = load(name)
    recommended = model.recommend("u1", k=3)
    assert [getattr(hit, "item", getattr(hit, "key", None)) for hit in recommended] == EXPECTED[name][
        "recommended"
    ]


def test_an_old_model_of_a_graph_finds_the_same_nodes_and_links() -> None:
    nodes = load("complex")
    first = [
        str(hit[0] if isinstance(hit, tuple) else getattr(hit, "id", hit)) for hit in nodes.similar("a1", k=3)
    ]
    assert first == EXPECTED["complex"]["similar"]
    tails = [
        str(hit[0] if isinstance(hit, tuple) else getattr(hit, "id", hit))
        for hit in nodes.links("a1", "is", None, k=3)
    ]
    assert tails == EXPECTED["complex"]["tails"]


def test_an_old_model_of_words_is_updated_with_its_own_options() -> None:
    table = load("word2vec")
    again = words.update(table, ["new a1 b1 b2 a2"] * 60, epochs=1, min_count=1, seed=2).table
    assert "new" in again
    assert again.dim == table.dim


def test_an_old_model_of_images_predicts_its_classes() -> None:
    assert load("vit_classify").classes is not None


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_model_is_saved_again_with_the_same_arrays(name: str, tmp_path: Path) -> None:
    from likewise.artifacts import artifact

    model = load(name)
    likewise.save(model, tmp_path / "again")
    before, after = artifact.read(MODELS / name).arrays, artifact.read(tmp_path / "again").arrays
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[array], after[array]) for array in before)


def test_a_history_is_folded_in_with_the_options_of_an_old_model() -> None:
    recommended = load("bpr").recommend(["a1", "a2"], k=2)
    assert len(recommended) == 2
