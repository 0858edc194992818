"""A network's weights as plain arrays by name, and back: strict in names, shapes and values, and never a pickle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from likewise.errors import InputError
from likewise.system import seeds

SAVED_EMBEDDING = "pieces"  # what saved models call the vectors of tokens


def name_of(parameter: str) -> str:
    """The name of a parameter's array: `body.layers.0.up.weight` → `body_layers_0_up_weight`."""
    return parameter.replace("token_embedding", SAVED_EMBEDDING).replace(".", "_")


def parameters(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter by the name of its array; tied ones once."""
    return {name_of(name): parameter for name, parameter in model.named_parameters()}


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """The parameters, and the buffers of floats, such as the running means of batch norms."""
    return parameters(model) | {
        name_of(name): b for name, b in model.named_buffers() if b.is_floating_point()
    }


def to_arrays(model: nn.Module) -> dict[str, np.ndarray]:
    """The weights as float32 arrays of their own, by name."""
    return {name: to_array(tensor) for name, tensor in tensors(model).items()}


def to_array(tensor: Tensor) -> np.ndarray:
    """The values of a tensor, float32, in memory of their own."""
    return tensor.detach().to("cpu", torch.float32, copy=True).numpy()


def from_arrays(model: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays into the model's weights.

    Raises `InputError` if a name is missing or unknown, a shape is different, or a value is not finite.
    """
    wanted = tensors(model)
    if wanted.keys() != arrays.keys():
        odd = sorted(wanted.keys() ^ arrays.keys())[0]
        raise InputError(f"the weights {'lack' if odd in wanted else 'hold an unknown'} {odd[:64]!r}")
    for name, parameter in wanted.items():
        write(parameter, name, arrays[name])


def write(tensor: Tensor, name: str, array: np.ndarray) -> None:
    """Write an array of the same shape into a tensor; raises as `from_arrays`."""
    if array.shape != tuple(tensor.shape) or array.dtype != np.float32:
        raise InputError(
            f"{name!r} must be {tuple(tensor.shape)} of float32, not {array.shape} of {array.dtype}"
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name!r} holds a value that is not finite")
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.array(array)))


def start(model: nn.Module, seed: int) -> None:
    """Initialise the weights from the seed alone, the same with every version of torch.

    Norms start as the identity and biases at 0. Embeddings are small, so that the first scores are even; a matrix
    keeps the variance of its input, and those that add to the residual stream (`mix` of attention, `down`) are the
    smaller the more layers there are (Radford et al. 2019).
    """
    random = seeds.generator(seed, "context.start")
    depth = getattr(getattr(model, "shape", None), "layers", 1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim < 2 and not name.endswith("first"):
                parameter.fill_(float(_is_norm(name)))
                continue
            deviation = _deviation(name, parameter, depth)
            numbers = random.standard_normal(tuple(parameter.shape), np.float32) * np.float32(deviation)
            parameter.copy_(torch.from_numpy(numbers))


def _is_norm(name: str) -> bool:
    return name.endswith("norm.weight")


def _deviation(name: str, parameter: Tensor, depth: int) -> float:
    if name.endswith(("token_embedding.weight", "positions.weight", "first")):
        return 0.02
    inward = parameter.shape[-1] ** -0.5
    return inward / (2 * depth) ** 0.5 if name.endswith(("attention.mix.weight", "down.weight")) else inward
