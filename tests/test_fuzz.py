"""Every parser, and the stages behind it, under inputs nobody thought of: `make fuzz` has more time for it."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.mutation import mutated
from tests.fuzz.run import fuzz
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import PARSERS, parsed

SECONDS = 2
"""For each parser. With the starts of their processes, the seventeen take about a minute of one processor."""


@pytest.mark.parametrize("parser", PARSERS)
def test_nothing_escapes_a_parser_or_the_stages_behind_it(parser: str, tmp_path: Path) -> None:
    found = fuzz(parser, SECONDS, 20220301, tmp_path)
    assert not found.escaped, found.escaped
    assert found.tried > 10
    assert found.share >= 0.3, f"{found.parsed} of {found.tried} inputs parsed: damage too heavy to test anything"


def test_a_bug_planted_on_purpose_is_found(tmp_path: Path) -> None:
    found = fuzz("post", 60, 20220301, tmp_path, "--plant")
    assert "IndexError" in found.escaped
    assert not parsed("post", (tmp_path / "escape-post").read_text("utf-8", "surrogateescape"))


@pytest.mark.parametrize("parser", PARSERS)
def test_most_of_what_fuzzing_starts_from_is_valid(parser: str) -> None:
    start = seeds(parser)  # some posts have no page upstream: its refusal is a seed, too
    assert sum(parsed(parser, seed) for seed in start) > len(start) / 2


@given(st.integers(), st.sampled_from(['{"a": [1, "b"]}', 'x({"a": null});', "<p>a</p>", ""]))
def test_damage_is_repeatable(seed: int, text: str) -> None:
    assert mutated(text, random.Random(seed)) == mutated(text, random.Random(seed))  # noqa: S311 - not secret


def test_damage_to_json_mostly_leaves_it_json() -> None:
    text = json.dumps({"data": {"list": [{"title": "甲", "code": 1}]}})
    choose = random.Random(1)  # noqa: S311 - not secret
    damaged = [mutated(text, choose) for _ in range(200)]

    def is_json(text: str) -> bool:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
        return True

    assert sum(map(is_json, damaged)) > 100
    assert len(set(damaged)) > 50
