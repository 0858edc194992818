from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from likewise import formats
from likewise.artifacts import artifact

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    "name", ["v.txt", "v.txt.gz", "v.vec", "v.bin", "v.npy", "v.parquet", "v.tsv", "v.jsonl"]
)
def test_convert_there_and_back_changes_no_number(here: Run, model: Path, tmp_path: Path, name: str) -> None:
    code, out, err = here("convert", model, tmp_path / name)
    assert (code, out) == (0, "")
    assert "17 keys, 16 dimensions" in err
    assert here("convert", tmp_path / name, tmp_path / "back")[0] == 0
    before, after = artifact.load(model), artifact.load(tmp_path / "back")
    assert after.keys == before.keys
    assert after.vectors.tobytes() == before.vectors.tobytes()


def test_convert_options(here: Run, tmp_path: Path) -> None:
    (tmp_path / "twice.vectors").write_text("a%20b 1 2\nc 3 4\na%20b 5 6\n")
    source = tmp_path / "twice.vectors"
    code, _, err = here("convert", source, tmp_path / "out.parquet")
    assert code == 1
    assert "--duplicates" in err
    options = ["--from", "glove", "--duplicates", "mean", "--spaces", "escape"]
    assert here("convert", source, tmp_path / "out.parquet", *options)[0] == 0
    table = formats.read(tmp_path / "out.parquet")
    assert table.keys == ["a b", "c"]
    assert table["a b"].tolist() == [3.0, 4.0]
    code, _, err = here("convert", tmp_path / "out.parquet", tmp_path / "out.txt")
    assert code == 1
    assert "--spaces escape" in err
    code, _, err = here("convert", tmp_path / "out.parquet", tmp_path / "out.parquet")
    assert code == 1
    assert "--overwrite" in err
    assert here("convert", source, tmp_path / "out.parquet", *options, "--overwrite")[0] == 0
    code, _, err = here("convert", source, tmp_path / "out.xyz", *options)
    assert code == 1
    assert ".parquet" in err
    assert here("convert", source, tmp_path / "out.xyz", *options, "--to", "model")[0] == 0
    assert artifact.load(tmp_path / "out.xyz").keys == ["a b", "c"]
    assert here("convert", source, tmp_path / "out", "--from", "nothing")[0] == 2


@pytest.mark.parametrize("name", ["o.npy", "o.parquet", "o.jsonl"])
def test_encode_gives_a_row_a_line(here: Run, model: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "items.txt").write_bytes(b"\xef\xbb\xbfking\r\nnobody\nking\n\nBREAD")
    code, out, err = here("encode", model, tmp_path / "items.txt", "-o", tmp_path / name)
    assert (code, out) == (0, "")
    assert "5 items" in err
    assert "2 unknown" in err
    items = ["king", "nobody", "king", "", "BREAD"]
    if name == "o.npy":
        vectors = np.load(tmp_path / name)
        keys = [json.loads(line)["key"] for line in (tmp_path / "o.keys.jsonl").read_text().splitlines()]
    else:
        rows = read_rows(tmp_path / name)
        keys, vectors = [row["key"] for row in rows], np.array([row["vector"] for row in rows], np.float32)
    assert keys == items
    assert vectors.tobytes() == artifact.load(model).encode(items).tobytes()


def read_rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()


def test_encode_edges(here: Run, child: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    assert here("encode", model, tmp_path / "empty.txt", "-o", tmp_path / "none.npy")[0] == 0
    assert np.load(tmp_path / "none.npy").shape == (0, 16)
    code, _, err = here("encode", model, tmp_path / "empty.txt", "-o", tmp_path / "none.npy")
    assert code == 1
    assert "--overwrite" in err
    code, _, err = here("encode", model, tmp_path / "empty.txt", "-o", tmp_path / "none.txt")
    assert code == 1
    assert ".npy" in err
    (tmp_path / "bad.txt").write_bytes(b"king\nb\xffd\n")
    code, _, err = here("encode", model, tmp_path / "bad.txt", "-o", tmp_path / "bad.npy")
    assert code == 1
    assert "line 2: byte 6" in err
    assert child("encode", model, "-", "-o", tmp_path / "in.jsonl", given=b"king\n")[0] == 0
    assert [row["key"] for row in read_rows(tmp_path / "in.jsonl")] == ["king"]


def test_info_tells_how_a_model_was_made(here: Run, model: Path, tmp_path: Path) -> None:
    code, out, err = here("info", model)
    assert (code, err) == (0, "")
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert (found["keys"], found["dim"], found["training"]["seed"]) == (17, 16, 1)
    assert found["digest"] == artifact.info(model)["digest"]
    formats.write(artifact.load(model), tmp_path / "v.vec")
    found = json.loads(here("info", tmp_path / "v.vec")[1])
    assert (found["keys"], found["dim"], found["read"]["format"]) == (17, 16, "fasttext")


def test_info_verifies_every_file(here: Run, model: Path, tmp_path: Path) -> None:
    here("convert", model, tmp_path / "m")
    code, out, _ = here("info", tmp_path / "m", "--verify")
    assert code == 0
    assert all(json.loads(line)["whole"] for line in out.splitlines())
    arrays = tmp_path / "m" / "arrays.safetensors"
    damaged = bytearray(arrays.read_bytes())
    damaged[-1] ^= 1
    arrays.write_bytes(damaged)
    code, out, err = here("info", tmp_path / "m", "--verify")
    assert code == 1
    assert [row["file"] for row in map(json.loads, out.splitlines()) if not row["whole"]] == [arrays.name]
    assert arrays.name in err
    assert here("similar", tmp_path / "m", "king")[0] == 1
