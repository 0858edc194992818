"""Images: the contract, what is saved, what is stopped and resumed, and every input that cannot be used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import likewise
from damage import unnoticed
from likewise import images
from likewise.data.images import ImageDataset, read
from likewise.errors import (
    ArtifactError,
    InputError,
    OptionError,
    OutputExists,
    ResumeError,
    Stopped,
    WrongType,
)
from likewise.images import ImageEncoder
from likewise.neural import precision
from likewise.neural import trainer as loop
from likewise.neural.images.augment import NOTHING, Augment
from likewise.system.progress import Progress
from likewise.system.seeds import generator
from likewise.testing import check_encoder


def bars(n: int, *, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """(n, 8, 8) uint8 with a bright bar, and whether it lies or stands."""
    random = generator(seed, "test.bars")
    pixels = random.integers(0, 100, (n, 8, 8)).astype(np.uint8)
    stands, places = random.integers(2, size=n), random.integers(8, size=n)
    for i in range(n):
        pixels[i][(slice(None), places[i]) if stands[i] else places[i]] = 220
    return pixels, [("lies", "stands")[s] for s in stands]


PIXELS, LABELS = bars(120)
QUICK: dict[str, Any] = {
    "dim": 16,
    "epochs": 4,
    "batch_size": 32,
    "seed": 1,
    "threads": 1,
    "augment": Augment(shift=0.1),
}


@pytest.fixture(scope="module")
def network() -> ImageEncoder:
    return images.cnn(PIXELS, labels=LABELS, **{**QUICK, "epochs": 12})


@pytest.fixture(autouse=True)
def plain_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks as small as these gain nothing by bfloat16, and the test for it takes longer than they do."""
    monkeypatch.setattr(precision, "gain", lambda dim, device: 1.0)


def arrays_of(model: ImageEncoder) -> dict[str, np.ndarray]:
    return model.contents().arrays


def test_a_network_obeys_the_laws_of_an_encoder(network: ImageEncoder) -> None:
    check_encoder(network, list(PIXELS[:5]), empty=None)
    assert network.dim == 16
    assert network.sizes == [(8, 8), (8, 8), (4, 4), (2, 2), (1, 1)]


def test_new_pictures_are_told_apart_and_the_nearest_are_of_their_class(network: ImageEncoder) -> None:
    pixels, labels = bars(60, seed=5)
    assert np.mean([a == b for a, b in zip(network.classify(pixels), labels, strict=True)]) > 0.9
    near = [network.similar(picture, 3) for picture in pixels[:20]]
    assert (
        np.mean([found.label == label for row, label in zip(near, labels, strict=False) for found in row])
        > 0.9
    )
    assert network.similar(PIXELS[7], 1)[0].key == "7"
    assert network.similar(PIXELS[7], 0) == []
    assert network.classify([]) == []
    assert network.classes is not None
    assert network.classes.table.keys == ["lies", "stands"]


@pytest.mark.parametrize("method", ["cnn", "vit"])
@pytest.mark.parametrize("objective", ["prototypes", "contrast", "masked", "distil"])
def test_each_objective_teaches_each_network_or_says_why_not(
    method: str, objective: str, network: ImageEncoder
) -> None:
    train = getattr(images, method)
    given = {"labels": LABELS} if objective == "prototypes" else {}
    given |= {"teacher": network} if objective == "distil" else {}
    if (method, objective) == ("cnn", "masked"):
        with pytest.raises(OptionError, match="masked' wants a vit"):
            train(PIXELS, objective=objective, **QUICK)
        return
    model = train(PIXELS, objective=objective, **given, **{**QUICK, "epochs": 2})
    assert model.facts["objective"] == objective
    assert model.encode(PIXELS[:3]).shape == (3, 16)
    assert np.isfinite(model.encode(PIXELS)).all()
    assert (model.classes is not None) == (objective == "prototypes")
    assert model.facts["history"][-1]["held_out"] > 0


def test_a_prototype_lies_among_the_pictures_of_its_class() -> None:
    model = images.cnn(PIXELS, labels=LABELS, objective="prototypes", **{**QUICK, "epochs": 12})
    assert model.classes is not None
    assert model.classes.biases is None
    vectors = model.encode(PIXELS)
    means = np.stack([vectors[np.array(LABELS) == name].mean(0) for name in model.classes.names])
    cosines = (means @ model.classes.vectors.T) / np.linalg.norm(means, axis=1)[:, None]
    assert cosines.argmax(1).tolist() == [0, 1]


def test_a_student_keeps_what_its_teacher_says_is_near(network: ImageEncoder) -> None:
    student = images.cnn(
        PIXELS, labels=LABELS, teacher=network, **{**QUICK, "dim": 8, "epochs": 15, "augment": NOTHING}
    )
    pixels, labels = bars(60, seed=6)
    near = [student.similar(picture, 3) for picture in pixels]
    assert (
        np.mean([found.label == label for row, label in zip(near, labels, strict=True) for found in row])
        > 0.9
    )


def test_what_is_saved_is_what_loads_bit_for_bit(network: ImageEncoder, tmp_path: Path) -> None:
    likewise.save(network, tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.encode(PIXELS), network.encode(PIXELS))
    assert again.similar(PIXELS[3], 4) == network.similar(PIXELS[3], 4)
    assert again.classify(PIXELS) == network.classify(PIXELS)
    assert again.facts == network.facts
    assert (again.sizes, again.canvas, again.labels) == (network.sizes, network.canvas, network.labels)
    transformer = images.vit(PIXELS, objective="contrast", keep=False, **{**QUICK, "epochs": 1})
    likewise.save(transformer, tmp_path / "v")
    again = likewise.load(tmp_path / "v")
    assert np.array_equal(again.encode(PIXELS), transformer.encode(PIXELS))
    assert np.array_equal(again.attention(PIXELS[:2]), transformer.attention(PIXELS[:2]))
    with pytest.raises(InputError, match="keeps no images"):
        again.similar(PIXELS[0])
    with pytest.raises(InputError, match="was trained without labels"):
        again.classify(PIXELS[:1])


def vectors_of(folder: Path) -> str:
    """All that a user would get from a saved network, as text."""
    return likewise.load(folder).encode(PIXELS[:4]).tobytes().hex() + repr(
        likewise.load(folder).similar(PIXELS[0], 3)
    )


def test_damage_is_noticed(network: ImageEncoder, tmp_path: Path) -> None:
    likewise.save(network, tmp_path / "m")
    assert unnoticed(tmp_path / "m", "damage:contents_of", flips=40, seed=1) == []


@pytest.mark.parametrize("harm", ["shape", "missing", "extra", "dim", "classes", "method", "fit"])
def test_a_folder_that_describes_no_network_is_refused(
    harm: str, network: ImageEncoder, tmp_path: Path
) -> None:
    contents = network.contents()
    arrays, facts = contents.arrays, contents.facts
    if harm == "shape":
        arrays["layers_0_filters_weight"] = arrays["layers_0_filters_weight"][:, :-1]
    elif harm == "missing":
        del arrays["mean"]
    elif harm == "extra":
        arrays["body_first"] = np.zeros(3, np.float32)
    elif harm == "dim":
        arrays["shelf_vectors"] = arrays["shelf_vectors"][:, :-1]
    elif harm == "classes":
        facts["classes"] = 3
    elif harm == "method":
        facts["network"]["method"] = "mlp"
    else:
        facts["canvas"]["fit"] = "guess"
    likewise.artifacts.artifact.write(contents, tmp_path / "m")
    with pytest.raises(ArtifactError):
        likewise.load(tmp_path / "m")


def test_the_same_seed_gives_the_same_bits_at_the_same_threads() -> None:
    one, again, other = (
        arrays_of(images.cnn(PIXELS, labels=LABELS, **{**QUICK, "seed": s, "threads": 2, "epochs": 1}))
        for s in (1, 1, 2)
    )
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["class_vectors"], other["class_vectors"])


@pytest.mark.parametrize("method", ["cnn", "vit"])
def test_stopped_and_gone_on_with_is_never_stopped(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    train = getattr(images, method)
    left = [4]

    def report(told: Any) -> None:
        if isinstance(told, Progress) and told.stage == "training":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGINT)

    how = {**QUICK, "epochs": 2, "labels": LABELS}
    train(PIXELS, out=tmp_path / "whole", **how)
    with pytest.raises(Stopped) as stopped:
        train(PIXELS, out=tmp_path / "m", report=report, **how)
    assert stopped.value.code == 130
    with pytest.raises(ResumeError):
        train(PIXELS[:-1], out=tmp_path / "m", resume=True, **{**how, "labels": LABELS[:-1]})
    with pytest.raises(ResumeError, match="epochs"):
        train(PIXELS, out=tmp_path / "m", resume=True, **{**how, "epochs": 3})
    train(PIXELS, out=tmp_path / "m", resume=True, **how)
    one, other = (likewise.artifacts.artifact.read(tmp_path / name) for name in ("whole", "m"))
    assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)
    assert one.keys == other.keys
    assert "trained with the objective 'classify'" in (tmp_path / "m" / "README.md").read_text()
    with pytest.raises(OutputExists):
        train(PIXELS, out=tmp_path / "m", **how)


def test_files_arrays_and_albums_of_the_same_pictures_give_the_same(
    network: ImageEncoder, tmp_path: Path
) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for i in range(12):
        (tmp_path / LABELS[i]).mkdir(exist_ok=True)
        pillow.fromarray(PIXELS[i]).save(tmp_path / LABELS[i] / f"{i:02}.png")
    album = read(tmp_path, channels=1)
    paths = [tmp_path / LABELS[i] / f"{i:02}.png" for i in range(12)]
    assert np.array_equal(network.encode(paths), network.encode(PIXELS[:12]))
    assert np.array_equal(network.encode([paths[0].read_bytes(), str(paths[1])]), network.encode(PIXELS[:2]))
    models = [
        images.cnn(source, **{**QUICK, "epochs": 1}, **how)
        for source, how in ((album, {}), (tmp_path, {"channels": 1}))
    ]
    assert np.array_equal(arrays_of(models[0])["shelf_vectors"], arrays_of(models[1])["shelf_vectors"])
    assert set(models[0].labels or ()) == {"lies", "stands"}
    assert models[0].facts["objective"] == "classify"


def test_pictures_of_another_size_or_in_colour_are_brought_to_the_networks_own(network: ImageEncoder) -> None:
    large = np.repeat(np.repeat(PIXELS[0], 4, 0), 4, 1)
    coloured = np.repeat(PIXELS[0][..., None], 3, 2)
    found = network.encode([PIXELS[0], large, coloured])
    assert np.linalg.norm(found[0] - found[2]) < 0.05 * np.linalg.norm(found[0])
    assert np.array_equal(network.encode([large, PIXELS[0]])[1], found[0])


@pytest.mark.parametrize(
    ("item", "error", "said"),
    [
        (np.full((8, 8), np.nan), InputError, "item 1 is float64"),
        (np.random.default_rng(0).random((8, 8)), InputError, "0 to 1 times 255"),
        (np.zeros((8, 8, 2), np.uint8), InputError, "shape"),
        (np.zeros((0, 8), np.uint8), InputError, "shape"),
        (np.zeros(8, np.uint8), InputError, "shape"),
        (np.full((8, 8), 300), InputError, "whole numbers from 0 to 255"),
        (np.full((8, 8), "a"), InputError, "uint8"),
        ("nowhere.png", InputError, "nowhere.png"),
        (b"no image", InputError, "item 1"),
        (3, WrongType, "item 1 is a int"),
        (None, WrongType, "NoneType"),
    ],
)
def test_an_item_that_is_no_picture_is_refused_and_named(
    item: Any, error: type[Exception], said: str, network: ImageEncoder
) -> None:
    with pytest.raises(error, match=said):
        network.encode([PIXELS[0], item])


def test_one_path_is_one_image_and_one_array_is_refused(network: ImageEncoder, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS[0]).save(path)
    for one in (path, str(path)):
        assert np.array_equal(network.encode(one), network.encode([path])[0])
    with pytest.raises(InputError, match=r"b\.png"):
        network.encode(tmp_path / "b.png")
    for item in (b"png", PIXELS[0]):
        with pytest.raises(WrongType, match="list"):
            network.encode(item)  # type: ignore[arg-type]
    assert network.encode(PIXELS[:2, :, :, None]).shape == (2, 16)
    whole = PIXELS[:2].astype(np.float64)
    assert np.array_equal(network.encode(whole), network.encode(PIXELS[:2]))


@pytest.mark.parametrize(
    ("images_given", "how", "error", "said"),
    [
        (PIXELS[:1], {}, InputError, "1 images: training needs"),
        (PIXELS[:3], {}, InputError, "3 images: training needs 4"),
        (PIXELS[:2], {"labels": LABELS[:2]}, InputError, "wanted 3|1 class"),
        (PIXELS, {"labels": ["one"] * 120}, InputError, "1 class of images"),
        (PIXELS, {"labels": LABELS[:-1]}, InputError, "119"),
        (PIXELS, {"objective": "classify"}, InputError, "wants labels"),
        (PIXELS, {"objective": "unknown"}, OptionError, "objective must be one of"),
        (PIXELS, {"objective": "distil"}, OptionError, "wants a teacher"),
        (PIXELS, {"dim": 7}, OptionError, "dim must be a multiple"),
        (PIXELS, {"pool": "class"}, OptionError, "pool"),
        (PIXELS, {"start": "random"}, OptionError, "start"),
        (PIXELS, {"hours": 1.0}, OptionError, "exclude each other"),
        (PIXELS, {"batch_size": 0}, OptionError, "batch"),
        (PIXELS, {"learning_rate": -1.0}, OptionError, "learning_rate"),
        (PIXELS, {"learning_rate": 0.0}, OptionError, "learning_rate"),
        (PIXELS, {"seed": -1}, OptionError, "seed"),
        (PIXELS, {"threads": 0}, OptionError, "threads"),
    ],
)
def test_what_cannot_be_taught_is_refused(
    images_given: Any, how: dict, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        images.cnn(images_given, **{**QUICK, **how})


def test_pictures_without_a_label_are_left_out_of_classes_and_kept_among_the_pictures() -> None:
    labels = [label if i % 3 else "" for i, label in enumerate(LABELS)]
    model = images.cnn(PIXELS, labels=labels, **{**QUICK, "epochs": 1})
    assert model.classes is not None
    assert model.classes.names == ["lies", "stands"]
    assert len(model.index or ()) == 120


def test_an_untrained_network_is_that_of_its_seed_and_learning_beats_it(network: ImageEncoder) -> None:
    for method, dim in (("cnn", 256), ("vit", 128)):
        one, again, other = (images.random_network(PIXELS, method=method, seed=s) for s in (1, 1, 2))
        assert one.dim == dim
        assert np.array_equal(one.encode(PIXELS[:3]), again.encode(PIXELS[:3]))
        assert not np.array_equal(one.encode(PIXELS[:3]), other.encode(PIXELS[:3]))
    check_encoder(images.random_network(PIXELS, seed=1), list(PIXELS[:3]), empty=None)
    kept = images.random_network(PIXELS, dim=16, seed=1, keep=True)
    assert kept.similar(PIXELS[0], 1)[0].key == "0"
    with pytest.raises(OptionError, match="method must be"):
        images.random_network(PIXELS, method="mlp")
    with pytest.raises(InputError, match="no class token"):
        network.attention(PIXELS[:1])


def test_a_grid_keeps_where_things_are(network: ImageEncoder) -> None:
    one = images.random_network(PIXELS, dim=16, seed=1)
    model = images.cnn(PIXELS, labels=LABELS, pool="grid", **{**QUICK, "epochs": 1})
    assert (one.dim, model.dim) == (16, 16 * 2 * 2)
    check_encoder(model, list(PIXELS[:3]), empty=None)


def test_an_album_is_taken_as_it_is() -> None:
    album = ImageDataset(PIXELS[..., None], [f"p{i}" for i in range(120)], LABELS)
    model = images.cnn(album, **{**QUICK, "epochs": 1})
    assert model.similar(PIXELS[4], 1)[0].key == "p4"
    with pytest.raises(OptionError, match="dataset"):
        images.cnn(album, size=(4, 4), **QUICK)
    assert not PIXELS.flags.writeable or (bars(120)[0] == PIXELS).all()


def test_without_torch_there_is_one_line_with_the_command() -> None:
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
from likewise.errors import MissingExtra
from likewise import images
try:
    images.cnn(np.zeros((9, 8, 8), np.uint8))
except MissingExtra as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout
        == "a network of images needs the package 'torch', which is not installed: pip install 'likewise[neural]'\n"
    )
