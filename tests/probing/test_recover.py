"""What fitted decoders get back of the input: made worlds whose answer is known, and slow twins."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from likewise.errors import InputError, OptionError, WrongType
from likewise.probing import recover
from likewise.probing.ridge import path
from likewise.probing.token_recovery import overlaps, picked


def pictures(n: int = 120, shown: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 3, 4, 1) of six directions, and vectors that hold `shown` of these, turned."""
    draw = np.random.default_rng(0)
    causes = draw.standard_normal((n, 6))
    pixels = (causes @ np.linalg.qr(draw.standard_normal((12, 6)))[0].T).reshape(n, 3, 4, 1) + 5
    return causes[:, :shown] @ draw.standard_normal((shown, shown)) + 2, pixels


def texts(n: int = 150, words: int = 12) -> csr_array:
    draw = np.random.default_rng(1)
    return csr_array(draw.poisson(0.4, size=(n, words)).astype(np.float32))


def test_ridge_is_that_of_scikit_learn_in_both_forms() -> None:
    from sklearn.linear_model import Ridge

    draw = np.random.default_rng(2)
    for n, d in ((30, 5), (8, 20)):
        x, y = draw.standard_normal((n, d)) * 3 + 1, draw.standard_normal((n, 4)) + 7
        scale = np.sqrt(((x - x.mean(0)) ** 2).mean())
        for penalty, decoder in zip((0.5, 0.01), path(x, y, (0.5, 0.01)), strict=True):
            twin = Ridge(alpha=penalty * n * scale**2).fit(x, y)
            np.testing.assert_allclose(decoder(x), twin.predict(x), atol=1e-8)
            sparse = next(path(x, csr_array(y), (penalty,)))
            np.testing.assert_allclose(sparse(x), twin.predict(x), atol=1e-8)


def test_pictures_come_back_as_far_as_the_vectors_hold_them() -> None:
    vectors, pixels = pictures()
    whole = recover.images(vectors, pixels)
    assert whole.value > 0.999
    assert whole.answers.shape == (24, 3, 4, 1)
    np.testing.assert_allclose(whole.answers, pixels[whole.tested], atol=0.05)
    half = recover.images(*pictures(600, shown=3))
    assert half.value == pytest.approx(0.5, abs=0.08)
    assert half.mean == pytest.approx(0, abs=1e-9)
    assert half.shuffled < 0.02
    low, high = half.interval or (0, 0)
    assert low < half.value < high


def test_r2_is_what_it_says() -> None:
    vectors, pixels = pictures(50, shown=2)
    is_test = np.arange(50) % 3 == 0
    found = recover.images(vectors, pixels, is_test=is_test)
    np.testing.assert_array_equal(found.tested, np.flatnonzero(is_test))
    error = ((found.answers - pixels[is_test]) ** 2).sum()
    spread = ((pixels[is_test] - pixels[~is_test].mean(axis=0)) ** 2).sum()
    assert found.value == pytest.approx(1 - error / spread, abs=1e-5)


def test_the_multiset_picked_is_the_nearest_of_its_size() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        scores, k = draw.normal(0.8, 1.2, size=4).astype(np.float32), int(draw.integers(1, 5))
        truth = csr_array(np.array([[k, 0, 0, 0]]))
        found = picked(scores[None], truth, 4).toarray()[0]
        every = (
            np.bincount(some, minlength=4) for some in itertools.combinations_with_replacement(range(4), k)
        )
        least = min(((scores - counts) ** 2).sum() for counts in every)
        assert found.sum() == k
        assert ((scores - found) ** 2).sum() == pytest.approx(least)


def test_overlaps_are_counted_as_by_hand() -> None:
    told, truth = csr_array([[2, 0, 1], [0, 3, 0]]), csr_array([[1, 1, 1], [0, 2, 1]])
    got, there = overlaps(told, truth)
    assert (got.tolist(), there.tolist()) == ([2, 2], [3, 3])


def test_every_token_comes_back_from_its_counts_and_none_from_noise() -> None:
    counts = texts()
    whole = recover.tokens(counts.toarray() @ np.random.default_rng(4).standard_normal((12, 12)), counts)
    assert whole.value == 1
    assert (whole.answers != counts[whole.tested]).nnz == 0
    assert (whole.by_item == 1).all()
    assert whole.shuffled < 0.7
    noise = recover.tokens(np.random.default_rng(5).standard_normal((150, 3)), counts)
    assert noise.value == pytest.approx(noise.mean, abs=0.1)


def test_items_without_tokens_are_left_out_and_unseen_tokens_told() -> None:
    counts = texts(40).tolil()
    counts[3] = 0
    counts[:, 5] = 0
    counts[0, 5] = 2
    is_test = np.arange(40) < 8
    found = recover.tokens(np.eye(40), counts.tocsr(), is_test=is_test)
    assert 3 not in found.tested
    assert "stand in no item learnt from" in found.notes[0]


def test_layers_are_a_table_and_json() -> None:
    vectors, pixels = pictures()
    found = recover.by_layer({"whole": vectors, "some": vectors[:, :2], "none": 0 * vectors}, pixels)
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["whole", "some", "none"]
    told = json.loads(json.dumps(found.to_json()))["rows"]
    assert told[0]["value"] > told[1]["value"] > 0.1
    assert told[2]["value"] == pytest.approx(0, abs=1e-6)
    assert found["some"].dim == 2
    assert recover.by_layer({"a": np.eye(150)}, texts())["a"].metric == "recall"


def test_one_seed_gives_the_same_bits() -> None:
    vectors, pixels = pictures()
    first, second = (recover.images(vectors, pixels, seed=3) for _ in range(2))
    assert first.answers.tobytes() == second.answers.tobytes()
    assert first.to_json() == second.to_json()
    assert not np.array_equal(first.tested, recover.images(vectors, pixels, seed=4).tested)


def test_what_cannot_be_decoded_is_refused() -> None:
    vectors, pixels = pictures(20)
    with pytest.raises(InputError, match="one row for each"):
        recover.images(vectors[:5], pixels)
    with pytest.raises(InputError, match="not finite"):
        recover.images(np.full((20, 2), np.nan), pixels)
    with pytest.raises(InputError, match="nothing to get back"):
        recover.images(vectors, np.ones_like(pixels))
    with pytest.raises(InputError, match="2 items"):
        recover.images(vectors[:2], pixels[:2])
    with pytest.raises(OptionError, match="penalties"):
        recover.images(vectors, pixels, penalties=(0.0,))
    with pytest.raises(InputError, match="is_test has"):
        recover.images(vectors, pixels, is_test=np.arange(9) < 3)
    with pytest.raises(WrongType, match="sparse matrix"):
        recover.tokens(vectors, np.ones((20, 3)))
    with pytest.raises(InputError, match="whole numbers"):
        recover.tokens(vectors, csr_array(np.full((20, 3), 0.5)))
    with pytest.raises(WrongType, match="dense"):
        recover.images(csr_array(vectors), pixels)
    with pytest.raises(WrongType, match="dict"):
        recover.by_layer({}, pixels)
