"""What a perfect reader must end with, post by post and form by form.

From plans, drafts and the posts of the site; text comes from structured bodies, never from HTML.
A `FormTruth` is what one form alone says; a `PostTruth` is the stored document after the site's forms were
merged: the medium's own form wins, gaps are filled from the rolling one.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import reading
from sandbox.body import EditorLine, SourceLine
from sandbox.compose import Draft
from sandbox.jekyll import SitePost
from sandbox.kinds import KINDS
from sandbox.plan import BEIJING, Plan
from sandbox.reading import ImageTruth, LinkTruth, SecurityTruth

_TITLE_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class FormTruth:
    """What one page of the site says, read perfectly."""

    form: str
    """`page` (the medium's own post) or `page-rolling`."""

    url: str
    """Where it stands, not escaped."""

    file: str
    """Its source file in the site's repository."""

    title: str
    digest: str | None
    text: str
    published_raw: str
    """As printed by the page."""

    zoned: bool
    """Whether the source names a zone."""

    late: bool
    """Whether the page shows the time 8 hours late."""

    tags: tuple[str, ...]
    category: str
    media: tuple[str, str] | None
    """Name and slug."""

    securities: tuple[SecurityTruth, ...]
    images: tuple[ImageTruth, ...]
    links: tuple[LinkTruth, ...]
    """Links of the body that mark no security; neither source link nor footer."""

    source_link: str | None
    """As linked; None where the post links none."""

    editor: str | None
    listed: bool
    """Whether home, a list or the feed of the site leads to it."""


@dataclass(frozen=True, slots=True)
class UpstreamTruth:
    """What one of upstream's forms of an article says, read perfectly."""

    form: str
    """`share` (GetNewsText) or `origin` (the article's JSON and page)."""

    title: str
    digest: str | None
    """As upstream wrote it, Markdown not yet at work; `share` has none."""

    text: str
    published_at: datetime
    """Exact. Aware, UTC."""

    media: tuple[str, str]
    securities: tuple[SecurityTruth, ...]
    images: tuple[ImageTruth, ...]
    links: tuple[LinkTruth, ...]
    editor: str | None


@dataclass(frozen=True, slots=True)
class PostTruth:
    """The document a perfect reader of the site stores for one article."""

    id: str
    """The contract's `_id`."""

    kind: str
    features: tuple[str, ...]
    title: str
    digest: str | None
    text: str
    published_at: datetime
    """When it was really published. Aware, UTC."""

    published_raw: str
    late: bool
    zoned: bool
    tags: tuple[str, ...]
    category: str
    categories: tuple[str, ...]
    media: tuple[str, str] | None
    securities: tuple[SecurityTruth, ...]
    symbols: tuple[str, ...]
    main_symbols: tuple[str, ...]
    images: tuple[ImageTruth, ...]
    links: tuple[LinkTruth, ...]
    share_url: str | None
    origin_url: str | None
    editor: str | None
    post_urls: tuple[str, ...]
    """The medium's own first."""

    listed: bool
    """Whether home, a list or the feed leads to a page of it."""

    forms: tuple[FormTruth, ...]
    """Its pages on the site, the medium's own first."""

    upstream: tuple[UpstreamTruth, ...]
    """What upstream says of it; empty for a notice of the site."""

    duplicate_of: str | None
    """The post whose news it repeats, while both have their first wording and the site leads to that one, too."""

    duplicate_kind: str | None
    """`exact` (equal texts) or `near`."""


def post_truth(
    plan: Plan,
    draft: Draft,
    posts: tuple[SitePost, ...],
    listed: set[str],
    repeated: tuple[str, Draft] | None = None,
) -> PostTruth:
    """Say what a perfect reader of the site must end with for one article; `repeated`: the post it repeats."""
    equal = repeated is not None and reading.text(repeated[1].body) == reading.text(draft.body)
    forms = tuple(_form_truth(plan, draft, post, listed) for post in posts)
    best = forms[0]
    securities = _merged(forms)
    digest = next((form.digest for form in forms if form.digest), None)
    shown = f"{best.title}\n{digest or ''}"
    rolling = next((form for form in forms if form.form == "page-rolling" and form.source_link), None)
    own = next((form for form in forms if form.form == "page"), None)
    return PostTruth(
        id=plan.id,
        kind=plan.kind,
        features=tuple(sorted(plan.features)),
        title=best.title,
        digest=digest,
        text=best.text,
        published_at=plan.published_at.astimezone(UTC),
        published_raw=best.published_raw,
        late=best.late,
        zoned=best.zoned,
        tags=tuple(tag for form in forms for tag in form.tags),
        category=best.category,
        categories=tuple(form.category for form in forms),
        media=best.media,
        securities=securities,
        symbols=tuple(sorted(security.symbol for security in securities)),
        main_symbols=tuple(sorted(one.symbol for one in securities if is_about(one, shown))),
        images=best.images,
        links=best.links,
        share_url=own.source_link if own else None,
        origin_url=f"https://finance.eastmoney.com/a/{plan.digits}.html" if rolling and plan.digits else None,
        editor=best.editor,
        post_urls=tuple(form.url for form in forms),
        listed=any(form.listed for form in forms),
        forms=forms,
        upstream=tuple(_upstream_truth(plan, draft, form) for form in ("share", "origin") if plan.digits),
        duplicate_of=repeated[0] if repeated else None,
        duplicate_kind=("exact" if equal else "near") if repeated else None,
    )


def _upstream_truth(plan: Plan, draft: Draft, form: str) -> UpstreamTruth:
    # GetNewsText of an article known to media alone has its text without marks.
    marked = form == "origin" or KINDS[plan.kind].shape != "media"
    text = reading.text(draft.body)
    return UpstreamTruth(
        form=form,
        title=draft.title,
        digest=shown_digest(draft, text) if form == "origin" else None,
        text=text,
        published_at=plan.published_at.astimezone(UTC),
        media=(plan.medium.name, plan.medium.slug),
        securities=reading.securities(draft.body, marked=marked),
        images=reading.images(draft.body),
        links=reading.links(draft.body, marked=marked),
        editor=editor_of(draft),
    )


def _form_truth(plan: Plan, draft: Draft, post: SitePost, listed: set[str]) -> FormTruth:
    own, bare = plan.id == post.name, not post.blocks
    digest = None if own else draft.shown_digest
    text = (digest or "") if bare else reading.text(draft.body)
    if bare or not digest or _same(digest, draft.title):
        digest = None
    marked = not own and not bare
    # A page that prints its own front matter tells the true time there; the other one is midnight.
    printed = post.stamped_at if post.leading_blank else post.shown_at
    lines = () if bare else draft.body
    return FormTruth(
        form="page" if own or not plan.digits else "page-rolling",
        url=post.url,
        file=post.file,
        title=draft.title,
        digest=digest,
        text=text,
        published_raw=f"{printed:%Y-%m-%d %H:%M:%S}",
        zoned=post.zoned,
        late=post.late,
        tags=tuple(reading.plain(tag) for tag in post.tags or [post.tag]),
        category=post.category,
        media=_media(plan, draft, own=own, bare=bare),
        securities=reading.securities(lines, marked=marked),
        images=reading.images(lines),
        links=reading.links(lines, marked=marked),
        source_link=post.link or None,
        editor=editor_of(draft),
        listed=post.path in listed,
    )


def _media(plan: Plan, draft: Draft, *, own: bool, bare: bool) -> tuple[str, str] | None:
    if not plan.digits:
        return None
    in_source_line = any(isinstance(line, SourceLine) for line in draft.body)
    if own or in_source_line:
        return plan.medium.name, plan.medium.slug
    return bracketed_medium(plan, draft) if bare else None


def bracketed_medium(plan: Plan, draft: Draft) -> tuple[str, str] | None:
    """Give name and slug of the medium if it stands in the brackets that end the digest."""
    name = plan.medium.printed
    ends = (draft.digest or "").endswith((f"（{name}）", f"({name})"))
    return (plan.medium.name, plan.medium.slug) if ends else None


def shown_digest(draft: Draft, text: str) -> str | None:
    """Give the digest as upstream wrote it; None where it says nothing beside title and text."""
    digest = draft.digest
    return None if not digest or digest == text or _same(digest, draft.title) else digest


def is_about(security: SecurityTruth, shown: str) -> bool:
    """Tell whether a post is about a security: charted, or named in what is shown of title and digest."""
    return "chart" in security.evidence or (security.name is not None and security.name in shown)


def editor_of(draft: Draft) -> str | None:
    """Give the editor that the closing line names."""
    return next((line.editor for line in draft.body if isinstance(line, EditorLine)), None)


def _same(digest: str, title: str) -> bool:
    return _TITLE_NOISE.sub("", digest) == _TITLE_NOISE.sub("", title)


def _merged(forms: tuple[FormTruth, ...]) -> tuple[SecurityTruth, ...]:
    # The rolling form has the marks, so its order and counts are the truth; charts stand in both.
    marked = forms[-1].securities
    known = {security.secid for security in marked}
    return (*marked, *(one for form in forms for one in form.securities if one.secid not in known))


def as_json(truth: PostTruth) -> dict[str, Any]:
    """Give a truth as JSON values; times in ISO format, UTC."""
    upstream = [asdict(form) | {"published_at": form.published_at.isoformat()} for form in truth.upstream]
    return asdict(truth) | {"published_at": truth.published_at.isoformat(), "upstream": upstream}


def shown_as_utc(form: FormTruth) -> datetime:
    """Give the printed time of a form, taken for Beijing time as the page claims. Aware, UTC."""
    printed = datetime.strptime(form.published_raw, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    return printed.astimezone(UTC)
