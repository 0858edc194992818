"""Self-attention of many heads (Vaswani et al. 2017, arXiv 1706.03762) over rows that hold several sequences."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def separation(sequences: Tensor) -> Tensor | None:
    """(r, 1, w, w) float32 to add to the scores: 0 within a sequence, -inf between two; None for one sequence a row.

    sequences (r, w): the number of each slot's sequence, -1 in empty slots, which see only each other: a row of
    scores is never all -inf, and so never NaN.
    """
    if bool((sequences == sequences[:, :1]).all()):
        return None
    together = sequences[:, None, :, None] == sequences[:, None, None, :]
    return torch.zeros(together.shape, device=sequences.device).masked_fill_(~together, -torch.inf)


class Attention(nn.Module):
    """softmax(q kᵀ / √(dim / heads)) v for each head, joined and mixed."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.read = nn.Linear(dim, 3 * dim)  # queries, keys and values in one product
        self.mix = nn.Linear(dim, dim)

    def forward(self, x: Tensor, separate: Tensor | None) -> Tensor:
        """(r, w, dim) → (r, w, dim); `separate` is what `separation` gives."""
        r, w, dim = x.shape
        q, k, v = self.read(x).view(r, w, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        # torch's fused kernel is the better one, but for its way back in bfloat16 on a CPU, four times as long.
        is_slow = q.dtype == torch.bfloat16 and q.device.type == "cpu" and torch.is_grad_enabled()
        seen = (spelt_out if is_slow else fused)(q, k, v, separate)
        return self.mix(seen.transpose(1, 2).reshape(r, w, dim))

    def weights(self, x: Tensor) -> Tensor:
        """(r, w, dim), a sequence a row → (r, heads, w, w): the attention of each position to each."""
        r, w, dim = x.shape
        q, k, _ = self.read(x).view(r, w, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        return ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).float().softmax(-1)


def fused(q: Tensor, k: Tensor, v: Tensor, separate: Tensor | None) -> Tensor:
    """(r, h, w, size) thrice → (r, h, w, size), by torch's kernel, which takes a mask in the dtype of the queries."""
    mask = None if separate is None else separate.to(q.dtype)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def spelt_out(q: Tensor, k: Tensor, v: Tensor, separate: Tensor | None) -> Tensor:
    """The same by two products and a softmax in float32."""
    scores = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).float()
    if separate is not None:
        scores = scores + separate
    return scores.softmax(-1).to(v.dtype) @ v
