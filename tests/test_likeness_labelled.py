"""Likeness on the labelled set, on templates by the thousand, and on the corpus' own cases."""

import random
from collections import defaultdict
from datetime import timedelta
from itertools import combinations
from statistics import mean

import pytest

from pipelines.likeness import Likeness, News, band_keys, likeness, news
from tests.corpus import needs_corpus, truths
from tests.data.make_near_duplicates import COMPANIES, DAY, TEMPLATES, filled, pairs
from tests.likeness_report import HALVES, Pair, by_simhash, labelled, ours, report, score, shares_a_key

SHARE = 0.97
"""Of precision and recall, on either half."""

PAIRS = labelled()


def half(name: str) -> list[Pair]:
    return [pair for pair in PAIRS if pair.half == name]


def test_the_set_is_as_large_and_as_varied_as_it_says() -> None:
    assert len({pair.name for pair in PAIRS}) == len(PAIRS) >= 400
    assert len({pair.a.text for pair in PAIRS}) >= 150
    assert all(len(half(name)) >= 400 for name in HALVES)
    lengths = sorted(len(pair.a.text) for pair in PAIRS)
    assert (lengths[0] < 30, lengths[-1] > 2000) == (True, True)


def test_the_set_is_what_its_rules_make() -> None:
    made = [(line["pair"], line["same"], line["a"]["text"], line["b"]["text"]) for line in pairs()]
    assert made == [(pair.name, pair.same, pair.a.text, pair.b.text) for pair in PAIRS]


@pytest.mark.parametrize("name", HALVES)
def test_precision_and_recall(name: str) -> None:
    found = score(ours, half(name))
    assert found.precision >= SHARE
    assert found.recall >= SHARE
    usual = score(by_simhash, half(name))
    assert usual.precision + usual.recall < found.precision + found.recall


@pytest.mark.parametrize("name", HALVES)
def test_true_pairs_find_each_other(name: str) -> None:
    true = [pair for pair in half(name) if pair.same]
    assert sum(shares_a_key(pair.a, pair.b) for pair in true) >= 0.99 * len(true)


def test_no_template_is_merged() -> None:
    traps = [pair for pair in PAIRS if pair.kind.startswith("template") or pair.kind == "other day"]
    assert len(traps) > 90
    assert [pair.name for pair in traps if likeness(pair.a, pair.b)] == []


def notices(count: int) -> list[News]:
    """Give as many notices, cut from a few templates."""
    chance = random.Random(7)  # noqa: S311 - made to be made again
    made = []
    for number in range(count):
        kind, title, text = TEMPLATES[number % 5]
        company = chance.choice(COMPANIES) + chance.choice("甲乙丙丁戊己庚辛壬癸")
        words = filled(kind, chance, company, chance.randint(1, 28))
        document = {"_id": f"NW{number}", "title": title.format(**words), "text": text.format(**words)}
        made.append(news(document | {"published_at": DAY}))
    return made


def test_keys_of_templates_stay_cool() -> None:
    """Facts: without numbers in the key, a mean of 331 candidates of 6,000, and 21 with the first and last."""
    made = notices(2000)
    holders = defaultdict(set)
    for number, post in enumerate(made):
        for key in band_keys(post):
            holders[key].add(number)
    candidates = [
        set[int]().union(*(holders[key] for key in band_keys(post))) - {n} for n, post in enumerate(made)
    ]
    assert mean(map(len, candidates)) < 2
    assert max(map(len, candidates)) < 20
    assert [
        n for n, found in enumerate(candidates) if any(likeness(made[n], made[other]) for other in found)
    ] == []


def test_the_report_has_every_rule_and_kind() -> None:
    lines = "\n".join(report(PAIRS[:60]))
    assert all(rule in lines for rule in ("ours", "SimHash 3", "MinHash 0.7", "MinHash 0.8", "tune:", "held:"))
    assert "same: reword" in lines
    assert "two: number" in lines


# --- the corpus' own cases ----------------------------------------------------------------------------------


def corpus() -> dict[str, News]:
    """Give the posts of the corpus, all told on one day: the hardest case."""
    return {name: news({**truth, "_id": name, "published_at": DAY}) for name, truth in truths().items()}


@needs_corpus
def test_one_text_under_two_headlines() -> None:
    posts = corpus()
    one, other = posts["NW202112082206672930"], posts["NW202112082206781916"]
    assert one.title != other.title
    assert likeness(one, other) == Likeness("exact", 1.0)
    later = news({"_id": other.post, "text": other.text, "published_at": DAY + timedelta(days=1)})
    assert likeness(one, later) is None


@needs_corpus
def test_no_other_two_posts_of_the_corpus_are_one() -> None:
    """Among them: inflows of 30, over 40 and 80亿, on- and offshore renminbi, a vote told twice in other words."""
    found = [(one.post, other.post) for one, other in combinations(corpus().values(), 2) if likeness(one, other)]
    assert found == [("NW202112082206672930", "NW202112082206781916")]
