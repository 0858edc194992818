"""Subword vocabularies learnt from text: pairs merged by frequency, or a large vocabulary thinned out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from likewise.errors import InputError, LikewiseError, OptionError, WrongType
from likewise.tokens.subwords.rules import CONTINUES, UNKNOWN, Rules, bytes_as_letters, model_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LARGEST = 1 << 24  # tokens
ALPHABET = 1000  # characters that WordPiece can write, the most frequent ones, as in BERT
LONGEST_TOKEN = 32  # bytes, of unigram


def learn(
    texts: Iterable[str], rules: Rules, size: int, specials: tuple[str, ...], min_count: int | None
) -> Tokenizer:
    """A tokenizer of at most `size` tokens; `Subwords.train` says what the arguments mean."""
    rules.check_specials(specials)
    if not 1 <= size <= LARGEST:
        raise OptionError(f"size must be 1 to {LARGEST:,} tokens, not {size}")
    if rules.method == "unigram" and min_count is not None:
        raise OptionError("'unigram' weighs all words and has no min_count; leave it out, or take 'bpe'")
    least = 2 if min_count is None else min_count
    if least < 1:
        raise OptionError(f"min_count must be at least 1, not {min_count}")
    seen = Seen(texts)
    with no_panic(InputError, "the text cannot be learnt from"):
        if rules.method == "bpe":
            tokenizer = bpe(seen, rules, size, specials, least)
        elif rules.method == "unigram":
            tokenizer = unigram(seen, rules, size, specials)
        else:
            tokenizer = wordpiece(seen, rules, size, specials, least)
    if seen.characters == 0:
        raise InputError(f"no text in {seen.rows:,} rows; a vocabulary needs text")
    return tokenizer


class Seen:
    """The texts, each checked on its way, and how much has passed. A second look needs a collection."""

    def __init__(self, texts: Iterable[str]) -> None:
        if isinstance(texts, str):
            raise WrongType("texts must be several str, not one; put it in a list")
        self.texts = texts
        self.rows = self.characters = 0

    def __iter__(self) -> Iterator[str]:
        self.rows = self.characters = 0
        for text in self.texts:
            self.rows += 1
            check_text(text, self.rows)
            self.characters += len(text)
            yield text


def check_text(text: object, row: int) -> None:
    """`WrongType` for what is no str, `InputError` for half a surrogate pair, which no UTF-8 can hold."""
    if not isinstance(text, str):
        raise WrongType(f"row {row:,} is {type(text).__name__}, not str")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"row {row:,}, character {error.start + 1:,}: the lone surrogate {text[error.start]!a} is no text; "
            "read the file with errors='replace'"
        ) from error


@contextmanager
def no_panic(kind: type[LikewiseError], what: str) -> Iterator[None]:
    """Errors of the compiled code as one of ours; its panics are no Exception and would pass every except."""
    try:
        yield
    except LikewiseError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise kind(f"{what}: {' '.join(str(error).split())[:200]}") from error
        raise


def check_size(size: int, least: int, alphabet: str) -> None:
    """Raise `OptionError` where not even the single characters have room."""
    if size < least:
        raise OptionError(f"size {size:,} is too small: the specials and {alphabet} need {least:,}")


def bpe(texts: Seen, rules: Rules, size: int, specials: tuple[str, ...], min_count: int) -> Tokenizer:
    """The most frequent pair merged again and again (Sennrich et al. 2016, section 3.2)."""
    from tokenizers.trainers import BpeTrainer

    letters = bytes_as_letters()
    check_size(size, len(specials) + len(letters), "the 256 bytes")
    tokenizer = rules.tokenizer_of(model_of("bpe")())
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=list(specials),
        initial_alphabet=letters,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def unigram(texts: Seen, rules: Rules, size: int, specials: tuple[str, ...]) -> Tokenizer:
    """Tokens with probabilities, thinned out until `size` are left (Kudo 2018, section 3.2)."""
    from tokenizers.trainers import UnigramTrainer

    letters = bytes_as_letters()
    check_size(
        size, len(specials) + len(letters) + 1, "the 256 bytes and one token"
    )  # with none it finds no end
    tokenizer = rules.tokenizer_of(model_of("unigram")())
    trainer = UnigramTrainer(
        vocab_size=size,
        special_tokens=list(specials),
        initial_alphabet=letters,
        unk_token=UNKNOWN if UNKNOWN in specials else None,
        max_piece_length=LONGEST_TOKEN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def wordpiece(texts: Seen, rules: Rules, size: int, specials: tuple[str, ...], min_count: int) -> Tokenizer:
    """Pairs merged by frequency, then written by longest match from the left (Devlin et al. 2019, section 3)."""
    from tokenizers.trainers import WordPieceTrainer

    if not isinstance(texts.texts, Collection):
        texts.texts = list(texts.texts)  # looked at twice
    unknown = {"unk_token": UNKNOWN}
    tokenizer = rules.tokenizer_of(model_of("wordpiece")(**unknown))
    letters = alphabet(texts, tokenizer, min_count)
    given = [*specials, *letters, *(CONTINUES + letter for letter in letters)]
    check_size(size, len(given), f"{len(letters):,} characters, each alone and inside a word,")
    trainer = WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_count,
        # As specials, letters inside a word get their ids here; else in the order of a hash, which breaks ties.
        special_tokens=given,
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
        continuing_subword_prefix=CONTINUES,
    )
    tokenizer.train_from_iterator(texts, trainer)
    learnt = rules.tokenizer_of(
        model_of("wordpiece")(tokenizer.get_vocab(with_added_tokens=False), **unknown)
    )
    learnt.add_special_tokens(list(specials))
    return learnt


def alphabet(texts: Seen, tokenizer: Tokenizer, min_count: int) -> list[str]:
    """The characters that occur at least `min_count` times, the most frequent `ALPHABET`, ties by code point."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(tokenizer.normalizer.normalize_str(text))
    often = [(-count, char) for char, count in found.items() if count >= min_count and not char.isspace()]
    return sorted(char for _, char in sorted(often)[:ALPHABET])
