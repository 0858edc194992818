"""A subword vocabulary read back from JSON, and refused where it is not one that `learn` makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING, Any

from likewise.errors import ArtifactError, LikewiseError
from likewise.tokens.subwords.rules import MODELS, UNKNOWN, Rules, bytes_as_letters, model_of
from likewise.tokens.subwords.training import LARGEST, no_panic

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_JSON = 1 << 28  # characters
OF_TEXT = {"vocab", "merges", "unk_id"}  # what a model has learnt; all else follows from the rules
SPECIAL = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


@dataclass(frozen=True)
class Stored:
    """What the JSON holds, and its one spelling: tokens in the order of their ids, no white space."""

    json: str
    rules: Rules
    keys: list[str]
    specials: tuple[str, ...]
    tokenizer: Tokenizer


def read(text: str) -> Stored:
    """Parse, then check every part; `ArtifactError` says which is wrong."""
    from tokenizers import Tokenizer

    if len(text) > LONGEST_JSON:
        raise ArtifactError(
            f"a subword vocabulary of {len(text):,} characters; at most {LONGEST_JSON:,} are read"
        )
    with no_panic(ArtifactError, "no subword vocabulary"):
        facts = json.loads(text)
        keys = keys_of(facts["model"]["vocab"])  # first, for `tokenizers` would count up to the largest id
        specials = specials_of(facts, keys)
        tokenizer = Tokenizer.from_str(text)
        facts = json.loads(
            tokenizer.to_str()
        )  # as this version of `tokenizers` writes what an older one wrote
        rules = rules_of(facts)
        check_model(facts["model"], rules, keys, specials)
    tokenizer.encode_special_tokens = True  # by their letters: a text that names a special is a text
    if isinstance(facts["model"]["vocab"], dict):
        facts["model"]["vocab"] = {key: number for number, key in enumerate(keys)}
    canonical = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return Stored(canonical, rules, keys, specials, tokenizer)


def rules_of(facts: dict[str, Any]) -> Rules:
    """The rules whose tokenizer has the same parts."""
    methods = {model: method for method, model in MODELS.items()}
    method: Any = methods.get(facts["model"]["type"])
    if method is None:
        raise ArtifactError(f"a {facts['model']['type']} model; wanted one of {', '.join(methods)}")
    cases: Any = ("lower", "keep")
    forms: Any = ("NFC", "NFD", "NFKC", "NFKD", None)
    model = model_of(method)(**({"unk_token": UNKNOWN} if method == "wordpiece" else {}))
    for case, form in product(cases, forms):
        rules = Rules(method, case, form)
        if frame(json.loads(rules.tokenizer_of(model).to_str())) == frame(facts):
            return rules
    raise ArtifactError("text is cut by other rules than those of Subwords.train; train the vocabulary here")


def frame(facts: dict[str, Any]) -> dict[str, Any]:
    """All that follows from the rules alone."""
    model = {name: value for name, value in facts["model"].items() if name not in OF_TEXT}
    return {**facts, "model": model, "added_tokens": None}


def keys_of(vocabulary: dict[str, int] | list[list[Any]]) -> list[str]:
    """The tokens in the order of their ids, which must be 0, 1, 2, ..."""
    if len(vocabulary) > LARGEST:
        raise ArtifactError(f"{len(vocabulary):,} tokens; at most {LARGEST:,} are read")
    if isinstance(vocabulary, list):
        keys = [token for token, _ in vocabulary]
        if not all(isfinite(score) for _, score in vocabulary):
            raise ArtifactError("a token has a score that is not finite")
    else:
        keys = sorted(vocabulary, key=vocabulary.__getitem__)
        if [vocabulary[key] for key in keys] != list(range(len(keys))):
            raise ArtifactError(
                f"the ids of the {len(keys):,} tokens are not 0 to {len(keys) - 1:,}, each once"
            )
    if len(set(keys)) < len(keys):
        raise ArtifactError("a token stands twice in the vocabulary")
    return keys


def specials_of(facts: dict[str, Any], keys: list[str]) -> tuple[str, ...]:
    """The specials, which must be the first tokens."""
    added = facts["added_tokens"]
    specials = tuple(token["content"] for token in added)
    wanted = [{"id": number, "content": key, **SPECIAL} for number, key in enumerate(specials)]
    if added != wanted or list(specials) != keys[: len(specials)]:
        raise ArtifactError(f"the specials {specials} are not the first tokens of the vocabulary")
    return specials


def check_model(model: dict[str, Any], rules: Rules, keys: list[str], specials: tuple[str, ...]) -> None:
    """Raise `ArtifactError` where text could become a special, or could not be written at all."""
    try:
        rules.check_specials(specials)
    except LikewiseError as error:
        raise ArtifactError(str(error)) from error
    if rules.method != "wordpiece" and not set(bytes_as_letters()) <= set(keys):
        raise ArtifactError("some of the 256 bytes are not among the tokens")
    unknown = model.get("unk_id")
    if unknown is not None and keys[unknown] != UNKNOWN:
        raise ArtifactError(f"token {unknown} is not {UNKNOWN!r}")
