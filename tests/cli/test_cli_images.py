"""Images on the command line: trained on, encoded, found, judged and compared; and what will not do, in one line."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.made_images import photo, written

Run = Callable[..., tuple[int, str, str]]
COLOURS = ("blue", "green", "red")


def tinted(number: int, colour: int) -> np.ndarray:
    """A image of one colour mostly."""
    pixels = photo(12, 10, number) // 2
    pixels[..., 2 - colour] += 120
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """36 images of three colours, a sheet of labels, and a model of them."""
    pytest.importorskip("torch")
    from likewise import images

    place = tmp_path_factory.mktemp("images")
    rows = []
    for i in range(36):
        colour = COLOURS[i % 3]
        written(tinted(i, i % 3), place / "photos" / colour / f"{i}.png")
        rows.append(f"{colour}/{i}.png,{'odd' if i % 2 else 'even'},{colour}\n")
    (place / "labels.csv").write_text("path,kind,colour\n" + "".join(rows) + "red/gone.png,odd,red\n")
    images.cnn(place / "photos", dim=8, epochs=1, seed=1, threads=1, out=place / "m")
    return place


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "cnn", "--objective", "prototypes", "--dim", 8, "--start", "dirac"),
        (
            "--method",
            "vit",
            "--objective",
            "masked",
            "--dim",
            16,
            "--layers",
            1,
            "--size",
            "16,16",
            "--patch",
            4,
        ),
        ("--objective", "distil", "--teacher", "m", "--dim", 8, "--channels", 1, "--fit", "cover"),
        ("--labels", "labels.csv", "--label-column", "kind", "--dim", 8, "--no-keep"),
    ],
)
def test_a_network_is_trained_as_asked_and_saved(
    here: Run, inside: Path, tmp_path: Path, options: tuple[object, ...]
) -> None:
    import likewise

    code, out, err = here(
        "train", "images", "photos", "-o", tmp_path / "m", "--epochs", 1, "--seed", 3, *options
    )
    assert (code, out) == (0, ""), err
    model = likewise.load(tmp_path / "m")
    assert (model.dim, model.facts["images"]["from"]) == (options[options.index("--dim") + 1], "photos")
    assert f"{model.dim} numbers; next: likewise " in err
    if "--labels" in options:
        assert model.classes is not None
        assert model.classes.names == ["even", "odd"]
        assert "1 skipped; the first, red/gone.png: in labels.csv, but there is no such file" in err
    assert model.canvas.fit == ("cover" if "cover" in options else "pad")


def test_new_pictures_are_encoded_by_their_names(here: Run, inside: Path, tmp_path: Path) -> None:
    import likewise

    (tmp_path / "more").mkdir()
    for i in range(3):
        written(tinted(50 + i, i), tmp_path / "more" / f"{i}.jpg")
    (tmp_path / "more" / "bad.png").write_text("no")
    code, out, err = here("encode", "m", tmp_path / "more", "-o", tmp_path / "v.jsonl")
    assert (code, out) == (0, "")
    assert "3 images, 8 dimensions; 1 skipped" in err
    rows = lines((tmp_path / "v.jsonl").read_text())
    assert [row["key"] for row in rows] == ["0.jpg", "1.jpg", "2.jpg"]
    wanted = likewise.load("m").encode([tmp_path / "more" / f"{i}.jpg" for i in range(3)])
    np.testing.assert_allclose([row["vector"] for row in rows], wanted, atol=1e-5)
    code, _, err = here("encode", "m", tmp_path / "more", "-o", tmp_path / "w.npy", "--field", "text")
    assert (code, err.count("\n")) == (1, 1)
    assert "--field is of texts" in err


def test_the_nearest_pictures_are_found_and_drawn(here: Run, inside: Path, tmp_path: Path) -> None:
    code, out, err = here("similar", "m", "photos/red/2.png", "-k", 4, "-o", tmp_path / "near.html")
    assert code == 0
    found = lines(out)
    assert found[0] == {"key": "red/2.png", "score": pytest.approx(1, abs=1e-5), "label": "red"}
    assert len(found) == 4
    page = (tmp_path / "near.html").read_text()
    assert page.count("<image") == 5
    assert "img-src data:" in page
    assert re.search(r">red/2\.png</text>", page)
    assert "open it in a browser" in err
    assert here("similar", "m", "photos/red/2.png", "-o", tmp_path / "near.html").code == 1
    code, _, err = here("similar", "m", "photos/red/2.pgn")
    assert (code, err.count("\n")) == (1, 1)


def test_a_sheet_without_the_pictures_says_so(
    here: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    import likewise

    model = likewise.load("m")
    model.facts["images"] = "moved away"
    likewise.save(model, tmp_path / "lost")
    code, _, err = here(
        "similar", tmp_path / "lost", "photos/red/2.png", "-k", 2, "-o", tmp_path / "near.html"
    )
    assert code == 0
    assert "2 of the images are no longer at 'moved away'" in err
    assert (tmp_path / "near.html").read_text().count("<image") == 3


def test_a_model_is_judged_beside_pixels_and_hog_and_told_of_what_it_was_taught(
    here: Run, inside: Path
) -> None:
    code, out, err = here("evaluate", "m", "photos")
    assert code == 0
    rows = {row["metric"]: row for row in lines(out)}
    assert list(rows) == ["5-NN accuracy", "linear accuracy", "Recall@1", "Recall@5"]
    assert rows["linear accuracy"]["value"] > 0.9
    assert {"pixels baseline", "HOG baseline", "commonest baseline"} <= rows["5-NN accuracy"].keys()
    assert "m was trained on the classes of 36 of these 36 images" in err
    code, out, _ = here(
        "evaluate", "m", "photos", "--labels", "labels.csv", "--label-column", "kind", "--no-baselines"
    )
    assert code == 0
    assert "pixels baseline" not in lines(out)[0]


def test_raw_pixels_hog_and_an_untrained_network_stand_beside_a_model(
    here: Run, inside: Path, tmp_path: Path
) -> None:
    code, out, err = here(
        "compare", "photos", "m", "--budgets", "none", "--folds", 2, "-o", tmp_path / "compared",
    )  # fmt: skip
    assert code == 0, err
    names = [row["name"] for row in lines(out)[:-1]]
    assert names[:4] == ["pixels", "HOG", "untrained", "m"]
    assert "keep pixels" in str(lines(out)[-1]["verdict"])
    assert (tmp_path / "compared" / "report.html").exists()
    code, out, _ = here("compare", "photos", "--test", "photos", "--raw", "HOG", "--budgets", "none")
    assert code == 0
    assert lines(out)[0]["name"] == "HOG"
    for given in (("--raw", "words"), ("--dim", 3), ("--folds", 3, "--test", "photos")):
        code, _, err = here("compare", "photos", *given)
        assert (code, err.count("\n")) == (1, 1), err


def nothing(place: Path) -> None:
    (place / "empty").mkdir()


def one_picture(place: Path) -> None:
    written(tinted(1, 1), place / "one" / "a.png")


def one_class(place: Path) -> None:
    for i in range(6):
        written(tinted(i, 1), place / "only" / "red" / f"{i}.png")


def lost_labels(place: Path) -> None:
    one_class(place)
    (place / "labels.csv").write_text("path,label\nx.png,a\ny.png,b\n")


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (nothing, ("empty",), "no images in the folder 'empty', which holds nothing; wanted JPEG"),
        (one_picture, ("one",), "1 images: training needs 4 or more"),
        (one_class, ("only", "--objective", "classify"), "class"),
        (lost_labels, ("only", "--labels", "labels.csv"), "none of the 2 rows of labels.csv is of an image"),
        (one_class, ("only", "--size", "16"), "--size is 2 whole numbers such as 64,64, not '16'"),
        (one_class, ("only", "--ground", "white"), "--ground is 3 whole numbers"),
        (one_class, ("only", "--layers", "2"), "--layers is not an option of cnn, only of vit: leave it out"),
        (one_class, ("only", "--label-column", "colour"), "no column 'colour' of labels, but 'folder'"),
        (one_class, ("https://x.org/a",), "nothing is fetched"),
        (one_class, ("onyl",), "did you mean 'only'"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_told_in_one_line_and_nothing_is_written(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None],
    arguments: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    code, out, err = here("train", "images", *arguments, "-o", "m", "--seed", 1)
    assert (code, out) == (1, ""), err
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("likewise: ")
    assert not (tmp_path / "m").exists()


def test_pictures_of_different_sizes_become_one_and_strict_stops_at_a_bad_one(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for i in range(8):
        written(photo(16 + i, 16, i), tmp_path / "p" / f"{i}.png")
    (tmp_path / "p" / "bad.png").write_text("no")
    code, _, err = here("train", "images", "p", "-o", "m", "--seed", 1, "--epochs", 1, "--dim", 8)
    assert code == 0, err
    assert "8 images of 16 × 16" in err
    assert "1 skipped; the first, bad.png: no JPEG" in err
    code, _, err = here("train", "images", "p", "-o", "n", "--strict")
    assert (code, err.count("\n")) == (1, 1)
    assert "bad.png" in err


def test_without_torch_one_line_says_how_to_get_it(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_class(tmp_path)
    for name in [name for name in sys.modules if name.startswith("likewise.neural")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, out, err = here("train", "images", tmp_path / "only", "-o", tmp_path / "m")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "pip install 'likewise[neural]'" in err


def test_models_of_other_things_are_told_apart(here: Run, inside: Path, model: Path) -> None:
    for arguments in (
        ("compare", "photos", model),
        ("similar", model, "king", "-o", "x.html"),
        ("similar", "m", "photos/red/2.png", "--among", "terms"),
        ("evaluate", model, "photos", "--labels", "labels.csv"),
        ("evaluate", "m"),
        ("evaluate", "m", "photos", "--restrict", 3),
    ):
        code, _, err = here(*arguments)
        assert code == 1, arguments
        assert err.splitlines()[-1].startswith("likewise: ")
        assert "bug in likewise" not in err, err
