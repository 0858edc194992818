"""The size and the kind of a trained encoder, as its `config.json` states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from likewise.errors import ArtifactError

Kind = Literal["bert", "distilbert", "mpnet", "roberta", "roberta-prelayernorm"]
KINDS: dict[str, Kind] = {
    "bert": "bert",
    "distilbert": "distilbert",
    "mpnet": "mpnet",
    "roberta": "roberta",
    "xlm-roberta": "roberta",
    "camembert": "roberta",
    "roberta-prelayernorm": "roberta-prelayernorm",
}
ACTIVATIONS = {
    "gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh", "relu": "relu",
}  # fmt: skip
NAMES = {  # of config.json, but for DistilBERT, which has its own
    "layers": "num_hidden_layers",
    "dim": "hidden_size",
    "heads": "num_attention_heads",
    "inner": "intermediate_size",
    "longest": "max_position_embeddings",
    "vocabulary": "vocab_size",
    "activation": "hidden_act",
}
DISTILBERT = {
    "layers": "n_layers", "dim": "dim", "heads": "n_heads", "inner": "hidden_dim", "activation": "activation",
}  # fmt: skip
MOST = {"layers": 256, "dim": 16384, "heads": 256, "inner": 65536, "longest": 65536, "vocabulary": 1 << 24}
DISTILBERT_EPS = 1e-12  # which its config does not name


@dataclass(frozen=True)
class Shape:
    """The size of an encoder, and the ids that stand `before` and `after` the tokens of each sequence."""

    kind: Kind
    layers: int
    dim: int
    heads: int
    inner: int
    longest: int  # slots of a sequence, those of `before` and `after` among them
    vocabulary: int
    eps: float = 1e-12
    activation: str = "gelu"
    buckets: int = 0  # of distances that attention has a bias for (MPNet); 0 for none
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise ArtifactError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if self.dim % self.heads:
            raise ArtifactError(f"a width of {self.dim} is not parted by {self.heads} heads")
        if not isinstance(self.eps, float) or not 0 < self.eps < 1:
            raise ArtifactError(f"the eps of a norm must be above 0 and below 1, not {self.eps!r}")
        if self.longest <= self.lead:
            raise ArtifactError(f"sequences of {self.longest} slots leave none for a token")

    @property
    def lead(self) -> int:
        """Slots of a sequence that are no token's: those of `before` and `after`."""
        return len(self.before) + len(self.after)

    @property
    def is_pre_norm(self) -> bool:
        """Whether norms stand before the halves of a layer, and one at the end, or after each half as at first."""
        return self.kind == "roberta-prelayernorm"


def shape_of(config: Mapping[str, Any]) -> tuple[Shape, int]:
    """The shape that a `config.json` states, and how many positions are skipped before the first one.

    Raises `ArtifactError` for an architecture that is not known, one that wants code, and for sizes that make none.
    """
    kind = _kind(config)
    names = NAMES | (DISTILBERT if kind == "distilbert" else {})
    missing = [theirs for theirs in names.values() if theirs not in config]
    if missing:
        raise ArtifactError(f"config.json does not state {missing[0]!r}")
    values = {ours: config[theirs] for ours, theirs in names.items()}
    activation = values.pop("activation")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ArtifactError(f"the activation {activation!r} is none of {', '.join(ACTIVATIONS)}")
    skipped = _skipped(kind, config)
    if type(values["longest"]) is int:
        values["longest"] -= skipped
    eps = DISTILBERT_EPS if kind == "distilbert" else config.get("layer_norm_eps", 1e-12)
    buckets = config.get("relative_attention_num_buckets", 32) if kind == "mpnet" else 0
    if type(buckets) is not int or not (buckets == 0 or 4 <= buckets <= 4096):
        raise ArtifactError(f"relative_attention_num_buckets must be from 4 to 4,096, not {buckets!r}")
    shape = Shape(kind, **values, eps=eps, activation=ACTIVATIONS[activation], buckets=buckets)
    return shape, skipped


def _kind(config: Mapping[str, Any]) -> Kind:
    if "auto_map" in config:
        raise ArtifactError("config.json names code of its own ('auto_map'), and no code of a folder is run")
    name = config.get("model_type")
    if not isinstance(name, str) or name not in KINDS:
        raise ArtifactError(f"a model of the type {name!r}, which is none of {', '.join(KINDS)}")
    for option, wanted in (("position_embedding_type", "absolute"), ("is_decoder", False)):
        if config.get(option, wanted) != wanted:
            raise ArtifactError(f"{option} {config[option]!r}; only {wanted!r} is read")
    return KINDS[name]


def _skipped(kind: Kind, config: Mapping[str, Any]) -> int:
    """RoBERTa counts its positions from the padding's id on, and one more."""
    if kind in ("bert", "distilbert"):
        return 0
    padding = config.get("pad_token_id", 1)
    if type(padding) is not int or not 0 <= padding < 1024:
        raise ArtifactError(f"pad_token_id must be a whole number below 1,024, not {padding!r}")
    return padding + 1
