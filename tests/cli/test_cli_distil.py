"""A checkpoint where a model is expected, and `likewise distil`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from program import Ended, sentences

pytest.importorskip("torch")
pytest.importorskip("transformers")

Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint whose pieces are the words of the text."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "families"))
    try:
        import test_pretrained
    finally:
        sys.path.pop(0)
    folder = tmp_path_factory.mktemp("theirs")
    test_pretrained.checkpoint(folder / "c", "bert")
    facts = json.loads((folder / "c" / "tokenizer.json").read_text())
    known = facts["model"]["vocab"]
    words = sorted(set(sentences(50).split()))[: len(known) - 5]
    facts["model"]["vocab"] = dict.fromkeys(list(known)[:5]) | dict.fromkeys(words)
    facts["model"]["vocab"] = {word: number for number, word in enumerate(facts["model"]["vocab"])}
    (folder / "c" / "tokenizer.json").write_text(json.dumps(facts))
    (folder / "text.txt").write_text(sentences(60))
    (folder / "labelled.csv").write_text(
        "text,label\n" + "".join(f"{row},{'ab'['king' in row]}\n" for row in sentences(60).splitlines())
    )
    (folder / "pairs.tsv").write_text(
        "sentence1\tsentence2\tscore\nthe king\tthe queen\t4\nthe king\tmilk\t1\nmilk\tbutter\t3\n"
    )
    return folder


def test_a_checkpoint_stands_where_a_model_is_expected(here: Run, theirs: Path, tmp_path: Path) -> None:
    assert here("encode", theirs / "c", theirs / "text.txt", "-o", tmp_path / "v.npy")[0] == 0
    assert np.load(tmp_path / "v.npy").shape == (60, 16)
    for command in (
        ("info", theirs / "c"),
        ("evaluate", theirs / "c", theirs / "pairs.tsv"),
        ("compare", theirs / "labelled.csv", theirs / "c", "--folds", "2", "--budgets", "none"),
    ):
        code, out, err = here(*command)
        assert code == 0, err
        assert out
    code, _, err = here("similar", theirs / "c", "king")
    assert code == 1
    assert "likewise distil" in err


def test_a_table_of_words_is_made_of_it(here: Run, theirs: Path, tmp_path: Path) -> None:
    code, _, err = here("distil", theirs / "c", theirs / "text.txt", "-o", tmp_path / "t", "--dim", 8)
    assert code == 0, err
    assert "8 dimensions" in err
    code, out, _ = here("similar", tmp_path / "t", "king", "-k", 2)
    assert (code, len(out.splitlines())) == (0, 2)
    assert (
        here("distil", theirs / "c", theirs / "text.txt", "-o", tmp_path / "t")[0] == 1
    )  # it is there already


def test_a_smaller_transformer_is_made_of_it(here: Run, theirs: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    code, _, err = here("distil", theirs / "c", theirs / "text.txt", "-o", out, "--layers", 1, "--epochs", 2)
    assert code == 0, err
    assert "1 layers" in err
    assert here("encode", out, theirs / "text.txt", "-o", tmp_path / "v.npy")[0] == 0


def test_options_that_do_not_go_together_are_refused(here: Run, theirs: Path, tmp_path: Path) -> None:
    call = ("distil", theirs / "c", theirs / "text.txt", "-o", tmp_path / "t")
    for wrong, said in ((("--epochs", 2), "--epochs is of"), (("--layers", 1, "--dim", 8), "--dim, --most")):
        code, _, err = here(*call, *wrong)
        assert code == 1
        assert said in err


def test_a_hostile_folder_is_one_line(here: Run, theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "config.json").write_text("{}")
    (tmp_path / "evil" / "pytorch_model.bin").write_bytes(b"\x80")
    code, _, err = here("encode", tmp_path / "evil", theirs / "text.txt", "-o", tmp_path / "v.npy")
    assert code == 1
    assert "'pytorch_model.bin', a pickle" in err
    assert len(err.splitlines()) == 1
