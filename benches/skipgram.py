"""Skip-gram with negative sampling against gensim with two workers: seconds of training, and the quality reached.

python benches/skipgram.py [--dim 300 --window 10 --epochs 1 --words 10000000 --rounds 3]
python benches/skipgram.py --dim 100 --window 5 --epochs 3
"""

from __future__ import annotations

from functools import partial

from _word2vec import compare, options, train_gensim, train_likewise

TRAINERS = {
    "gensim": partial(train_gensim, method="skipgram", corpus_file=False),
    "likewise, racing": partial(train_likewise, method="skipgram", racing=True),
    "likewise": partial(train_likewise, method="skipgram", racing=False),
}

if __name__ == "__main__":
    compare(options(__doc__), TRAINERS)
