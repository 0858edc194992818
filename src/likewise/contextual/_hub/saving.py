"""A sentence encoder as `transformers` and `sentence-transformers` store theirs, so that they load it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from likewise.artifacts import layout
from likewise.contextual._hub.folder import CONFIG, MODULES, VOCABULARY, WEIGHTS
from likewise.contextual._hub.loading import LIMITS, Checkpoint
from likewise.contextual._hub.modules import ACTIVATIONS, Dense, Head
from likewise.errors import ArtifactError, Diverged, InputError
from likewise.system import files

OWN = {CONFIG, MODULES, VOCABULARY, WEIGHTS, *LIMITS, "README.md"}  # and the folders of modules, N_Name
PADDINGS = ("[PAD]", "<pad>")
CLASSES = {
    "bert": ("bert", "BertModel"),
    "distilbert": ("distilbert", "DistilBertModel"),
    "mpnet": ("mpnet", "MPNetModel"),
    "roberta": ("roberta", "RobertaModel"),
    "roberta-prelayernorm": ("roberta-prelayernorm", "RobertaPreLayerNormModel"),
}
HIDDEN = {"gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh", "relu": "relu"}


def save(checkpoint: Checkpoint, folder: Path | str, *, overwrite: bool = False) -> None:
    """Write the folder, whole or not at all; raises as `likewise.save` does."""
    from likewise.neural.pretrained import weight_names as naming

    folder = Path(folder)
    if overwrite:
        check_replaceable(folder)
    padding = padding_of(checkpoint)
    arrays = naming.given(checkpoint.model, skipped_of(checkpoint, padding))
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise Diverged(f"{folder}: {name!r} holds a number that is not finite; nothing was written")
    texts = {
        CONFIG: config_of(checkpoint, padding),
        "tokenizer_config.json": tokenizer_config(checkpoint, padding),
        "sentence_bert_config.json": {
            "max_seq_length": checkpoint.longest,
            "do_lower_case": checkpoint.is_lowered,
        },
        MODULES: modules_of(checkpoint.head),
    }

    def fill(fresh: Path) -> None:
        for name, value in texts.items():
            written(fresh / name, value)
        with files.new_file(fresh / VOCABULARY) as file:
            file.write(checkpoint.tokenizer.json.encode())
        with files.new_file(fresh / WEIGHTS) as file:
            write_weights(arrays, file)
        write_head(checkpoint, fresh)

    needed = sum(array.nbytes for array in arrays.values()) + 4 * len(checkpoint.tokenizer.json) + (1 << 16)
    files.replace_folder(folder, fill, overwrite=overwrite, needed_bytes=needed)


def check_replaceable(folder: Path) -> None:
    """Raise `ArtifactError` where overwriting would lose what is no part of such a folder."""
    for entry in sorted(os.listdir(folder)) if folder.is_dir() else []:
        number, _, name = entry.partition("_")
        is_module = number.isdecimal() and name in ("Pooling", "Normalize", "Dense")
        if entry not in OWN and not is_module:
            raise ArtifactError(
                f"{folder} holds {entry!r}, which is no part of a model: it is not overwritten"
            )


def padding_of(checkpoint: Checkpoint) -> int:
    """The id that pads; raises `InputError` where the vocabulary has none, for other programs want one."""
    for name in PADDINGS:
        if name in checkpoint.tokenizer.keys:
            return checkpoint.tokenizer.keys.index(name)
    raise InputError(
        f"the vocabulary has no token to pad with, {' or '.join(PADDINGS)}, which other programs want"
    )


def skipped_of(checkpoint: Checkpoint, padding: int) -> int:
    """How many positions RoBERTa's kind leaves unused."""
    return 0 if checkpoint.model.shape.kind in ("bert", "distilbert") else padding + 1


def config_of(checkpoint: Checkpoint, padding: int) -> dict[str, Any]:
    """`config.json`."""
    from likewise.neural.pretrained.config import DISTILBERT, NAMES

    shape = checkpoint.model.shape
    kind, architecture = CLASSES[shape.kind]
    config = {
        theirs: getattr(shape, ours)
        for ours, theirs in (NAMES | (DISTILBERT if kind == "distilbert" else {})).items()
    }
    config["max_position_embeddings"] += skipped_of(checkpoint, padding)
    config["activation" if kind == "distilbert" else "hidden_act"] = HIDDEN[shape.activation]
    config |= {
        "model_type": kind,
        "architectures": [architecture],
        "pad_token_id": padding,
        "layer_norm_eps": shape.eps,
    }
    if shape.buckets:
        config["relative_attention_num_buckets"] = shape.buckets
    if kind not in ("distilbert", "mpnet"):
        config["type_vocab_size"] = 1
    return config | {"dtype": "float32", "position_embedding_type": "absolute"}


def tokenizer_config(checkpoint: Checkpoint, padding: int) -> dict[str, Any]:
    """`tokenizer_config.json`: no class of a program's own, only what its parts are called."""
    tokenizer, shape = checkpoint.tokenizer, checkpoint.model.shape
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": checkpoint.longest,
        "pad_token": tokenizer.keys[padding],
        "model_input_names": ["input_ids", "attention_mask"],
    }
    for name, ids in (("cls_token", shape.before), ("sep_token", shape.after)):
        if ids:
            config[name] = tokenizer.keys[ids[0]]
    for name, id in (("mask_token", tokenizer.mask), ("unk_token", tokenizer.unknown)):
        if id is not None:
            config[name] = tokenizer.keys[id]
    return config


def modules_of(head: Head) -> list[dict[str, Any]]:
    """`modules.json`."""
    parts = ["Transformer", "Pooling", *("Normalize" if step is None else "Dense" for step in head.steps)]
    return [
        {
            "idx": number,
            "name": str(number),
            "path": "" if number == 0 else f"{number}_{part}",
            "type": f"sentence_transformers.models.{part}",
        }
        for number, part in enumerate(parts)
    ]


def write_head(checkpoint: Checkpoint, fresh: Path) -> None:
    """The folders of the parts after the transformer."""
    head, width = checkpoint.head, checkpoint.model.width
    kinds = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}
    (fresh / "1_Pooling").mkdir()
    on = {f"pooling_mode_{name}": pooling == head.pooling for pooling, name in kinds.items()}
    written(fresh / "1_Pooling" / CONFIG, {"word_embedding_dimension": width, **on})
    for number, step in enumerate(head.steps, 2):
        place = fresh / f"{number}_{'Normalize' if step is None else 'Dense'}"
        place.mkdir()
        if step is not None:
            write_dense(step, place)
            width = len(step.bias)


def write_dense(step: Dense, place: Path) -> None:
    names = {ours: theirs for theirs, ours in ACTIVATIONS.items()}
    out, width = step.weight.shape
    config = {
        "in_features": width,
        "out_features": out,
        "bias": True,
        "activation_function": names[step.activation],
    }
    written(place / CONFIG, config)
    with files.new_file(place / WEIGHTS) as file:
        write_weights({"linear.weight": step.weight, "linear.bias": step.bias}, file)


def written(path: Path, value: Any) -> None:
    """A JSON file."""
    with files.new_file(path) as file:
        file.write(json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")


def write_weights(arrays: Mapping[str, np.ndarray], file: BinaryIO) -> None:
    """A safetensors file, which says that it is for PyTorch, as `transformers` expects."""
    layout.write_arrays(arrays, file, metadata={"format": "pt"})
