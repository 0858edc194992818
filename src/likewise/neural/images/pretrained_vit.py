"""Vision transformers that others have trained: ViT (arXiv 2010.11929), and the half of CLIP that sees (2103.00020).

They are the same network but for a norm before the first layer, and a matrix after the last, which CLIP has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import ArtifactError
from likewise.neural.attention import Attention
from likewise.neural.images.vit import parted

ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
}


@dataclass(frozen=True)
class Shape:
    """The size of a network of a `kind`, "vit" or "clip"; `mean` and `deviation` are taken from pixels of 0 to 1."""

    kind: str
    side: int  # pixels of an image's height and width
    patch: int
    dim: int  # of the vectors
    width_inside: int
    layers: int
    heads: int
    inner: int
    activation: str
    eps: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, most in (("side", 8192), ("patch", 8192), ("dim", 65536), ("width_inside", 65536), ("layers", 256),
                           ("heads", 256), ("inner", 262144)):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise ArtifactError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if self.kind not in ("vit", "clip") or self.activation not in ACTIVATIONS:
            raise ArtifactError(f"no vision transformer {self.kind!r} with {self.activation!r} is known")
        if self.side % self.patch or self.width_inside % self.heads:
            raise ArtifactError("the side is no multiple of the patch, or the width none of the heads")
        for name in ("mean", "deviation"):
            three = tuple(map(float, getattr(self, name)))
            if (
                len(three) != 3
                or not all(map(np.isfinite, three))
                or (name == "deviation" and min(three) <= 0)
            ):
                raise ArtifactError(f"{name} must be three numbers, not {three!r}")
            object.__setattr__(self, name, three)
        if not 0 < self.eps < 1:
            raise ArtifactError(f"eps must be between 0 and 1, not {self.eps!r}")

    @property
    def height(self) -> int:
        return self.side

    @property
    def width(self) -> int:
        return self.side

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.side // self.patch, self.side // self.patch


class Layer(nn.Module):
    """Attention, then a perceptron; each reads a norm of the stream and adds to it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width_inside
        self.act = ACTIVATIONS[shape.activation]
        self.attention_norm, self.inner_norm = (nn.LayerNorm(width, shape.eps) for _ in range(2))
        self.attention = Attention(width, shape.heads)
        self.up, self.down = nn.Linear(width, shape.inner), nn.Linear(shape.inner, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), None)
        return x + self.down(self.act(self.up(self.inner_norm(x))))


class Borrowed(nn.Module):
    """Images → vectors: the class token after the last layer, normed; of CLIP, projected to where its texts are."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, patches = shape.width_inside, shape.grid[0] * shape.grid[1]
        is_clip = shape.kind == "clip"
        self.embed = nn.Linear(3 * shape.patch**2, width, bias=not is_clip)
        self.first, self.positions = (
            nn.Parameter(torch.zeros(width)),
            nn.Parameter(torch.zeros(patches + 1, width)),
        )
        self.start_norm = nn.LayerNorm(width, shape.eps) if is_clip else None
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.end_norm = nn.LayerNorm(width, shape.eps)
        self.project = nn.Linear(width, shape.dim, bias=False) if is_clip else None

    @property
    def dim(self) -> int:
        return self.shape.dim

    def every(self, images: Tensor) -> list[Tensor]:
        """(n, 3, side, side) from 0 to 1 → (n, 1 + t, width) before each layer, and after the last."""
        mean, deviation = (torch.tensor(v)[:, None, None] for v in (self.shape.mean, self.shape.deviation))
        patches = self.embed(parted((images - mean) / deviation, self.shape.patch))
        x = torch.cat([self.first.expand(len(patches), 1, -1), patches], 1) + self.positions
        stream = [x if self.start_norm is None else self.start_norm(x)]
        for layer in self.layers:
            stream.append(layer(stream[-1]))
        return stream

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, side, side) float from 0 to 1 → (n, dim)."""
        last = self.end_norm(self.every(images)[-1][:, 0])
        return last if self.project is None else self.project(last)

    def attention(self, images: Tensor) -> Tensor:
        """(n, layers, heads, rows, columns): how much the class token reads of each patch."""
        seen = [
            layer.attention.weights(layer.attention_norm(x))[:, :, 0, 1:]
            for layer, x in zip(self.layers, self.every(images), strict=False)
        ]
        return torch.stack(seen, 1).unflatten(-1, self.shape.grid)


NAMES = {  # of ours → of a checkpoint
    "vit": {
        "embed": "embeddings.patch_embeddings.projection", "first": "embeddings.cls_token",
        "positions": "embeddings.position_embeddings", "end_norm": "layernorm", "layers": "encoder.layer",
        "attention_norm": "layernorm_before", "inner_norm": "layernorm_after", "up": "intermediate.dense",
        "down": "output.dense", "mix": "attention.output.dense", "read": "attention.attention.{query,key,value}",
    },
    "clip": {
        "embed": "vision_model.embeddings.patch_embedding", "first": "vision_model.embeddings.class_embedding",
        "positions": "vision_model.embeddings.position_embedding.weight", "start_norm": "vision_model.pre_layrnorm",
        "end_norm": "vision_model.post_layernorm", "layers": "vision_model.encoder.layers",
        "attention_norm": "layer_norm1", "inner_norm": "layer_norm2", "up": "mlp.fc1", "down": "mlp.fc2",
        "mix": "self_attn.out_proj", "read": "self_attn.{q_proj,k_proj,v_proj}", "project": "visual_projection",
    },
}  # fmt: skip


def adopted(shape: Shape, arrays: Mapping[str, np.ndarray], where: str) -> Borrowed:
    """The network with the weights of a checkpoint; raises `ArtifactError` where one is missing or of another shape.

    What else the checkpoint has (a classifier, a pooler, the half of CLIP that reads text) is left.
    """
    model = Borrowed(shape)
    plain = {name.removeprefix("vit."): array for name, array in arrays.items()}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            array = np.concatenate([_taken(plain, part, where) for part in spelt(name, shape.kind)])
            if name == "embed.weight" and array.ndim == 4:  # theirs is a convolution
                array = array.transpose(0, 2, 3, 1)
            if array.size != parameter.numel():
                raise ArtifactError(f"{where}: {name} has {array.size:,} numbers, not {parameter.numel():,}")
            if not np.isfinite(array).all():
                raise ArtifactError(f"{where}: {name} holds a number that is not finite")
            parameter.copy_(torch.from_numpy(np.array(array, np.float32)).reshape(parameter.shape))
    return model.eval()


def _taken(arrays: Mapping[str, np.ndarray], name: str, where: str) -> np.ndarray:
    if name not in arrays:
        raise ArtifactError(
            f"{where} lacks the weight {name!r}: it is no whole vision transformer of this kind"
        )
    return arrays[name]


def spelt(name: str, kind: str) -> list[str]:
    """The names in a checkpoint of one of our weights: three for queries, keys and values, which are one of ours."""
    names, parts = NAMES[kind], name.split(".")
    if parts[0] == "layers":
        inside = [part for part in parts[2:-1] if part != "attention"]
        whole = f"{names['layers']}.{parts[1]}.{names[inside[0]]}.{parts[-1]}"
    else:
        whole = ".".join([names[parts[0]], *parts[1:]])
    before, brace, rest = whole.partition("{")
    if not brace:
        return [whole]
    alternatives, _, after = rest.partition("}")
    return [f"{before}{alternative}{after}" for alternative in alternatives.split(",")]
