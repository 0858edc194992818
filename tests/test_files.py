from __future__ import annotations

import contextlib
import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from likewise.errors import Busy, InputError, NotEnoughSpace, OutputExists
from likewise.system import files
from likewise.system.lock import Lock

DEAD = 2**22 + 1  # above the largest pid that Linux gives


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def filled_with(text: str):
    def fill(fresh: Path) -> None:
        for name in ("one", "two"):
            with files.new_file(fresh / name) as file:
                file.write(text.encode())

    return fill


def texts_in(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


@pytest.fixture(params=["exchange", "two steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of replacing a folder: with the system's exchange of two names, and without."""
    if request.param == "two steps":
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    return request.param


@pytest.mark.parametrize("name", ["m.txt", "ü b", "x" * 255])
def test_an_atomic_file_appears_whole_and_at_the_end(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with files.atomic_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == [name]


def test_an_error_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text("old")
    writing = files.atomic_file(path)
    writing.__enter__().write(b"new")
    assert not writing.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["m.txt"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with files.atomic_file(tmp_path / "link.txt") as file:
        file.write(b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


@pytest.mark.parametrize("name", ["folder", "missing/m.txt", "folder/" + "x" * 256])
def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught, files.atomic_file(tmp_path / name):
        pass
    assert "\n" not in str(caught.value)
    assert names(tmp_path / "folder") == []


def test_more_than_one_write_fits_in_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may write less than it is given; the rest must follow."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:1000])))
    data = bytes(range(256)) * 9000
    with files.atomic_file(tmp_path / "m") as file:
        file.write(data)
    monkeypatch.undo()
    assert (tmp_path / "m").read_bytes() == data


def test_a_folder_is_replaced_whole(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "m"
    files.replace_folder(folder, filled_with("old"))
    with open(folder / "one") as reader:
        files.replace_folder(folder, filled_with("new"), overwrite=True)
        assert reader.read() == "old"  # a reader keeps what it has opened
    assert texts_in(folder) == {"new"}
    assert names(tmp_path) == ["m"]


def test_an_existing_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    with pytest.raises(OutputExists, match="m is there already"):
        files.replace_folder(tmp_path / "m", lambda fresh: pytest.fail("work was done"))
    assert names(tmp_path) == ["m"]


def test_a_folder_made_by_another_meanwhile_is_kept(tmp_path: Path) -> None:
    def fill(fresh: Path) -> None:
        filled_with("mine")(fresh)
        files.replace_folder(tmp_path / "m", filled_with("theirs"))

    with pytest.raises(OutputExists):
        files.replace_folder(tmp_path / "m", fill)
    assert texts_in(tmp_path / "m") == {"theirs"}
    assert names(tmp_path) == ["m"]


def test_room_is_asked_for_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughSpace, match=r"free, 1000.0 TB needed: free \d+\.\d TB"):
        files.replace_folder(tmp_path / "m", lambda fresh: pytest.fail("work was done"), needed_bytes=10**15)


def plant(folder: Path, process: int, role: str) -> Path:
    """What a process that died while it replaced `folder` would leave."""
    leftover = Path(f"{files._prefix(folder)}{process}-00000000.{role}")
    leftover = folder.with_name(leftover.name)
    leftover.mkdir()
    filled_with("left")(leftover)
    return leftover


@pytest.mark.parametrize(
    ("process", "is_swept"),
    [(DEAD, True), (os.getpid(), True), (os.getppid(), False)],
    ids=["dead", "own", "parent"],  # numbers of processes differ from one worker to the other
)
def test_leftovers_are_swept_where_their_process_is_dead(
    tmp_path: Path, process: int, is_swept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """That of this very pid too, of an earlier process: in a container each one has the pid 1."""
    leftover = plant(tmp_path / "m", process, "new")
    other = plant(tmp_path / "other", DEAD, "new")
    files.replace_folder(tmp_path / "m", filled_with("new"))
    assert leftover.exists() != is_swept
    assert other.exists()
    assert (leftover.name in caplog.text) == is_swept


def test_an_old_folder_set_aside_by_a_dead_process_is_read_and_put_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "m"
    aside = plant(folder, DEAD, "old")
    plant(folder, DEAD, "new")
    assert files.standing(folder) == aside
    with pytest.raises(OutputExists):
        files.replace_folder(folder, filled_with("new"))
    assert texts_in(folder) == {"left"}
    assert names(tmp_path) == ["m"]
    assert "put back" in caplog.text


CALLS = ["write", "fsync", "rename", "replace", "mkdir"]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, turn: int, for_ever: bool) -> list[int]:
    """Let the `turn`-th call of `os.name` fail as on a full disk, once or from then on; counts the calls."""
    real, calls = getattr(os, name), [0]

    def call(*given, **named):
        calls[0] += 1
        if calls[0] == turn or (for_ever and calls[0] > turn):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*given, **named)

    monkeypatch.setattr(os, name, call)
    return calls


@pytest.mark.parametrize("for_ever", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_a_full_disk_at_any_call_is_all_or_nothing(
    tmp_path: Path, way: str, name: str, for_ever: bool
) -> None:
    folder = tmp_path / "m"
    files.replace_folder(folder, filled_with("old"))
    for turn in range(1, 100):
        with pytest.MonkeyPatch.context() as patch:
            calls = failing(patch, name, turn, for_ever)
            failed = True
            with contextlib.suppress(NotEnoughSpace):
                files.replace_folder(folder, filled_with("new"), overwrite=True, needed_bytes=6)
                failed = False
        assert texts_in(files.standing(folder)) in ({"old"}, {"new"})
        assert failed == (calls[0] >= turn)
        files.replace_folder(folder, filled_with("old"), overwrite=True)  # recovers, whatever was left
        assert names(tmp_path) == ["m"]
        if not failed:
            break
    else:
        pytest.fail("never clean")
    assert turn > 1 or name in ("replace", "rename")


@pytest.mark.parametrize("name", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m").write_text("old")
    failing(monkeypatch, name, 1, for_ever=True)
    with pytest.raises(NotEnoughSpace, match="full"), files.atomic_file(tmp_path / "m") as file:
        file.write(b"new")
    assert (tmp_path / "m").read_text() == "old"
    assert names(tmp_path) == ["m"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_are_readable(count: int, text: str) -> None:
    assert files.readable_size(count) == text


def test_the_digest_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert files.sha256_of(tmp_path / "m") == known
    with open(tmp_path / "m", "rb") as file:
        file.read(1)
        assert files.sha256_of(file) == known


def test_a_lock_is_held_by_one_and_names_its_holder(tmp_path: Path) -> None:
    second = Lock(tmp_path / "lock")
    with Lock(tmp_path / "lock"), pytest.raises(Busy, match=f"in use by process {os.getpid()} on "):
        second.__enter__()
    assert names(tmp_path) == []
    with Lock(tmp_path / "lock"):
        pass


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    program = (
        "import sys, time; from likewise.system.lock import Lock; Lock(sys.argv[1]).__enter__(); "
        "print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"process {child.pid} on "), Lock(tmp_path / "lock"):
            pass
        child.kill()
        child.wait()
    with caplog.at_level(logging.INFO), Lock(tmp_path / "lock"):
        assert f"process {child.pid} on" in caplog.text


def test_no_two_hold_a_lock_that_is_made_and_removed_all_the_time(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from likewise.errors import Busy
from likewise.system.lock import Lock
done, count = 0, Path(sys.argv[2])
while done < 150:
    try:
        with Lock(sys.argv[1]):
            count.write_text(str(int(count.read_text()) + 1))
            done += 1
    except Busy:
        pass
"""
    (tmp_path / "count").write_text("0")
    command = [sys.executable, "-c", program, str(tmp_path / "lock"), str(tmp_path / "count")]
    children = [subprocess.Popen(command) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "450"
