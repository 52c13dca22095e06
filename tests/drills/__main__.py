"""Run the drills and print their table; exit code 1 if anything of ours was lost, doubled or otherwise wrong."""

import argparse
import secrets
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.drills import kills, mishaps, report, rivals
from tests.drills.faults import FAULTS
from tests.drills.outages import OUTAGES
from tests.drills.rows import Row, as_json, text
from tests.drills.stage import AT_ONCE, DrillError, NotRunError, Stage, stage

Killing = Callable[..., tuple[Row, list[float]]]

KILLINGS: dict[str, Killing] = {"finews": kills.drill} | {
    name: partial(rivals.drill, name=name) for name in rivals.WAYS
}
MISHAPS = {one.name: one for one in (*OUTAGES, *FAULTS)}


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="SIGKILLs, for each who is killed (default: 200)")
    parser.add_argument("--posts", type=int, default=400, help="posts of every world (default: 400)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="draws all (default: a new one)"
    )
    parser.add_argument("--only", default="", help="drills whose names hold one of these words: a,b")
    parser.add_argument("--list", action="store_true", help="print the names of the drills, and end")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--publish", action="store_true", help="write them into docs/drills.md and README.md")
    return parser.parse_args(arguments)


def told(place: Stage, name: str, drill: Callable[[], Row]) -> Row:
    """Run a drill and tell its row; one that cannot be run is a row, too, and the others go on."""
    try:
        row = drill()
    except NotRunError as error:
        row = Row(name, 0, 0, 0, 0, str(error), 0)
    except DrillError as error:
        row = Row(name, 0, 0, 0, 0, "the drill itself failed", 0, wrong=[str(error)])
    for line in row.wrong:
        place.progress.tell(f"{row.drill}: {line}")
    place.progress.tell(f"{row.drill}: lost {row.lost:,}, doubled {row.doubled:,}; {row.cells()[6]}")
    return row


def run(asked: argparse.Namespace) -> tuple[list[Row], dict[str, str]]:
    """Run what was asked for; give the rows, and by who was killed a drawing of the draws."""
    words = asked.only.split(",")
    wanted = [name for name in (*KILLINGS, *MISHAPS) if any(word in name for word in words)]
    rows: list[Row] = []
    spread: dict[str, str] = {}
    with stage() as place:
        place.progress.tell(f"seed {asked.seed}")

        def kill(name: str) -> Row:
            row, points = KILLINGS[name](place, kills=asked.kills, posts=asked.posts, seed=asked.seed)
            if points:
                spread[name] = kills.histogram(points)
            return row

        def befall(name: str) -> Row:
            return mishaps.run(MISHAPS[name], place, posts=asked.posts, seed=asked.seed)

        # Those that kill keep all cores busy by themselves; the others wait most of the time.
        rows += [told(place, name, partial(kill, name)) for name in wanted if name in KILLINGS]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rows += pool.map(
                lambda name: told(place, name, partial(befall, name)), [name for name in wanted if name in MISHAPS]
            )
        place.progress.say("")
    return rows, spread


def main() -> int:
    """Do what the command line says; give the exit code."""
    asked = options()
    if asked.list:
        sys.stdout.write("".join(f"{name}\n" for name in (*KILLINGS, *MISHAPS)))
        return 0
    rows, spread = run(asked)
    about = report.surroundings() | {"posts": asked.posts, "seed": asked.seed}
    sys.stdout.write(text(rows))
    for name, drawn in spread.items():
        sys.stdout.write(f"\nThe kills of {name}, by the request of an undisturbed crawl:\n{drawn}")
    if asked.json:
        asked.json.write_text(as_json(rows, spread=spread, **about), encoding="utf-8")
    if asked.publish:
        report.publish(rows, spread, about)
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
