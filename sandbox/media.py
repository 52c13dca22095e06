"""The media of the sandbox: well-known names, and made-up ones in the style of the real ones.

Gives each medium the category slug and the tag under which the site files its posts.
"""

from dataclasses import dataclass
from functools import cache, cached_property

from xpinyin import Pinyin


@dataclass(frozen=True)
class Medium:
    """A source medium."""

    printed: str
    """The name as upstream prints it; it may hold blanks, even two in a row."""

    @property
    def name(self) -> str:
        """The name as a reader writes it: blanks single."""
        return " ".join(self.printed.split())

    @cached_property
    def slug(self) -> str:
        """The category of its posts, as the site's generator makes it: pinyin, other characters kept."""
        return slug(self.printed)

    @property
    def tag(self) -> str:
        """The tag as the site's generator writes it, before Jekyll splits it at blanks."""
        return f"{self.printed}新闻"

    @property
    def split(self) -> bool:
        """Whether Jekyll splits its category and tag, so that its category page stays empty."""
        return " " in self.printed


def slug(name: str) -> str:
    """Give the pinyin of a name as the site's generator spells it.

    >>> slug("银川新闻网"), slug("Wind")
    ('yinchuanxinwenwang', 'Wind')
    """
    return str(_pinyin().get_pinyin(name)).replace("-", "")


@cache
def _pinyin() -> Pinyin:
    return Pinyin()  # reads its dictionary each time it is made


KNOWN = tuple(
    Medium(name)
    for name in (
        "财联社",
        "证券时报",
        "中国证券报",
        "上海证券报",
        "证券日报",
        "第一财经",
        "每日经济新闻",
        "界面新闻",
        "澎湃新闻",
        "央视新闻客户端",
        "新华社",
        "中证网",
        "财经网",
        "e公司",
        "Wind",
    )
)
MADE_UP = tuple(
    Medium(name)
    for name in (
        "东江晚报",
        "岭南早报",
        "云河日报",
        "北湖新闻网",
        "海州财经",
        "青山网",
        "南都期货(上海)",
        "长岛国际证券(香港)",
        "泽州电视台",
        "临江发布",
    )
)
SPLIT = (Medium("华东财经观察 东财观察APP"), Medium("东海商报  商报数字版"))
"""Two-word media, one with two blanks. The site never lists their posts on their category pages."""

RARE_SHARE = 5
"""How many posts a two-word medium may have: the home page lists no more, and no other page lists them."""
