"""Networks of several tasks on disk: whatever they read, they are the same after a round trip, and lies are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import likewise
from likewise import tasks
from likewise.artifacts import artifact
from likewise.errors import ArtifactError, InputError
from likewise.images import cnn
from likewise.tasks import TaskModel

torch = pytest.importorskip("torch")
RANDOM = np.random.default_rng(0)
N = 40
ROWS = RANDOM.standard_normal((N, 6)).astype(np.float32)
PIXELS = RANDOM.integers(0, 256, (N, 10, 8, 3), np.uint8)
TEXTS = [f"{a} {b}" for a in ("red", "blue") for b in ("ball", "cube")] * (N // 4)
LABELS: dict[str, Any] = {
    "class": ["a" if row[0] > 0 else "b" for row in ROWS],
    "digit": [int(row[1] > 0) for row in ROWS],
    "number": ROWS[:, 2].astype(float).tolist(),
    "set": [["x", "y"][: i % 3] for i in range(N)],
}
TEACHING = tasks.TrainingConfig(epochs=1, batch_size=16, dim=8)


def transformer() -> Any:
    from likewise.contextual import Contextual
    from likewise.neural import weights as stored
    from likewise.neural.text.masked import MaskedModel
    from likewise.neural.transformer import Shape
    from likewise.tokens.subwords.tokenizer import Subwords

    subwords = Subwords.train(TEXTS, method="wordpiece", size=60)
    network = MaskedModel(len(subwords), Shape(layers=1, dim=16, heads=2, inner=32, longest=8))
    stored.start(network, 1)
    return Contextual(network, subwords, facts={"function": "likewise.contextual.transformer"})


def table() -> Any:
    return likewise.Table(TEXTS[:4], ROWS[:4])


def of_pictures() -> Any:
    return cnn(PIXELS, objective="contrast", dim=8, epochs=1, seed=1, threads=1)


KINDS = {
    "vectors": (ROWS, None),
    "sparse": (csr_matrix(np.where(ROWS > 0, ROWS, 0)), None),
    "images": (PIXELS, None),
    "keys": (TEXTS, table),
    "texts": (TEXTS, transformer),
    "photos": (PIXELS, of_pictures),
}


def learnt(kind: str) -> tuple[Any, TaskModel]:
    items, trunk = KINDS[kind]
    made = None if trunk is None else trunk()
    return items, tasks.learn(items, LABELS, trunk=made, training=TEACHING, seed=1, threads=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_the_same_after_a_round_trip(kind: str, tmp_path: Path) -> None:
    items, model = learnt(kind)
    likewise.save(model, tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.encode(items[:5], threads=1), model.encode(items[:5], threads=1))
    assert again.predict(items[:5], threads=1) == model.predict(items[:5], threads=1)
    assert (again.losses, again.baselines, again.facts) == (model.losses, model.baselines, model.facts)
    assert {type(own) for own in again.predict(items[:5])["digit"]} == {int}
    likewise.save(again, tmp_path / "twice")
    assert artifact.info(tmp_path / "twice")["digest"] == artifact.info(tmp_path / "m")["digest"]


def test_a_taught_trunk_is_saved_as_it_was_taught_and_not_as_it_was_given() -> None:
    base = transformer()
    model = tasks.learn(TEXTS, LABELS, trunk=base, training=TEACHING, seed=1, threads=1)
    assert not np.array_equal(model.encoder.encode(TEXTS[:1]), base.encode(TEXTS[:1]))


def test_what_cannot_be_saved_is_told_beforehand(tmp_path: Path) -> None:
    class Mine:
        def encode(self, items: list[str]) -> np.ndarray:
            return ROWS[: len(items)]

    model = tasks.learn(TEXTS, LABELS, trunk=Mine(), training=TEACHING, seed=1, threads=1)
    with pytest.raises(InputError, match="Mine makes the vectors and cannot be saved"):
        likewise.save(model, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def rewritten(model: TaskModel, folder: Path, **changes: Any) -> Path:
    contents = model.contents()
    arrays, facts = changes.get("arrays", lambda own: own), changes.get("facts", {})
    artifact.write(
        replace(contents, arrays=arrays(contents.arrays), facts={**contents.facts, **facts}), folder
    )
    return folder


def test_folders_that_lie_are_refused(tmp_path: Path) -> None:
    _, model = learnt("vectors")
    lies: dict[str, dict[str, Any]] = {
        "no head": {"arrays": lambda own: {n: a for n, a in own.items() if n != "task_0_weight"}},
        "stray": {"arrays": lambda own: own | {"other": ROWS}},
        "itself": {"facts": {"encoder": {"kind": "tasks", "facts": {}}}},
        "unknown": {"facts": {"encoder": {"kind": "pickle", "facts": {}}}},
        "wide": {"facts": {"perceptron": {"width": 7, "dim": 8}}},
        "huge": {"facts": {"perceptron": {"width": 2**30, "dim": 2**30}}},
        "nothing": {"facts": {"perceptron": None}},
        "heads": {"facts": {"heads": [{"name": "class"}]}},
    }
    for name, lie in lies.items():
        with pytest.raises(ArtifactError, match="does not hold a whole tasks"):
            likewise.load(rewritten(model, tmp_path / name, **lie))


def test_the_facts_are_plain_json() -> None:
    _, model = learnt("texts")
    assert json.loads(json.dumps(model.contents().facts))["perceptron"] is None


def test_commands_take_the_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from likewise.cli.main import main

    _, model = learnt("texts")
    likewise.save(model, tmp_path / "m")
    (tmp_path / "texts.txt").write_text("red ball\nblue cube\n")
    out = tmp_path / "vectors.npy"
    assert main(["encode", str(tmp_path / "m"), str(tmp_path / "texts.txt"), "-o", str(out)]) == 0
    assert np.array_equal(np.load(out), model.encode(["red ball", "blue cube"]))
    assert main(["info", str(tmp_path / "m")]) == 0
    assert '"number": "numbers"' in capfd.readouterr().out
    assert main(["similar", str(tmp_path / "m"), "red"]) != 0
    assert "keeps no items to search: `likewise encode" in capfd.readouterr().err
