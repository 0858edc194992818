from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damage import Damage, contents_of, inflict, unnoticed
from likewise.artifacts import artifact, layout
from likewise.artifacts.artifact import Contents
from likewise.errors import ArtifactError, Diverged, InputError, NotEnoughSpace, OutputExists
from likewise.system import files

sys.path.insert(0, str(Path(__file__).parent / "crash"))
import saver

GOLDEN = Path(__file__).parent / "golden"
SOURCE = Path(__file__).parents[1] / "src"


def small(**changes: Any) -> Contents:
    vectors = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    keys = ["the", "of", "naïve", "東京 \n"]
    parts: dict[str, Any] = {"kind": "table", "facts": {"seed": 7}, "arrays": {"vectors": vectors}}
    return Contents(**{**parts, "keys": keys, "counts": np.array([9, 5, 2, 1]), **changes})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    artifact.write(small(), tmp_path / "m", texts={"README.md": "# A card\n", "run.toml": "seed = 7\n"})
    return tmp_path / "m"


def forge(folder: Path, change: Callable[[dict[str, Any]], None] = lambda model: None) -> None:
    """Make the sizes, checksums and digest right again, as someone would who means harm."""
    model = json.loads((folder / "model.json").read_bytes())
    for name in model["files"]:
        data = (folder / name).read_bytes()
        model["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    change(model)
    lasting = {name: model.get(name) for name in ("format", "features", "kind", "facts", "files")}
    spelt = json.dumps(lasting, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    model["digest"] = hashlib.sha256(spelt.encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps(model))


def unlist_keys(folder: Path) -> None:
    model = json.loads((folder / "model.json").read_text())
    del model["files"]["keys.arrow"]
    (folder / "model.json").write_text(json.dumps(model))
    forge(folder)


def refused(folder: Path) -> str:
    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["m", "é ü", "x" * 255])
def test_what_is_read_is_what_was_written(tmp_path: Path, name: str) -> None:
    written = small()
    artifact.write(written, tmp_path / name)
    read = artifact.read(tmp_path / name)
    assert (read.kind, read.facts, read.keys) == (written.kind, written.facts, written.keys)
    np.testing.assert_array_equal(read.arrays["vectors"], written.arrays["vectors"], strict=True)
    np.testing.assert_array_equal(read.counts, written.counts)
    assert not read.arrays["vectors"].flags.writeable
    assert read.arrays["vectors"].flags.aligned
    assert artifact.verify(tmp_path / name) == [
        (file, (tmp_path / name / file).stat().st_size, True)
        for file in ("model.json", "arrays.safetensors", "keys.arrow")
    ]


@pytest.mark.parametrize("keys", [[], ["one"], None])
def test_nothing_and_one_thing_can_be_saved(tmp_path: Path, keys: list[str] | None) -> None:
    vectors = np.ones((len(keys or ()), 5), np.float32)
    artifact.write(small(keys=keys, counts=None, arrays={"vectors": vectors}), tmp_path / "m")
    read = artifact.read(tmp_path / "m")
    assert read.keys == keys
    assert read.counts is None
    assert read.arrays["vectors"].shape == vectors.shape


@pytest.mark.parametrize("dtype", ["f4", "f2", "i1", "i4", "i8", "u1", ">f4", ">i8"])
def test_every_number_kind_comes_back_bit_for_bit(tmp_path: Path, dtype: str) -> None:
    array = np.arange(-6, 6).reshape(3, 4).T.astype(dtype)  # and neither in C order
    arrays = {"a": array, "b": np.array(3, np.int8), "z": np.zeros((0, 2), np.uint8)}
    artifact.write(Contents("checkpoint", {}, arrays), tmp_path / "m")
    read = artifact.read(tmp_path / "m").arrays
    assert read.keys() == arrays.keys()
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    assert read["a"].dtype == array.dtype.newbyteorder("=")
    assert all(part.flags.aligned for part in read.values())


def test_other_programs_read_the_arrays_and_keys(saved: Path) -> None:
    import pyarrow as pa
    from safetensors.numpy import load_file

    np.testing.assert_array_equal(
        load_file(saved / "arrays.safetensors")["vectors"], small().arrays["vectors"]
    )
    with pa.OSFile(str(saved / "keys.arrow")) as file:
        table = pa.ipc.open_file(file).read_all()
    assert table.to_pydict() == {"key": small().keys, "count": [9, 5, 2, 1]}


def test_one_seed_has_one_digest_and_a_date_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = artifact.write(small(), tmp_path / "a")
    monkeypatch.setattr("likewise.artifacts.manifest.__version__", "9.9")
    assert artifact.write(small(), tmp_path / "b", texts={"README.md": "other"}) == first
    assert artifact.write(small(facts={"seed": 8}), tmp_path / "c") != first
    assert artifact.write(small(counts=np.array([9, 5, 2, 2])), tmp_path / "d") != first
    assert artifact.info(tmp_path / "a")["digest"] == first


def test_saved_is_loaded_in_another_process(saved: Path) -> None:
    program = "import sys, damage; from pathlib import Path; print(damage.contents_of(Path(sys.argv[1])))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PYTHONHASHSEED": "3"}
    command = [sys.executable, "-c", program, str(saved)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert told.strip() == contents_of(saved)


def test_a_table_is_saved_and_loaded_as_a_table(tmp_path: Path) -> None:
    from likewise.table import Table

    table = Table(["a", "b"], np.eye(2, 3, dtype=np.float32), counts=np.array([2, 1]))
    artifact.save(table, tmp_path / "m")
    loaded = artifact.load(tmp_path / "m")
    assert type(loaded) is Table
    np.testing.assert_array_equal(loaded.encode(["b", "a", "c"]), table.encode(["b", "a", "c"]))


def test_golden_folders_load_for_ever() -> None:
    read = artifact.read(GOLDEN / "v1")
    assert read.keys == ["the", "of", "naïve", "東京"]
    assert read.facts["made"] == {"method": "golden", "seed": 7, "rate": 0.025}
    np.testing.assert_array_equal(read.arrays["vectors"], np.arange(12, dtype=np.float32).reshape(4, 3) / 8)
    np.testing.assert_array_equal(read.counts, [9, 5, 2, 1])
    artifact.load(GOLDEN / "v1")


def test_a_newer_format_asks_for_an_upgrade() -> None:
    assert re.search(
        r"was written by likewise 2\.1 \(format 4 with 'rotations'\); this is \S+ \(format 1\): upgrade",
        refused(GOLDEN / "future"),
    )


# What is damaged


def test_no_damage_goes_unnoticed(saved: Path) -> None:
    assert unnoticed(saved, "damage:contents_of", seed=5, flips=400) == []


def parsed_without_checksums(folder: Path) -> str:
    """What the parsers alone give: they too must end in an answer or a `ValueError`, whatever they read."""
    try:
        layout.parse_arrays((folder / "arrays.safetensors").read_bytes())
        layout.parse_keys((folder / "keys.arrow").read_bytes())
        layout.parse_json((folder / "model.json").read_bytes())
    except ValueError as error:
        raise ArtifactError(str(error)) from error
    return ""


def test_no_parser_dies_of_damage_that_a_forger_has_signed(saved: Path) -> None:
    assert unnoticed(saved, "test_artifact:parsed_without_checksums", seed=6, flips=1200) == []


def numbers_by_safetensors(folder: Path) -> str:
    from safetensors.numpy import load_file

    return repr(load_file(folder / "arrays.safetensors")["vectors"].tobytes())


def suicide(folder: Path) -> str:
    if len((folder / "keys.arrow").read_bytes()) < 100:
        os.kill(os.getpid(), signal.SIGSEGV)
    return ""


def test_the_harness_itself_notices(saved: Path) -> None:
    lines = unnoticed(saved, "test_artifact:numbers_by_safetensors", seed=5, flips=100)
    assert any("body" in line and "another text" in line for line in lines)
    assert any("header" in line and "SafetensorError" in line for line in lines)
    lines = unnoticed(saved, "test_artifact:suicide", seed=5, flips=0)
    assert len(lines) == 4
    assert all("keys.arrow" in line and "SIGSEGV" in line for line in lines)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            Damage("arrays.safetensors", "cut", "", 20),
            r"arrays.safetensors has 20 bytes, where \d+ were written",
        ),
        (Damage("arrays.safetensors", "flip", "", 150), "checksum of arrays.safetensors"),
        (Damage("keys.arrow", "flip", "", 90), "checksum of keys.arrow"),
        (Damage("model.json", "cut", "", 0), "model.json"),
        (Damage("model.json", "cut", "", 99), "model.json"),
    ],
)
def test_a_message_names_the_file(saved: Path, damage: Damage, message: str) -> None:
    inflict(damage, saved)
    assert re.search(message, refused(saved))


def test_verify_tells_of_each_file(saved: Path) -> None:
    inflict(Damage("keys.arrow", "flip", "", 90), saved)
    assert [(name, is_whole) for name, _, is_whole in artifact.verify(saved)] == [
        ("model.json", True),
        ("arrays.safetensors", True),
        ("keys.arrow", False),
    ]


def test_a_person_may_write_in_the_card_but_not_in_the_facts(saved: Path) -> None:
    (saved / "README.md").write_text("# My card")
    (saved / "run.toml").unlink()
    artifact.read(saved)
    text = (saved / "model.json").read_text()
    (saved / "model.json").write_text(text.replace('"seed": 7', '"seed": 8'))
    assert "it was changed after it was written" in refused(saved)


# What is no model, or a hostile one


def test_what_is_no_model_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "empty").endswith("empty is no model folder: model.json is missing")
    assert refused(tmp_path / "file").endswith("file is a file, not a model folder")
    assert refused(tmp_path / "none").startswith("there is no model folder ")


@pytest.mark.parametrize(
    "name", ["weights.pkl", "model.pt", "pytorch_model.bin", "code.py", ".hidden", "more"]
)
def test_a_file_that_is_not_of_a_model_is_refused_by_name(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"\x80\x04.")
    assert repr(name) in refused(saved)
    with pytest.raises(ArtifactError, match="not overwritten"):
        artifact.write(small(), saved, overwrite=True)


@pytest.mark.parametrize("name", ["arrays.safetensors", "keys.arrow", "model.json", "README.md"])
def test_links_and_pipes_and_folders_are_refused(saved: Path, name: str) -> None:
    shutil.copy(saved / name, saved.parent / "elsewhere")
    for make in (
        lambda path: path.symlink_to(saved.parent / "elsewhere"),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
    ):
        (saved / name).unlink()
        make(saved / name)
        assert name in refused(saved)
        (saved / name).rmdir() if (saved / name).is_dir() else (saved / name).unlink()
        (saved / name).touch()


def test_a_missing_or_unlisted_file_is_named(saved: Path) -> None:
    keys = (saved / "keys.arrow").read_bytes()
    (saved / "keys.arrow").unlink()
    assert "keys.arrow is missing" in refused(saved)
    unlist_keys(saved)
    assert artifact.read(saved).keys is None
    (saved / "keys.arrow").write_bytes(keys)
    assert "'keys.arrow', which model.json does not list" in refused(saved)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format": 1, "format": 1}',
        '{"format": NaN}',
        '{"format": 1e999}',
        '{"format": ' + "9" * 5000 + "}",
        '{"format": -1}',
        '{"format": true}',
        '{"format": "1"}',
        '{"format": 1, "features": {}}',
        '{"format": 1, "features": [[]]}',
        '{"format": 1, "kind": "\\ud800"}',
        "null",
        "[]",
        "{}",
        "",
        "\ufeff{}",
    ],
)
def test_hostile_json_is_refused(saved: Path, text: str) -> None:
    (saved / "model.json").write_text(text)
    assert "model.json" in refused(saved) or "upgrade" in refused(saved)


def test_a_large_model_json_is_refused_unread(saved: Path) -> None:
    with open(saved / "model.json", "r+b") as file:
        file.truncate(1 << 30)
    assert "1073741824 bytes, more than" in refused(saved)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = ["format", "features", "kind", "likewise", "digest", "created", "facts", "files", "more"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(ENTRIES), value=JSON, inner=st.sampled_from([None, "keys.arrow", "size", "sha256"])
)
def test_no_model_json_does_more_than_be_refused(
    saved: Path, name: str, value: Any, inner: str | None
) -> None:
    shutil.copy(saved / "model.json", saved.parent / "model.json")
    try:

        def change(model: dict[str, Any]) -> None:
            if inner is None:
                model[name] = value
            elif inner == "keys.arrow":
                model["files"][inner] = value
            else:
                model["files"]["keys.arrow"][inner] = value

        forge(saved, change)
        with contextlib.suppress(ArtifactError):
            artifact.read(saved)
    finally:
        shutil.move(saved.parent / "model.json", saved / "model.json")


def safetensors(header: Any, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape: Any, start: Any, end: Any, dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        struct.pack("<Q", 2**63) + b"{}",
        safetensors({"vectors": entry([10**9, 10**9], 0, 16)}, bytes(16)),
        safetensors({"vectors": entry([2**32, 2**32], 0, 0)}, b""),
        safetensors({"vectors": entry([-2, -2], 0, 16)}, bytes(16)),
        safetensors({"vectors": entry([True, 4], 0, 16)}, bytes(16)),
        safetensors({"vectors": entry([2.0, 2], 0, 16)}, bytes(16)),
        safetensors({"vectors": entry([2, 2], 16, 0)}, bytes(16)),
        safetensors({"vectors": entry([2, 2], 0, 16)}, bytes(15)),
        safetensors({"vectors": entry([2, 2], 0, 16)}, bytes(17)),
        safetensors({"vectors": entry([2, 2], 4, 20)}, bytes(20)),
        safetensors({"a": entry([4], 0, 16), "b": entry([4], 0, 16)}, bytes(16)),
        safetensors({"vectors": entry([1] * 9, 0, 4)}, bytes(4)),
        safetensors({"vectors": entry([2, 2], 0, 16, "O")}, bytes(16)),
        safetensors({"vectors": entry([2, 2], 0, 16, ["F32"])}, bytes(16)),
        safetensors({"vectors": [1]}, b""),
        safetensors(b'{"a": {}, "a": {}}', b""),
        safetensors(b"[" * 5000, b""),
        safetensors({f"a{i}": entry([0], 0, 0) for i in range(100_000)}, b""),
    ],
)
def test_hostile_arrays_are_refused_before_anything_is_allocated(saved: Path, data: bytes) -> None:
    with pytest.raises(ValueError):
        layout.parse_arrays(data)
    (saved / "arrays.safetensors").write_bytes(data)
    forge(saved)
    assert "arrays.safetensors" in refused(saved)


@settings(max_examples=100, deadline=None)
@given(
    header=st.dictionaries(
        st.sampled_from("abc"),
        st.fixed_dictionaries(
            {
                "dtype": st.sampled_from([*layout.DTYPES, "BF16"]),
                "shape": st.lists(st.integers(-1, 5) | st.integers(), max_size=3),
                "data_offsets": st.lists(st.integers(-1, 64) | st.integers(), min_size=1, max_size=3),
            }
        ),
    ),
    size=st.integers(0, 64),
)
def test_arrays_are_never_more_than_the_file(header: dict[str, Any], size: int) -> None:
    try:
        arrays = layout.parse_arrays(safetensors(header, bytes(size)))
    except ValueError:
        return
    assert sum(array.nbytes for array in arrays.values()) == size


@pytest.mark.parametrize(
    "change",
    [
        {"arrays": {"vectors": np.array([[np.nan]], np.float32)}},
        {"arrays": {"vectors": np.array([[1, -np.inf]], np.float16)}},
    ],
)
def test_what_is_not_finite_is_neither_saved_nor_loaded(saved: Path, change: dict[str, Any]) -> None:
    array = change["arrays"]["vectors"]
    with pytest.raises(Diverged, match=r"'vectors' holds a number that is not finite, first at \(0, "):
        artifact.write(small(keys=None, counts=None, **change), saved.parent / "n")
    assert sorted(os.listdir(saved.parent)) == ["m"]
    name = {"f4": "F32", "f2": "F16"}[array.dtype.str[1:]]
    data = safetensors({"vectors": entry(list(array.shape), 0, array.nbytes, name)}, array.tobytes())
    (saved / "arrays.safetensors").write_bytes(data)
    forge(saved)
    assert "not finite" in refused(saved)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"arrays": {"vectors": np.eye(2)}}, ArtifactError),
        ({"arrays": {"vectors": np.array(["a"], object)}}, ArtifactError),
        ({"arrays": {"other": np.eye(2, dtype=np.float32)}}, ArtifactError),
        ({"kind": "atlas", "arrays": {}}, ArtifactError),
        ({"kind": "checkpoint", "arrays": {"no name": np.zeros(1, np.int8)}}, ArtifactError),
        ({"counts": np.array([1, 2])}, ArtifactError),
        ({"facts": {"a": float("nan")}}, InputError),
        ({"facts": {"a": {1, 2}}}, InputError),
        ({"keys": ["a", "b", "c", "\ud800"]}, InputError),
        ({"keys": ["a", "b", "c", 4]}, InputError),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path, change: dict[str, Any], kind: type) -> None:
    with pytest.raises(kind) as caught:
        artifact.write(small(**change), tmp_path / "m")
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def arrow(columns: dict[str, Any], compression: str | None = None) -> bytes:
    import pyarrow as pa

    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(
        sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)
    ) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def hostile_keys() -> Iterator[tuple[bytes, str]]:
    import pyarrow as pa

    keys, counts = pa.array(["a", "b"], pa.large_string()), pa.array([2, 1])
    yield arrow({"key": keys, "count": counts}, "zstd"), "compressed"
    yield arrow({"key": keys, "count": counts}, "lz4"), "compressed"
    yield arrow({"key": keys.dictionary_encode(), "count": counts}), "column|dictionary"
    yield arrow({"key": keys, "more": counts}), "columns 'key', 'more'"
    yield arrow({"key": keys.cast(pa.large_binary()), "count": counts}), "columns"
    yield arrow({"key": pa.array(["a", None], pa.large_string()), "count": counts}), "missing"
    bad = pa.Array.from_buffers(
        pa.large_string(), 2, [None, pa.py_buffer(struct.pack("<3q", 0, 2**40, 1)), pa.py_buffer(b"ab")]
    )
    yield arrow({"key": bad, "count": counts}), ""
    bad = pa.Array.from_buffers(
        pa.large_string(), 2, [None, pa.py_buffer(struct.pack("<3q", 0, 1, 2)), pa.py_buffer(b"\xff\xfe")]
    )
    yield arrow({"key": bad, "count": counts}), "UTF"
    yield b"PAR1" * 4, "no Arrow file"
    yield b"ARROW1\0\0", ""


def test_hostile_keys_are_refused(saved: Path) -> None:
    for data, message in hostile_keys():
        with pytest.raises(ValueError) as caught:
            layout.parse_keys(data)
        assert re.search(message, str(caught.value))
        (saved / "keys.arrow").write_bytes(data)
        forge(saved)
        assert "keys.arrow" in refused(saved)


def test_a_table_with_too_few_keys_is_refused(saved: Path) -> None:
    with open(saved / "keys.arrow", "wb") as file:
        layout.write_keys(["a"], None, None, file)
    forge(saved)
    with pytest.raises(ArtifactError):
        artifact.load(saved)


def test_labels_and_a_tokenizer_come_back_and_are_checked(tmp_path: Path) -> None:
    one = Contents(
        "checkpoint", {}, {"a": np.zeros(2, np.int32)}, ["x", "y"], np.array([3, 1]), ["X", "why"], '{"é": 1}'
    )
    artifact.write(one, tmp_path / "m")
    again = artifact.read(tmp_path / "m")
    assert (again.keys, again.labels, again.tokenizer) == (one.keys, one.labels, one.tokenizer)
    assert again.counts is not None
    assert again.counts.tolist() == [3, 1]
    assert [name for name, _, _ in artifact.verify(tmp_path / "m")] == [
        "model.json", "arrays.safetensors", "keys.arrow", "tokenizer.json",
    ]  # fmt: skip
    inflict(Damage("tokenizer.json", "flip", "", 2), tmp_path / "m")
    assert "checksum of tokenizer.json" in refused_contents(tmp_path / "m")


def refused_contents(folder: Path) -> str:
    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)
    return str(caught.value)


def test_labels_that_do_not_fit_the_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="1 labels for 2 keys"):
        artifact.write(Contents("checkpoint", {}, {}, ["x", "y"], labels=["X"]), tmp_path / "m")


def test_a_checkpoint_is_no_model(tmp_path: Path) -> None:
    artifact.write(Contents("checkpoint", {}, {"a": np.zeros(2, np.int32)}), tmp_path / "m")
    with pytest.raises(ArtifactError, match="holds a checkpoint, not a model"):
        artifact.load(tmp_path / "m")


def test_the_code_can_run_nothing_that_it_reads() -> None:
    # .eval() is a method of torch's modules, and runs nothing
    forbidden = re.compile(
        r"(import|from) (pickle|marshal|shelve|joblib|dill)\b|torch\.load|(?<!\.)\beval\(|\bexec\(|"
        r"allow_pickle\s*=\s*True|yaml\.load|trust_remote_code"
    )
    lines = [(path.name, line) for path in SOURCE.rglob("*.py") for line in path.read_text().splitlines()]
    assert len(lines) > 1000
    assert [pair for pair in lines if forbidden.search(pair[1])] == []
    assert all(map(forbidden.search, ("x = eval('1')", "import pickle", "from joblib import load")))


# Many at once, and at the worst moment


def test_an_existing_model_is_kept_unless_asked(saved: Path) -> None:
    with pytest.raises(OutputExists):
        artifact.write(small(facts={"seed": 8}), saved)
    assert artifact.info(saved)["facts"] == {"seed": 7}
    artifact.write(small(facts={"seed": 8}), saved, overwrite=True)
    assert artifact.info(saved)["facts"] == {"seed": 8}
    assert sorted(os.listdir(saved)) == ["arrays.safetensors", "keys.arrow", "model.json"]


def test_fifty_processes_load_at_once_and_write_nothing(saved: Path) -> None:
    before = [(path.name, path.stat().st_mtime_ns) for path in sorted([saved, *saved.iterdir()])]
    program = """
import os, sys
from pathlib import Path
import pyarrow
from likewise.artifacts import artifact
children = []
for _ in range(50):
    child = os.fork()
    if child == 0:
        os._exit(0 if artifact.read(sys.argv[1]).keys[0] == "the" else 1)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""
    assert subprocess.run([sys.executable, "-c", program, str(saved)], timeout=120).returncode == 0
    assert before == [(path.name, path.stat().st_mtime_ns) for path in sorted([saved, *saved.iterdir()])]


@pytest.mark.parametrize("way", ["exchange", "two-steps"])
def test_a_reader_sees_one_whole_version_while_they_change(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "two-steps":
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    artifact.write(saver.version(0), tmp_path / "m")
    first = artifact.read(tmp_path / "m")

    def save() -> None:
        for number in range(1, 101):
            artifact.write(saver.version(number), tmp_path / "m", overwrite=True)

    thread = threading.Thread(target=save)
    thread.start()
    seen = []
    while thread.is_alive():
        contents = artifact.read(tmp_path / "m")
        assert saver.is_of_one_version(contents)
        seen.append(contents.facts["version"])
    thread.join()
    assert len(set(seen)) > 3
    assert seen == sorted(seen)
    assert saver.is_of_one_version(first)  # its map still holds the first version
    assert artifact.read(tmp_path / "m").facts == {"version": 100}


@pytest.mark.parametrize("way", ["exchange", "two-steps"])
def test_killed_while_saving_leaves_the_old_or_the_new(tmp_path: Path, way: str) -> None:
    random = np.random.default_rng(11)
    program = str(Path(saver.__file__))
    for kill in range(10):
        command = [sys.executable, program, str(tmp_path / "m"), way]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(float(random.uniform(0, 0.06)))
            child.kill()
            told = child.stdout.read().split()
        contents = artifact.read(tmp_path / "m")
        assert saver.is_of_one_version(contents), f"kill {kill}"
        assert contents.facts["version"] in (last := int(told[-1]) if told else 0, last + 1), f"kill {kill}"
    artifact.write(saver.version(1), tmp_path / "m", overwrite=True)
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.parametrize("for_ever", [False, True])
@pytest.mark.parametrize("way", ["exchange", "two-steps"])
@pytest.mark.parametrize("call", ["write", "fsync", "rename", "mkdir"])
def test_a_fault_at_any_call_leaves_the_old_or_the_new(
    saved: Path, call: str, way: str, for_ever: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "two-steps":
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    new, other = small(facts={"seed": 8}), saved.parent.parent / f"{saved.parent.name}-new"
    artifact.write(new, other)
    old = contents_of(saved)
    real, failed = getattr(os, call), True
    for turn in itertools.count(1):
        calls = itertools.count(1)

        def fail(*given: Any, calls: Any = calls, turn: int = turn, **named: Any) -> Any:
            if (number := next(calls)) == turn or (for_ever and number > turn):
                raise OSError(errno.EIO, "Input/output error")
            return real(*given, **named)

        with monkeypatch.context() as patch, contextlib.suppress(OSError):
            patch.setattr(os, call, fail)
            failed = True
            artifact.write(new, saved, overwrite=True)
            failed = False
        assert contents_of(saved) in (old, contents_of(other))
        if not failed:
            break
        artifact.write(small(), saved, overwrite=True)
        assert os.listdir(saved.parent) == ["m"]
    assert turn > 1 or (call, way) == ("rename", "exchange")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs rights that are not given here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("is_foreseen", [True, False])
@pytest.mark.parametrize("part", ["arrays", "keys"])
def test_a_full_disk_keeps_the_old_model(
    tiny_disk: Path, is_foreseen: bool, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact.write(small(), tiny_disk / "m")
    if part == "arrays":
        large = small(arrays={"vectors": np.ones((3000, 1000), np.float32)}, keys=None, counts=None)
    else:
        large = small(keys=[str(i) * 20 for i in range(100_000)], counts=None)
    if not is_foreseen:
        monkeypatch.setattr(artifact, "_bytes_needed", lambda contents: 0)
    with pytest.raises(NotEnoughSpace, match=r"8\.\d MB free, .* needed"):
        artifact.write(large, tiny_disk / "m", overwrite=True)
    assert os.listdir(tiny_disk) == ["m"]
    assert artifact.read(tiny_disk / "m").keys == small().keys
