"""The chapter on what is left: images and words recovered from their vectors, and from those of random networks."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from likewise import documents
from likewise.errors import MissingExtra
from likewise.probing import project, recover
from likewise.probing.recovered import Layers
from likewise.report.contact_sheet import Strip, sheet
from likewise.report.page import Section
from likewise.tour.averaging import mean_of_words
from likewise.tour.chapter import Walk
from likewise.tour.images import Digits, handwritten

DIM = 32
SHOWN, SIDE = 8, 68.0
FULL, QUICK = 800, 250  # articles whose words are recovered
COLUMNS = ("numbers", "got back", "from another's vector", "with no vector")


def left(walk: Walk) -> list[Section]:
    """Decoders fitted to vectors of digits and of news, compared with answers that know nothing of the item."""
    return [_of_images(handwritten(), walk.seed), _of_words(walk)]


def _of_images(digits: Digits, seed: int) -> Section:
    flat = digits.pixels.reshape(len(digits.pixels), -1).astype(np.float32)
    vectors = {"a random matrix": project(flat, DIM, seed=seed)}
    try:
        import_module("likewise.neural")
    except MissingExtra:
        pass
    else:
        from likewise import images

        untrained = images.random_network(digits.pixels, dim=DIM, seed=seed, threads=1)
        vectors["an untrained network"] = untrained.encode(digits.pixels, threads=1)
    found = recover.by_layer(vectors, digits.pixels, is_test=digits.is_test, seed=seed, resamples=0)
    chosen = digits.first(np.flatnonzero(digits.is_test), SHOWN)
    strips = [Strip([digits.pixels[row] for row in chosen])]
    for name in vectors:
        places = np.searchsorted(found[name].tested, chosen)
        strips.append(Strip([_as_pixels(found[name].answers[place]) for place in places]))
    return Section(
        "What is left of an image",
        f"A digit has 64 pixels; a vector of {DIM} numbers is made of them by something that has learnt nothing. How "
        "much of the image is still in it? A linear decoder learns from every second digit to predict the pixels from "
        "the vector, and is tested on the others: 1 would be every pixel, 0 the mean digit. Much survives, also in "
        "random numbers; and to survive is not yet to be of use, as the table of the digits above shows.",
        call="from likewise.probing import recover\nrecover.images(vectors, pixels)",
        header=("made by", *COLUMNS),
        rows=_rows(found),
        figure=sheet(strips, title="Digits, and what is recovered of them from each vector", side=SIDE),
        caption="Above the digits; below, a row for each line of the table, what the decoder predicts.",
    )


def _as_pixels(decoded: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(decoded), 0, 255).astype(np.uint8)


def _of_words(walk: Walk) -> Section:
    every = max(1, len(walk.news) // (QUICK if walk.quick else FULL))
    texts = walk.news.texts[::every]
    counts = documents.bag_of_words(texts, keep=False).sparse(texts)
    vectors = {
        "a random matrix": project(counts, walk.lsa.dim, seed=walk.seed),
        "lsa": walk.lsa.encode(texts),
        "mean of words": mean_of_words(walk).encode(texts),
    }
    found = recover.by_layer(vectors, counts, seed=walk.seed, resamples=0)
    return Section(
        "What is left of a text",
        f"The same of {len(texts):,} articles: which words does each have, and how often, predicted from "
        "its vector? As "
        ""
        "many are predicted as the article has, and the share that is right is counted. The frequent "
        "words alone, predicted for "
        "every article alike, are the last column, and they are much.",
        call="recover.tokens(vectors, counts)",
        header=("made by", *COLUMNS),
        rows=_rows(found),
    )


def _rows(found: Layers) -> list[tuple[str, int, float, float, float]]:
    return [(name, one.dim, one.value, one.shuffled, one.mean) for name, one in found.rows]
