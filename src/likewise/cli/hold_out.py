"""`--hold-out`: interactions that a model is not trained on, written to a file to evaluate it with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from likewise.cli.models import refuse_output
from likewise.cli.output import note
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    import numpy as np

    from likewise.data.interactions import Interactions, Reading

HoldOut: TypeAlias = Literal["random", "last", "time"]


def training_part(
    inputs: Any, reading: Reading, rule: str | None, held: Path | None, *, seed: int, overwrite: bool
) -> Interactions:
    """The part of a log to train on; the rest is written to `held`, a row of user and item for each interaction."""
    from likewise.data.interactions import read

    if rule is None or held is None:
        raise OptionError(
            "--hold-out says what is held out, and --held where it is written: give both or none"
        )
    refuse_output(held, overwrite=overwrite, is_folder=False)
    log = read(inputs, reading)
    kept = _kept(log, rule, seed)
    if kept.all():
        raise InputError("nothing can be held out: no user has two interactions; leave out --hold-out")
    _write(held, log, ~kept, reading)
    note(f"held out: {int((~kept).sum()):,} of {len(kept):,} interactions, in {held}")
    return log.only(kept)


def _kept(log: Interactions, rule: str, seed: int) -> np.ndarray:
    """(interactions,) bool: the training part."""
    import numpy as np

    from likewise.evaluate import recommend_splits as splits

    if rule == "random":
        split = splits.at_random(log.seen, seed=seed)
    elif log.times is None:
        raise OptionError(f"--hold-out {rule} needs times: name its column with --time, or try random")
    elif rule == "last":
        split = splits.last_out(log.seen, log.times)
    else:
        split = splits.by_time(log.seen, log.times)
    items = len(log.items)
    own, train = (
        np.repeat(np.arange(len(log.users)), np.diff(part.indptr)) * items + part.indices
        for part in (log.seen, split.train)
    )
    return np.isin(own, train)


def _write(path: Path, log: Interactions, chosen: np.ndarray, reading: Reading) -> None:
    """Write CSV, with the column names of the log, or without a header where its columns are numbered."""
    import csv
    import io

    import numpy as np

    from likewise.system.files import atomic_file

    rows = np.repeat(np.arange(len(log.users)), log.lengths)[chosen]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    if isinstance(reading.user, str):
        writer.writerow((reading.user, reading.item))
    pairs = zip(rows.tolist(), log.seen.indices[chosen].tolist(), strict=True)
    turned = isinstance(reading.user, int) and reading.user > int(reading.item)
    for user, item in pairs:
        writer.writerow((log.users[user], log.items[item])[:: -1 if turned else 1])
    with atomic_file(path) as file:
        file.write(lines.getvalue().encode())
