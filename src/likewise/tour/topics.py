"""The chapter with the map: a few hundred words on a plane, coloured by a topic that the training never saw."""

from __future__ import annotations

from likewise.evaluate import CategorySet, evaluate
from likewise.report.map import word_map
from likewise.report.page import Section
from likewise.tour.chapter import Walk

TOPICS = {
    "animals": "dog cat horse cow sheep goat pig wolf fox lion tiger bear deer rabbit mouse rat monkey elephant whale "
    "dolphin shark salmon trout frog snake lizard turtle eagle hawk owl duck goose hen crow bee ant spider beetle moth",
    "food": "bread butter cheese milk cream egg meat beef pork lamb chicken fish rice wheat corn flour sugar salt "
    "pepper garlic onion tomato potato bean soup sauce cake pie chocolate coffee tea wine beer juice vinegar honey",
    "countries": "france germany spain italy portugal greece poland russia england scotland ireland sweden norway "
    "denmark finland turkey iran iraq israel egypt algeria india china japan korea mexico brazil argentina canada "
    "australia",
    "medicine": "disease infection fever cancer tumor inflammation pain symptom syndrome virus bacteria vaccine drug "
    "therapy surgery surgeon physician patient hospital lung heart liver kidney stomach muscle nerve artery vein bone",
    "music": "music song melody rhythm harmony chord opera symphony orchestra concerto piano violin cello guitar flute "
    "trumpet drum singer composer musician jazz rock dance soprano tenor choir",
    "war": "war battle army navy soldier officer troops weapon sword gun rifle bomb attack defeat victory enemy siege "
    "invasion commander fort captain",
    "science": "physics chemistry biology astronomy geometry algebra equation theory energy electron proton atom "
    "molecule particle quantum gravity velocity mass temperature magnetic radiation oxygen hydrogen carbon nitrogen",
    "family": "mother father son daughter brother sister husband wife uncle aunt grandfather grandmother parents child "
    "cousin nephew marriage widow baby",
}


def topics(walk: Walk) -> list[Section]:
    """The map, and how well clusters of the vectors agree with the topics."""
    groups = {word: topic for topic, words in TOPICS.items() for word in walk.known(words.split())}
    keys = sorted(groups, key=walk.table.index)
    judged = CategorySet("topics", tuple(keys), tuple(groups[key] for key in keys))
    row = evaluate(walk.table, [judged], seed=walk.seed).rows[0]
    return [
        Section(
            "A map",
            f"{len(keys)} words laid on a plane such that neighbours stay neighbours (t-SNE, van der Maaten & Hinton "
            "2008). The colours are topics that people gave the words; the vectors were learnt without them. Near is "
            "near; the distance between far groups means little.\n\n"
            f"Left to itself, k-means puts the vectors into {len(TOPICS)} clusters. If each cluster is called after "
            "its commonest topic, this share of the words is in the right one:",
            call="likewise.report.word_map(table, words, groups=topic_of_word)",
            header=("vectors", "random", "letters"),
            rows=[(row.value, row.baselines["random"], row.baselines["spelling"])],
            figure=word_map(walk.table, keys, groups=groups, title="Map of words by topic", seed=walk.seed),
        )
    ]
