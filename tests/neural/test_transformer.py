from __future__ import annotations

import numpy as np
import pytest
import torch

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.neural import packing
from likewise.neural import weights as stored
from likewise.neural.attention import Attention, fused, separation, spelt_out
from likewise.neural.text.hidden_states import hidden
from likewise.neural.text.masked import MaskedModel
from likewise.neural.transformer import Shape, Transformer
from likewise.system.seeds import generator

SHAPE = Shape(layers=2, dim=16, heads=2, inner=32, longest=12)


def started(shape: Shape = SHAPE, vocabulary: int = 20) -> MaskedModel:
    model = MaskedModel(vocabulary, shape)
    stored.start(model, 3)
    return model


def rows_of(*lengths: int) -> Ragged:
    random = generator(1, "test.rows")
    return Ragged.from_rows([random.integers(0, 20, n) for n in lengths])


def slow_attention(layer: Attention, x: np.ndarray, sequences: np.ndarray) -> np.ndarray:
    """(w, dim) of one row, a query and a head at a time."""
    weights, dim = {n: p.detach().numpy() for n, p in layer.named_parameters()}, x.shape[1]
    read = x @ weights["read.weight"].T + weights["read.bias"]
    size, out = dim // layer.heads, np.zeros_like(x)
    for h in range(layer.heads):
        q, k, v = (read[:, j * dim + h * size : j * dim + (h + 1) * size] for j in range(3))
        for i in range(len(x)):
            seen = np.flatnonzero(sequences == sequences[i])
            scores = np.exp(k[seen] @ q[i] / np.sqrt(size))
            out[i, h * size : (h + 1) * size] = scores / scores.sum() @ v[seen]
    return out @ weights["mix.weight"].T + weights["mix.bias"]


def test_attention_is_that_of_the_definition() -> None:
    torch.manual_seed(0)
    layer, x = Attention(16, 4), torch.randn(2, 7, 16)
    sequences = torch.tensor([[0, 0, 0, 1, 1, -1, -1], [2, 2, 2, 2, 2, 2, 2]])
    given = layer(x, separation(sequences)).detach().numpy()
    for row in range(2):
        wanted = slow_attention(layer, x[row].numpy(), sequences[row].numpy())
        np.testing.assert_allclose(given[row], wanted, atol=1e-5)


@pytest.mark.parametrize("sequences", [[[0, 0, 1, 1, -1]], [[0] * 5]])
def test_attention_spelt_out_is_the_fused_one_and_so_are_its_gradients(sequences: list[list[int]]) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 2, 5, 8, requires_grad=True) for _ in range(3))
    separate, found = separation(torch.tensor(sequences)), []
    for attend in (fused, spelt_out):
        seen = attend(q, k, v, separate)
        found.append([seen, *torch.autograd.grad(seen.square().sum(), (q, k, v))])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


def test_rows_of_one_sequence_each_need_no_mask() -> None:
    assert separation(torch.tensor([[0, 0], [1, 1]])) is None
    assert separation(torch.tensor([[0, 0], [1, 2]])) is not None


@pytest.mark.parametrize("class_token", [True, False])
def test_a_sequence_has_the_same_vectors_alone_and_packed_in_any_order(class_token: bool) -> None:
    model = started(Shape(2, 16, 2, 32, 12, class_token))
    rows = rows_of(3, 11, 1, 5, 2, 7, 4)
    together = hidden(model, rows)
    order = [4, 2, 0, 6, 5, 3, 1]
    turned = hidden(model, Ragged.from_rows([rows[i] for i in order]), slots=24)
    for i in range(len(rows)):
        alone = hidden(model, Ragged.from_rows([rows[i]]))
        for layer in range(3):
            there = together.tokens[layer][rows.offsets[i] : rows.offsets[i + 1]]
            np.testing.assert_allclose(there, alone.tokens[layer], atol=1e-5)
            np.testing.assert_allclose(together.firsts[layer][i], alone.firsts[layer][0], atol=1e-5)
            np.testing.assert_allclose(
                together.firsts[layer][i], turned.firsts[layer][order.index(i)], atol=1e-5
            )


def test_a_vector_depends_on_its_neighbours_and_on_its_place() -> None:
    found = hidden(started(), Ragged.from_rows([[5, 6, 7], [5, 6, 8], [6, 5, 7]]))
    last = found.tokens[-1]
    assert np.abs(last[0] - last[3]).max() > 1e-3  # the same piece at the same place, another neighbour
    assert np.abs(last[2] - last[8]).max() > 1e-3  # the same neighbours in another order
    np.testing.assert_allclose(
        found.tokens[0][0], found.tokens[0][3]
    )  # before the first layer there is no context


def test_the_body_takes_vectors_of_any_tokens_and_ignores_what_stands_in_the_class_tokens_slot() -> None:
    body = Transformer(SHAPE)
    stored.start(body, 0)
    layout = packing.packed(np.array([4, 3]), lead=1)
    positions, sequences = torch.from_numpy(layout.positions), torch.from_numpy(layout.sequences)
    patches = torch.randn(*positions.shape, 16)
    other = patches.clone()
    other.view(-1, 16)[layout.firsts] = 7.0
    assert torch.equal(body(patches, positions, sequences), body(other, positions, sequences))
    assert len(body.every(patches, positions, sequences)) == 3


def test_gradients_flow_to_every_weight_and_are_those_of_finite_differences() -> None:
    model = started().double()
    layout = packing.packed(np.array([5, 4]), lead=1)
    ids = torch.from_numpy(layout.spread(np.arange(2, 11), 0))
    places = torch.from_numpy(layout.positions), torch.from_numpy(layout.sequences)
    slots = (torch.from_numpy(layout.slots[[1, 6]]),)

    def loss() -> torch.Tensor:
        return model(ids, *places, slots)[0].log_softmax(-1)[:, 3].sum()

    loss().backward()
    random = generator(0, "test.gradient")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
        index = tuple(random.integers(parameter.shape))
        if name in ("token_embedding.weight", "body.positions.weight"):
            index = (3, index[1])
        with torch.no_grad():
            parameter[index] += 1e-5
            above = loss()
            parameter[index] -= 2e-5
            below = loss()
            parameter[index] += 1e-5
        assert float((above - below) / 2e-5) == pytest.approx(
            float(parameter.grad[index]), rel=2e-3, abs=1e-6
        ), name


def test_no_rows_empty_rows_and_rows_too_long() -> None:
    model = started()
    assert hidden(model, Ragged.from_rows([])).tokens[-1].shape == (0, 16)
    found = hidden(model, rows_of(0, 3, 0))
    assert not found.firsts[-1][[0, 2]].any()
    assert found.firsts[-1][1].any()
    with pytest.raises(InputError, match="a row has 12 tokens, and this model reads 11"):
        hidden(model, rows_of(12))
    with pytest.raises(InputError, match="from 0 to 19, not 4 to 20"):
        hidden(model, Ragged.from_rows([[4, 20]]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dim": 10, "heads": 4}, "multiple of heads"),
        ({"layers": 0}, "layers must"),
        ({"longest": 1}, "longest"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Shape(**options)  # type: ignore[arg-type]
