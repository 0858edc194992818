from __future__ import annotations

import numpy as np
import pytest

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.pool import pool, pool_stepwise, spans

VECTORS = np.array([[1, 0], [3, 0], [0, 8], [0, 2]], np.float32)
# Two documents; the first has paragraphs of two sentences and one, the second one of a single sentence.
SENTENCES = Ragged.from_rows([[0, 1, 1], [2], [3, 3], [2, 0]])
GROUPS = [np.array([0, 2, 3, 4]), np.array([0, 2, 3])]


def test_each_step_pools_the_step_before() -> None:
    found = pool_stepwise(SENTENCES, VECTORS, GROUPS)
    sentences, paragraphs, documents = (step.vectors for step in found.steps)
    np.testing.assert_allclose(sentences, [[7 / 3, 0], [0, 8], [0, 2], [0.5, 4]])
    np.testing.assert_allclose(paragraphs, [[7 / 6, 4], [0, 2], [0.5, 4]])
    np.testing.assert_allclose(documents, [[7 / 12, 3], [0.5, 4]])
    assert np.array_equal(found.vectors, documents)
    # All tokens at once would weigh long sentences more, and is another vector.
    flat = pool(Ragged(SENTENCES.ids, np.array([0, 6, 8])), VECTORS).vectors
    assert abs(flat - documents).max() > 0.1


def test_the_sequence_of_lengths_is_visible() -> None:
    found = pool_stepwise(SENTENCES, VECTORS, GROUPS)
    assert found.lengths == (8, 4, 3, 2)
    assert str(found) == "8 tokens → 4 sentences → 3 paragraphs → 2 documents"
    assert found.lengths_of(0) == (6, 3, 2, 1)
    assert found.lengths_of(1) == found.lengths_of(-1) == (2, 1, 1, 1)
    with pytest.raises(IndexError):
        found.lengths_of(2)
    two = pool_stepwise(SENTENCES, VECTORS, [np.array([0, 3, 4])])
    assert str(two) == "8 tokens → 4 sentences → 2 documents"
    assert str(pool_stepwise(SENTENCES, VECTORS, [])) == "8 tokens → 4 documents"


def test_a_method_for_each_step() -> None:
    found = pool_stepwise(SENTENCES, VECTORS, GROUPS, methods=("sum", "max", "first"))
    np.testing.assert_allclose(found.steps[0].vectors, [[7, 0], [0, 8], [0, 4], [1, 8]])
    np.testing.assert_allclose(found.steps[1].vectors, [[7, 8], [0, 4], [1, 8]])
    np.testing.assert_allclose(found.vectors, [[7, 8], [1, 8]])


def test_an_empty_sentence_draws_nothing_to_zero_and_an_empty_document_is_flagged() -> None:
    rows = Ragged.from_rows([[0], [], [-1], []])
    found = pool_stepwise(rows, VECTORS, [np.array([0, 3, 4]), np.array([0, 1, 1, 2])])
    assert found.vectors.tolist() == [[1, 0], [0, 0], [0, 0]]
    assert found.empty.tolist() == [False, True, True]
    assert found.lengths == (2, 4, 2, 3)


def test_weights_count_in_the_first_step_only() -> None:
    found = pool_stepwise(SENTENCES, VECTORS, [np.array([0, 4])], weights=np.array([6, 1, 1, 1]))
    np.testing.assert_allclose(found.steps[0].vectors[0], [12 / 8, 0])
    np.testing.assert_allclose(found.vectors[0], found.steps[0].vectors.mean(axis=0), rtol=1e-6)


def test_token_vectors_and_a_single_document() -> None:
    found = pool_stepwise(spans(np.array([0, 1, 4])), VECTORS, [np.array([0, 2])])
    np.testing.assert_allclose(found.vectors, [(VECTORS[0] + VECTORS[1:].mean(axis=0)) / 2], rtol=1e-6)
    none = pool_stepwise(Ragged.from_rows([]), VECTORS, [np.array([0])])
    assert none.vectors.shape == (0, 2)
    assert none.lengths == (0, 0, 0)


def test_groups_and_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="groups end at 3, but there are 4 sentences"):
        pool_stepwise(SENTENCES, VECTORS, [np.array([0, 3])])
    with pytest.raises(InputError, match="groups end at 4, but there are 3 paragraphs"):
        pool_stepwise(SENTENCES, VECTORS, [GROUPS[0], np.array([0, 4])])
    with pytest.raises(OptionError, match="3 steps want one method or 3, not 2"):
        pool_stepwise(SENTENCES, VECTORS, GROUPS, methods=("mean", "max"))
    with pytest.raises(OptionError, match="names"):
        pool_stepwise(SENTENCES, VECTORS, [*GROUPS, np.array([0, 2])])
