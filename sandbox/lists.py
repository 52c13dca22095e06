"""Upstream's lists: which news each one shows, in which order, and in which words.

From a world's news. Gives news in the order of the list; the same piece may stand in 7x24 twice, the later time
first. Titles and summaries are as upstream writes them, blemishes included: tags, full-width blanks, line ends.
"""

from collections.abc import Iterable

from sandbox.news import News, sort_key
from sandbox.plan import dice

_LOOSE = 3
"""Column news asked for with order=1 are in order of time only from one group of so many to the next."""


def column_list(news: Iterable[News], columns: set[int], *, loose: bool = False) -> list[News]:
    """Give the news of some columns, each once."""
    found = _newest_first(one for one in news if columns & set(one.columns))
    if not loose:
        return found
    groups = [found[place : place + _LOOSE] for place in range(0, len(found), _LOOSE)]
    return [one for group in groups for one in dice("order", group[0].digits).sample(group, len(group))]


def fast_list(news: Iterable[News], column: int) -> list[News]:
    """Give a column of 7x24."""
    shown = [one for one in news if column in one.fast_columns]
    return _newest_first([*shown, *(before for one in shown if (before := one.earlier()))])


def ticker_list(news: Iterable[News], secid: str, *, caifuhao: bool) -> list[News]:
    """Give the news of a security; Caifuhao posts only if asked for, flashes without article never."""
    kinds = {"article", "flash", "caifuhao"} if caifuhao else {"article", "flash"}
    return _newest_first(one for one in news if one.kind in kinds and secid in one.secids)


def _newest_first(news: Iterable[News]) -> list[News]:
    return sorted(news, key=sort_key, reverse=True)


def listed_title(news: News, *, marked: bool) -> str:
    """Give the title as lists print it; `marked`: lists that may mark a security's name in it."""
    title, chance = news.draft.title, dice("title", news.digits)
    if marked and news.draft.about and chance.random() < 0.3:
        name = news.draft.about[0].name
        title = title.replace(name, f"<em>{name}</em>", 1)
    blemish = chance.random()
    if not title or blemish > 0.3:
        return title
    if blemish < 0.1:
        return title.replace(" ", "\u3000")
    return f"\u3000\u3000{title}" if blemish < 0.2 else f"{title}\r\n"


def flash_words(news: News) -> str:
    """Give the complete flash: mostly the title in brackets, then the words."""
    if not news.draft.title:
        return news.lead
    if news.draft.digest and dice("flash words", news.digits).random() < 0.1:
        return f" {news.lead} "
    return f"【{news.draft.title}】{news.lead}"


def column_summary(news: News) -> str:
    """Give the summary of a column's entry: the lead, or the title once more."""
    title, chance = news.draft.title, dice("summary", news.digits).random()
    if not title or chance > 0.4:
        return news.lead
    if chance > 0.3:
        return title
    return f"<p>{news.lead}</p>" if chance > 0.2 else f"【{title}】{news.lead}"


def says_title_alone(news: News) -> bool:
    """Tell whether the summary of its entry in columns is its title."""
    return column_summary(news) == news.draft.title != news.lead
