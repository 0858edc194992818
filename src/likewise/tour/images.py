"""The chapters on images: digits in patches, pooled step by step, looked at, found again, and judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from likewise import images
from likewise.errors import MissingExtra
from likewise.features.hog import hog
from likewise.features.pixels import pixels as raw_pixels
from likewise.probing import compare, given_split
from likewise.report.comparison import table
from likewise.report.contact_sheet import Strip, lit, patched, sheet
from likewise.report.page import Section
from likewise.tour.chapter import Walk

if TYPE_CHECKING:
    from likewise.images import ImageEncoder

PATCH, DIM = 2, 64
SHOWN, SIDE = 8, 68.0  # digits in a row, and how wide each is drawn
QUERIES = 4  # digits whose nearest are drawn


@dataclass(frozen=True)
class _Length:
    """Epochs of each network: more gave these digits no more."""

    cnn: int
    vit: int
    contrast: int


FULL, QUICK = _Length(cnn=12, vit=60, contrast=30), _Length(cnn=4, vit=10, contrast=6)


@dataclass(frozen=True, eq=False)
class Digits:
    """`pixels` (n, 8, 8, 1) uint8, and what each shows; every second one is only tested."""

    pixels: np.ndarray
    labels: list[str]

    @property
    def is_test(self) -> np.ndarray:
        """(n,) bool."""
        return np.arange(len(self.labels)) % 2 == 1

    def first(self, rows: np.ndarray, count: int) -> list[int]:
        """Of the numbers `rows`, the first that shows a 0, a 1, and so on, then the second of each."""
        seen: Counter[str] = Counter()
        order = []
        for row in rows.tolist():
            order.append((seen[self.labels[row]], self.labels[row], row))
            seen[self.labels[row]] += 1
        return [row for _, _, row in sorted(order)[:count]]


def image_chapters(walk: Walk) -> list[Section]:
    """Five sections, or one that says what they want, where torch is missing."""
    try:
        import_module("likewise.neural")  # which wants torch
    except MissingExtra as error:
        return [Section("Images", f"Images become vectors, too, but not on this machine as yet: {error}.")]
    digits, length = handwritten(), QUICK if walk.quick else FULL
    learnt = ~digits.is_test
    labels = [label for label, is_learnt in zip(digits.labels, learnt, strict=True) if is_learnt]
    # One thread: at another number sums differ in their last bits, and with them the page.
    cnn = images.cnn(
        digits.pixels[learnt], labels=labels, dim=DIM, epochs=length.cnn, batch_size=64, keep=False, seed=walk.seed,
        threads=1,
    )  # fmt: skip
    vit = images.vit(
        digits.pixels[learnt],
        labels=labels,
        dim=DIM,
        layers=2,
        patch=PATCH,
        epochs=length.vit,
        batch_size=64,
        keep=False,
        seed=walk.seed,
        threads=1,
    )
    alone = images.cnn(
        digits.pixels,
        objective="contrast",
        dim=DIM,
        epochs=length.contrast,
        keep=False,
        seed=walk.seed,
        threads=1,
    )
    return [
        _in_patches(digits),
        _step_by_step(digits, cnn),
        _looked_at(digits, vit),
        _nearest(digits, alone),
        _judged(digits, {"cnn": cnn, "vit": vit, "contrast": alone}, walk.seed),
    ]


def handwritten() -> Digits:
    """1,797 digits of 43 people, 8 × 8, which come with scikit-learn (Alpaydin & Kaynak 1998, UCI)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = np.rint(found.images * (255 / 16)).astype(np.uint8)[..., None]
    return Digits(pixels, [str(digit) for digit in found.target.tolist()])


def _in_patches(digits: Digits) -> Section:
    chosen = digits.first(np.arange(len(digits.labels)), SHOWN)
    whole = [digits.pixels[row] for row in chosen]
    return Section(
        "An image becomes tokens",
        f"A text is a row of words, and an image a row of patches, squares of {PATCH} × {PATCH} pixels, read line by "
        "line. From there on the same transformer reads both. A network with convolutions takes patches that overlap.",
        call="from likewise.tokens import patches\n"
        f"patches.patches(pixels, {PATCH})            # (1797, 16, 4): 16 patches of 4 pixels\n"
        f"patches.patches(pixels, 3, stride=1)   # (1797, 36, 9): those of 3 × 3 that overlap",
        figure=sheet(
            [Strip(whole), Strip([patched(image, PATCH) for image in whole])],
            title="Digits, and the same in patches",
            side=SIDE,
        ),
    )


def _step_by_step(digits: Digits, cnn: ImageEncoder) -> Section:
    row = digits.first(np.arange(len(digits.labels)), SHOWN)[3]
    grids = list(dict.fromkeys(cnn.sizes))
    shown = [raw_pixels(digits.pixels[row : row + 1], size=grid).reshape(*grid, 1) for grid in grids]
    return Section(
        "Pooled step by step",
        "What was many vectors, one for each place, becomes one by and by: each stage takes the largest of four "
        "neighbours and doubles the numbers of each, so that where something is turns into what it is.",
        call="model = likewise.images.cnn(pixels, labels=labels, dim=64)\nmodel.sizes",
        header=("step", "rows", "columns"),
        rows=[(f"after step {step}" if step else "the image", *size) for step, size in enumerate(cnn.sizes)],
        figure=sheet(
            [
                Strip(
                    [np.rint(image * 255).astype(np.uint8) for image in shown],
                    [(f"{rows} × {columns}",) for rows, columns in grids],
                )
            ],
            title="A digit on ever coarser grids",
            side=SIDE,
        ),
        caption="The images show how coarse the grids are, by means of pixels; the network keeps more of each place.",
    )


def _looked_at(digits: Digits, vit: ImageEncoder) -> Section:
    chosen = digits.first(np.flatnonzero(digits.is_test), SHOWN)
    shown = digits.pixels[chosen]
    seen = vit.attention(list(shown), threads=1).mean(axis=2)  # over heads: (n, layers, rows, columns)
    layers = [
        Strip([lit(image, light[layer]) for image, light in zip(shown, seen, strict=True)])
        for layer in range(seen.shape[1])
    ]
    predicted = vit.classify(list(shown), threads=1)
    named = [
        (label if label == prediction else f"{label}, predicted {prediction}",)
        for label, prediction in zip([digits.labels[row] for row in chosen], predicted, strict=True)
    ]
    return Section(
        "Where the class token looks",
        "A vision transformer puts one token more before the patches, which stands for the whole. Its attention says "
        "how much it reads of each patch: below, the digits are lit by it, in the first layer and in the last. It "
        "shows where the network looks, and not why it decides as it does.",
        call=f"model = likewise.images.vit(pixels, labels=labels, patch={PATCH}, layers=2)\n"
        "model.attention(pixels)  # (n, layers, heads, rows, columns)",
        figure=sheet([Strip(list(shown), named), *layers], title="Digits lit by attention", side=SIDE),
        caption="Digits that the network had not seen. Attention in the mean over heads, white where it is largest.",
    )


def _nearest(digits: Digits, alone: ImageEncoder) -> Section:
    vectors = alone.encode(digits.pixels, threads=1)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    strips, right = [], 0
    for row in digits.first(np.flatnonzero(digits.is_test), QUERIES):
        cosines = unit @ unit[row]
        cosines[row] = -np.inf
        near = np.argsort(-cosines, kind="stable")[: SHOWN - 1].tolist()
        captions = [(f"a {digits.labels[row]}",), *((f"{cosines[i]:.3f}",) for i in near)]
        strips.append(Strip([digits.pixels[i] for i in (row, *near)], captions, lead=1))
        right += sum(digits.labels[i] == digits.labels[row] for i in near)
    return Section(
        "Nearest images, learnt without labels",
        "This network had no labels. It saw two views of each image, cropped, stretched and mirrored by chance, "
        "and learnt to find the one from the other among all. What it calls near is what looks alike to it.",
        call='model = likewise.images.cnn("photos", objective="contrast")\nmodel.similar("photo.jpg", k=7)\n'
        "# likewise similar model photo.jpg -k 7 -o near.html",
        figure=sheet(strips, title="Digits and their nearest", side=SIDE),
        caption=f"Left the query digit, then the nearest of all others with their cosine; {right} of the "
        f"{QUERIES * (SHOWN - 1)} show the same digit.",
    )


def _judged(digits: Digits, models: dict[str, ImageEncoder], seed: int) -> Section:
    untrained = images.random_network(digits.pixels, dim=DIM, seed=seed, threads=1)
    found = compare(
        digits.labels,
        {
            "pixels": raw_pixels(digits.pixels),
            "HOG": hog(digits.pixels, cell=4),
            "untrained": untrained.encode(digits.pixels, threads=1),
            **{name: model.encode(digits.pixels, threads=1) for name, model in models.items()},
        },
        folds=given_split(digits.is_test),
        budgets=(),
        seed=seed,
    )
    return table(
        found.to_json(),
        heading="Do they beat raw pixels?",
        text="A linear head learns from every second digit and is tested on the others: on 64 pixels as they are, on "
        "histograms of oriented gradients, on a network that was not trained, on one trained without "
        "labels, and on two "
        "that were trained on the labels of the same half. A vision transformer has to learn that neighbours belong "
        "together, which convolutions are built on, and needs more images for it.",
        call="likewise compare photos model -o compared",
        is_timed=False,
    )
