"""Skip-gram on a processor without AVX-512 (Numba is told it has AVX2 only) against gensim, which keeps what it has.

python benches/narrow_registers.py [--dim 300 --window 10 --epochs 1 --words 10000000 --rounds 3]
"""

from __future__ import annotations

from functools import partial
from tempfile import gettempdir

from _word2vec import NARROW, compare, options, train_gensim, train_likewise

TRAINERS = {
    "gensim": partial(train_gensim, method="skipgram", corpus_file=False),
    "likewise AVX2, racing": partial(train_likewise, method="skipgram", racing=True),
    "likewise AVX2": partial(train_likewise, method="skipgram", racing=False),
}
ELSEWHERE = {**NARROW, "NUMBA_CACHE_DIR": f"{gettempdir()}/likewise-narrow"}  # other code, so another cache

if __name__ == "__main__":
    compare(options(__doc__), TRAINERS, {name: ELSEWHERE for name in TRAINERS if name.startswith("likewise")})
