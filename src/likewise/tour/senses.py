"""The chapter on graphs: each meaning of a word is a node of its own, and has a vector of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from likewise import graphs
from likewise.arrays.graph.strings import Lists
from likewise.graphs import Graph, Nodes
from likewise.report.map import word_map
from likewise.report.page import Section
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.tour import corpora
from likewise.tour.chapter import Walk, listed

COMMON = 0.01  # of the definitions: words in more of them separate nothing
DIM = 64
QUERIES = (  # a word, and its context
    ("bank", ("river", "slope")), ("bank", ("money", "institution")), ("seal", ("marine", "mammal")),
    ("seal", ("stamp", "wax")), ("bass", ("fish", "freshwater")), ("bass", ("voice", "singer")),
    ("mole", ("burrowing", "mammal")), ("mole", ("substance", "molecules")), ("pitch", ("sound", "frequency")),
    ("pitch", ("baseball", "throw")), ("bat", ("nocturnal", "wings")), ("bat", ("ball", "hitting")),
)  # fmt: skip
SHOWN = ("bank", "seal", "bass", "mole")


def senses(walk: Walk) -> list[Section]:
    """The graph of meanings and the words that define them, walked; and meanings found by the context."""
    graph, glosses = meanings_and_words(corpora.glosses())
    nodes = graphs.spectral(graph, dim=DIM, seed=walk.seed)
    rows = [
        (word, listed(context), *(_shortened(glosses[key]) for key in _chosen(nodes, glosses, word, context)))
        for word, context in QUERIES
    ]
    return [
        Section(
            "A node for each meaning",
            "In a knowledge graph a word is not one point: each meaning is a node. Here the "
            f"{len(glosses):,} meanings of the dictionary are joined to the words that define them, and the graph "
            "is factorised, which gives every node a vector. The words of the context then say which meaning a word "
            "has. The last column is a simple answer: the definition that shares most words with the context and "
            "its neighbours in the graph, the first one where that says nothing.",
            call="nodes = likewise.graphs.spectral(meanings_and_words, dim=64, seed=1)\n"
            'nodes.resolve("bank", context=["river", "slope"])',
            header=("word", "context", "by vectors", "by shared words"),
            rows=rows,
            caption=f"{len(graph):,} nodes, {graph.size:,} edges.",
        ),
        Section(
            "A neighbourhood",
            "The meanings of four words, each with the nodes that are nearest to it, laid on a plane: the meanings of "
            "a word lie apart, each among its own.",
            call='nodes.similar("bank: sloping land")',
            figure=_image(nodes, glosses, walk.seed),
        ),
    ]


def meanings_and_words(glosses: Iterable[str]) -> tuple[Graph, dict[str, str]]:
    """A graph of meanings, each joined to the words of its definition; and the definition of each, by its id.

    Words that have one definition have one meaning, and are its names.
    """
    named: dict[str, list[str]] = defaultdict(list)
    for row in glosses:
        word, _, meaning = row.partition(" ")
        named[meaning].append(word)
    split = Words().split
    defined = {meaning: set(split(meaning)) for meaning in named}
    counts = Counter(word for words in defined.values() for word in words)
    useful = {word for word, count in counts.items() if 2 <= count <= max(2, COMMON * len(defined))}
    meanings = [meaning for meaning, words in defined.items() if words & useful]
    words = sorted(useful)
    place = {word: len(meanings) + i for i, word in enumerate(words)}
    ends = [
        (i, place[word]) for i, meaning in enumerate(meanings) for word in sorted(defined[meaning] & useful)
    ]
    ids = [f"meaning {i}" for i in range(len(meanings))]
    made = Graph.from_edges([*ids, *words], *np.array(ends).T)
    labels = [f"{named[meaning][0]}: {meaning}" for meaning in meanings] + words
    aliases = Lists.of([*(named[meaning] for meaning in meanings), *([] for _ in words)])
    return replace(made, labels=labels, aliases=aliases), dict(zip(ids, meanings, strict=True))


def _chosen(nodes: Nodes, glosses: dict[str, str], word: str, context: tuple[str, ...]) -> tuple[str, str]:
    """The meaning by vectors, and by shared words."""
    found = [one.key for one in nodes.resolve(word, context) if one.key in glosses]
    context_words = {*context, *(near for other in context for near in _neighbours(nodes, other))}
    shared = [len(context_words & set(Words().split(glosses[key]))) for key in sorted(found, key=nodes.index)]
    return found[0], sorted(found, key=nodes.index)[int(np.argmax(shared))]


def _neighbours(nodes: Nodes, word: str) -> list[str]:
    """A word's own meanings' words."""
    return [name for one in nodes.resolve(word) for name in one.neighbours]


def _image(nodes: Nodes, glosses: dict[str, str], seed: int) -> str:
    """The meanings of some words and what is near each."""
    groups: dict[str, str] = {}
    for word in SHOWN:
        for meaning in nodes.resolve(word)[:3]:
            if meaning.key in glosses:
                for near in [meaning.key, *(one.key for one in nodes.similar(meaning.key, 8))]:
                    groups.setdefault(near, word)
    keys = list(groups)
    names = [_shortened(nodes.names.label_of(nodes.index(key)), 24) for key in keys]
    unique = [name if names.index(name) == i else f"{name} ({i})" for i, name in enumerate(names)]
    table = Table(unique, nodes.encode(keys))
    kinds = dict(zip(unique, groups.values(), strict=True))
    return word_map(table, unique, groups=kinds, title="Meanings and their neighbours", seed=seed)


def _shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
