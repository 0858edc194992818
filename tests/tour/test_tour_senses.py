"""The chapter on meanings: what becomes a node, and that the right meaning is chosen by what stands around."""

from __future__ import annotations

import pytest

from likewise import graphs
from likewise.tour import corpora
from likewise.tour.senses import meanings_and_words

GLOSSES = [
    *(
        "bank sloping land beside water",
        "shore sloping land beside water",
        "slope land that rises beside something",
    ),
    *(
        "bank institution for money deposits",
        "teller clerk of an institution for money",
        "river water between land",
    ),
]


def test_words_of_one_definition_are_names_of_one_meaning() -> None:
    graph, told = meanings_and_words(GLOSSES)
    assert len(told) == 5
    first = next(key for key, meaning in told.items() if meaning == "sloping land beside water")
    assert list(graph.aliases[graph.index(first)]) == ["bank", "shore"]
    assert "between" not in graph.names  # a word of one definition joins nothing


@pytest.mark.slow
def test_a_meaning_is_chosen_by_what_stands_around_it() -> None:
    try:
        graph, told = meanings_and_words(corpora.glosses())
    except ImportError as error:
        pytest.skip(str(error))
    nodes = graphs.spectral(graph, dim=64, seed=1)
    chosen = told[nodes.resolve("bank", ["river", "slope"])[0].key]
    assert "sloping land" in chosen
    assert "sloping land" not in told[nodes.resolve("bank", ["money", "institution"])[0].key]
