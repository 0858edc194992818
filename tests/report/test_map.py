from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from likewise.errors import InputError, OptionError, UnknownKey, WrongType
from likewise.report import coordinates, word_map
from likewise.report.scatter import COLOURS, SHAPES
from likewise.table import Table

SVG = "{http://www.w3.org/2000/svg}"


def clusters(n: int = 60, dim: int = 70) -> tuple[np.ndarray, np.ndarray]:
    """Three tight clusters far apart, and which each point is of."""
    generator = np.random.default_rng(0)
    of = np.arange(n) % 3
    return (5 * np.eye(dim)[of] + 0.3 * generator.standard_normal((n, dim))).astype(np.float32), of


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_clusters_stay_clusters() -> None:
    vectors, of = clusters()
    places = coordinates(vectors, seed=1)
    assert places.shape == (60, 2)
    assert places.dtype == np.float64
    assert np.abs(places).max() == 1
    centres = np.stack([places[of == i].mean(axis=0) for i in range(3)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, of)


def test_one_seed_gives_the_same_places_and_leaves_its_argument() -> None:
    vectors, _ = clusters()
    before = vectors.copy()
    first = coordinates(vectors, seed=3)
    assert np.array_equal(first, coordinates(vectors, seed=3))
    assert np.array_equal(vectors, before)


def test_length_does_not_matter_only_direction() -> None:
    vectors, _ = clusters()
    powers = 2.0 ** np.random.default_rng(1).integers(-3, 4, (len(vectors), 1))
    assert np.array_equal(
        coordinates(vectors, seed=3), coordinates(vectors * powers.astype(np.float32), seed=3)
    )


@pytest.mark.parametrize("n", range(9))
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_few_points_have_places(n: int, dim: int) -> None:
    vectors = np.random.default_rng(n).standard_normal((n, dim)).astype(np.float32)
    places = coordinates(vectors, seed=0)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()
    if n > 1 and dim > 1:
        assert len(np.unique(places, axis=0)) == n


def test_two_points_stand_opposite() -> None:
    places = coordinates(np.eye(2, dtype=np.float32), seed=0)
    assert np.allclose(sorted(places[:, 0]), [-1, 1])
    assert np.allclose(places[:, 1], 0)


@pytest.mark.parametrize("n", [1, 3, 40])
def test_equal_points_stand_at_the_origin(n: int) -> None:
    for vectors in (np.full((n, 7), 0.3, np.float32), np.zeros((n, 7), np.float32)):
        assert np.array_equal(coordinates(vectors, seed=0), np.zeros((n, 2)))


def test_a_few_equal_points_among_others_stand_near_each_other() -> None:
    vectors, _ = clusters()
    vectors[:4] = vectors[0]
    places = coordinates(vectors, seed=0)
    assert np.linalg.norm(places[:4] - places[0], axis=1).max() < 0.2


def test_what_cannot_be_placed_is_refused() -> None:
    bad = np.ones((6, 3), np.float32)
    bad[4, 1] = np.nan
    with pytest.raises(InputError, match="vector 4 holds NaN"):
        coordinates(bad, seed=0)
    with pytest.raises(InputError, match="wanted \\(n, dim\\)"):
        coordinates(np.ones(3, np.float32), seed=0)
    with pytest.raises(OptionError, match="2,001 points"):
        coordinates(np.ones((2001, 2), np.float32), seed=0)
    with pytest.raises(OptionError, match="seed"):
        coordinates(np.eye(6, dtype=np.float32), seed=-1)


def table_of(n: int = 30) -> Table:
    vectors, _ = clusters(n, 8)
    return Table([f"word{i}" for i in range(n)], vectors, counts=np.arange(n, 0, -1))


def test_a_map_shows_each_word_once_and_names_it_on_hovering() -> None:
    svg = word_map(table_of(), n=12, title="Twelve & more")
    root = ElementTree.fromstring(svg)
    names = [element.text for element in root.iter(f"{SVG}title")]
    assert names == [f"word{i}" for i in range(12)]
    assert len(list(root.iter(f"{SVG}path"))) == 12
    assert root.get("aria-label") == "Twelve & more"
    assert set(texts(svg)) <= set(names)
    assert texts(svg)
    assert svg == word_map(table_of(), n=12, title="Twelve & more")


def test_groups_are_marked_and_explained() -> None:
    groups = {"word0": "zeroth", "word1": "other", "word2": "zeroth", "nowhere": "unused"}
    svg = word_map(table_of(), ["word0", "word1", "word2", "word3"], groups=groups)
    assert texts(svg)[:2] == ["zeroth", "other"]
    assert svg.count(f'fill="{COLOURS[0]}"') == 3  # two words, one line of the legend
    assert svg.count(f'fill="{COLOURS[1]}"') == 2
    assert "unused" not in svg


def test_thirty_two_groups_can_be_told_apart_and_no_more() -> None:
    table = table_of(33)
    svg = word_map(table, table.keys[:32], groups={key: f"of {key}" for key in table.keys})
    marks = [element.attrib for element in ElementTree.fromstring(svg).iter(f"{SVG}path")][:32]
    assert len({(mark["d"], mark["fill"]) for mark in marks}) == 32 == len(COLOURS) * len(SHAPES)
    with pytest.raises(OptionError, match="33 groups"):
        word_map(table, table.keys, groups={key: f"of {key}" for key in table.keys})


def test_the_four_edges() -> None:
    table = table_of()
    assert texts(word_map(table, [])) == []
    assert texts(word_map(table, ["word3"])) == ["word3"]
    assert word_map(table, ["word3", "word3"]) == word_map(table, ["word3"])
    with pytest.raises(UnknownKey, match="nearest"):
        word_map(table, ["word3", "wordd3"])
    with pytest.raises(WrongType, match=r"write \['word3'\]"):
        word_map(table, "word3")


def test_hostile_words_are_text() -> None:
    hostile = ["<script>alert(1)</script>", '"onload="x', "]]>&amp;", "\x00\x1b\u202e", "</svg>"]
    svg = word_map(
        Table(hostile, np.eye(5, dtype=np.float32)), hostile, groups={hostile[0]: "<b>", hostile[1]: "'"}
    )
    root = ElementTree.fromstring(svg)
    assert not {element.tag for element in root.iter()} - {
        SVG + tag for tag in ("svg", "g", "title", "path", "text")
    }
    assert [element.text for element in root.iter(f"{SVG}title")][:3] == hostile[:3]
    assert r"\x00\x1b\u202e" in svg


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    levels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("paper", ["#fdfcfa", "#ffffff", "#16181b", "#000000"])
def test_marks_are_seen_in_light_and_dark(colour: str, paper: str) -> None:
    dark, light = sorted((luminance(colour), luminance(paper)))
    assert (light + 0.05) / (dark + 0.05) >= 3
