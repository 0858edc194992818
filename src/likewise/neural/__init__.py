"""Neural networks in torch: encoders of texts and images, networks of several tasks, two towers, and their training.

`trainer` trains all of them. `text`, `images`, `multitask` and `pretrained` have a `training` or `fine_tuning` module
each, which makes their examples and objectives a `trainer.Problem`.
"""

from __future__ import annotations

from likewise.system.extras import need

need("torch", "neural", "a neural network")
