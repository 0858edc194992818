"""Subword tokens learnt from the user's own text: any text in a vocabulary of a chosen size."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, WrongType
from likewise.tokens.subwords.rules import Method, Rules
from likewise.tokens.subwords.stored import Stored, read
from likewise.tokens.subwords.training import Seen, learn, no_panic

if TYPE_CHECKING:
    from tokenizers import Encoding

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
BATCH_TEXTS, BATCH_CHARACTERS = 4096, 1 << 22  # encoded at a time: each token is a Python object for a while


@final
@dataclass(frozen=True)
class Subwords:
    """A subword vocabulary with its rules, as the JSON that `tokenizers` and `transformers` read.

    Token i is `keys[i]`; special i is token i. Two with the same JSON are equal. No text becomes a special, also
    where it spells one. Encoding uses the threads of `tokenizers` (RAYON_NUM_THREADS says how many,
    TOKENIZERS_PARALLELISM=false one); they change nothing in the result.

    Raises `ArtifactError` where the JSON is damaged, or cuts text by other rules than `train` knows.
    """

    json: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "json", self._stored.json)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        method: Method = "bpe",
        size: int = 16_000,
        case: Literal["lower", "keep"] = "lower",
        form: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = "NFC",
        specials: Sequence[str] = SPECIALS,
        min_count: int | None = None,
    ) -> Subwords:
        """A vocabulary of at most `size` tokens, with the `specials`, learnt from `texts`.

        `bpe` merges pairs of neighbours (Sennrich et al. 2016) and `unigram` thins out a large vocabulary (Kudo
        2018), both on the bytes of UTF-8, so that `decode` gives back every text in its case and form.
        `wordpiece` merges characters (Devlin et al. 2019): no white space, and what is not among its 1,000 most
        frequent characters is [UNK]. Pairs and characters that occur fewer than `min_count` times, by default
        2, are not learnt; `unigram` has no such limit. Words are cut after 100 characters.

        The same text gives the same bytes, except by `unigram`: there the order in which `tokenizers` adds up
        differs from run to run, and with it some scores and a few rare tokens. Memory: the distinct words, and
        of a stream of texts the whole for `wordpiece`, which looks at them twice.

        Raises `InputError` where there is no text or a lone surrogate in it, `OptionError` for an option out of
        its range, a `size` too small for the alphabet among them.
        """
        if isinstance(specials, str):
            raise WrongType(f"specials must be several str, not {specials!r}")
        return cls(learn(texts, Rules(method, case, form), size, tuple(specials), min_count).to_str())

    @classmethod
    def from_json(cls, text: str) -> Subwords:
        """What `to_json` gave; `ArtifactError` where it is damaged, too large, or made elsewhere by other rules."""
        return cls(text)

    def to_json(self) -> str:
        """The whole vocabulary: what other programs call tokenizer.json."""
        return self.json

    def __len__(self) -> int:
        return len(self.keys)

    def __reduce__(self) -> tuple[type[Subwords], tuple[str]]:
        return Subwords, (self.json,)

    @cached_property
    def _stored(self) -> Stored:
        return read(self.json)

    @property
    def keys(self) -> list[str]:
        """The tokens in the order of their ids; of `bpe` and `unigram` with a letter for each byte, Ġ for a space."""
        return self._stored.keys

    @property
    def specials(self) -> tuple[str, ...]:
        """The tokens that stand for no text; number i has the id i."""
        return self._stored.specials

    @property
    def rules(self) -> Rules:
        """Method, case and Unicode form."""
        return self._stored.rules

    def encode(self, texts: Iterable[str]) -> Ragged:
        """Row i has the ids of the tokens of text i, without specials; a text without tokens has none.

        Raises `WrongType` where an item is no str, `InputError` for a lone surrogate.
        """
        return Ragged.from_rows(
            array("i", found.ids) for batch in self._encoded(texts, places=False) for found in batch
        )

    def encode_with_places(self, texts: Iterable[str]) -> tuple[Ragged, np.ndarray]:
        """`encode`, and (t, 2) int32: the characters of its text that each token was made from, as start:stop.

        They count in the text as it was given, before its case and form. Of a character that is several tokens,
        each has the place of the whole; a mark composed with its letter may be left out, and the space before a
        word belongs to no token.
        """
        rows: list[array[int]] = []
        places: list[np.ndarray] = [np.empty((0, 2), np.int32)]
        for batch in self._encoded(texts, places=True):
            rows += [array("i", found.ids) for found in batch]
            places += [np.array(found.offsets, np.int32).reshape(-1, 2) for found in batch]
        return Ragged.from_rows(rows), np.concatenate(places)

    def _encoded(self, texts: Iterable[str], places: bool) -> Iterator[list[Encoding]]:
        """The texts in batches, tokenized."""
        tokenizer = self._stored.tokenizer
        work = tokenizer.encode_batch if places else tokenizer.encode_batch_fast
        for batch in batches(Seen(texts)):
            with no_panic(InputError, "a text cannot be split into tokens"):
                found = work(batch, add_special_tokens=False)
            yield found

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of one row of ids; specials stand for none. Bytes that are no UTF-8 become U+FFFD.

        Raises `InputError` for an id that is not below the number of tokens.
        """
        row = np.asarray(ids, np.int64)
        if row.ndim != 1:
            raise WrongType(f"decode takes one row of ids, not an array of {row.ndim} dimensions")
        wrong = row[(row < 0) | (row >= len(self))]
        if len(wrong):
            raise InputError(f"id {wrong[0]} is none of the {len(self):,} tokens, 0 to {len(self) - 1:,}")
        return self._stored.tokenizer.decode(row.tolist(), skip_special_tokens=True)

    def split_word(self, word: str) -> list[str]:
        """The keys that a word is made of where it begins a text."""
        return [self.keys[number] for number in self.encode([word]).ids.tolist()]


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Lists of texts that are not too many and not too long together."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) == BATCH_TEXTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
