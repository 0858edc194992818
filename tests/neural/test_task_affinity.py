"""Several tasks on one trunk: losses and gains against slow twins, and a look ahead that leaves no trace."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from likewise.arrays.ragged import Ragged  # noqa: E402
from likewise.neural import trainer  # noqa: E402
from likewise.neural import weights as stored  # noqa: E402
from likewise.neural.config import Settings  # noqa: E402
from likewise.neural.images import convolution  # noqa: E402
from likewise.neural.multitask import inputs, training  # noqa: E402
from likewise.neural.multitask.affinity import Probes, look_ahead  # noqa: E402
from likewise.neural.multitask.batch import losses  # noqa: E402
from likewise.neural.multitask.network import Reader, TaskNetwork, network, perceptron, weighed  # noqa: E402
from likewise.neural.multitask.training import Work  # noqa: E402
from likewise.neural.state import State, start_state  # noqa: E402
from likewise.neural.text.masked import MaskedModel  # noqa: E402
from likewise.neural.transformer import Shape  # noqa: E402
from likewise.tasks._labels import task_of  # noqa: E402

KINDS = ["classes", "numbers", "sets"]


def work(n: int = 40, seed: int = 0) -> Work:
    """Vectors with a class, a number and a set each; one item in four has no class."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((n, 6)).astype(np.float32)
    classes = [None if i % 4 == 3 else "ab"[int(row[0] > 0)] for i, row in enumerate(rows)]
    sets = [[name for name, value in zip("xyz", row[2:5], strict=True) if value > 0] for row in rows]
    given = {"classes": classes, "numbers": (rows[:, 1] * 3 + 5).astype(float).tolist(), "sets": sets}
    tasks = [task_of(name, labels, n) for name, labels in given.items()]
    return Work(inputs.Vectors(rows), tasks, np.arange(n - 8), np.arange(n - 8, n))


def begun(own: Work, *, is_weighed: bool = False) -> TaskNetwork:
    return network(perceptron(own.inputs.rows, 5, 1), own.tasks, 1, is_weighed=is_weighed)


def test_losses_are_means_over_the_labels_that_are_known() -> None:
    own = work()
    model, members = begun(own).eval(), np.arange(10)
    with torch.no_grad():
        told = losses(model, own.kinds, own.example(members, None))
        scores = [s.numpy().astype(np.float64) for s in model(*own.inputs.batch(members, None))]
    known = [i for i in range(10) if i % 4 != 3]
    logits, codes = scores[0][known], own.tasks[0].targets[known]
    slow = np.mean([np.log(np.exp(row).sum()) - row[c] for row, c in zip(logits, codes, strict=True)])
    assert float(told[0]) == pytest.approx(slow, rel=1e-5)
    wanted = own.tasks[1].targets[:10].astype(np.float64)
    assert float(told[1]) == pytest.approx(((scores[1][:, 0] - wanted) ** 2).mean(), rel=1e-5)
    share, is_in = 1 / (1 + np.exp(-scores[2])), own.tasks[2].targets[:10]
    slow = -(is_in * np.log(share) + (1 - is_in) * np.log(1 - share)).mean()
    assert float(told[2]) == pytest.approx(slow, rel=1e-5)


def test_weights_by_doubt_are_those_of_the_paper() -> None:
    own = work()
    model = begun(own, is_weighed=True)
    with torch.no_grad():
        model.doubts.copy_(torch.tensor([0.5, -1.0, 2.0]))
    parts = [torch.tensor(2.0), torch.tensor(3.0), None]
    sigma = np.exp(np.array([0.5, -1.0]) / 2)
    slow = 2 / sigma[0] ** 2 + np.log(sigma[0]) + 3 / (2 * sigma[1] ** 2) + np.log(sigma[1])
    assert float(weighed(parts, KINDS, model.doubts).detach()) == pytest.approx(slow, rel=1e-6)
    assert float(weighed(parts, KINDS, None)) == 5
    # At the best doubt of a class its weight is 1 / σ² = 1 / 2L, as the gradient must say too.
    loss = weighed([torch.tensor(2.0), None, None], KINDS, model.doubts)
    loss.backward()
    assert model.doubts.grad.tolist() == pytest.approx([-2 * np.exp(-0.5) + 0.5, 0, 0], abs=1e-6)


def test_a_task_without_labels_in_a_batch_contributes_nothing() -> None:
    own = work()
    unlabelled = np.arange(3, 32, 4)  # none of them has a class
    assert not own.tasks[0].known[unlabelled].any()
    model = begun(own, is_weighed=True)
    before = copy.deepcopy(model)
    settings = Settings(epochs=1, batch_size=8, precision="float32")
    state = start_state(model, settings)
    state.total = 1000
    lone = Work(own.inputs, own.tasks, unlabelled, own.held)
    problem = training.MultitaskProblem(lone, settings)
    trainer.take_step(state, problem, settings)
    trainer.take_step(state, problem, settings)
    assert torch.equal(model.heads[0].weight, before.heads[0].weight)
    assert model.doubts[0] == 0
    assert model.doubts[1] != 0
    assert not torch.equal(model.heads[1].weight, before.heads[1].weight)
    alone = Work(own.inputs, own.tasks[1:], unlabelled, own.held)
    example = lone.example(unlabelled, None)
    two = TaskNetwork(before.trunk, [t.width for t in own.tasks[1:]])
    two.heads[0], two.heads[1] = before.heads[1], before.heads[2]
    before.doubts = None
    assert torch.equal(lone.loss(before, example), alone.loss(two, alone.example(unlabelled, None)))


def slow_gains(model: TaskNetwork, own: Work, members: np.ndarray, step: float) -> np.ndarray:
    """The definition, with steps taken on copies, in float64."""
    model = copy.deepcopy(model).double().train()
    asked = own.example(members, None)
    asked = type(asked)(
        tuple(t.double() for t in asked.inputs), asked.places,
        tuple(t.double() if t.is_floating_point() else t for t in asked.answers),
    )  # fmt: skip
    with torch.no_grad():
        before = losses(copy.deepcopy(model), own.kinds, asked)
    found = np.zeros((3, 3))
    for i in range(3):
        other = copy.deepcopy(model)
        losses(other, own.kinds, asked)[i].backward()
        with torch.no_grad():
            for weight in other.trunk.parameters():
                weight -= step * weight.grad
        with torch.no_grad():
            after = losses(other, own.kinds, asked)
        found[:, i] = [1 - float(a) / float(b) for a, b in zip(after, before, strict=True)]
    return found


def test_gains_are_those_of_the_definition() -> None:
    own = work()
    model = begun(own)
    gains, measured = look_ahead(model, own.kinds, own.example(np.arange(20), None), 0.1)
    slow = slow_gains(model, own, np.arange(20), 0.1)
    np.testing.assert_allclose(gains, slow, rtol=1e-3, atol=2e-6)
    assert measured.all()
    assert np.abs(slow).min() > 1e-5  # so that the agreement says something
    assert (np.diag(gains) > 0).all()  # down its own gradient a loss falls


def test_what_has_no_labels_in_a_batch_is_not_measured() -> None:
    own = work()
    gains, measured = look_ahead(begun(own), own.kinds, own.example(np.arange(3, 32, 4), None), 0.1)
    assert measured.tolist() == [[False] * 3, [False, True, True], [False, True, True]]
    assert (gains[~measured] == 0).all()
    assert np.isfinite(gains).all()


class Dropping(torch.nn.Module):
    """A trunk with all that could keep a trace: weights, norms that learn, and random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(6, 6)])
        self.norm, self.dim = torch.nn.BatchNorm1d(6), 6
        self.shape = Shape(dim=6, heads=1)

    def forward(self, x: Any) -> Any:
        return torch.nn.functional.dropout(self.norm(self.layers[0](x)), 0.3, self.training)


def everything(state: State) -> dict[str, np.ndarray]:
    buffers = {f"buffer_{n}": b.numpy().copy() for n, b in state.model.named_buffers()}
    return {**state.arrays(), **buffers, "random": torch.get_rng_state().numpy().copy()}


@pytest.mark.parametrize("trunk", ["perceptron", "dropping", "cnn"])
def test_a_training_that_is_probed_gives_the_same_bits(trunk: str) -> None:
    own = work(n=36)
    if trunk == "cnn":
        pixels = np.random.default_rng(3).integers(0, 256, (36, 8, 8, 1), np.uint8)
        own = Work(inputs.ImageInputs(pixels), own.tasks, own.learnt, own.held)
    settings = Settings(epochs=4, batch_size=8, precision="float32", seed=2)

    def run(probe: Probes | None) -> State:
        torch.manual_seed(5)
        if trunk == "dropping":
            base: Any = Dropping()
        elif trunk == "cnn":
            shape = convolution.Shape(8, 8, 1, widths=(4, 6), depth=2)
            base = convolution.started(shape, 1, own.inputs.pixels)  # type: ignore[attr-defined]
        else:
            base = perceptron(own.inputs.rows, 5, 1)  # type: ignore[attr-defined]
        state = start_state(network(base, own.tasks, 1), settings)
        for _ in training.train(state, own, settings, probe=probe, every=2):
            pass
        return state

    probes = Probes(own.kinds, 0.1)
    probed, plain = run(probes), None
    found = everything(probed)
    plain = run(None)
    wanted = everything(plain)
    assert found.keys() == wanted.keys()
    for name in wanted:
        assert np.array_equal(found[name], wanted[name]), name
    assert probed.history == plain.history
    assert len(probes.gains) == (probed.step + 1) // 2
    assert np.isfinite(probes.gains).all()


def test_without_dropouts_noise_a_step_of_almost_nothing_gains_almost_nothing() -> None:
    """Before and after see the same random numbers, or the gains would be those of the noise."""
    own = work()
    torch.manual_seed(1)
    model = network(Dropping(), own.tasks, 1)
    gains, _ = look_ahead(model, own.kinds, own.example(np.arange(20), None), 1e-7)
    assert np.abs(gains).max() < 1e-5


def test_every_task_is_learnt_and_its_held_out_loss_told() -> None:
    made = work(n=400)
    own = Work(made.inputs, made.tasks, np.arange(300), np.arange(300, 400))
    settings = Settings(epochs=30, batch_size=32, learning_rate=1e-2, optimiser="adamw", precision="float32")
    state = start_state(network(perceptron(own.inputs.rows, 16, 1), own.tasks, 1), settings)  # type: ignore[attr-defined]
    for _ in training.train(state, own, settings):
        pass
    last = state.history[-1]
    assert last["held_out classes"] < 0.4  # of ln 2
    assert last["held_out numbers"] < 0.4  # of 1
    assert last["held_out sets"] < 0.4  # of ln 2
    assert state.done == state.total == 9000


def test_the_transformer_reads_texts_of_any_length_each_by_itself() -> None:
    random = np.random.default_rng(0)
    lengths = [3, 1, 7, 2]
    rows = Ragged(random.integers(0, 20, 13).astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]))
    body = MaskedModel(20, Shape(layers=1, dim=8, heads=2, inner=16, longest=9))
    stored.start(body, 3)
    trunk, own = Reader(body).eval(), inputs.TokenInputs(rows, 1)
    with torch.no_grad():
        together = trunk(*own.batch(np.arange(4), None))
        for i in range(4):
            alone = trunk(*own.batch(np.array([i]), None))
            np.testing.assert_allclose(alone[0], together[i], atol=1e-6)
    assert together.shape == (4, 8)
