"""The chapter on users: who rated which film, what each is to like next, and whether that beats the simple answers."""

from __future__ import annotations

import csv
import io

import numpy as np

from likewise import users
from likewise.arrays.ragged import Ragged
from likewise.errors import MissingExtra
from likewise.evaluate.recommend import RecommendScore, recommend
from likewise.evaluate.recommend_splits import at_random
from likewise.report.map import word_map
from likewise.report.page import Section
from likewise.system.cores import checked_threads
from likewise.tour import corpora
from likewise.tour.chapter import Walk, listed
from likewise.users import Interactions, Reading, Users

READING = Reading(user="user", item="film", time="time", min_users=10)
SHARE = 0.75  # of each user's films to learn from
METRICS = ("nDCG@10", "Recall@10", "coverage@10")
QUERIES = (
    "Toy Story (1995)",
    "Matrix, The (1999)",
    "Godfather, The (1972)",
    "Amelie (2001)",
    "Psycho (1960)",
)
NEWCOMERS = (
    ("Alien (1979)", "Blade Runner (1982)"),
    ("Toy Story (1995)", "Finding Nemo (2003)"),
    ("Pride and Prejudice (1995)", "Sense and Sensibility (1995)"),
    (),
)
ON_MAP = 150
FILE = "ratings.csv"


def csv_of(rated: list[corpora.Rating]) -> str:
    """The ratings as a log, with columns called as a log's are when nothing is said."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("user", "item", "stars", "time"))
    writer.writerows((one.user, one.film, one.stars, one.time) for one in rated)
    return lines.getvalue()


def films(walk: Walk) -> list[Section]:
    """Ratings of films as interactions: scores with baselines, recommendations for new users, and a map."""
    try:
        rated = corpora.ratings()
    except MissingExtra as error:
        return [Section("A user is what they chose", f"This chapter was left out: {error}.")]
    genres = {one.film: one.genre for one in rated}
    rows = [{"user": one.user, "film": one.film, "time": one.time} for one in rated]
    log = users.read(rows, READING)
    del rated, rows
    model = users.als(log, dim=64, seed=walk.seed)
    return [
        Section(
            "A user is what they chose",
            f"{len(log):,} people rated {len(log.items):,} films (MovieLens; only films that ten or more rated), and a "
            "film that somebody rated is one they chose to see. From that alone users and films get vectors in one "
            "space, so that the product of two says how likely the one is to choose the other.\n\n"
            f"Here {SHARE:.0%} of each person's films are learnt from, and all other films are ranked for everybody. "
            "Are those found that were kept back? What is popular, and the neighbours of the films that somebody saw, "
            "are what must be beaten.",
            call="reading = likewise.users.Reading(min_users=10)\n"
            'model = likewise.users.als("ratings.csv", dim=64, seed=1, reading=reading)\n'
            "likewise train users ratings.csv -o films --min-users 10 --hold-out random --held held.csv\n"
            "likewise evaluate films --test held.csv",
            header=("", *METRICS),
            rows=_scores(log, walk.seed),
            caption="Mean over users; coverage is the share of all films that are in anybody's ten.",
        ),
        Section(
            "Who came a minute ago",
            "A newcomer is a history of one or two films, and gets a vector by the same closed form that everybody's "
            "has. Without any history the answer is what most people saw, and says so.",
            call='model.recommend(["Alien (1979)", "Blade Runner (1982)"], k=3)',
            header=("saw", "is to see", "because of"),
            rows=[row for history in NEWCOMERS for row in _recommended(model, history)],
        ),
        Section(
            "Films near each other",
            "The model knows nothing of genres, directors or plots: what is near was seen by the same people.",
            call='model.similar("item:Toy Story (1995)", k=4)',
            header=("film", "nearest"),
            rows=[(film, _near(model, film)) for film in QUERIES if film in model.items],
            figure=_image(model, genres, walk.seed),
            caption=f"The {ON_MAP} films that most people rated, by the first genre of each.",
        ),
    ]


def _scores(log: Interactions, seed: int) -> list[tuple[str, ...] | tuple[str | float, ...]]:
    """A row for each method, the simple ones first."""
    split = at_random(log.seen, share=SHARE, seed=seed)
    kept = np.zeros(log.seen.shape, bool)
    kept[split.train.nonzero()] = True
    learnt = log.only(kept[log.seen.nonzero()])
    models = {
        "ALS, 64 numbers": users.als(learnt, dim=64, seed=seed),
        "EASE, 128 numbers": users.ease(learnt, dim=128),
    }
    found: dict[str, RecommendScore] = {}
    for n, (name, model) in enumerate(models.items()):
        score = _judged(model, log, split.held, seed, baselines=n == 0)
        found |= {**dict(score.baselines), name: score}
    return [(name, *(score.means[metric] for metric in METRICS)) for name, score in found.items()]


def _judged(model: Users, log: Interactions, held: object, seed: int, *, baselines: bool) -> RecommendScore:
    """The model on what was kept back of its own users and films."""
    columns, rows = model.items.places(log.items), model.names.places(log.users)
    own: list[list[int]] = [[] for _ in range(len(model))]
    matrix = held.tocoo()  # type: ignore[attr-defined]
    for user, film in zip(rows[matrix.row].tolist(), columns[matrix.col].tolist(), strict=True):
        if user >= 0 and film >= 0:
            own[user].append(film)
    wanted = Ragged.from_rows(own).counts(len(model.items))
    return recommend(
        model.scorer(), model.seen_matrix, wanted, k=(10,), baselines=baselines,
        resamples=0, seed=seed, threads=checked_threads(None),
    )  # fmt: skip


def _recommended(model: Users, history: tuple[str, ...]) -> list[tuple[str, str, str]]:
    known = [film for film in history if film in model.items]
    found = model.recommend(known, 3)
    return [
        (
            (listed(known) or "nothing yet") if n == 0 else "",
            one.item,
            "what most saw" if one.cold else listed(one.because),
        )
        for n, one in enumerate(found)
    ]


def _near(model: Users, film: str) -> str:
    return listed(one.key.removeprefix("item:") for one in model.similar(f"item:{film}", 4))


def _image(model: Users, genres: dict[str, str], seed: int) -> str:
    """The most rated films on a plane."""
    popular = model.items.keys[:ON_MAP]
    kinds = {film: genres[film] for film in popular}
    return word_map(model.items, popular, groups=kinds, title="Films by who rated them", seed=seed)
