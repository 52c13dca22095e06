"""The dataclasses that flow from a page to the store.

A parser fills what the page says; the pipelines add what we believe. One `Post` is one reading of one form
of an article; the store merges the forms of an article into one document of `posts` (docs/data.md).
All `*_at` are aware UTC, all `*_url` absolute. None means: the page does not say.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

FORMS = (
    "origin",
    "share",
    "source",
    "page",
    "source-rolling",
    "page-rolling",
    "list",
    "list-column",
    "list-ticker",
)
"""The forms in which an article is met, best first. `origin`: East Money's article; `share`: GetNewsText;
`source`: a Jekyll source; `page`: a page of the site; `list`: a flash of
7x24; `list-column`, `list-ticker`: a row of a column or of a security's news. The `-rolling` ones are the
copies in the category emnews, whose body is the same article with other markup; what the medium's own form
says of medium, category and address goes before theirs."""

EVIDENCE = ("upstream", "chart", "link", "keyword")
"""Why a security is believed to belong to a post, strongest first. `link`: the first mention links to its quotes;
`keyword`: an automatic mention, the first one's link included. So a link without `keyword` is an editor's own."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One place in a body where a security is named."""

    secid: str
    """East Money's `<market>.<code>`, e.g. `1.601628`."""

    name: str
    """The marked words as shown, e.g. `中国人寿`; empty for a chart."""

    evidence: str
    """One of `EVIDENCE`: `chart` (a price chart), `link` (first mention), `keyword` (a later mention)."""

    automatic: bool = field(default=False, compare=False)
    """Whether East Money's keyword machine set it; it takes any word for a security of that name."""


@dataclass(frozen=True, slots=True)
class Security:
    """A security a post is about, or mentions."""

    secid: str
    """East Money's `<market>.<code>`."""

    symbol: str | None
    """The code as Chinese terminals write it, e.g. `601628.SH`. None: unknown market."""

    code: str
    """The exchange's code, leading zeros kept, e.g. `00700`."""

    market: int
    """East Money's market number."""

    kind: str
    """stock, index, board, fund, bond, future, option, fx, metal ... (`crawler.securities.KINDS`)."""

    name: str | None
    """Name as first shown in the post. None: only a chart."""

    mentions: int
    """Visible mentions in the body; 0 for a chart alone."""

    evidence: tuple[str, ...]
    """Members of `EVIDENCE`, in that order."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a body."""

    url: str
    """https, absolute."""

    kind: str
    """`photo`, or `chart`: drawn when asked for, so it shows today's prices."""

    caption: str | None
    """The centred line under it. None: it has none."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a body that marks no security."""

    url: str
    """As linked, made absolute."""

    text: str
    """The linked words."""


@dataclass(frozen=True, slots=True)
class Media:
    """The medium an article comes from."""

    name: str
    """E.g. 银川新闻网."""

    slug: str
    """Its pinyin as the site spells it, e.g. yinchuanxinwenwang."""


@dataclass(slots=True)
class Body:
    """An article body as a reader sees it. Text and html say the same."""

    text: str
    """Paragraphs, captions, list items joined by a line feed, table cells by a tab."""

    html: str
    """The same as sanitised HTML, safe to show."""

    images: list[Image] = field(default_factory=list)
    """Pictures in order; adverts are left out, charts are kept here though not in `html`."""

    links: list[Link] = field(default_factory=list)
    """Links that mark no security, in order."""

    marks: list[Mark] = field(default_factory=list)
    """Securities in order of appearance, one entry per place."""

    media_raw: str | None = None
    """What the 文章来源 line names. None: no such line."""

    editor: str | None = None
    """Whom the 责任编辑 line names. None: no such line."""


@dataclass(slots=True)
class Post:
    """One reading of one form of an article."""

    url: str
    """Where it was read: final URL after redirects."""

    form: str
    """One of `FORMS`."""

    fetched_at: datetime
    """When it was read."""

    name: str
    """The post's file name on the site after the date: an article code, or a word such as `init`."""

    title: str
    """Headline, markup removed. Empty where the source has none."""

    body: Body
    """The article."""

    digest: str | None = None
    """Lead as the source wrote it, Markdown's mangling undone. None: no lead apart from the body."""

    tags: list[str] = field(default_factory=list)
    """Tags of the page, in order."""

    category: str | None = None
    """The site's category, verbatim (`21shijijingjibaodao 21caijingAPP`). None: the page does not tell."""

    published_raw: str | None = None
    """The time as printed, e.g. `2022-02-07 11:51:03`. None: nothing printed."""

    published_zoned: bool = False
    """True where `published_raw` is surely Beijing time (a source, upstream), not the site's rendering of it."""

    share_url: str | None = None
    """NewsShare page as linked."""

    origin_url: str | None = None
    """East Money page as linked."""

    author: str | None = None
    """Author named by the source."""

    source_raw: str | None = None
    """The Jekyll source it was read from, whole, line ends as they are. None: it was read from something else."""

    source_path: str | None = None
    """Where that source stood in its archive, e.g. `_posts/2022-02-07-NW202202072268137156.md`; only a name."""

    source_order: int = 0
    """Place among the versions of a source that carry no time: a later one has a higher number."""

    committed_at: datetime | None = None
    """When the archive's history recorded it. None: it was read from something without a history."""

    post: str = ""
    """The article's `_id`, e.g. `NW202202072268137156`. Set by the normalise stage, as all down to the hashes."""

    media: Media | None = None
    """The source medium. None: unknown."""

    published_at: datetime | None = None
    """When it was published. None: not known exactly; then the bounds hold the truth."""

    published_min: datetime | None = None
    """Not published before this. None: nothing was printed."""

    published_max: datetime | None = None
    """Not published after this. None: nothing was printed."""

    published_from: str | None = None
    """What the times rest on: `origin`, `share`, `source`, `list`, `page`, `page-8h` or `serial`."""

    content_hash: str = ""
    """SHA-256 of normalised title and text."""

    text_hash: str = ""
    """SHA-256 of normalised text."""

    securities: list[Security] = field(default_factory=list)
    """In order of first mention. Set by the securities stage."""

    @property
    def rolling(self) -> bool:
        """Whether this form is the copy in the rolling news."""
        return self.form.endswith("-rolling")


@dataclass(frozen=True, slots=True)
class PostPage:
    """What a page of posts says, whatever its kind."""

    posts: list[Post]
    """One of an article's page; of a list, the rows that name an article, each article once."""

    cursor: str | None = None
    """What asks for the next page of a list, as in `NewsList`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists posts."""

    post_urls: list[str]
    """Posts in page order, each once, canonical."""

    categories: list[str]
    """Slugs of categories it names or implies, verbatim where the page tells, each once."""


@dataclass(slots=True)
class NewsEntry:
    """One row of a list that upstream answers with."""

    post: str | None
    """The article's `_id`. None: the row carries no code of East Money's."""

    title: str
    """Headline, markup removed. Empty where the row has none."""

    digest: str | None = None
    """Lead of an article. None: the row has none, or is a flash."""

    text: str = ""
    """The whole text, of a flash; lines joined by a line feed. Empty: the row is only a pointer to an article."""

    published_raw: str | None = None
    """The time as printed, Beijing. None: nothing printed."""

    media: str | None = None
    """The medium the row names, e.g. 每日经济新闻."""

    author: str | None = None
    """Author, of a post in Caifuhao (East Money's self-media)."""

    url: str | None = None
    """The page of the article, canonical. None: the row links none."""

    origin: str | None = None
    """Where upstream keeps it: `CMS` (editorial) or `CFH` (Caifuhao). None: the row does not say."""

    marks: list[Mark] = field(default_factory=list)
    """Securities upstream files it under, evidence `upstream`."""


@dataclass(frozen=True, slots=True)
class NewsList:
    """A page of a list that upstream answers with."""

    entries: list[NewsEntry]
    """Rows in order, each as it came: the same article may stand in two of them."""

    cursor: str | None = None
    """What asks for the next page, of a list with a cursor. None: it has none, or this page is the last."""

    total: int | None = None
    """How many rows upstream says there are; some lists stop counting at 5000. None: it does not say."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a security cost at one time. None: upstream does not say, or not in which unit."""

    secid: str
    """East Money's `<market>.<code>`."""

    name: str | None
    """Its name, e.g. 浦发银行."""

    at: datetime | None
    """Time of the quote. Aware, UTC."""

    status: int | None = None
    """East Money's number: 2 trading, 3 midday break, 5 closed, 6 suspended, 7 delisted, 13 holiday ..."""

    last: float | None = None
    """Latest price. All prices in the security's own currency, or points of an index."""

    open: float | None = None
    """First price of the day."""

    high: float | None = None
    """Highest price of the day."""

    low: float | None = None
    """Lowest price of the day."""

    previous_close: float | None = None
    """Last price of the trading day before."""

    change: float | None = None
    """`last` less `previous_close`."""

    change_percent: float | None = None
    """The same in percent."""

    average: float | None = None
    """Average price of the day."""

    limit_up: float | None = None
    """Highest price allowed that day."""

    limit_down: float | None = None
    """Lowest price allowed that day."""

    volume: int | None = None
    """What was traded, as its exchange counts: lots of 100 shares in Shanghai and Shenzhen."""

    amount: float | None = None
    """What was paid for it."""

    amplitude_percent: float | None = None
    """`high` less `low`, in percent of `previous_close`."""

    turnover_percent: float | None = None
    """Part of the tradable shares that changed hands."""

    volume_ratio: float | None = None
    """Volume a minute against that of the last five days."""

    pe: float | None = None
    """Price to earnings, by the latest quarter."""

    pb: float | None = None
    """Price to book value."""

    market_cap: float | None = None
    """Worth of all shares."""

    float_cap: float | None = None
    """Worth of the tradable shares."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a security cost over one day (or week, or month). None: upstream gives no value."""

    secid: str
    """East Money's `<market>.<code>`."""

    day: date
    """The trading day, of the exchange; the last one of a week or month."""

    open: float | None
    """First price."""

    close: float | None
    """Last price."""

    high: float | None
    """Highest price."""

    low: float | None
    """Lowest price."""

    volume: int | None
    """As in `Quote`."""

    amount: float | None
    """As in `Quote`."""

    amplitude_percent: float | None
    """As in `Quote`."""

    change_percent: float | None
    """Against the close before, in percent."""

    change: float | None
    """Against the close before."""

    turnover_percent: float | None
    """As in `Quote`."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What one answer says of prices: quotes of many securities, or bars of one."""

    url: str
    """The address that was asked."""

    read_at: datetime
    """When it was read."""

    quotes: list[Quote] = field(default_factory=list)
    """In the order of the answer."""

    bars: list[Bar] = field(default_factory=list)
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class Named:
    """A security as upstream's search suggests it."""

    secid: str
    """East Money's `<market>.<code>`."""

    name: str
    """Its name, e.g. 平安银行."""
