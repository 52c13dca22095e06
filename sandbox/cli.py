"""The options of the sandbox and its run as a process, shared by `python -m sandbox` and `scrapy sandbox`.

Prints two lines, the address and the MIRRORS value that sends every other origin to it, then serves until
SIGINT or SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import sys
from datetime import date, datetime
from pathlib import Path

from sandbox.bodies import Bodies
from sandbox.faults import FAULTS, HOSTS, Fault, UnknownFaultError, parse_list
from sandbox.layout import LAYOUTS
from sandbox.server import Sandbox, listen
from sandbox.world import FIRST_DAY, LAST_DAY, World


def description() -> str:
    """Say what the sandbox is and which faults it knows."""
    names = "\n".join(f"  {name:20} {meaning}" for name, (meaning, _) in FAULTS.items())
    return (
        "A made-up world of finance news on one loopback port: the site, the share host, East Money's lists,\n"
        "articles, quotes and daily bars, told apart by the Host header.\n\n"
        "Faults, as [host:]name[@N[-M]] (from the N-th request to the host on, up to the M-th), for the hosts\n"
        f"{', '.join(HOSTS)}:\n{names}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's options."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default: 0)")
    parser.add_argument("--posts", type=int, default=300, help="articles in the world (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another world (default: 1)")
    parser.add_argument("--layout", choices=LAYOUTS, default="new", help="generation of the site's templates")
    parser.add_argument("--faults", type=_faults, default=[], help="comma-separated; listed above")
    parser.add_argument("--first-day", type=date.fromisoformat, default=FIRST_DAY, help="YYYY-MM-DD, Beijing")
    parser.add_argument("--last-day", type=date.fromisoformat, default=LAST_DAY, help="YYYY-MM-DD, Beijing")
    parser.add_argument(
        "--now", type=_moment, help="the world's present, ISO with zone (default: after the last day)"
    )
    parser.add_argument("--upstream-only", type=int, default=0, help="news that the site never shows (default: 0)")
    parser.add_argument("--bodies", type=_bodies, help="folder of articles that share and newsinfo answer with")
    parser.add_argument("--with-parent", action="store_true", help="stop also when standard input ends")
    parser.add_argument("--archive-days", type=int, help="move posts older than this to /old_post/")


def _moment(asked: str) -> datetime:
    moment = datetime.fromisoformat(asked)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{asked} names no zone")
    return moment


def _bodies(folder: str) -> Bodies:
    try:
        return Bodies(Path(folder))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _faults(asked: str) -> list[Fault]:
    try:
        return parse_list(asked)
    except UnknownFaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; gives the exit code: 1 if the port is taken."""
    world = World(
        options.seed,
        options.posts,
        first_day=options.first_day,
        last_day=options.last_day,
        layout=options.layout,
        archive_days=options.archive_days,
        now=options.now,
        upstream_only=options.upstream_only,
    )
    try:
        asyncio.run(
            _serve(Sandbox(world, options.faults, options.bodies), options.port, with_parent=options.with_parent)
        )
    except OSError as error:
        sys.stderr.write(f"cannot listen on 127.0.0.1:{options.port}: {error.strerror}\n")
        return 1
    return 0


async def _serve(sandbox: Sandbox, port: int, *, with_parent: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        # Nobody writes to this pipe: it becomes readable when the process that holds its other end is gone.
        loop.add_reader(sys.stdin.fileno(), stop.set)
    server = await listen(sandbox, port)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(f"sandbox: {address}\nMIRRORS={json.dumps({'*': address})}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
