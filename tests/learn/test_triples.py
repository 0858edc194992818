"""Knowledge-graph models: scores by the papers' formulas, gradients by differences, worlds with known answers."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slow_triples

from likewise.arrays.graph.queries import queries_of
from likewise.errors import Diverged, InputError, OptionError
from likewise.evaluate import links
from likewise.learn.knowledge_graph import scored_tiles, scores, shared_negatives, softmax
from likewise.learn.knowledge_graph import training as triples
from likewise.learn.knowledge_graph.scores import predict, scorer
from likewise.learn.knowledge_graph.state import Settings, State, initialise, restore

RANDOM = np.random.default_rng(5)
N, R = 7, 3
MADE = np.stack(
    [RANDOM.integers(N, size=12), RANDOM.integers(R, size=12), RANDOM.integers(N, size=12)], axis=1
)
HEAVY = 1e12  # squares so large that a step is the gradient, divided by their root


def state_of(method: scores.Method, dim: int = 4, size: float = 0.7) -> State:
    settings = Settings(method=method, dim=dim)
    state = initialise(N, R, settings)
    state.entities[:] = RANDOM.normal(size=state.entities.shape) * size
    state.relations[:] = RANDOM.normal(size=state.relations.shape) * size
    return state


def trained(state: State, given: np.ndarray, settings: Settings, threads: int = 1) -> State:
    for _ in triples.train(state, given, settings, threads=threads):
        pass
    return state


def digest(state: State) -> str:
    parts = (state.entities, state.relations, state.entity_squares, state.relation_squares)
    return hashlib.sha256(
        b"".join(part.tobytes() for part in parts) + repr(state.losses).encode()
    ).hexdigest()


# Scores


@pytest.mark.parametrize("method", scores.METHODS)
def test_scores_are_those_of_the_papers_both_ways(method: scores.Method) -> None:
    state = state_of(method, dim=6)
    entities, kinds = np.repeat(np.arange(N), 2 * R), np.tile(np.arange(2 * R), N)
    found = scorer(method, state.entities, state.relations)(entities, kinds)
    wanted = [
        [slow_triples.score(method, state.entities, state.relations, h, r, t) for t in range(N)]
        for h, r in zip(entities.tolist(), kinds.tolist(), strict=True)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("method", scores.DISTANCES)
def test_a_triple_of_a_distance_scores_the_same_in_both_directions(method: scores.Method) -> None:
    state = state_of(method)
    score = scorer(method, state.entities, state.relations)
    for h, r, t in MADE.tolist():
        forth, back = score(np.array([h]), np.array([r]))[0, t], score(np.array([t]), np.array([r + R]))[0, h]
        assert forth == pytest.approx(back, abs=1e-5)


def test_exponentials_are_those_of_numpy() -> None:
    given = np.random.default_rng(0).normal(size=(9, 333)).astype(np.float32) * 30
    given[3] = -1e30
    found, sums = given.copy(), np.empty(9, np.float32)
    softmax.exponentiate(found, given.max(axis=1), sums)
    exact = np.exp(given.astype(np.float64) - given.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(sums, exact.sum(axis=1), rtol=1e-5)


# Gradients


def numeric(of: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """Gradient by every entry of a float32 array, by central differences; `of` computes in float64."""
    gradient = np.empty(array.shape)
    for place in np.ndindex(*array.shape):
        kept = array[place]
        values = []
        for shift in (2e-3, -2e-3):
            array[place] = kept + shift
            values.append((of(), float(array[place])))
        array[place] = kept
        gradient[place] = (values[0][0] - values[1][0]) / (values[0][1] - values[1][1])
    return gradient


def gradients_of_a_step(state: State, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of one training step."""
    state.entity_squares[:], state.relation_squares[:] = HEAVY, HEAVY
    before = state.entities.astype(np.float64), state.relations.astype(np.float64)
    learning_rate = np.float64(settings.learning_rate) / np.sqrt(HEAVY)
    trained(state, MADE, settings)
    return (before[0] - state.entities) / learning_rate, (before[1] - state.relations) / learning_rate


@pytest.mark.parametrize("regularisation", [0.0, 0.3])
@pytest.mark.parametrize("method", scores.METHODS)
def test_a_step_follows_the_gradient_of_loss_and_penalty(
    method: scores.Method, regularisation: float
) -> None:
    state = state_of(method)
    queries = slow_triples.both_ways(MADE, R)
    both = (method, state.entities, state.relations, queries)

    def whole() -> float:
        return (slow_triples.loss(*both) + regularisation * slow_triples.penalty(*both)) / len(queries)

    wanted = numeric(whole, state.entities), numeric(whole, state.relations)
    loss = slow_triples.loss(*both) / len(queries)
    settings = Settings(
        method=method, dim=4, epochs=1, batch_size=1000, learning_rate=1e6, regularisation=regularisation
    )
    found = gradients_of_a_step(state, settings)
    assert state.losses == [pytest.approx(loss, rel=1e-5)]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


@pytest.mark.parametrize("method", scores.METHODS)
def test_a_step_with_shared_negatives_follows_the_gradient_of_the_sampled_loss(
    method: scores.Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, queries = state_of(method), slow_triples.both_ways(MADE, R)
    sample = np.array([0, 2, 2, 5])

    class Fixed:
        def integers(self, n: int, size: int) -> np.ndarray:
            return sample

    from likewise.learn.knowledge_graph import batches

    monkeypatch.setattr(batches.seeds, "generator", lambda seed, stage, shard: Fixed() if "neg" in stage else
                        np.random.default_rng(0))  # fmt: skip

    def whole() -> float:
        return slow_triples.sampled_loss(method, state.entities, state.relations, queries, sample) / len(
            queries
        )

    wanted = numeric(whole, state.entities), numeric(whole, state.relations)
    loss = whole()
    settings = Settings(
        method=method, dim=4, epochs=1, batch_size=1000, learning_rate=1e6, regularisation=0.0, negatives=4
    )
    found = gradients_of_a_step(state, settings)
    assert state.losses == [pytest.approx(loss, rel=1e-5)]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_tiles_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    for method in scores.METHODS:
        made = []
        for tile in (1024, 3):
            monkeypatch.setattr(scored_tiles, "TILE", tile)
            settings = Settings(method=method, dim=4, epochs=3, batch_size=5)
            made.append(trained(initialise(N, R, settings), MADE, settings))
        np.testing.assert_allclose(made[0].losses, made[1].losses, rtol=1e-4)
        np.testing.assert_allclose(made[0].entities, made[1].entities, atol=1e-2)


# The same bits

LARGER = np.stack(
    [RANDOM.integers(2100, size=2500), RANDOM.integers(5, size=2500), RANDOM.integers(2100, size=2500)],
    axis=1,
)


@pytest.mark.parametrize("settings", [
    Settings(dim=16, epochs=2, batch_size=300),
    Settings(method="rotate", dim=16, epochs=2, batch_size=300),
    Settings(method="transe", dim=16, epochs=1, batch_size=300, negatives=2500),
])  # fmt: skip
def test_the_same_bits_at_any_number_of_threads(settings: Settings) -> None:
    found = {
        threads: digest(trained(initialise(2100, 5, settings), LARGER, settings, threads))
        for threads in (1, 2, 5)
    }
    assert len(set(found.values())) == 1, found
    other = replace(settings, seed=1)
    assert digest(trained(initialise(2100, 5, other), LARGER, other)) != found[1]


@pytest.mark.parametrize("negatives", [None, 50])
def test_stopped_anywhere_and_resumed_is_never_stopped(
    negatives: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triples, "REPORT_SECONDS", 0.0)
    settings = Settings(dim=8, epochs=2, batch_size=2000, negatives=negatives)
    whole = digest(trained(initialise(2100, 5, settings), LARGER, settings))
    for stop in (1, 2, 3, 4):
        state = initialise(2100, 5, settings)
        for n, report in enumerate(triples.train(state, LARGER, settings), 1):
            assert 0 < report.done <= report.total
            if n == stop:
                break
        rows = [state.entities, state.relations, state.entity_squares, state.relation_squares]
        for array in rows:
            array.flags.writeable = False
        facts = {name: getattr(state, name) for name in ("epoch", "batch", "loss", "seen", "losses")}
        assert digest(trained(restore(*rows, **facts), LARGER, settings, 2)) == whole


# Worlds with known answers


def test_complex_learns_the_direction_of_a_relation_and_held_out_triples() -> None:
    """Twelve people in a ring, `next` and `before` its inverse; every third `before` is held out and must be found."""
    n = 12
    forth = [(i, 0, (i + 1) % n) for i in range(n)]
    back = [((i + 1) % n, 1, i) for i in range(n)]
    known = np.array(forth + [triple for i, triple in enumerate(back) if i % 3])
    settings = Settings(dim=64, epochs=150, batch_size=8, regularisation=0.02)
    state = trained(initialise(n, 2, settings), known, settings)
    score = scorer("complex", state.entities, state.relations)
    for h, r, t in back[::3]:
        assert predict(score, h, r, k=1)[0].tolist() == [t]
        assert predict(score, t, r + 2, k=1)[0].tolist() == [h]


def test_transe_learns_a_line_and_rotate_a_ring() -> None:
    ring = np.array([(i, 0, (i + 1) % 8) for i in range(8)])
    for method in ("transe", "rotate"):
        settings = Settings(method=method, dim=16, epochs=200, batch_size=4)
        given = ring[:7] if method == "transe" else ring
        state = trained(initialise(8, 1, settings), given, settings)
        score = scorer(method, state.entities, state.relations)
        assert [predict(score, h, 0, k=1)[0][0] for h in given[:, 0]] == given[:, 2].tolist()


def kept(shared: Path, name: str, folder: Path) -> dict[str, np.ndarray]:
    """The parts of a set, by numbers; its archive unpacked where there is one."""
    source = shared / "graphs" / "kg" / name
    if not source.is_dir():
        with tarfile.open(source.with_name(f"{name}.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        source = next(folder.rglob("train.txt")).parent
    ids: list[dict[str, int]] = [{}, {}]
    parts = {}
    for part in ("train", "valid", "test"):
        rows = [
            line.split("\t") for line in (source / f"{part}.txt").read_text(encoding="utf-8").splitlines()
        ]
        parts[part] = np.array([
            [ids[0].setdefault(h, len(ids[0])), ids[1].setdefault(r, len(ids[1])), ids[0].setdefault(t, len(ids[0]))]
            for h, r, t in rows
        ])  # fmt: skip
    return parts


# Floors a little below what one run of these settings reaches
@pytest.mark.parametrize(
    ("name", "method", "least"),
    [
        ("nations", "complex", 0.70),
        ("kinship", "complex", 0.80),
        ("umls", "complex", 0.85),
        ("umls", "distmult", 0.85),
        ("umls", "transe", 0.68),
        ("kinship", "rotate", 0.60),
        ("countries_S1", "complex", 0.60),
        ("countries_S2", "rotate", 0.30),
    ],
)
def test_real_graphs_are_learned(
    name: str, method: scores.Method, least: float, shared_data: Path, tmp_path: Path
) -> None:
    parts = kept(shared_data, name, tmp_path)
    everything = np.concatenate(list(parts.values()))
    n, r = int(everything[:, [0, 2]].max()) + 1, int(everything[:, 1].max()) + 1
    settings = Settings(method=method, dim=100, epochs=40, batch_size=100, regularisation=0.01)
    state = trained(initialise(n, r, settings), parts["train"], settings)
    found = links.evaluate(
        scorer(method, state.entities, state.relations), parts["test"], parts["train"], entities=n, relations=r,
        others=[parts["valid"]],
    )  # fmt: skip
    assert found.total.mrr > least
    assert found.baseline is not None
    assert found.total.mrr > found.baseline.mrr


# Edges


def test_a_triple_given_twice_counts_once_and_queries_are_grouped() -> None:
    queries = queries_of(np.array([[0, 0, 1], [0, 0, 2], [0, 0, 1], [3, 1, 0]]), 2)
    found = {
        (h, r): queries.tails[a:b].tolist()
        for h, r, a, b in zip(
            queries.heads.tolist(),
            queries.relations.tolist(),
            queries.offsets,
            queries.offsets[1:],
            strict=False,
        )
    }
    assert found == {(0, 0): [1, 2], (1, 2): [0], (2, 2): [0], (3, 1): [0], (0, 3): [3]}
    assert queries.find(np.array([0, 0, 9]), np.array([0, 1, 0])).tolist() == [0, -1, -1]
    assert queries.answers(np.array([-1, 0]))[1].tolist() == [1, 2]
    twice = np.concatenate([MADE, MADE])
    settings = Settings(dim=4, epochs=2)
    once = digest(trained(initialise(N, R, settings), MADE, settings))
    assert digest(trained(initialise(N, R, settings), twice, settings)) == once


def test_known_links_are_no_predictions() -> None:
    state = state_of("complex")
    score = scorer("complex", state.entities, state.relations)
    h, r = MADE[0, :2].tolist()
    answers = set(MADE[(MADE[:, 0] == h) & (MADE[:, 1] == r)][:, 2].tolist())
    ids, values = predict(score, h, r, k=100, known=queries_of(MADE, R))
    assert set(ids.tolist()) == set(range(N)) - answers
    assert (np.diff(values) <= 0).all()
    np.testing.assert_allclose(values, score(np.array([h]), np.array([r]))[0, ids])


def test_one_entity_and_one_relation() -> None:
    settings = Settings(dim=4, epochs=2)
    state = trained(initialise(1, 1, settings), np.array([[0, 0, 0]]), settings)
    assert np.isfinite(state.entities).all()
    assert state.losses == [0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.empty((0, 3), np.int32), "no triples"),
        (np.array([[0, 0, N]]), f"triple 0: tail {N}"),
        (np.array([[0, 0, 1], [0, R, 1]]), f"triple 1: relation {R}"),
        (np.array([[-1, 0, 1]]), "head -1"),
        (np.array([[0, 1]]), "wanted"),
        (np.array([[0.0, 0, 1]]), "float64"),
    ],
)
def test_triples_that_cannot_be_trained_on_are_refused(given: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trained(state_of("complex"), given, Settings(dim=4))


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "rescal"},
        {"dim": 0},
        {"dim": 5},
        {"dim": True},
        {"method": "rotate", "dim": 7},
        {"epochs": 0},
        {"learning_rate": 0},
        {"learning_rate": np.inf},
        {"learning_rate": "fast"},
        {"regularisation": -1},
        {"regularisation": np.nan},
        {"batch_size": 0},
        {"negatives": 0},
        {"seed": -1},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", scores.METHODS)
def test_what_diverges_says_so(method: scores.Method) -> None:
    settings = Settings(method=method, dim=4, epochs=50, learning_rate=1e30)
    with pytest.raises(Diverged, match="try learning rate 1e\\+29"), np.errstate(all="ignore"):
        trained(initialise(N, R, settings), MADE, settings)


def test_needed_memory_is_predicted() -> None:
    state = initialise(14541, 237, Settings(dim=200))
    own = sum(
        part.nbytes
        for part in (state.entities, state.relations, state.entity_squares, state.relation_squares)
    )
    predicted = triples.needed_bytes(14541, 237, 272_115, Settings(dim=200))
    assert own + 4 * 500 * 14541 < predicted < 4 * (own + 4 * 500 * 14541)


@pytest.mark.parametrize("k", [1, 4, 40])
def test_sampled_entities_that_are_answers_are_found(k: int) -> None:
    queries = queries_of(LARGER % [9, 2, 9], 2)
    sample = np.sort(np.random.default_rng(1).integers(11, size=k)).astype(np.int32)
    numbers = np.array([0, 5, 0, len(queries) - 1], np.int32)
    rows, columns = shared_negatives.known_answers(queries.offsets, queries.tails, numbers, sample)
    wanted = {
        (i, j)
        for i, query in enumerate(numbers)
        for j, entity in enumerate(sample)
        if entity in queries.tails[queries.offsets[query] : queries.offsets[query + 1]]
    }
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == sorted(wanted)
