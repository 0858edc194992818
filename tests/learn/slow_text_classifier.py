"""The training of learn.fasttext.supervised written out in float64, a step a line."""

from __future__ import annotations

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.learn.fasttext.supervised import Settings
from likewise.system import seeds


def train(inputs, outputs, rows: Ragged, labels: np.ndarray, settings: Settings) -> list[float]:
    """Changes both matrices; gives the mean loss of each epoch."""
    used = [text for text in range(len(rows)) if len(rows[text])]
    total = settings.epochs * sum(len(rows[text]) for text in used)
    done, losses = 0, []
    for epoch in range(settings.epochs):
        order = seeds.generator(settings.seed, "text_classifier_order", epoch).permutation(len(used))
        loss = 0.0
        for text in [used[place] for place in order]:
            features = rows[text]
            rate = settings.learning_rate * (1 - done / total)
            hidden = inputs[features].mean(axis=0)
            scores = outputs @ hidden
            probabilities = np.exp(scores - scores.max())
            probabilities /= probabilities.sum()
            loss -= np.log(probabilities[labels[text]])
            errors = -probabilities
            errors[labels[text]] += 1
            change = rate * errors @ outputs
            outputs += rate * np.outer(errors, hidden)
            np.add.at(inputs, features, change / len(features))
            done += len(features)
        losses.append(loss / len(used))
    return losses
