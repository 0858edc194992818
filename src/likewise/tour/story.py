"""The walk itself: read, train once, look at the result chapter by chapter, write one page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likewise import documents, words
from likewise.errors import InputError, MissingExtra
from likewise.report.page import Section, page
from likewise.system import files, seeds
from likewise.system.progress import Progress
from likewise.tour import corpora
from likewise.tour.analogies import analogies
from likewise.tour.averaging import averaging
from likewise.tour.baselines import beating, scores
from likewise.tour.chapter import News, Walk, gathered
from likewise.tour.context import context
from likewise.tour.counting import frequencies, switches, tokens
from likewise.tour.films import FILE, csv_of, films
from likewise.tour.images import image_chapters
from likewise.tour.learning import neighbours, training
from likewise.tour.lsa import latent
from likewise.tour.meanings import meanings
from likewise.tour.multitask import together
from likewise.tour.reconstruction import left
from likewise.tour.senses import senses
from likewise.tour.tfidf import terms
from likewise.tour.topics import topics
from likewise.training.plan import Report

TITLE = "Words, meanings, documents and images as vectors"
LEAD = (
    "What likewise learnt on this machine from a dictionary, a hundred articles of an encyclopaedia, two thousand of a "
    "newspaper and as many handwritten digits: each step with the call that does it, a simple answer to compare it "
    "with, and what does not work."
)
CHAPTERS: tuple[Callable[[Walk], list[Section]], ...] = (
    tokens, frequencies, switches, training, neighbours, analogies, scores, meanings, senses, topics,
    terms, latent, averaging, beating, context, image_chapters, films, together, left,
)  # fmt: skip
DIM = 100  # of the documents


@dataclass(frozen=True)
class _Length:
    dim: int
    epochs: int


# A dictionary entry is short and says much, so that reading it thirty times pays: on WordSim-353, 10 epochs gave
# .63, 20 gave .69, 30 gave .70 and 40 no more; windows of 5 and 15, 150 and 200 dimensions all gave less.
FULL, QUICK = _Length(dim=100, epochs=30), _Length(dim=50, epochs=5)


def tour(
    out: str | Path,
    *,
    quick: bool = False,
    seed: int = 1,
    threads: int | None = None,
    report: Report | None = None,
) -> Path:
    """Learn words and documents from what comes with `likewise[tour]`, and report it on one page; the page's path.

    Writes into the folder `out`: `text.txt` (a row of text a line), `model` and `news` (as `likewise.save` does),
    `news.csv` (the labelled articles), `ratings.csv` (who rated which film) and `report.html`; those of an earlier tour
    are replaced. `quick` trains less, and the scores are lower. One seed gives the same page and the same models at any
    number of threads.

    Raises `MissingExtra` where the packages with the text are not there, `InputError` where `out` cannot be
    written in, and as `likewise.words.word2vec` does.
    """
    seeds.checked(seed)
    report_progress = (lambda _: None) if report is None else report
    rows = [*corpora.glosses(), *corpora.articles()]
    news = gathered(corpora.news())
    out = _folder(Path(out))
    _write(out / "news.csv", _csv(news))
    _write(out / "text.txt", "".join(f"{row}\n" for row in rows))
    length = QUICK if quick else FULL
    table = words.word2vec(
        (row for row in rows), dim=length.dim, window=10, epochs=length.epochs, seed=seed, threads=threads,
        out=out / "model", overwrite=True, report=report,
    )  # fmt: skip
    lsa = documents.lsa(
        out / "news.csv", dim=DIM, seed=seed, threads=threads, reading=documents.Reading(column="text", id="id"),
        out=out / "news", overwrite=True,
    )  # fmt: skip
    with suppress(MissingExtra):  # the chapter says what is missing, and the rest goes on
        _write(out / FILE, csv_of(corpora.ratings()))
    walk, sections = Walk(rows, table, news, lsa, seed, quick), list[Section]()
    for n, chapter in enumerate(CHAPTERS):
        report_progress(Progress("writing", n, len(CHAPTERS), "chapters"))
        sections += chapter(walk)
    report_progress(Progress("writing", len(CHAPTERS), len(CHAPTERS), "chapters"))
    _write(out / "report.html", page(TITLE, [*sections, _farewell()], lead=LEAD))
    return out / "report.html"


def _folder(out: Path) -> Path:
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {out} cannot be made: {error.strerror}; give one in a folder that is there"
        ) from error
    return out


def _csv(news: News) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("id", "label", "text"))
    writer.writerows(zip(news.names, news.topics, news.texts, strict=True))
    return lines.getvalue()


def _write(path: Path, text: str) -> None:
    with files.atomic_file(path) as file:
        file.write(text.encode())


def _farewell() -> Section:
    return Section(
        "Your turn",
        "Next to this page are the texts and the models. Query them, train others with other options, or with your own "
        "text, and see whether the scores move more than their intervals are wide.",
        call="likewise similar model violin\n"
        "likewise analogy model france french germany\n"
        "likewise train words text.txt -o mine --dim 50 --window 5 --epochs 10\n"
        "likewise evaluate mine wordsim353 simlex999\n"
        'likewise similar news "a new phone with a camera"\n'
        "likewise train users ratings.csv -o taste --rating stars --at-least 4 --time time\n"
        "likewise compare news.csv news model sif",
    )
