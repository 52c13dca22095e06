"""A made-up world of finance news: its posts, the site that shows them, and the truth about both.

    World(seed=1, posts=300)

Deterministic: the same arguments give the same bytes in any process. Nothing depends on the wall clock.
Posts can be added, changed and removed at run time; the site is built anew from what is left. With
`upstream_only=N`, upstream has so many news more that the site never shows; the site is the same without them.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sandbox import site
from sandbox.compose import Draft, draft
from sandbox.forms import site_posts
from sandbox.jekyll import SitePost
from sandbox.kinds import KINDS
from sandbox.layout import LAYOUTS
from sandbox.news import News
from sandbox.news_truth import NewsTruth, news_truth
from sandbox.newsroom import Newsroom, Wish
from sandbox.plan import BEIJING, Plan, Planner
from sandbox.securities import BY_SECID
from sandbox.truth import PostTruth, post_truth

FIRST_DAY = date(2021, 12, 1)
LAST_DAY = date(2022, 5, 31)
"""The days of which posts of the real site survive."""


class UnknownPostError(Exception):
    """Raised by a change or removal of a post that the world does not hold."""


class World:
    """Posts between two days, and the site as it shows them at `now`."""

    def __init__(  # noqa: PLR0913 - the knobs of a world, all but two by name only
        self,
        seed: int = 1,
        posts: int = 300,
        *,
        first_day: date = FIRST_DAY,
        last_day: date = LAST_DAY,
        layout: str = "new",
        archive_days: int | None = None,
        now: datetime | None = None,
        upstream_only: int = 0,
    ) -> None:
        if layout not in LAYOUTS:
            raise ValueError(f"no layout {layout!r}; there are {', '.join(LAYOUTS)}")
        self.layout = layout
        self.archive_days = archive_days
        """Posts older than this many days before `now` are archived; None: the site lists all."""

        present = now or datetime.combine(last_day + timedelta(days=1), time(9), BEIJING)
        self.now = present.astimezone(BEIJING).replace(microsecond=0)
        """The world's present, Beijing: when the site was built last."""

        self.news: dict[str, News] = {}
        """What upstream has, by its number: the news behind the site's posts, and upstream's own."""

        self._planner = Planner(seed, first_day, last_day)
        self._plans: list[Plan] = []
        self._versions: dict[str, int] = {}
        self._articles: dict[str, tuple[Plan, Draft, tuple[SitePost, ...]]] = {}
        self._removed: dict[str, tuple[tuple[Plan, Draft, tuple[SitePost, ...]] | None, News | None]] = {}
        for index, kind in enumerate(self._planner.kinds(posts)):
            self._write(self._planner.plan(index, kind))
        self._newsroom = Newsroom(seed, first_day, last_day, self._planner.taken)
        for wish in self._newsroom.wishes(upstream_only, self.now):
            self._publish(wish)
        self._build()

    @property
    def truths(self) -> list[PostTruth]:
        """The truth of every post, in order of creation."""
        listed = self.site.listed()
        return [self._truth(plan, words, posts, listed) for plan, words, posts in self._articles.values()]

    @property
    def ids(self) -> list[str]:
        """The ids of all posts, in order of creation."""
        return list(self._articles)

    def post_at(self, path: str) -> str | None:
        """Give the id of the post that the site shows at an unescaped path; None where it shows none."""
        if path not in self.site.pages:
            return None
        return next(
            post
            for post, (_, _, posts) in self._articles.items()
            if path in {shown.path for shown in self._shown(posts)}
        )

    def truth(self, post: str) -> PostTruth:
        """Give the truth of one post."""
        plan, words, posts = self._article(post)
        return self._truth(plan, words, posts, self.site.listed())

    def _truth(self, plan: Plan, words: Draft, posts: tuple[SitePost, ...], listed: set[str]) -> PostTruth:
        repeated = None
        if plan.twin is not None and not self._versions[plan.id]:
            name = self._plans[plan.twin].id
            first, said, shown = self._articles.get(name, (None, None, ()))
            listed_too = any(post.path in listed for post in self._shown(shown))
            same_day = first is not None and first.published_at.date() == plan.published_at.date()
            if first and said and listed_too and same_day and not self._versions[name]:
                repeated = name, said
        return post_truth(plan, words, self._shown(posts), listed, repeated)

    def article(self, digits: str) -> tuple[Plan, Draft] | None:
        """Give plan and words of an article by its number; None if there is none of that number."""
        found = self.news.get(digits)
        return (found.plan, found.draft) if found and found.has_article else None

    def sources(self) -> dict[str, str]:
        """Give the Jekyll source of every post by its path in the site's repository."""
        return {post.file: post.source for post in self._site_posts()}

    def add_post(self, kind: str = "both") -> PostTruth:
        """Publish one more post, a minute after everything so far."""
        if kind not in KINDS or KINDS[kind].shape == "notice":
            raise ValueError(f"no kind {kind!r} to add; there are {', '.join(KINDS)}")
        self.now += timedelta(minutes=1)
        plan = self._planner.plan(len(self._plans), kind, self.now)
        self._write(plan)
        self._build()
        return self.truth(self.ids[-1])

    def change_post(self, post: str) -> PostTruth:
        """Rewrite the words of a post; number, headline and time stay."""
        plan, *_ = self._article(post)
        self.now += timedelta(minutes=1)
        self._versions[post] += 1
        self._write(plan)
        self._build()
        return self.truth(post)

    def remove_post(self, post: str) -> None:
        """Take a post off the site and from upstream; upstream's own news, too."""
        if post not in self._articles:
            self._news(post)
        self.now += timedelta(minutes=1)
        self._removed[post] = self._articles.pop(post, None), self.news.pop(_number(post), None)
        self._build()

    def restore_post(self, post: str) -> None:
        """Bring back what was taken off, as it was: the site's post, upstream's news."""
        if post not in self._removed:
            raise UnknownPostError(f"post {post!r} was never removed")
        self.now += timedelta(minutes=1)
        article, news = self._removed.pop(post)
        if article:
            self._articles[post] = article
        if news:
            self.news[news.digits] = news
        self._build()

    def was_removed(self, post: str) -> bool:
        """Tell whether a post was taken off."""
        return post in self._removed

    def wait(self, days: int) -> None:
        """Let days pass on which nothing is published."""
        self.now += timedelta(days=days)
        self._build()

    @property
    def upstream_truths(self) -> list[NewsTruth]:
        """The truth of all that upstream has, in order of creation, upstream's own last."""
        return [news_truth(news) for news in self.news.values()]

    def upstream_truth(self, post: str) -> NewsTruth:
        """Give the truth of one piece of news."""
        return news_truth(self._news(post))

    def add_news(self, kind: str = "article", column: int | None = None, secid: str | None = None) -> NewsTruth:
        """Publish one more piece of news upstream, a minute after everything so far, never on the site.

        `kind` is one of `sandbox.newsroom.NEWS_KINDS`; `column` and `secid` demand where it stands and what it
        is about. Raises ValueError or KeyError for those that there are not.
        """
        about = BY_SECID[secid] if secid else None
        self.now += timedelta(minutes=1)
        return news_truth(self._publish(Wish(kind, self.now, column, about)))

    def change_news(self, post: str) -> NewsTruth:
        """Rewrite the words of any news upstream; where the site shows it, there too."""
        news = self._news(post)
        if news.on_site:
            self.change_post(post)
        else:
            self.now += timedelta(minutes=1)
            version = news.version + 1
            self.news[news.digits] = replace(news, draft=draft(news.plan, version), version=version)
        return news_truth(self.news[news.digits])

    def _news(self, post: str) -> News:
        found = self.news.get(_number(post))
        if found is None or found.id != post:
            raise UnknownPostError(f"upstream holds no news {post!r}")
        return found

    def _publish(self, wish: Wish) -> News:
        plan = self._newsroom.plan(wish)
        news = News(plan, draft(plan, 0), wish.kind, column=wish.column, on_site=False)
        self.news[news.digits] = news
        return news

    def _article(self, post: str) -> tuple[Plan, Draft, tuple[SitePost, ...]]:
        if post not in self._articles:
            raise UnknownPostError(f"this world holds no post {post!r}")
        return self._articles[post]

    def _write(self, plan: Plan) -> None:
        if plan.index == len(self._plans):
            self._plans.append(plan)
        repeated = None
        if plan.twin is not None:
            twin = self._plans[plan.twin]
            repeated = draft(twin, 0)
            if KINDS[plan.kind].shape == "flash":
                plan = replace(plan, medium=twin.medium)  # its text ends with it
        version = self._versions.setdefault(plan.id, 0)
        words = draft(plan, version, repeated)
        self._articles[plan.id] = plan, words, site_posts(plan, words)
        if plan.digits:
            kind = "flash" if KINDS[plan.kind].shape == "flash" else "article"
            self.news[plan.digits] = News(plan, words, kind, version)

    def _site_posts(self) -> list[SitePost]:
        return [post for _, _, posts in self._articles.values() for post in self._shown(posts)]

    def _shown(self, posts: tuple[SitePost, ...]) -> tuple[SitePost, ...]:
        if self.archive_days is None:
            return posts
        oldest = self.now.astimezone(BEIJING).replace(tzinfo=None) - timedelta(days=self.archive_days)
        # Archived files got their zone; what hides its front matter is no page for Jekyll and stays.
        return tuple(
            replace(post, archived=True, zoned=True)
            if post.stamped_at < oldest and not post.leading_blank
            else post
            for post in posts
        )

    def _build(self) -> None:
        posts = self._site_posts()
        self.site = site.Site(posts, site.categories(posts), self.now.isoformat(), self.layout)


def _number(post: str) -> str:
    return post.removeprefix("CFH").removeprefix("NW")
