"""A checkpoint of another program, read whole: encoder, vocabulary, head, and how much text it takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.contextual._hub.folder import CONFIG, VOCABULARY, Folder
from likewise.contextual._hub.modules import Head, head_of, transformer_folder
from likewise.errors import ArtifactError
from likewise.tokens.subwords.pretrained import PretrainedTokenizer

if TYPE_CHECKING:
    from likewise.neural.pretrained.bert import Bert

LIMITS = (
    "sentence_bert_config.json",
    "tokenizer_config.json",
)  # what states the longest sequence, in this order
LARGEST_VOCABULARY = 1 << 28  # bytes


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a folder holds; `longest` counts the slots of a sequence, its class token and the like among them."""

    model: Bert
    tokenizer: PretrainedTokenizer
    head: Head
    longest: int
    is_lowered: bool  # whether texts are made lower case before they are cut


def of_masked(model: Any, subwords: Any, longest: int | None = None) -> Checkpoint:
    """A transformer of our own as a checkpoint: a text's vector is the mean of its last layer, class token included.

    model: `context.masked.MaskedModel`; subwords: `tokens.subwords.Subwords`, with a [CLS] where the model has a class
    token.
    """
    from likewise.neural.pretrained import weight_names as naming

    before = (subwords.specials.index("[CLS]"),) if model.shape.class_token else ()
    tokenizer = PretrainedTokenizer(framed(subwords.to_json(), "[CLS]" if before else None, before))
    return Checkpoint(naming.as_bert(model, before), tokenizer, Head(), longest or model.shape.longest, False)


def framed(tokenizer: str, special: str | None, ids: tuple[int, ...]) -> str:
    """A vocabulary's JSON that puts a space before each text, as training does (`reading.led`), then the special."""
    facts = json.loads(tokenizer)
    spelt = [] if facts.get("normalizer") is None else [facts["normalizer"]]
    facts["normalizer"] = {"type": "Sequence", "normalizers": [*spelt, {"type": "Prepend", "prepend": " "}]}
    lead = [{"SpecialToken": {"id": special, "type_id": 0}}] if special else []
    template = {
        "type": "TemplateProcessing",
        "single": [*lead, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [*lead, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {special: {"id": special, "ids": list(ids), "tokens": [special]}}
        if special
        else {},
    }
    before = facts.get("post_processor")
    processors = [template] if before is None else [before, template]
    facts["post_processor"] = {"type": "Sequence", "processors": processors}
    return json.dumps(facts, ensure_ascii=False)


def load(place: Path | str) -> Checkpoint:
    """Raises `ArtifactError`, in one line, where anything in the folder is missing, damaged, unknown, or could run."""
    place = Path(place)
    try:
        return _load(Folder(place))
    except ArtifactError as error:
        said = str(error)
        raise ArtifactError(said if str(place) in said else f"{place}: {said}") from error


def _load(folder: Folder) -> Checkpoint:
    from likewise.neural.pretrained import weight_names as naming
    from likewise.neural.pretrained.config import shape_of

    inner = transformer_folder(folder)
    shape, skipped = shape_of(inner.json(CONFIG))
    head = head_of(folder, shape.dim)
    tokenizer = PretrainedTokenizer(inner.text(VOCABULARY, LARGEST_VOCABULARY))
    if len(tokenizer) > shape.vocabulary:
        raise ArtifactError(
            f"{VOCABULARY} has {len(tokenizer):,} tokens, and the model has vectors for {shape.vocabulary:,}"
        )
    shape = replace(shape, before=tokenizer.before, after=tokenizer.after)
    model = naming.build(shape, inner.arrays(), skipped)
    configs = [(name, inner.json(name) if name in inner else {}) for name in LIMITS]
    is_lowered = configs[0][1].get("do_lower_case", False) is True
    return Checkpoint(model, tokenizer, head, _longest(configs, shape), is_lowered)


def _longest(configs: list[tuple[str, dict[str, Any]]], shape: Any) -> int:
    """The smallest stated length; `tokenizer_config.json` may say 10³⁰, which means no limit."""
    first = configs[0][1].get("max_seq_length")
    second = configs[1][1].get("model_max_length")
    longest = first if first is not None else second
    if isinstance(longest, bool) or not isinstance(longest, int | float | None):
        raise ArtifactError(f"the longest sequence must be a number, not {longest!r}")
    longest = shape.longest if longest is None else int(min(longest, shape.longest))
    if longest <= shape.lead:
        raise ArtifactError(f"sequences of {longest} slots leave none for a token")
    return longest
