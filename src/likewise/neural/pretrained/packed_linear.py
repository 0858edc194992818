"""Products with weights laid out beforehand for the processor.

Torch's `linear` lays a weight out anew at every call in bfloat16, and in float32 goes to a library that is slow on some
processors. oneDNN, which comes with torch, takes weights that are laid out once, and an activation in the same pass.
Measured on a Zen 5: 445 instead of 190 GFLOP/s in float32, 900 instead of 690 in bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ACT: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
}
FUSED = {"none": ("none", ""), "gelu": ("gelu", "none"), "gelu_tanh": ("gelu", "tanh"), "relu": ("relu", "")}


@dataclass(frozen=True, eq=False)
class Product:
    """x (t, in) → activation(x wᵀ + b) (t, out) in the weight's numbers."""

    weight: Tensor
    bias: Tensor
    activation: str
    is_laid_out: bool

    def __call__(self, x: Tensor) -> Tensor:
        x = x.to(self.bias.dtype)
        if self.is_laid_out:
            fused, algorithm = FUSED[self.activation]
            return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, fused, [], algorithm)
        return ACT[self.activation](F.linear(x, self.weight, self.bias))


def product(linear: nn.Linear, numbers: torch.dtype, activation: str = "none") -> Product:
    """The product of a layer as it is now; it does not follow the layer when that learns on."""
    weight, bias = linear.weight.detach().to(numbers), linear.bias.detach().to(numbers)
    if weight.device.type == "cpu" and is_there(numbers):
        return Product(torch.ops.mkldnn._reorder_linear_weight(weight.contiguous()), bias, activation, True)
    return Product(weight, bias, activation, False)


def is_there(numbers: torch.dtype) -> bool:
    """Whether this torch can lay weights out, and its products are then right: no promise of torch's covers it."""
    if not torch.backends.mkldnn.is_available():
        return False
    x, weight = torch.eye(16, 32, dtype=numbers), torch.arange(64 * 32.0).reshape(64, 32).to(numbers) / 2048
    try:
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight)
        bias = torch.ones(64, dtype=numbers)
        found = torch.ops.mkldnn._linear_pointwise(x, laid_out, bias, "gelu", [], "none")
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(found.float(), F.gelu(F.linear(x, weight, bias)).float(), atol=1e-2)
