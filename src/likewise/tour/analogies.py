"""The chapter on analogies: what comes out right, what comes out wrong, and how much of either."""

from __future__ import annotations

from collections.abc import Iterator

from likewise.evaluate import AnalogySet, analogy, load
from likewise.report.page import Section
from likewise.tour.chapter import Walk

FREQUENT = 5000
TRIED = 80  # analogies of a section that are searched for one right and one wrong answer
FEWEST = 50  # known analogies; with fewer an accuracy is an accident
NAMES = {
    "capital-common-countries": "capitals", "capital-world": "capitals of the world", "currency": "currencies",
    "city-in-state": "cities in states", "family": "family", "gram1-adjective-to-adverb": "adverbs",
    "gram2-opposite": "opposites", "gram3-comparative": "comparatives", "gram4-superlative": "superlatives",
    "gram5-present-participle": "participles", "gram6-nationality-adjective": "nationalities",
    "gram7-past-tense": "past tense", "gram8-plural": "plurals", "gram9-plural-verbs": "forms of verbs",
}  # fmt: skip


def analogies(walk: Walk) -> list[Section]:
    """Some analogies with their answers, then the accuracy of each section with a baseline that needs no analogy."""
    analogies = load("google-analogies")
    assert isinstance(analogies, AnalogySet)
    return [_answers(walk, analogies), _accuracies(walk, analogies)]


def _answers(walk: Walk, analogies: AnalogySet) -> Section:
    return Section(
        "Analogies",
        "“France is to Paris as Italy is to what?” The way from “france” to “paris” is followed from “italy”, and the "
        "nearest word is the answer. From each kind of analogy in the set of Mikolov et al. (2013), the first that "
        "came out right and the first that came out wrong:",
        call='table.head(5000).analogy("france", "french", "germany", k=1)',
        header=("analogy", "answer", "expected"),
        rows=list(_examples(walk, analogies)),
        caption=f"Answers are chosen from the {FREQUENT:,} most frequent words; kinds without a right answer among "
        f"their first {TRIED} analogies are left out here, but not from the count below.",
    )


def _examples(walk: Walk, analogies: AnalogySet) -> Iterator[tuple[str, str, str]]:
    table, shown = walk.table.head(FREQUENT), set[str]()
    for section in range(len(analogies.section_names)):
        right = wrong = None
        chosen = [q for q, of in zip(analogies.analogies, analogies.sections, strict=True) if of == section]
        for a, b, c, wanted in [q for q in chosen if table.known(q).all()][:TRIED]:
            answer = table.analogy(a, b, c, k=1)[0].key
            row = (f"{a} : {b} = {c} : ?".lower(), answer, wanted.lower())
            if row[0] in shown:  # some analogies are in two sections of the set
                continue
            if table.index(wanted) == table.index(answer):
                right = right or row
            else:
                wrong = wrong or row
        if right and wrong:
            shown |= {right[0], wrong[0]}
            yield from (right, wrong)


def _accuracies(walk: Walk, analogies: AnalogySet) -> Section:
    found = analogy.evaluate(walk.table, analogies, restrict=FREQUENT)
    simple = analogy.evaluate(walk.table, analogies, restrict=FREQUENT, method="neighbour")
    tallies = list(zip((*found.sections, found.total), (*simple.sections, simple.total), strict=True))
    return Section(
        "How many analogies come out right",
        "A famous result, and seldom shown with its figures. The simplest baseline ignores the first "
        "two words and answers "
        "with the nearest word to the third (Linzen 2016). Where the trick does not beat it, the vectors have not "
        "learnt the relation. Two million words are few; much longer text makes this table much better.",
        call='likewise.evaluate.evaluate(table, ["google-analogies"], restrict=5000)',
        header=("kind", "right", "nearest to the third", "analogies counted", "of all"),
        rows=[
            (NAMES.get(tally.name, tally.name), tally.accuracy, other.accuracy, tally.known, tally.total)
            for tally, other in tallies
            if tally.known >= FEWEST
        ],
        caption="Counted are the analogies whose four words are all among the frequent ones. Kinds with fewer than "
        f"{FEWEST} of those are in the total only.",
    )
