from __future__ import annotations

import numpy as np
import torch

from likewise.arrays.ragged import Ragged
from likewise.neural import packing
from likewise.neural import weights as stored
from likewise.neural.text.hidden_states import hidden
from likewise.neural.text.language_model import Language, LanguageModel
from likewise.neural.text.recurrent import Shape, turned
from likewise.system.seeds import generator

SHAPE = Shape(layers=2, dim=8, longest=12)


def started() -> LanguageModel:
    model = LanguageModel(20, SHAPE)
    stored.start(model, 3)
    return model


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def slow_lstm(weights: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """(w, dim) → (w, dim), a step at a time (Hochreiter and Schmidhuber 1997, with the forget gate)."""
    h = c = np.zeros(x.shape[1])
    out = []
    for step in x:
        gates = weights["weight_ih_l0"] @ step + weights["weight_hh_l0"] @ h
        i, f, g, o = np.split(gates + weights["bias_ih_l0"] + weights["bias_hh_l0"], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def test_the_layers_are_those_of_a_step_at_a_time_in_both_directions() -> None:
    model, row = started(), [4, 9, 2, 7]
    given = hidden(model, Ragged.from_rows([[3, 3, 3, 3, 3, 3], row])).tokens
    x = model.body.start_norm(model.token_embedding(torch.tensor(row))).detach().numpy()
    directions = []
    for stack, step in ((model.body.forwards, 1), (model.body.backwards, -1)):
        stream = [x[::step]]
        for layer in stack:
            weights = {n: p.detach().numpy() for n, p in layer.named_parameters()}
            added = stream[-1] if len(stream) > 1 else 0.0
            stream.append(added + slow_lstm(weights, stream[-1]))
        directions.append([s[::step] for s in stream])
    for layer in range(3):
        wanted = np.concatenate([directions[0][layer], directions[1][layer]], 1)
        np.testing.assert_allclose(given[layer][6:], wanted, atol=1e-5)


def test_a_sequence_is_read_backwards_where_it_stands() -> None:
    assert turned(torch.tensor([[0, 0, 0, -1], [1, -1, -1, -1]])).tolist() == [[2, 1, 0, 3], [0, 1, 2, 3]]


def test_a_sequence_has_the_same_vectors_alone_and_among_others() -> None:
    model, random = started(), generator(0, "test.recurrent")
    rows = Ragged.from_rows([random.integers(0, 20, n) for n in (3, 12, 1, 5)])
    together = hidden(model, rows)
    for i in range(4):
        alone = hidden(model, Ragged.from_rows([rows[i]]))
        there = together.tokens[-1][rows.offsets[i] : rows.offsets[i + 1]]
        np.testing.assert_allclose(there, alone.tokens[-1], atol=1e-5)


def test_forwards_knows_nothing_of_what_comes_and_backwards_nothing_of_what_was() -> None:
    found = hidden(started(), Ragged.from_rows([[5, 6, 7, 8], [5, 6, 7, 9], [4, 6, 7, 8]])).tokens[-1]
    first, other_end, other_start = found.reshape(3, 4, 16)
    np.testing.assert_allclose(first[:3, :8], other_end[:3, :8], atol=1e-6)
    np.testing.assert_allclose(first[1:, 8:], other_start[1:, 8:], atol=1e-6)
    assert np.abs(first[2, 8:] - other_end[2, 8:]).max() > 1e-4
    assert np.abs(first[1, :8] - other_start[1, :8]).max() > 1e-4


def test_the_questions_are_the_next_piece_and_the_one_before() -> None:
    rows = Ragged.from_rows([[4, 5, 6], [7], [8, 9]])
    layout = packing.alone(rows.lengths)
    batch = Language(20, share=1.0).example(rows.ids, layout, generator(0, "test.language"))
    ids = batch.ids.ravel()
    assert [(int(ids[s]), int(a)) for s, a in zip(batch.targets[0], batch.answers[0], strict=True)] == [
        (4, 5),
        (5, 6),
        (8, 9),
    ]
    assert [(int(ids[s]), int(a)) for s, a in zip(batch.targets[1], batch.answers[1], strict=True)] == [
        (5, 4),
        (6, 5),
        (9, 8),
    ]


def test_sequences_of_one_piece_ask_nothing_and_lose_nothing() -> None:
    rows = Ragged.from_rows([[4], [5]])
    objective, model = Language(20), started()
    batch = objective.example(rows.ids, packing.alone(rows.lengths), generator(0, "test.language"))
    assert batch.n_targets == 0
    assert objective.loss(model, batch).item() == 0.0


def test_gradients_reach_every_weight() -> None:
    rows = Ragged.from_rows([[4, 5, 6, 7, 8, 9, 10], [7, 4, 4]])
    objective, model = Language(20, share=1.0), started()
    objective.loss(
        model, objective.example(rows.ids, packing.alone(rows.lengths), generator(0, "test"))
    ).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []
