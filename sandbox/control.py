"""The host control.sandbox: what tests, demo and benchmarks pull.

    GET  /truth, /truth?id=, /upstream, /upstream?id=, /lists, /quotes, /bars?secid=, /sources, /kinds, /stats,
         /log?since=N (JSON lines), /logged?count=N&path= (answers when the log holds so many)
    POST /add {kind}, /change {id}, /remove {id}, /restore {id}, /add-news {kind, column, secid},
         /change-news {id}, /faults {faults: [...], path: ...}, /wait {days}, /clear-log

Answers JSON; 400 with the reason for what cannot be done, 404 for an unknown control.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox import bars, faults, quotes
from sandbox.http import Request, Response, as_json
from sandbox.kinds import KINDS
from sandbox.news_truth import as_json as news_json
from sandbox.news_truth import list_truths
from sandbox.securities import BY_SECID
from sandbox.truth import as_json as truth_json
from sandbox.world import UnknownPostError, World

if TYPE_CHECKING:
    from sandbox.server import Sandbox

CONTROL_HOST = "control.sandbox"


class Control:
    """The strings behind the stage of one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self.sandbox = sandbox

    async def handle(self, request: Request) -> Response:
        """Answer one control request; 400 with the reason if it cannot be done."""
        name = f"{request.method} {request.path}"
        actions = {
            "GET /truth": self.truth,
            "GET /upstream": self.upstream,
            "GET /lists": self.lists,
            "GET /quotes": self.quotes,
            "GET /bars": lambda request: as_json(
                [asdict(bar) for bar in bars.bars(request.query("secid"), self.world.now)]
            ),
            "GET /sources": lambda _: as_json(self.sandbox.world.sources()),
            "GET /kinds": lambda _: as_json(sorted(KINDS)),
            "GET /stats": self.stats,
            "GET /log": self.log,
            "POST /clear-log": self.clear_log,
            "POST /add": lambda request: as_json(
                truth_json(self.world.add_post(request.json().get("kind", "both")))
            ),
            "POST /change": lambda request: as_json(truth_json(self.world.change_post(request.json()["id"]))),
            "POST /remove": self.remove,
            "POST /restore": self.restore,
            "POST /wait": self.wait,
            "POST /add-news": lambda request: as_json(news_json(self.world.add_news(**request.json()))),
            "POST /change-news": lambda request: as_json(news_json(self.world.change_news(request.json()["id"]))),
            "POST /faults": self.faults,
        }
        if name not in actions and name != "GET /logged":
            return as_json({"error": f"no control {name}"}, 404)
        try:
            return await self.logged(request) if name == "GET /logged" else actions[name](request)
        except (ValueError, KeyError, TypeError, UnknownPostError) as error:
            return as_json({"error": f"{type(error).__name__}: {error}"}, 400)

    @property
    def world(self) -> World:
        """The world behind the sandbox."""
        return self.sandbox.world

    def truth(self, request: Request) -> Response:
        """Give the truth of all posts, or of one."""
        one = request.query("id")
        if one:
            return as_json(truth_json(self.world.truth(one)))
        return as_json([truth_json(truth) for truth in self.world.truths])

    def upstream(self, request: Request) -> Response:
        """Give the truth of all that upstream has, or of one piece of news."""
        one = request.query("id")
        if one:
            return as_json(news_json(self.world.upstream_truth(one)))
        return as_json([news_json(truth) for truth in self.world.upstream_truths])

    def lists(self, _request: Request) -> Response:
        """Give the truth of every list by its name."""
        found = list_truths(self.world.news.values())
        return as_json({name: [news_json(entry) for entry in entries] for name, entries in found.items()})

    def quotes(self, _request: Request) -> Response:
        """Give the truth of all quotes."""
        found = [quotes.quote(secid, self.world.now) for secid in BY_SECID]
        return as_json([asdict(one) for one in found if one])

    def stats(self, _request: Request) -> Response:
        """Count posts, pages, listed pages and requests answered."""
        site = self.world.site
        return as_json(
            {
                "posts": len(self.world.ids),
                "pages": len(site.pages),
                "listed": len(site.listed()),
                "served": dict(self.sandbox.served),
                "categories": site.categories,
                "now": self.world.now.isoformat(),
            }
        )

    def log(self, request: Request) -> Response:
        """Give the request log as JSON lines, from entry `since` (counted from 0) on."""
        entries = self.sandbox.log[int(request.query("since") or 0) :]
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        return Response(200, text.encode(), {"Content-Type": "application/x-ndjson"})

    async def logged(self, request: Request) -> Response:
        """Answer once the log holds `count` requests, those for `path` alone if it is given."""
        await self.sandbox.logged(int(request.query("count")), request.query("path") or None)
        return as_json({})

    def clear_log(self, _request: Request) -> Response:
        """Forget the log and the counts of requests."""
        self.sandbox.log.clear()
        self.sandbox.served.clear()
        return as_json({})

    def remove(self, request: Request) -> Response:
        """Remove a post."""
        self.world.remove_post(request.json()["id"])
        return as_json({})

    def restore(self, request: Request) -> Response:
        """Bring back a removed post."""
        self.world.restore_post(request.json()["id"])
        return as_json({})

    def wait(self, request: Request) -> Response:
        """Let days pass."""
        self.world.wait(int(request.json()["days"]))
        return as_json({})

    def faults(self, request: Request) -> Response:
        """Set the faults from now on; with `path`, for that path only, beside those set before."""
        asked = request.json()
        path = asked.get("path")
        set_now = [faults.parse(one, path) for one in asked["faults"]]
        kept = [fault for fault in self.sandbox.faults if path is not None and fault.path != path]
        self.sandbox.faults = [*kept, *set_now]
        return as_json([f"{fault.host}:{fault.name}@{fault.since}" for fault in self.sandbox.faults])
