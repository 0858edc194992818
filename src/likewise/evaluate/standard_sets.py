"""Word sets by a standard name, or from a file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from likewise.arrays.spelling import nearest_spellings
from likewise.errors import InputError, MissingExtra, WrongType
from likewise.evaluate.readers import read
from likewise.evaluate.sets import WordSet

STANDARD = {
    "google-analogies": "questions-words.txt",
    "simlex999": "simlex999.txt",
    "wordsim353": "wordsim353.tsv",
}


def load(path_or_name: str | Path) -> WordSet:
    """The set of a standard name or in a file, its format recognised from its content.

    Files: `word word score` a line, by tabs, commas or spaces, with or without a header or `#` comments
    (WordSim-353, SimLex-999, SimVerb-3500); `: section` lines and four words a line (Google analogies); CSV
    with the columns `type, word1, word2, word3, target` (MSR), `category, word` (AP, BLESS, ESSLI) or
    `category, outliers, words` (8-8-8). Text is UTF-8. A standard name goes before a file of that name: write
    `./wordsim353` for the file.

    Raises `InputError` for an unknown name, an empty file, a format it does not know, or a bad line, by its
    number; `MissingExtra` where a standard set is wanted and gensim is not installed.

    Parameters
    ----------
    path_or_name : str or Path
        File, or the name of a standard set.
    """
    if not isinstance(path_or_name, str | Path):
        raise WrongType(f"a set is a file's path or a standard name, not {path_or_name!r}")
    if isinstance(path_or_name, str) and path_or_name in STANDARD:
        return read(_text(_standard(path_or_name)), path_or_name, path_or_name)
    path = Path(path_or_name)
    return read(_text(path), path.stem, str(path))


def _standard(name: str) -> Path:
    """The file of a standard set among gensim's own test data, found without the cost of importing gensim."""
    spec = find_spec("gensim")
    if spec is None or spec.origin is None:
        raise MissingExtra(
            f"the standard set {name!r} comes with the package 'gensim', which is not installed: "
            "pip install 'likewise[tour]'"
        )
    return Path(spec.origin).parent / "test" / "test_data" / STANDARD[name]


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        near = nearest_spellings(path.name, STANDARD)
        hint = f"did you mean {near[0]!r}?" if near else f"the standard sets are {', '.join(STANDARD)}"
        raise InputError(f"{str(path)!r} is neither a file nor a standard set: {hint}") from None
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be read: {error.strerror}; give a file of word pairs or analogies"
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
