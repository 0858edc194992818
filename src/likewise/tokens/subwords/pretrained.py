"""The tokenizer of a pretrained model: any `tokenizer.json` made of components that are known."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import ArtifactError, InputError
from likewise.tokens.subwords.rules import WITH_SPACES, WITHOUT_SPACES
from likewise.tokens.subwords.stored import LONGEST_JSON
from likewise.tokens.subwords.tokenizer import batches
from likewise.tokens.subwords.training import LARGEST, Seen, no_panic

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MASKS = ("[MASK]", "<mask>")
PARTS = {  # what may stand in each place; a Sequence holds others of the same place
    "normalizer": {
        "BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled", "Prepend", "Replace",
        "Sequence", "Strip", "StripAccents",
    },
    "pre_tokenizer": {
        "BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Sequence", "Split", "Whitespace",
        "WhitespaceSplit",
    },
    "post_processor": {"BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"},
    "model": {"BPE", "Unigram", "WordPiece"},
}  # fmt: skip
PATTERNS = {WITH_SPACES, WITHOUT_SPACES, " {2,}"}  # others might take a time without end


@final
@dataclass(frozen=True)
class PretrainedTokenizer:
    """A vocabulary with its rules, as other programs learn and store it; it cuts text as `Subwords` does.

    No text becomes a special, also where it spells one. Raises `ArtifactError` where the JSON is damaged, or has parts
    that are not known, among them patterns that could take a time without end.
    """

    json: str

    def __len__(self) -> int:
        """One more than the largest id."""
        return len(self.keys)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        if len(self.json) > LONGEST_JSON:
            raise ArtifactError(f"{len(self.json):,} characters; at most {LONGEST_JSON:,} are read")
        with no_panic(ArtifactError, "tokenizer.json is no vocabulary of tokens"):
            facts = json.loads(self.json)
            check(facts)
            tokenizer = Tokenizer.from_str(json.dumps({**facts, "truncation": None, "padding": None}))
            tokenizer.encode("a")
        tokenizer.encode_special_tokens = True
        return tokenizer

    @cached_property
    def keys(self) -> list[str]:
        """The tokens in the order of their ids; "" for an id that none has."""
        ids = self._tokenizer.get_vocab(with_added_tokens=True)
        keys = [""] * (max(ids.values(), default=-1) + 1)
        for key, number in ids.items():
            keys[number] = key
        return keys

    @cached_property
    def before(self) -> tuple[int, ...]:
        """The ids that a whole text begins with: that of a class token."""
        ids, is_special = self._framed
        return tuple(ids[: is_special.index(0)] if 0 in is_special else ids)

    @cached_property
    def after(self) -> tuple[int, ...]:
        """The ids that a whole text ends with."""
        ids, is_special = self._framed
        return tuple(ids[len(ids) - is_special[::-1].index(0) :] if 0 in is_special else ())

    @cached_property
    def _framed(self) -> tuple[list[int], list[int]]:
        found = self._tokenizer.encode("a")
        return found.ids, found.special_tokens_mask

    @cached_property
    def unknown(self) -> int | None:
        """The id of what cannot be written, None where everything can."""
        model = json.loads(self._tokenizer.to_str())["model"]
        if model["type"] == "Unigram":
            return model["unk_id"]
        return None if model["unk_token"] is None else self._tokenizer.token_to_id(model["unk_token"])

    @cached_property
    def mask(self) -> int | None:
        """The id of the mask token, None where there is none."""
        found = [self._tokenizer.token_to_id(name) for name in MASKS]
        return next((number for number in found if number is not None), None)

    def encode(self, texts: Iterable[str]) -> Ragged:
        """Row i has the ids of the tokens of text i, without specials; a text without tokens has none.

        Raises `WrongType` where an item is no str, `InputError` for a lone surrogate.
        """
        return Ragged.from_rows(array("i", found.ids) for found in self._encoded(texts, places=False))

    def encode_with_places(self, texts: Iterable[str]) -> tuple[Ragged, np.ndarray]:
        """`encode`, and (t, 2) int32: the characters of its text that each token was made from, as start:stop.

        They count in the text as it was given; the space before a word belongs to no token.
        """
        texts = list(Seen(texts))
        rows: list[array[int]] = []
        places: list[np.ndarray] = [np.empty((0, 2), np.int32)]
        for text, found in zip(texts, self._encoded(texts, places=True), strict=True):
            rows.append(array("i", found.ids))
            trimmed = [
                (start + (stop > start and text[start].isspace()), stop) for start, stop in found.offsets
            ]
            places.append(np.array(trimmed, np.int32).reshape(-1, 2))
        return Ragged.from_rows(rows), np.concatenate(places)

    def _encoded(self, texts: Iterable[str], places: bool) -> Iterator[Encoding]:
        work = self._tokenizer.encode_batch if places else self._tokenizer.encode_batch_fast
        for batch in batches(Seen(texts)):
            with no_panic(InputError, "a text cannot be split into tokens"):
                found = work(batch, add_special_tokens=False)
            yield from found


def check(facts: Any) -> None:
    """Raise `ArtifactError` where a part is none of those known, or an id so large that counting to it costs memory."""
    if not isinstance(facts, dict):
        raise ArtifactError("no JSON object")
    for place, known in PARTS.items():
        for part in _parts(facts.get(place)):
            if part.get("type", "BPE") not in known:
                raise ArtifactError(f"the {place} {str(part.get('type'))[:40]!r} is none of those known")
            pattern = part.get("pattern", {})
            if isinstance(pattern, dict) and pattern.get("Regex", " {2,}") not in PATTERNS:
                raise ArtifactError(f"the {place} cuts by a pattern that is none of those known")
    vocabulary = facts["model"]["vocab"]
    ids = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
    added = [token["id"] for token in facts.get("added_tokens") or []]
    most = len(ids) + len(added)
    if most > LARGEST or not all(type(i) is int and 0 <= i < 2 * most + 1024 for i in [*ids, *added]):
        raise ArtifactError(f"the ids of {most:,} tokens must be from 0 on, with few gaps")


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """A part, and those inside it where it is a sequence."""
    if part is None:
        return
    if not isinstance(part, dict):
        raise ArtifactError("a part is no JSON object")
    yield part
    for name in ("normalizers", "pretokenizers", "processors"):
        for inner in part.get(name, ()):
            yield from _parts(inner)
