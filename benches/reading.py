"""Text file to ids with counts, against gensim: LineSentence, build_vocab, and a second pass for the ids.

    python benches/reading.py TEXT [--megabytes 186] [--rounds 3] [--threads 2]

TEXT is plain or .bz2; its first megabytes are lower-cased into a temporary folder, so that white space gives
both the same words. Each run is a process of its own, A B A B; the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import bz2
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

MIN_COUNT = 5


def read_with_gensim(text: Path, folder: Path, threads: int) -> tuple[int, int]:
    """Tokens kept and words; gensim reads in one thread."""
    from array import array

    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    model = Word2Vec(vector_size=1, min_count=MIN_COUNT, workers=threads)
    model.build_vocab(LineSentence(str(text)))
    numbers = model.wv.key_to_index
    ids = array("i")
    for row in LineSentence(str(text)):
        ids.extend([numbers[word] for word in row if word in numbers])
    with (folder / "ids").open("wb") as file:
        ids.tofile(file)
    return len(ids), len(numbers)


def read_with_likewise(text: Path, folder: Path, threads: int, kind: Any = "white") -> tuple[int, int]:
    """Tokens kept and words."""
    from likewise.data.text import blocks
    from likewise.tokens.corpus.corpus import encode
    from likewise.tokens.corpus.word_pattern import Words

    corpus = encode(blocks(text), folder, words=Words(kind), min_count=MIN_COUNT, threads=threads)
    return len(corpus.ids.ids), len(corpus.keys)


def read_by_rule(text: Path, folder: Path, threads: int) -> tuple[int, int]:
    """The same by the rule `words`, which gensim has not."""
    return read_with_likewise(text, folder, threads, "words")


READERS = {"gensim": read_with_gensim, "likewise": read_with_likewise, "likewise, rule words": read_by_rule}


def measure(name: str, text: Path, threads: int) -> None:
    """In a process of its own: warm imports and compiled code on one line, then read; print what it took."""
    with TemporaryDirectory(dir=text.parent) as folder:
        small = Path(folder, "small.txt")
        small.write_text("some w\u00f6rds to begin with\n" * 9, encoding="utf-8")
        READERS[name](small, Path(folder), threads)
        wall, cpu = time.perf_counter(), time.process_time()
        tokens, words = READERS[name](text, Path(folder), threads)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(json.dumps({"seconds": wall, "cpu": cpu, "peak_mb": peak, "tokens": tokens, "words": words}))


def lowered(source: Path, megabytes: int | None, folder: Path) -> Path:
    """The first megabytes of the text, lower-cased."""
    opener: Any = bz2.open if source.suffix == ".bz2" else open
    with opener(source, "rt", encoding="utf-8") as file:
        text = file.read(megabytes * 1_000_000 if megabytes else -1)
    path = folder / "text.txt"
    path.write_text(text.lower(), encoding="utf-8")
    return path


def main() -> None:
    """Run the rounds and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path)
    parser.add_argument("--megabytes", type=int, help="all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--run", choices=READERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        measure(args.run, args.text, args.threads)
        return
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
    with TemporaryDirectory() as folder:
        text = lowered(args.text, args.megabytes, Path(folder))
        print(f"{text.stat().st_size / 1e6:.0f} MB, {args.threads} threads, medians of {args.rounds}")
        for name in list(READERS) * args.rounds:
            command = [sys.executable, __file__, str(text), "--run", name, "--threads", str(args.threads)]
            runs[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    medians = {
        name: {key: median(run[key] for run in all_runs) for key in all_runs[0]}
        for name, all_runs in runs.items()
    }
    for name, got in medians.items():
        ratio = {key: medians["gensim"][key] / got[key] for key in ("seconds", "cpu")}
        print(
            f"{name:22} {got['seconds']:7.2f} s  {got['cpu']:7.2f} CPU s  {got['peak_mb']:6.0f} MB  "
            f"{got['tokens']:,.0f} tokens {got['words']:,.0f} words  "
            f"{ratio['seconds']:.1f}x ({ratio['cpu']:.1f}x by CPU)"
        )


if __name__ == "__main__":
    main()
