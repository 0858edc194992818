"""The chapters on words in context: a masked word predicted in two ways, and the meanings of a word by its usages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from likewise import contextual
from likewise.contextual._occurrences import represent
from likewise.errors import InputError, MissingExtra
from likewise.report.map import coordinates
from likewise.report.page import Section
from likewise.report.scatter import scatter
from likewise.tour.chapter import Walk, listed

if TYPE_CHECKING:
    from likewise.contextual import Contextual, Senses

HIDDEN = (
    "this truth I [MASK] therefore I am",
    "a person who plays the [MASK]",
    "the land along a [MASK]",
)
WORD, MEANINGS = "bank", 3
QUERIES = (
    "sat on the bank of a river",
    "money kept in the bank",
    "the steep bank of a stream",
    "a bank that lends money",
)
FULL, QUICK = 500_000, 60_000  # training tokens
PART = 8  # of so many rows a quick tour reads one, and those with the word


def context(walk: Walk) -> list[Section]:
    """A small transformer, trained on the tour's own text; or one section that says what is missing."""
    try:
        import_module("likewise.neural")
    except MissingExtra as error:
        return [Section("Words in context", f"Not on this machine as yet: {error}.")]
    rows = (
        [row for i, row in enumerate(walk.rows) if i % PART == 0 or WORD in row] if walk.quick else walk.rows
    )
    # One thread: at another number sums differ in their last bits, and with them the page.
    model = contextual.transformer(
        rows,
        tokens=QUICK if walk.quick else FULL,
        learning_rate=2e-3,
        seed=walk.seed,
        threads=1,
        keep=4_000_000,
    )
    return [_hidden(model), *_meanings(model, walk)]


def _hidden(model: Contextual) -> Section:
    look = model.facts["looks"][-1]
    return Section(
        "One word hidden, two answers",
        "The vector of a word was the same wherever it stands. A transformer reads the context and gives a word "
        "another vector in each place; it is trained to predict masked words. This one has two layers and "
        f"saw {model.facts['learnt_from']:,} tokens of the same text, very little: its loss is {look['held_out']:.2f} "
        f"nats a masked token, where predicting token frequencies has {look['chance']:.2f}.\n\nword2vec can only "
        "add up the vectors of the context, in no order, and finds words of the same subject. The "
        "encoder begins with which "
        "words are frequent, goes on to which kind of word can stand there, and needs hours, not a minute, until "
        "it knows the subject too.",
        call="likewise train context text.txt -o context --tokens 500000 --learning-rate 0.002\n"
        'likewise fill context "this truth I [MASK] therefore I am"',
        header=("text", "the transformer", "word2vec's sum"),
        rows=[
            (
                text,
                listed(one.word for one in model.fill(text, 6)),
                listed(one.key for one in model.fill_by_sum(text, 6)),
            )
            for text in HIDDEN
        ],
        caption="Six likeliest words each. A transformer trained for hours answers better; this page is to be quick.",
    )


def _meanings(model: Contextual, walk: Walk) -> list[Section]:
    try:
        known = model.senses(WORD, k=MEANINGS, seed=walk.seed)
        by_words = model.senses(WORD, k=MEANINGS, by="neighbours", seed=walk.seed)
    except InputError:  # another release of the dictionary hardly has the word
        return []
    usages = represent(model, known.usages, known.by, threads=1)
    return [
        Section(
            f"What {WORD} means, by its usages",
            f"Each of the {len(known.usages)} places where the text says {WORD} is a point: the encoder's vector of "
            "the word there, joined with the mean of the context's word vectors. Clusters of them are meanings, which "
            "nobody has labelled. A new sentence has the meaning whose centre is nearest. The last column "
            "is what the mean of the context words says without any encoder, of clusters of its own; on little text "
            "it is often "
            "no worse, and it should be tried first.",
            call=f'likewise senses context {WORD} --in "{QUERIES[0]}"',
            header=("sentence", "meaning, by both", "its most typical usage", "by the context words alone"),
            rows=[
                (
                    text,
                    number,
                    _typical(known, number),
                    _typical(by_words, model.assign(by_words, text).number),
                )
                for text in QUERIES
                for number in (model.assign(known, text).number,)
            ],
            figure=scatter(
                coordinates(usages, seed=walk.seed),
                [usage.shown for usage in known.usages],
                [f"meaning {code + 1}" for code in known.codes.tolist()],
                title=f"Usages of {WORD}",
            ),
            caption="Point at a dot to read the usage.",
        )
    ]


def _typical(known: Senses, number: int) -> str:
    return known.meanings[number - 1].usages[0]
