from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.errors import InputError, MissingExtra, WrongType
from likewise.evaluate import standard_sets as sets
from likewise.evaluate.readers import read
from likewise.evaluate.sets import AnalogySet, CategorySet, OddGroup, OddSet, SimilaritySet
from likewise.evaluate.standard_sets import load

WORDS = Path(__file__).parents[2].parent / "shared" / "data" / "words"
real = pytest.mark.skipif(not WORDS.is_dir(), reason="the shared word sets are not here")

PAIRS = (("tiger", "cat"), ("book", "paper"))
SCORES = (7.35, 7.46)


@pytest.mark.parametrize(
    "text",
    [
        "tiger\tcat\t7.35\nbook\tpaper\t7.46\n",
        "tiger cat 7.35\nbook paper 7.46",
        "tiger,cat,7.35\r\nbook,paper,7.46\r\n",
        "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nbook,paper,7.46\n",
        "# a comment\n# Word 1\tWord 2\tHuman\n\ntiger\tcat\t7.35\nbook\tpaper\t7.46\n",
        "word1\tword2\tPOS\tSimLex999\tconc\ntiger\tcat\tN\t7.35\t1\nbook\tpaper\tN\t7.46\t2\n",
        "tiger\tcat\tN\t7.35\tNONE\nbook\tpaper\tN\t7.46\tNONE\n",
        "word1 word2 POS score\ntiger cat N 7.35\nbook paper N 7.46\n",
        ",word1,word2,similarity\n0,tiger,cat,7.35\n1,book,paper,7.46\n",
        '"tiger","cat","7.35"\n"book","paper","7.46"\n',
    ],
)
def test_pairs_in_every_published_spelling_are_one_set(text: str) -> None:
    assert read(text, "pairs", "pairs.txt") == SimilaritySet("pairs", PAIRS, SCORES)


def test_a_tab_keeps_words_with_spaces_whole() -> None:
    assert read("New York\tcity\t3\n", "n", "f") == SimilaritySet("n", (("New York", "city"),), (3.0,))


def test_sections_of_questions() -> None:
    text = ": capital\nAthens Greece Oslo Norway\n: gram1\ncalm calmly sad sadly\nold older big bigger\n"
    found = read(text, "google", "q.txt")
    assert isinstance(found, AnalogySet)
    assert found.section_names == ("capital", "gram1")
    assert found.sections == (0, 1, 1)
    assert found.analogies[2] == ("old", "older", "big", "bigger")


def test_questions_without_sections_are_one_section() -> None:
    found = read("a b c d\ne f g h\n", "mine", "q.txt")
    assert isinstance(found, AnalogySet)
    assert found.section_names == ("mine",)


def test_questions_in_columns_of_any_order() -> None:
    found = read("type,target,word1,word2,word3\nJJ,rougher,good,better,rough\n", "msr", "m.csv")
    assert found == AnalogySet("msr", (("good", "better", "rough", "rougher"),), (0,), ("JJ",))


def test_categories_leave_out_the_empty_words_between_them() -> None:
    found = read(",category,word\n0,fish,carp\n1,fish,\n2,tree,oak\n", "ap", "ap.csv")
    assert found == CategorySet("ap", ("carp", "oak"), ("fish", "tree"))


def test_odd_groups_read_lists_in_cells() -> None:
    text = ",category,outliers,words\n0,cats,\"['dog', 'car', '']\",\"['tiger', \"\"lion's\"\"]\"\n"
    assert read(text, "odd", "o.csv") == OddSet(
        "odd", (OddGroup("cats", ("tiger", "lion's"), ("dog", "car")),)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no words in it"),
        ("\n \n# only a comment\n", "no words in it"),
        ("one two\nthree four\n", "no score found"),
        ("word1\tword2\tscore\n", "no score found"),
        ("a\tb\t1\nc\td\n", "line 2: 2 columns, wanted 3"),
        ("a\tb\t1\n\nc\td\thigh\n", "line 3: the score is 'high'"),
        ("a\tb\t1\nc\td\tnan\n", "line 2: the score is 'nan'"),
        (": x\na b c d\na b c\n", "line 3: 3 words, wanted 4"),
        (": x\n: y\n", "2 sections and no analogy"),
        ("type,word1,word2,word3,target\nt,a,b,c\n", "line 2: 4 columns, wanted 5"),
        ("type,word1,word2,word3,target\nt,a,b,,d\n", "line 2: a word is empty"),
        ("category,word\n", "a header and no rows"),
        ("category,word\nfish,\n", "every word is empty"),
        ("category,outliers,words\nfish,carp,\"['a']\"\n", "line 2: 'carp' is no list of words"),
        ('category,outliers,words\nfish,"[1]","[\'a\']"\n', "line 2: '[1]' is no list of words"),
        ('a,"b,1\n', "line 1: not CSV"),
    ],
)
def test_a_bad_file_is_told_by_line_and_by_what_was_wanted(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read(text, "name", "some.txt")
    assert message in str(error.value)
    assert "some.txt" in str(error.value)
    assert "wanted" in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(alphabet=st.sampled_from("ab1 ,:\t\n'\"[]#."), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text, "any", "any.txt")
    except InputError:
        return
    assert isinstance(found, SimilaritySet | AnalogySet | CategorySet | OddSet)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'wordsim353'"):
        load("wordsim-353")
    with pytest.raises(InputError, match="google-analogies, simlex999, wordsim353"):
        load("qqqq")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"a\tb\t1\ncaf\xe9\tbar\t2\n")
    with pytest.raises(InputError, match="line 2: byte 9 is not UTF-8"):
        load(latin)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)
    with pytest.raises(WrongType, match="not 7"):
        load(7)  # type: ignore[arg-type]


def test_a_byte_order_mark_is_no_letter(tmp_path: Path) -> None:
    (tmp_path / "bom.txt").write_bytes("\ufefftiger cat 7.35\nbook paper 7.46\n".encode())
    assert load(str(tmp_path / "bom.txt")) == SimilaritySet("bom", PAIRS, SCORES)


def test_standard_sets_need_gensim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'likewise\[tour\]'"):
        load("simlex999")


def test_standard_sets_as_published() -> None:
    pytest.importorskip("gensim")
    wordsim, simlex, google = (load(name) for name in ("wordsim353", "simlex999", "google-analogies"))
    assert isinstance(wordsim, SimilaritySet)
    assert isinstance(simlex, SimilaritySet)
    assert isinstance(google, AnalogySet)
    assert (len(wordsim.pairs), len(simlex.pairs), len(google.analogies)) == (353, 999, 19_544)
    assert len(google.section_names) == 14
    assert (wordsim.name, wordsim.pairs[0], wordsim.scores[0]) == ("wordsim353", ("love", "sex"), 6.77)


@real
@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("similarity/EN-WS-353-ALL.txt", 353),
        ("similarity/EN-SIMLEX-999.txt", 999),
        ("similarity/EN-SimVerb-3500.txt", 3500),
        ("similarity/EN-RG-65.txt", 65),
        ("similarity/EN-VERB-143.txt", 144),
        ("analogy/questions-words.txt", 19_544),
        ("analogy/msr.csv", 8000),
        ("categorization/ap.csv", 402),
        ("categorization/bless.csv", 200),
        ("categorization/essli-2008.csv", 45),
    ],
)
def test_real_sets_have_the_published_size(path: str, size: int) -> None:
    found = load(WORDS / path)
    parts = {SimilaritySet: "pairs", AnalogySet: "analogies", CategorySet: "words"}
    assert len(getattr(found, parts[type(found)])) == size


@real
def test_the_real_outliers() -> None:
    found = load(WORDS / "outlier" / "8-8-8.csv")
    assert isinstance(found, OddSet)
    assert [(len(group.words), len(group.outliers)) for group in found.groups] == [(8, 8)] * 8
