"""What text goes through before and after a subword model: form and case, the cut into words, and back to text.

Words are split before tokens are learnt, so no token crosses from one word into the next. `bpe` and `unigram` see the
bytes of UTF-8, spaces among them (Radford et al. 2019, section 2.2): every text can be written, and comes back
whole. `wordpiece` drops white space and marks a token that continues a word with ## (Devlin et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from likewise.errors import OptionError, WrongType

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Method = Literal["bpe", "wordpiece", "unigram"]
MODELS = {"bpe": "BPE", "wordpiece": "WordPiece", "unigram": "Unigram"}
UNKNOWN = "[UNK]"
CONTINUES = "##"

LONGEST = 100  # characters; a longer word is cut, for learning from a word takes the square of its length
LETTER, DIGIT, OTHER = r"[\p{L}\p{M}]", r"\p{N}", r"[^\s\p{L}\p{M}\p{N}]"
IDEOGRAPH = r"[\p{Han}\p{Hiragana}]"
UP_TO = f"{{1,{LONGEST}}}"
WITH_SPACES = (
    rf"[ '’]?{LETTER}{UP_TO}| ?{DIGIT}{UP_TO}| ?{OTHER}{UP_TO}"
    rf"|\s{UP_TO}(?!\S)|\s{UP_TO}"  # all white space but the last, which goes with its word
)
WITHOUT_SPACES = rf"{IDEOGRAPH}\p{{M}}*|(?:(?!{IDEOGRAPH})[\p{{L}}\p{{M}}\p{{N}}]){UP_TO}|{OTHER}"


@dataclass(frozen=True)
class Rules:
    """How text becomes words for a subword model of `method`: in lower case or not, in a Unicode form or none."""

    method: Method = "bpe"
    case: Literal["lower", "keep"] = "lower"
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = "NFC"

    def __post_init__(self) -> None:
        if self.method not in MODELS:
            raise OptionError(f"method must be 'bpe', 'wordpiece' or 'unigram', not {self.method!r}")
        if self.case not in ("lower", "keep"):
            raise OptionError(f"case must be 'lower' or 'keep', not {self.case!r}")
        if self.form not in ("NFC", "NFD", "NFKC", "NFKD", None):
            raise OptionError(f"form must be 'NFC', 'NFD', 'NFKC', 'NFKD' or None, not {self.form!r}")

    def tokenizer_of(self, model: Any) -> Tokenizer:
        """A tokenizer with `model` inside, before any token is known."""
        from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors

        lower = [normalizers.Lowercase()] if self.case == "lower" else []
        tokenizer = Tokenizer(model)
        tokenizer.normalizer = normalizers.Sequence(
            [*lower, *([getattr(normalizers, self.form)()] if self.form else [])]
        )
        if self.method == "wordpiece":
            split = pre_tokenizers.Split(Regex(WITHOUT_SPACES), "isolated")
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), split])
            tokenizer.decoder = decoders.WordPiece(prefix=CONTINUES, cleanup=False)
        else:
            split = pre_tokenizers.Split(Regex(WITH_SPACES), "isolated")
            as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, as_bytes])
            tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
            tokenizer.decoder = decoders.ByteLevel()
        return tokenizer

    def check_specials(self, specials: tuple[str, ...]) -> None:
        """Raise where one of `specials` could occur in a text, or what the method needs is not among them."""
        if not all(isinstance(special, str) for special in specials):
            raise WrongType(f"specials must be several str, not {specials!r}")
        if len(set(specials)) < len(specials):
            raise OptionError(f"specials must differ from each other, not {specials}")
        if self.method == "wordpiece" and UNKNOWN not in specials:
            raise OptionError(f"'wordpiece' needs {UNKNOWN!r} among the specials for what it cannot write")
        cut = self.tokenizer_of(model_of("bpe")()).pre_tokenizer
        for special in specials:
            if special.isspace() or len(cut.pre_tokenize_str(special)) < 2:
                raise OptionError(
                    f"the special {special!r} may be a word of a text; try '[{special.strip()}]'"
                )


def model_of(method: Method) -> Any:
    """The class of the model of a method."""
    from tokenizers import models

    return getattr(models, MODELS[method])


def bytes_as_letters() -> list[str]:
    """The 256 characters that stand for the bytes, in the order of their code points."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())
