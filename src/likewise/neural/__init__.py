"""Encoders that read a whole sequence at once, so that a vector tells in which sense a word, or a patch, stands there.

`transformer` and `recurrent` are the encoders, `masked` and `language` what they are taught, `loop` the teaching.
"""

from __future__ import annotations

from likewise.system.extras import need

need("torch", "neural", "a neural network")
