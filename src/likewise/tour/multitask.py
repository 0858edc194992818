"""The chapter on several tasks: what each gives the others, and which had better be learnt together."""

from __future__ import annotations

from importlib import import_module

from likewise import tasks
from likewise.errors import MissingExtra
from likewise.features.pixels import pixels
from likewise.probing import group
from likewise.report.page import Section
from likewise.tour.chapter import Walk, listed
from likewise.tour.images import handwritten

TASKS = {
    "which digit": lambda digit: str(digit),
    "odd or even": lambda digit: "odd" if digit % 2 else "even",
    "5 or more": lambda digit: "5 or more" if digit > 4 else "less",
    "has a loop": lambda digit: "loop" if digit in (0, 6, 8, 9) else "none",
}
EPOCHS, QUICK = 10, 2


def together(walk: Walk) -> list[Section]:
    """Four tasks on the digits in one network; or what is missing."""
    try:
        import_module("likewise.neural")
    except MissingExtra as error:
        return [Section("Several tasks by one network", f"Not on this machine as yet: {error}.")]
    digits = handwritten()
    labels = {task: [of(int(digit)) for digit in digits.labels] for task, of in TASKS.items()}
    found = tasks.affinity(
        pixels(digits.pixels),
        labels,
        seeds=1 if walk.quick else 3,
        training=tasks.TrainingConfig(epochs=QUICK if walk.quick else EPOCHS),
        seed=walk.seed,
        threads=1,
    )
    groups = group(found.matrix, found.tasks, k=2)
    return [
        Section(
            "Several tasks by one network",
            "One network can predict several things of a digit, with a head for each, and what it learns for one "
            "may help another or stand in its way. While it learns, each task takes a step on the shared weights by "
            "itself, tentatively: by how much does each other loss fall? That share is the affinity (Fifty et al. "
            "2021). It says who gives the most within a row; groups by it are a proposal, to be confirmed by training."
            f"\n\nFor two networks it proposes {', and '.join(map(listed, groups.groups))}.",
            call="found = likewise.tasks.affinity(pixels, labels, seed=1)\n"
            "likewise.probing.group(found.matrix, found.tasks, k=2)",
            header=("what helps", *(f"from {task}" for task in found.tasks)),
            rows=[
                (
                    task,
                    *(None if i == j else 1000 * float(found.matrix[j, i]) for i in range(len(found.tasks))),
                )
                for j, task in enumerate(found.tasks)
            ],
            caption="By how many thousandths the loss of the row's task falls when the column's task takes a step.",
        )
    ]
