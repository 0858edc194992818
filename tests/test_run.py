from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.artifacts import artifact, recipe
from likewise.artifacts.artifact import Contents
from likewise.artifacts.run import Run
from likewise.errors import (
    ArtifactError,
    Busy,
    Diverged,
    InputError,
    NotEnoughSpace,
    OptionError,
    OutputExists,
    ResumeError,
    Stopped,
)
from likewise.system import files
from likewise.system.progress import Progress

sys.path.insert(0, str(Path(__file__).parent / "crash"))
import trainer

CALL = {
    "function": "words.word2vec",
    "options": {"seed": 7, "learning_rate": 0.5, "threads": 2, "inputs": ["a.txt"]},
}


def changed(**options: Any) -> dict[str, Any]:
    return {**CALL, "options": {**CALL["options"], **options}}


def train(out: Path, steps: int = 4, stop_at: int = 0, call: Any = CALL, **options: Any) -> list[int]:
    """A run in this process, with a checkpoint at each step and a signal at step `stop_at`; its steps."""
    took = []
    with Run(out, call, **{"checkpoint_seconds": 0.0, **options}) as run:
        if run.finished:
            return took
        state = trainer.start(run.restore())
        for progress in trainer.train(state, steps, 0.5, 0.0):
            took.append(progress.done)
            if progress.done == stop_at:
                os.kill(os.getpid(), signal.SIGINT)
            run.reached(progress, state.contents)
        run.finish(trainer.Made(state.vectors), card="# A card\n")
    return took


def begin(out: Path, stop_at: int = 2, **options: Any) -> None:
    """Leave an unfinished run, stopped after step `stop_at`."""
    with pytest.raises(Stopped):
        train(out, stop_at=stop_at, **options)


def vectors_in(out: Path) -> bytes:
    return artifact.read(out).arrays["vectors"].tobytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("undisturbed") / "m"
    train(out)
    return vectors_in(out)


def child(*given: object) -> subprocess.Popen[str]:
    command = [sys.executable, trainer.__file__, *map(str, given)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    while (told := process.stdout.readline().strip()) != line:
        assert told, process.communicate()[1]


def test_a_run_saves_its_output_and_leaves_nothing_else(tmp_path: Path) -> None:
    assert train(tmp_path / "m") == [1, 2, 3, 4]
    assert os.listdir(tmp_path) == ["m"]
    assert (tmp_path / "m" / "README.md").read_text() == "# A card\n"
    recorded = tomllib.loads((tmp_path / "m" / "run.toml").read_text())
    assert recorded["call"] == CALL
    assert recorded["versions"]["numpy"] == np.__version__
    assert recorded["machine"]["processor"]


def test_resumed_is_never_stopped(tmp_path: Path, undisturbed: bytes) -> None:
    for step in (1, 2, 3):
        out = tmp_path / f"m{step}"
        begin(out, stop_at=step)
        assert not out.exists()
        assert train(out, resume=True) == list(range(step + 1, 5))
        assert vectors_in(out) == undisturbed
        assert artifact.info(out)["digest"] == artifact.info(tmp_path / "m1")["digest"]
    assert sorted(os.listdir(tmp_path)) == ["m1", "m2", "m3"]


def test_stopped_at_the_end_of_the_last_step_only_saves(tmp_path: Path, undisturbed: bytes) -> None:
    begin(tmp_path / "m", stop_at=4)
    assert train(tmp_path / "m", resume=True) == []
    assert vectors_in(tmp_path / "m") == undisturbed


def test_checkpoints_wait_for_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []
    monkeypatch.setattr("likewise.artifacts.run.time.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "likewise.artifacts.run.checkpoints.write", lambda contents, folder, number: written.append(now[0])
    )
    with Run(tmp_path / "m", CALL, checkpoint_seconds=300.0) as run:
        for now[0] in (1.0, 299.0, 300.0, 301.0, 599.0, 601.0):
            run.reached(Progress("training", 1, 2, "steps"), lambda: Contents("state", {}, {}))
    assert written == [300.0, 601.0]


# What is there already


def test_an_output_is_refused_before_the_work(tmp_path: Path) -> None:
    train(tmp_path / "m")
    with pytest.raises(OutputExists, match="m is there already: choose another name, or --overwrite it"):
        train(tmp_path / "m")
    assert train(tmp_path / "m", overwrite=True) == [1, 2, 3, 4]
    assert os.listdir(tmp_path) == ["m"]


def test_overwriting_is_of_models_only(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for name in ("m", "file"):
        with pytest.raises(ArtifactError):
            train(tmp_path / name, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["file", "m"]


def test_an_unfinished_run_is_gone_on_with_or_given_up(tmp_path: Path) -> None:
    begin(tmp_path / "m")
    with pytest.raises(
        OutputExists, match=r"an unfinished run is there, .*m\.run: --resume to go on, --overwrite"
    ):
        train(tmp_path / "m")
    assert train(tmp_path / "m", overwrite=True) == [1, 2, 3, 4]


def test_a_folder_with_no_checkpoint_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "m.run" / "corpus").mkdir(parents=True)
    (tmp_path / "m.run" / "corpus" / "ids").write_text("half")
    (tmp_path / "m.run" / "lock").write_text("12 on elsewhere")
    with Run(tmp_path / "m", CALL) as run:
        assert sorted(os.listdir(run.folder)) == ["call.json", "lock"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("resume", [True, False])
def test_resume_with_nothing_there_begins(tmp_path: Path, resume: bool) -> None:
    assert train(tmp_path / "m", resume=resume) == [1, 2, 3, 4]


def test_resuming_a_finished_run_says_so(tmp_path: Path) -> None:
    train(tmp_path / "m", data_digest={"a.txt": "1"})
    before = (tmp_path / "m" / "model.json").stat().st_mtime_ns
    with Run(tmp_path / "m", changed(threads=8), resume=True, data_digest={"a.txt": "1"}) as run:
        assert run.finished
    assert (tmp_path / "m" / "model.json").stat().st_mtime_ns == before
    assert os.listdir(tmp_path) == ["m"]
    with pytest.raises(
        ResumeError, match=r"m is finished, with other options: options\.learning_rate 0\.5 → 0\.1$"
    ):
        train(tmp_path / "m", call=changed(learning_rate=0.1), resume=True)
    with pytest.raises(ResumeError, match=r"a\.txt"):
        train(tmp_path / "m", resume=True, data_digest={"a.txt": "2"})
    (tmp_path / "m" / "run.toml").unlink()
    with pytest.raises(OutputExists, match="does not say how it was made"):
        train(tmp_path / "m", resume=True)


def test_killed_between_the_saving_and_the_removing_is_finished(tmp_path: Path) -> None:
    begin(tmp_path / "m")
    shutil.copytree(tmp_path / "m.run", tmp_path / "kept")
    train(tmp_path / "m", resume=True)
    shutil.move(tmp_path / "kept", tmp_path / "m.run")
    assert train(tmp_path / "m", resume=True) == []
    assert os.listdir(tmp_path) == ["m"]


def test_an_overwriting_run_still_overwrites_when_resumed(tmp_path: Path, undisturbed: bytes) -> None:
    train(tmp_path / "m", steps=2)
    begin(tmp_path / "m", overwrite=True)
    assert vectors_in(tmp_path / "m") != undisturbed  # the old one is kept until the new one is whole
    assert train(tmp_path / "m", resume=True) == [3, 4]
    assert vectors_in(tmp_path / "m") == undisturbed


@pytest.mark.parametrize(
    ("call", "difference"),
    [
        (changed(learning_rate=0.1), "options.learning_rate 0.5 → 0.1"),
        (changed(seed=8, learning_rate=0.1), "options.learning_rate 0.5 → 0.1, options.seed 7 → 8"),
        (changed(inputs=["a.txt", "b.txt"]), "options.inputs ['a.txt'] → ['a.txt', 'b.txt']"),
        (changed(dim=5), "options.dim not given → 5"),
        (changed(seed=None), "options.seed 7 → not given"),
        ({**CALL, "function": "words.glove"}, "function words.word2vec → words.glove"),
    ],
)
def test_other_options_are_refused_each_by_name(tmp_path: Path, call: Any, difference: str) -> None:
    begin(tmp_path / "m")
    with pytest.raises(ResumeError) as caught:
        train(tmp_path / "m", call=call, resume=True)
    assert str(caught.value).endswith(f"m.run was begun with other options: {difference}")
    assert train(tmp_path / "m", call=changed(threads=8, more=None), resume=True) == [3, 4]


def test_other_data_are_refused_by_name(tmp_path: Path) -> None:
    begin(tmp_path / "m", data_digest={"a.txt": "1", "b.txt": "2"})
    with pytest.raises(ResumeError, match=r"other data: b\.txt changed"):
        train(tmp_path / "m", resume=True, data_digest={"a.txt": "1", "b.txt": "3"})
    with (
        Run(tmp_path / "m", CALL, resume=True) as run,
        pytest.raises(ResumeError, match=r"a\.txt, b\.txt changed"),
    ):
        run.check_data({"a.txt": "0", "b.txt": "0"})
    assert train(tmp_path / "m", resume=True, data_digest={"a.txt": "1", "b.txt": "2"}) == [3, 4]


def test_data_that_become_known_later_are_remembered(tmp_path: Path) -> None:
    with Run(tmp_path / "m", CALL, checkpoint_seconds=0.0) as run:
        run.check_data("1")
        run.reached(Progress("training", 1, 2, "steps"), lambda: Contents("state", {"step": 1}, {}))
    with Run(tmp_path / "m", CALL, resume=True) as run, pytest.raises(ResumeError, match="the data changed"):
        run.check_data("2")


@pytest.mark.parametrize("name", ["missing/m", "file/m", "x" * 255])
def test_what_cannot_be_written_is_found_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        train(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_read_only_place_is_found_at_once(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a read-only place needs rights that are not given here")
    try:
        with pytest.raises(InputError, match="Read-only"):
            train(place / "m")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_call_must_be_plain(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="plain JSON"):
        Run(tmp_path / "m", {"seed": {1, 2}})


# What goes wrong meanwhile


def test_no_checkpoint_no_remains(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Run(tmp_path / "m", CALL):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


def reach(out: Path, *values: float) -> None:
    with Run(out, CALL, checkpoint_seconds=0.0) as run:
        for value in values:
            state = Contents("state", {"step": 0}, {"vectors": np.full((2, 2), value, np.float32)})
            run.reached(Progress("training", 1, 3, "steps"), lambda state=state: state)


def test_an_error_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(Diverged):
        reach(tmp_path / "m", 1.0, 2.0, np.inf)
    with Run(tmp_path / "m", CALL, resume=True) as run:
        restored = run.restore()
        assert restored is not None
        assert restored.arrays["vectors"].tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    tmp_path: Path, damage: str, undisturbed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    begin(tmp_path / "m", stop_at=3)
    newest = max(
        (tmp_path / "m.run").glob("checkpoint-*"), key=lambda slot: artifact.info(slot)["facts"]["number"]
    )
    path = newest / "arrays.safetensors"
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-1], "flip": data, "empty": b""}[damage])
    assert train(tmp_path / "m", resume=True) == [3, 4]
    assert vectors_in(tmp_path / "m") == undisturbed
    assert "passed over a checkpoint" in caplog.text
    assert "arrays.safetensors" in caplog.text


def test_with_no_whole_checkpoint_it_begins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    begin(tmp_path / "m", stop_at=3)
    for slot in (tmp_path / "m.run").glob("checkpoint-*"):
        (slot / "model.json").write_text("{")
    assert train(tmp_path / "m", resume=True) == [1, 2, 3, 4]


def test_a_lost_record_of_the_call_loses_no_checkpoint(tmp_path: Path) -> None:
    begin(tmp_path / "m")
    (tmp_path / "m.run" / "call.json").write_text("{}")
    with pytest.raises(ResumeError, match=r"call\.json is damaged"):
        train(tmp_path / "m", resume=True)
    assert list((tmp_path / "m.run").glob("checkpoint-*"))


def test_a_full_disk_at_a_checkpoint_keeps_the_one_before_and_goes_on(
    tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, calls = os.fsync, [0]

    def fsync(descriptor: int) -> None:
        calls[0] += 1
        if 20 <= calls[0] < 23:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert train(tmp_path / "m", steps=12) == list(range(1, 13))
    assert re.search(
        "no checkpoint at this point, the one before it is kept: .* free, .* needed", caplog.text
    )
    monkeypatch.undo()
    train(tmp_path / "n", steps=12)
    assert vectors_in(tmp_path / "m") == vectors_in(tmp_path / "n")


def test_a_full_disk_at_the_end_keeps_the_run(
    tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.replace_folder

    def replace_folder(folder: Path, *given: Any, **named: Any) -> None:
        real(folder, *given, **{**named, "needed_bytes": 10**15 if folder.name == "m" else None})

    monkeypatch.setattr(files, "replace_folder", replace_folder)
    with pytest.raises(
        NotEnoughSpace, match=r"free \d+\.\d TB, and rerun with --resume \(.*m\.run is kept\)"
    ):
        train(tmp_path / "m")
    assert os.listdir(tmp_path) == ["m.run"]
    monkeypatch.undo()
    assert train(tmp_path / "m", resume=True) == []
    assert vectors_in(tmp_path / "m") == undisturbed


def test_a_run_in_another_thread_leaves_signals_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Run(tmp_path / "m", CALL):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_handlers_are_put_back_and_ignored_signals_stay_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Run(tmp_path / "m", CALL):
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_stop_before_there_is_a_state_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="stopped at counting, 1 of 2 files; nothing was kept") as caught:
        with_signal(tmp_path / "m")
    assert caught.value.code == 143
    assert os.listdir(tmp_path) == []


def with_signal(out: Path) -> None:
    with Run(out, CALL) as run:
        os.kill(os.getpid(), signal.SIGTERM)
        run.reached(Progress("counting", 1, 2, "files"), None)


def test_a_signal_while_saving_is_not_lost(tmp_path: Path) -> None:
    run = Run(tmp_path / "m", CALL).__enter__()
    os.kill(os.getpid(), signal.SIGINT)
    run.finish(trainer.Made(np.ones((2, 2), np.float32)))
    with pytest.raises(Stopped, match="m is finished") as caught:
        run.__exit__(None, None, None)
    assert caught.value.code == 130
    assert os.listdir(tmp_path) == ["m"]


# In a process of its own


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_checkpoint_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with child(tmp_path / "m", 1000, 0.01, "--every", 1000) as process:
        wait_for(process, "step 5")
        process.send_signal(number)
        told, errors = process.communicate(timeout=30)
    assert process.returncode == code
    last = errors.splitlines()[-1]
    step = int(re.fullmatch(r"stopped at training, (\d+) of 1000 steps; go on with --resume", last)[1])  # type: ignore[index]
    assert step >= 6
    with child(tmp_path / "m", step + 1, 0, "--resume") as process:
        told, errors = process.communicate(timeout=30)
    assert told.split("\n")[:2] == [f"start {step}", f"step {step + 1}"]
    assert process.returncode == 0, errors


def test_a_second_signal_ends_it_at_once_and_loses_nothing(tmp_path: Path) -> None:
    with child(tmp_path / "m", 100, 0.01) as process:
        wait_for(process, "step 3")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    with child(tmp_path / "m", 100, 20, "--resume") as process:  # 20 s a step
        assert process.stdout is not None
        assert process.stdout.readline().startswith("start ")
        time.sleep(0.2)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=10)[1]
    assert time.monotonic() - begun < 10
    assert "once more to quit at once" in errors
    assert "KeyboardInterrupt" in errors
    assert list((tmp_path / "m.run").glob("checkpoint-*"))


def test_two_at_once_the_second_is_refused(tmp_path: Path) -> None:
    with child(tmp_path / "m", 1000, 0.01) as process:
        wait_for(process, "step 1")
        for options in ({"resume": True}, {"overwrite": True}, {}):
            with pytest.raises(Busy, match=rf"m\.run is in use by process {process.pid} on \S+: wait"):
                train(tmp_path / "m", **options)
        process.kill()
        process.communicate()
    assert (tmp_path / "m.run" / "lock").exists()


def test_killed_at_any_moment_resumes_to_the_same_bits(tmp_path: Path) -> None:
    steps, random = 400, np.random.default_rng(3)
    furthest = -1
    for kill in range(20):
        with child(tmp_path / "m", steps, 0.002, "--resume") as process:
            assert process.stdout is not None
            start = process.stdout.readline().split()
            assert start[0] == "start", f"kill {kill}: {process.communicate()[1]}"
            assert int(start[1]) >= furthest, f"kill {kill}: what was acknowledged was lost"
            time.sleep(float(random.uniform(0, 0.08)))
            process.kill()
            told = process.communicate()[0].split()
        if "step" in told[-2:]:
            furthest = max(int(number) for number in told[1::2])
    assert 0 < furthest < steps, "the kills did not fall into the work"
    with child(tmp_path / "m", steps, 0, "--resume") as process:
        errors = process.communicate(timeout=60)[1]
        assert process.returncode == 0, errors
    call = {"function": "crash", "options": {"seed": 7, "rate": 0.5, "threads": 1}}
    train(tmp_path / "never", steps=steps, call=call, checkpoint_seconds=1000.0)
    assert vectors_in(tmp_path / "m") == vectors_in(tmp_path / "never")
    assert sorted(os.listdir(tmp_path)) == ["m", "never"]


# What is written about it


@pytest.mark.parametrize(
    "options",
    [
        {"text": 'quote " back \\ tab \t line \n é 東京 \x7f \x00'},
        {"rate": 1e-05, "large": 1e16, "seed": 2**63 - 1, "less": -3, "yes": True, "no": False},
        {"lists": [1, [2, "a"], {"b c": 1, "d": []}], "empty": [], "none": {}},
        {"deep": {"er": {"a.b": 1, "": 2}, "x": 1}},
    ],
)
def test_run_toml_says_the_call_again(tmp_path: Path, options: dict[str, Any]) -> None:
    call = {"function": "f", "options": options}
    (tmp_path / "run.toml").write_text(recipe.run_text(call, {"ä/b c.txt": "0"}))
    said = recipe.read_run_text(tmp_path / "run.toml")
    assert said is not None
    assert said["call"] == call
    assert said["data"] == {"ä/b c.txt": "0"}


def test_none_is_left_out_and_no_difference(tmp_path: Path) -> None:
    text = recipe.run_text({"a": None, "b": 1}, {})
    assert tomllib.loads(text)["call"] == {"b": 1}
    assert recipe.differences({"b": 1}, {"a": None, "b": 1}) == []


def test_call_json_says_what_was_asked(tmp_path: Path) -> None:
    with Run(tmp_path / "m", CALL, data_digest="1") as run:
        said = json.loads((run.folder / "call.json").read_text())
    assert said == {"call": CALL, "data": {"the data": "1"}, "overwrite": False}
