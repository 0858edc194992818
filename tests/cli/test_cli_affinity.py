"""Tasks on the command line: texts, images and any model's vectors; and what will not do, in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.made_images import written
from likewise.report.heatmap import heat_map
from likewise.report.svg_sanitise import drawing

Run = Callable[..., tuple[int, str, str]]
pytest.importorskip("torch")
QUICK = ("--epochs", 3, "--every", 2, "--seeds", 2, "--seed", 1, "--threads", 1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty texts and as many images with the same labels, some of them missing."""
    folder = tmp_path_factory.mktemp("tasks")
    random = np.random.default_rng(0)
    rows, lines = ["text,path,kind,size,tags,same,one,odd,few\n"], []
    for i in range(60):
        words = " ".join(random.choice(["king queen crown throne", "bread milk honey tea"][i % 2].split(), 5))
        kind, size = ("royal", "food")[i % 2], "" if i % 7 == 3 else f"{words.count('e')}"
        tags = "|".join(word for word in ("king", "milk") if word in words)
        row = [
            words,
            f"{i}.png",
            kind,
            size,
            tags,
            kind,
            "x",
            "nan" if i == 4 else "1",
            "ab"[i] if i < 2 else "",
        ]
        rows.append(",".join(row) + "\n")
        lines.append(json.dumps({"text": words, "kind": kind, "tags": tags.split("|"), "size": i % 3}) + "\n")
        pixels = np.full((12, 10, 3), 40 + 150 * (i % 2), np.uint8) + random.integers(
            0, 40, (12, 10, 3), np.uint8
        )
        written(pixels, folder / "shots" / f"{i}.png")
    (folder / "shots" / "8.png").write_text("no image")
    (folder / "all.csv").write_text("".join(rows))
    (folder / "all.jsonl").write_text("".join(lines))
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_texts_give_a_row_a_task_then_groups_and_what_training_says(
    here: Run, inside: Path, tmp_path: Path
) -> None:
    page = tmp_path / "a.html"
    code, out, err = here(
        "affinity",
        "all.csv",
        "--tasks",
        "kind,size,tags",
        "--numbers",
        "size",
        "--sets",
        "tags",
        *QUICK,
        "-o",
        page,
    )
    assert code == 0, err
    *rows, last = [json.loads(line) for line in out.splitlines()]
    assert [row["task"] for row in rows] == ["kind", "size", "tags"]
    assert rows[0]["from"]["size"].keys() == {"value", "low", "high", "rank", "probes"}
    assert sorted(rows[0]["from"][task]["rank"] for task in ("kind", "size", "tags")) == [0, 1, 2]
    assert {task for group in last["groups"]["groups"] for task in group} == {"kind", "size", "tags"}
    assert last["confirmation"]["verdict"]
    assert "within a row" in last["notes"][-1]
    html = page.read_text()
    assert html.count("<rect") == 6
    assert "Whether they do" in html
    assert "within a row" in html
    again = here(
        "affinity", "all.csv", "--tasks", "kind,size,tags", "--numbers", "size", "--sets", "tags", *QUICK
    )
    assert again[1] == out
    assert here("affinity", "all.csv", "--tasks", "kind,tags", *QUICK, "-o", page)[0] == 1


def test_pictures_and_the_vectors_of_any_model(here: Run, inside: Path, tmp_path: Path) -> None:
    from likewise import documents, images
    from likewise.artifacts import artifact

    options = ("--tasks", "kind,same", "--no-confirm", *QUICK)
    code, out, err = here(
        "affinity", "all.csv", "--image", "path", "--folder", "shots", "--size", "8,8", *options
    )
    assert code == 0, err
    assert "1 skipped; the first" in err
    assert "kind and same have the same labels" in err
    assert len(out.splitlines()) == 3
    network = images.random_network("shots", dim=4, seed=1)
    artifact.save(network, tmp_path / "net")
    assert (
        here(
            "affinity",
            "all.csv",
            "--image",
            "path",
            "--folder",
            "shots",
            "--model",
            tmp_path / "net",
            *options,
        )[0]
        == 0
    )
    texts = [json.loads(line)["text"] for line in (inside / "all.jsonl").read_text().splitlines()]
    artifact.save(documents.lsa(texts, dim=4, seed=1), tmp_path / "lsa")
    code, out, err = here(
        "affinity",
        "all.jsonl",
        "--tasks",
        "kind,tags",
        "--sets",
        "tags",
        "--no-confirm",
        *QUICK,
        "--model",
        tmp_path / "lsa",
    )
    assert code == 0, err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tasks", "kind"), "wants two columns or more"),
        (("--tasks", "kind,tags", "-k", 3), "-k is 3, and there are 2 tasks"),
        (("--tasks", "kind,tgas"), "no column 'tgas', but 'text', 'path', 'kind'"),
        (("--tasks", "kind,kind"), "'kind' is named twice"),
        (("--tasks", "kind,one"), "task 'one' has one class, 'x'"),
        (("--tasks", "kind,few"), "task 'few' has 2 labels, too few"),
        (("--tasks", "kind,odd", "--numbers", "odd"), "task 'odd', item 4, is nan"),
        (("--tasks", "kind,tags", "--numbers", "tags"), "which is no number"),
        (("--tasks", "kind,tags", "--numbers", "size"), "--numbers names 'size', which is none of --tasks"),
        (("--tasks", "kind,tags", "--seeds", 1), "or --no-confirm"),
        (
            ("--tasks", "kind,tags", "--text", "text", "--image", "path"),
            "--text and --image exclude each other",
        ),
        (("--tasks", "kind,tags", "--folder", "shots"), "--folder is of images"),
        (("--tasks", "kind,tags", "--overwrite"), "--overwrite is of the page"),
        (("--tasks", "kind,tags", "--every", 0), "every must be a whole number"),
        (("--tasks", "kind,tags", "--text", "txet"), "did you mean 'text'?"),
    ],
)
def test_what_will_not_do_is_told_in_one_line(
    here: Run, inside: Path, options: tuple[object, ...], said: str
) -> None:
    code, out, err = here("affinity", "all.csv", *options)
    assert (code, out) == (1, "")
    assert said in err
    assert len([line for line in err.splitlines() if line.startswith("likewise:")]) == 1
    assert "Traceback" not in err


def test_a_heat_map_has_each_row_by_its_own_scale() -> None:
    matrix = np.array([[0.0, 4.0, -2.0], [0.01, 0.0, 0.0]])
    svg = heat_map(
        matrix, ["a <b>", "c"], ["x", "y", "z"], title="m", is_shown=np.array([[0, 1, 1], [1, 0, 1]], bool)
    )
    depths = [float(depth) for depth in re.findall(r'fill-opacity="([\d.]+)"', svg)]
    assert depths == [0.75, 0.375, 0.75, 0]
    assert svg.count("#d97a2b") == 1
    assert "a &lt;b&gt;" in svg
    assert drawing(svg).startswith("<svg")
    for wrong in (np.zeros((0, 0)), np.full((2, 3), np.nan), np.zeros((3, 2))):
        with pytest.raises(Exception, match="matrix"):
            heat_map(wrong, ["a", "c"][: len(wrong)], ["x", "y", "z"], title="m")
