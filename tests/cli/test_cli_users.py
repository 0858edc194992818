"""Users on the command line: trained, asked, judged, and what is wrong said in one line."""

from __future__ import annotations

import inspect
import io
import json
import random
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.cli.train_users import TAKES

Ended = tuple[int, str, str]
Run = Callable[..., Ended]
FOOD = [f"food {n}" for n in range(8)]
TOOLS = [f"tool {n}" for n in range(8)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two worlds, with stars and times."""
    folder = tmp_path_factory.mktemp("users")
    draw, rows = random.Random(1), ["who,what,stars,when\n"]
    for n in range(40):
        for item in draw.sample((FOOD, TOOLS)[n % 2], 5):
            rows.append(f"u{n},{item},{draw.randint(3, 5)},{draw.randint(0, 10**6)}\n")
        rows.append(f"u{n},{draw.choice((TOOLS, FOOD)[n % 2])},1,5\n")
    (folder / "log.csv").write_text("".join(rows))
    return folder


COLUMNS = ("--user", "who", "--item", "what")
RATED = (*COLUMNS, "--rating", "stars", "--at-least", 2)


def lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def taste(here: Run, folder: Path) -> Path:
    model = folder / "taste"
    if not model.exists():
        code, _, err = here(
            "train", "users", folder / "log.csv", "-o", model, *RATED, "--dim", 2, "--seed", 1
        )
        assert code == 0, err
        assert "read: 240 rows, 40 rated lower" in err
        assert "40 users and 16 items, 2 dimensions; next: likewise recommend" in err
    return model


def test_users_are_recommended_what_they_have_not_seen(here: Run, taste: Path) -> None:
    code, out, err = here("recommend", taste, "u2", "-k", 3)
    assert (code, err) == (0, "")
    rows = lines(out)
    assert {row["item"] for row in rows} <= set(FOOD)
    assert rows[0].keys() == {"item", "score", "because", "cold"}
    assert set(rows[0]["because"].split(", ")) <= set(FOOD) - {row["item"] for row in rows}
    code, out, err = here("recommend", taste, "--history", "tool 1, tool 2,new", "-k", 6)
    assert (code, {row["item"] for row in lines(out)}) == (0, {*TOOLS} - {"tool 1", "tool 2"})
    assert "1 of 3 items are unknown, such as 'new'" in err
    assert here("recommend", taste, "--history", '["tool 1", "tool 2"]', "-k", 6)[1] == out
    code, out, _ = here("recommend", taste, "u2", "-k", 8, "--seen")
    assert {row["item"] for row in lines(out)} == set(FOOD)
    assert lines(here("info", taste)[1])[0]["users"] == 40


def test_who_is_unknown_gets_the_popular_answer_marked_cold(here: Run, taste: Path) -> None:
    code, out, err = here("recommend", taste, "u99", "-k", 2)
    assert (code, [row["cold"] for row in lines(out)]) == (0, [True, True])
    assert "the most popular items: 'user:u99' is not among 40 users and 16 items; nearest: 'user:u9'" in err
    code, again, err = here("recommend", taste, "--history", "x,y", "-k", 2)
    assert (code, again) == (0, out)
    assert "2 of 2 items are unknown, such as 'x', so these are the most popular items" in err


def test_many_are_asked_at_once(
    here: Run, taste: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(text.encode())))

    typed("u1\nu2\n")
    rows = lines(here("recommend", taste, "-", "-k", 2)[1])
    assert [row["user"] for row in rows] == ["u1", "u1", "u2", "u2"]
    typed('food 1,food 2\n["tool 1"]\n')
    assert len(lines(here("recommend", taste, "--history", "-", "-k", 2)[1])) == 4
    code, out, _ = here("recommend", taste, "--all", "-k", 3, "--threads", 2)
    assert (code, len(lines(out))) == (0, 120)
    best = [row["item"] for row in lines(out) if row["user"] == "u2"]
    assert set(best) == {row["item"] for row in lines(here("recommend", taste, "u2", "-k", 3)[1])}
    for ending, head in (
        (".csv", "user,item,score\n"),
        (".tsv", "user\titem\tscore\n"),
        (".jsonl", '{"user":'),
    ):
        path = folder / f"all{ending}"
        code, out, err = here("recommend", taste, "--all", "-k", 3, "-o", path)
        assert (code, out) == (0, "")
        assert "120 rows" in err
        assert path.read_text().startswith(head)
        assert here("recommend", taste, "--all", "-o", path)[0] == 1
        assert here("recommend", taste, "--all", "-o", path, "--overwrite")[0] == 0


def test_near_items_and_users_and_their_vectors(here: Run, taste: Path, folder: Path) -> None:
    rows = lines(here("similar", taste, "item:food 1", "-k", 7)[1])
    assert {row["key"] for row in rows} == {f"item:{food}" for food in FOOD} - {"item:food 1"}
    rows = lines(here("similar", taste, "user:u1", "-k", 3)[1])
    assert all(int(row["key"].removeprefix("user:u")) % 2 for row in rows)
    (folder / "asked.txt").write_text("user:u1\nfood 1,food 2\nnothing\n")
    code, _, err = here("encode", taste, folder / "asked.txt", "-o", folder / "asked.npy", "--overwrite")
    assert code == 0, err
    assert "3 histories, 2 dimensions; 1 cold, their rows are zeros" in err
    (folder / "asked.jsonl").write_text('{"h": ["food 1", "food 2"]}\n')
    code, _, err = here(
        "encode", taste, folder / "asked.jsonl", "--field", "h", "-o", folder / "h.npy", "--overwrite"
    )
    assert code == 0, err
    assert here("convert", taste, folder / "all.vec", "--spaces", "escape", "--overwrite")[0] == 0


@pytest.mark.parametrize("method", ["als", "bpr", "ease", "item2vec"])
def test_held_out_choices_are_judged_beside_what_is_simple(here: Run, folder: Path, method: str) -> None:
    model, held = folder / f"judged-{method}", folder / f"held-{method}.csv"
    more = () if method == "ease" else ("--epochs", 3, "--dim", 4, "--seed", 1)
    rule = "last" if method == "ease" else "random"
    code, _, err = here(
        "train", "users", folder / "log.csv", "-o", model, "--method", method, *RATED, "--time", "when", *more,
        "--hold-out", rule, "--held", held,
    )  # fmt: skip
    assert code == 0, err
    assert "held out: 40 of 200 interactions" in err
    assert "next: likewise evaluate" in err
    assert held.read_text().startswith("who,what\n")
    code, out, err = here("evaluate", model, "--test", held)
    assert code == 0, err
    rows = {row["metric"]: row for row in lines(out)}
    assert rows["nDCG@10"]["popularity baseline"] < rows["nDCG@10"]["item-kNN baseline"]
    assert rows["nDCG@10"]["known"] == 40
    assert rows["Recall@10"]["low"] <= rows["Recall@10"]["value"] <= rows["Recall@10"]["high"]
    with held.open("a") as file:
        file.write("stranger,food 1\nu1,never sold\n")
    rows = {row["metric"]: row for row in lines(here("evaluate", model, "--test", held)[1])}
    assert rows["held items of unknown users"]["value"] == pytest.approx(1 / 42)
    assert rows["held items that are unknown"]["value"] == pytest.approx(1 / 42)


def test_attributes_answer_for_who_and_what_is_new(here: Run, folder: Path) -> None:
    pytest.importorskip("torch")
    kinds = [f"{item},{item.split()[0]}\n" for item in (*FOOD, *TOOLS, "food 8", "tool 8")]
    (folder / "items.csv").write_text("what,kind\n" + "".join(kinds))
    work = [f"u{n},{('cook', 'smith')[n % 2]}\n" for n in range(42)]
    (folder / "people.csv").write_text("who,work\n" + "".join(work))
    model = folder / "towers"
    code, _, err = here(
        "train",
        "users",
        folder / "log.csv",
        "-o",
        model,
        "--method",
        "two_tower",
        *RATED,
        "--items",
        folder / "items.csv",
        "--users",
        folder / "people.csv",
        "--dim",
        8,
        "--hidden",
        16,
        "--batch-size",
        32,
        "--learning-rate",
        0.02,
        "--seed",
        1,
        "--threads",
        1,
        "--epochs",
        20,
    )
    assert code == 0, err
    assert "42 users and 18 items" in err
    code, out, err = here("recommend", model, "u41", "-k", 4)
    assert {row["item"].split()[0] for row in lines(out)} == {"tool"}
    code, out, err = here("recommend", model, "--history", "", "--about", '{"work": "cook"}', "-k", 4)
    assert (code, {row["item"].split()[0] for row in lines(out)}) == (0, {"food"})
    assert lines(out)[0]["cold"] is False
    for about, said in (
        ("[]", "expected an object"),
        ("{", "is not JSON"),
        ('{"age": 1}', "the model has no attribute 'age'"),
    ):
        code, _, err = here("recommend", model, "--history", "", "--about", about)
        assert code == 1
        assert said in err


def test_columns_by_number_are_held_out_and_judged(here: Run, folder: Path) -> None:
    rows = [line.split(",") for line in (folder / "log.csv").read_text().splitlines()[1:]]
    (folder / "bare.tsv").write_text("".join(f"{stars}\t{what}\t{who}\n" for who, what, stars, _ in rows))
    columns = ("--user", 2, "--item", 1, "--rating", 0, "--at-least", 2)
    code, _, err = here(
        "train", "users", folder / "bare.tsv", "-o", folder / "bare", *columns, "--dim", 2, "--hold-out", "random",
        "--held", folder / "bare-held.csv",
    )  # fmt: skip
    assert code == 0, err
    assert here("evaluate", folder / "bare", "--test", folder / "bare-held.csv")[0] == 0


@pytest.mark.parametrize(
    ("log", "arguments", "said"),
    [
        ("user,item\n", (), "the log has no rows"),
        ("user,item\n1,a\n2\n", (), "row 2 has 1 columns"),
        ("user,item\n1,a\n", ("--user", "usr"), "no column 'usr', but 'user', 'item'; did you mean 'user'?"),
        ("user,item,r\n1,a,good\n", ("--rating", "r"), "row 1: the rating is 'good', expected a number"),
        ("user,item,t\n1,a,soon\n", ("--time", "t"), "the time is 'soon', expected a number, or a date"),
        ("user,item\n1,a\n", ("--at-least", 3), "name its column with --rating"),
        ("user,item\n1,a\n1,b\n", ("--min-items", 3), "has 2: try --min-items 2 or less"),
        ("user,item\n1,a\n1,b\n", ("--dim", 0), "dim must be"),
        ("user,item\n1,a\n1,b\n", ("--method", "ease", "--epochs", 3), "--epochs is not an option of ease"),
        (
            "user,item\n1,a\n1,b\n",
            ("--method", "als", "--window", 3),
            "--window is not an option of als, only of item2vec",
        ),
        ("user,item\n1,a\n", ("--items", "log.csv"), "--items is not an option of als, only of two_tower"),
        ("user,item\n1,a\n", ("--users", "log.csv"), "--users is not an option of als"),
        ("user,item\n1,a\n", ("--method", "item2vec"), "this log has 1: try als"),
        ("user,item\n1,a\n", ("--method", "bpr"), "nothing to learn from"),
        ("user,item\n1,a\n", ("--hold-out", "random"), "--held where it is written: give both or none"),
        ("user,item\n1,a\n", ("--hold-out", "last", "--held", "h.csv"), "name its column with --time"),
        ("user,item\n1,a\n", ("--hold-out", "random", "--held", "h.csv"), "no user has two interactions"),
    ],
)
def test_bad_logs_and_options_are_one_line(
    log: str,
    arguments: tuple[object, ...],
    said: str,
    here: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(log)
    code, out, err = (
        here("train", "users", "log.csv", "-o", "m", "--seed", 1, *arguments)
        if ("ease" not in arguments)
        else here("train", "users", "log.csv", "-o", "m", *arguments)
    )
    assert (code, out) == (1, "")
    assert said in err
    assert [line.partition(":")[0] for line in err.splitlines()][-2:].count("likewise") == 1
    assert "Traceback" not in err
    assert not (tmp_path / "m").exists()


def test_the_help_says_what_is_taken_where_nothing_is_said() -> None:
    from typer.main import get_command

    from likewise import users
    from likewise.cli.main import app

    commands: Any = get_command(app)
    said = {param.name: param.show_default for param in commands.commands["train"].commands["users"].params}
    for method, names in TAKES.items():
        values = inspect.signature(getattr(users, method)).parameters
        for name in set(names) - {"seed", "threads", "resume", "items", "users", "search"}:
            told = dict(part.split(": ") for part in said[name].split(", ") if ": " in part)
            default = told.get(method, said[name].partition(",")[0].partition(":")[0])
            if values[name].default is not None:
                assert float(default) == values[name].default, (method, name)


def test_small_and_strange_logs_train(here: Run, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("user,item,t\n1,a,99999999999\n")
    code, _, err = here(
        "train", "users", tmp_path / "one.csv", "-o", tmp_path / "one", "--time", "t", "--dim", 50
    )
    assert code == 0
    assert "1 of 1 rows have a time in the future" in err
    assert here("recommend", tmp_path / "one", "1")[:2] == (0, "")
    assert lines(here("recommend", tmp_path / "one", "2")[1]) == [
        {"item": "a", "score": 1.0, "because": "", "cold": True}
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("recommend", "taste"), "for a USER, for a --history, or for --all"),
        (("recommend", "taste", "u1", "--all"), "give one of them"),
        (("recommend", "taste", "u1", "-o", "x.csv"), "go with --all"),
        (("recommend", "taste", "u1", "--about", "{}"), "--about goes with --history"),
        (("recommend", "taste", "--history", "", "--about", "{}"), "has no attributes"),
        (("recommend", "taste", "--all", "-o", "x.xls"), "does not say its format"),
        (("recommend", "taste", "u1", "-k", "-1"), "k must be a whole number from 0"),
        (("recommend", "tast", "u1"), "did you mean"),
        (("similar", "taste", "item:food 9"), "nearest: 'item:food"),
        (("similar", "taste", "u1", "--among", "terms"), "--among is of models of documents"),
        (("similar", "taste", "u1", "--type", "x"), "--type is of models of nodes"),
        (("evaluate", "taste", "--test", "log.csv"), "this model can predict nothing in log.csv"),
        (("compare", "labelled.csv", "taste"), "has no column 'key'"),
    ],
)
def test_bad_questions_are_one_line(
    arguments: tuple[str, ...], said: str, here: Run, taste: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(taste.parent)
    (taste.parent / "labelled.csv").write_text("text,label\n" + "a b,x\nc d,y\n" * 10)
    code, out, err = here(*arguments)
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
