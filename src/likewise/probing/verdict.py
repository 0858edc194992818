"""One line of advice out of a comparison: take the embedding only where the difference shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from likewise.probing.comparison import Comparison, Standing
    from likewise.probing.paired_bootstrap import Difference


def advice(found: Comparison) -> str:
    """Which representation to take: the raw features, unless the best embedding is above them beyond doubt."""
    raw = next(row for row in found.rows if row.kind == "raw")
    embeddings = [row for row in found.rows if row.kind == "embedding"]
    if not embeddings:
        return f"{raw.name} alone: {found.metric} {raw.value:.3f}; give an embedding to compare with it"
    best = max(embeddings, key=lambda row: row.value)
    over = best.over_raw
    assert over is not None, "every row but the raw one has a difference"
    if over.low > 0:
        return (
            f"use {best.name}: {_by(over)} above {raw.name} {_at(found, over)}{_but(found, best, raw.name)}"
        )
    if over.high < 0:
        text = f"keep {raw.name}: {best.name} is {_by(over)} below {_at(found, over)}"
    else:
        text = f"keep {raw.name}: {best.name} makes no difference that shows, {_tie(over)} {_at(found, over, False)}"
    return text + _with_few(found, embeddings, best)


def _by(over: Difference) -> str:
    return f"{100 * abs(over.value):.1f} points"


def _tie(over: Difference) -> str:
    return f"{over} points"


def _at(found: Comparison, over: Difference, interval: bool = True) -> str:
    sure = f"({100 * over.low:.1f} … {100 * over.high:.1f}) ".replace("-", "−") if interval else ""
    return f"{sure}at {found.labels:,.0f} labels"


def _but(found: Comparison, best: Standing, raw: str) -> str:
    """What speaks against the best embedding: few labels, or chance that does as well."""
    against = ""
    lost = _run(found, best.name, won=False)
    if lost is not None:
        against += f"; with {lost:,} labels a class or fewer {raw} is better"
    if best.over_random is not None and best.over_random.low <= 0:
        against += f"; but a random projection to {best.dim} is as good"
    return against


def _with_few(found: Comparison, embeddings: list[Standing], best: Standing) -> str:
    """Up to how many labels an embedding wins all the same."""
    won = {row.name: _run(found, row.name, won=True) for row in [best, *embeddings]}
    budgets = [budget for budget in won.values() if budget is not None]
    if not budgets:
        return ""
    name = next(name for name, budget in won.items() if budget == max(budgets))
    who = "it" if name == best.name else name
    return f"; {who} wins only with {max(budgets):,} labels a class or fewer"


def _run(found: Comparison, name: str, *, won: bool) -> int | None:
    """The most labels a class up to which `name` is above the raw features (or below) at every point, if any."""
    last = None
    for point in found.curve(name):
        over = point.over_raw
        if point.per_class is None or over is None or not (over.low > 0 if won else over.high < 0):
            return last
        last = point.per_class
    return last
