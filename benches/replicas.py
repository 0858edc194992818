"""What reproducible training costs against racing, and what quality it keeps, for 1 to 16 logical shards.

python benches/replicas.py [--dim 300 --window 10 --epochs 1 --words 30000000 --rounds 1]
"""

from __future__ import annotations

from functools import partial

from _word2vec import compare, options, train_likewise

TRAINERS = {"racing": partial(train_likewise, method="skipgram", racing=True)} | {
    f"{shards} replicas": partial(train_likewise, method="skipgram", racing=False, replicas=shards)
    for shards in (1, 2, 4, 8, 16)
}

if __name__ == "__main__":
    compare(options(__doc__, words=30_000_000), TRAINERS)
