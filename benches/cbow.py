"""CBOW against gensim's fastest way, `corpus_file` with two workers; skip-gram of the same text beside it.

python benches/cbow.py [--dim 300 --window 10 --epochs 1 --words 10000000 --rounds 3]
python benches/cbow.py --dim 100 --window 5 --epochs 3
"""

from __future__ import annotations

from functools import partial

from _word2vec import compare, options, train_gensim, train_likewise

TRAINERS = {
    "gensim CBOW, corpus_file": partial(train_gensim, method="cbow", corpus_file=True),
    "likewise CBOW, racing": partial(train_likewise, method="cbow", racing=True),
    "likewise CBOW": partial(train_likewise, method="cbow", racing=False),
    "likewise skip-gram": partial(train_likewise, method="skipgram", racing=False),
}

if __name__ == "__main__":
    compare(options(__doc__), TRAINERS)
