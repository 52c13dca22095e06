"""The securities of the sandbox: real names and codes, so that marks, symbols and quotes look like the real ones.

From East Money's market numbers. Gives each security its secid and the symbol a reader must end with.
The table is the truth that tests compare with, therefore nothing here is shared with the crawler.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Security:
    """One security as East Money numbers it."""

    market: int
    code: str
    name: str
    kind: str
    symbol: str
    decimals: int
    """Decimal places of its price."""

    price: float
    """About what it cost in early 2022, in its own currency."""

    @property
    def secid(self) -> str:
        """East Money's `<market>.<code>`."""
        return f"{self.market}.{self.code}"


def _stocks(market: int, suffix: str, *rows: tuple[str, str, float]) -> tuple[Security, ...]:
    return tuple(
        Security(market, code, name, "stock", f"{code}.{suffix}", 3 if suffix in {"HK", "US"} else 2, price)
        for code, name, price in rows
    )


SHANGHAI = _stocks(
    1,
    "SH",
    ("600519", "贵州茅台", 1970.0),
    ("601318", "中国平安", 50.4),
    ("600036", "招商银行", 48.7),
    ("601012", "隆基股份", 86.2),
    ("600030", "中信证券", 26.4),
    ("600276", "恒瑞医药", 50.7),
    ("601888", "中国中免", 219.4),
    ("600309", "万华化学", 101.0),
    ("600887", "伊利股份", 41.5),
    ("601857", "中国石油", 4.91),
    ("601899", "紫金矿业", 9.7),
    ("600900", "长江电力", 22.7),
    ("688981", "中芯国际", 53.0),
    ("600104", "上汽集团", 20.6),
    ("601766", "中国中车", 6.1),
)
SHENZHEN = _stocks(
    0,
    "SZ",
    ("000858", "五粮液", 222.7),
    ("300750", "宁德时代", 588.0),
    ("000333", "美的集团", 73.8),
    ("002594", "比亚迪", 268.1),
    ("002415", "海康威视", 52.3),
    ("000651", "格力电器", 37.0),
    ("300059", "东方财富", 37.1),
    ("002475", "立讯精密", 49.2),
    ("000002", "万科A", 19.8),
    ("300124", "汇川技术", 68.6),
    ("002352", "顺丰控股", 68.9),
    ("000725", "京东方A", 5.05),
    ("002714", "牧原股份", 53.4),
    ("300015", "爱尔眼科", 42.3),
)
BEIJING = _stocks(
    0,
    "BJ",
    ("835185", "贝特瑞", 150.0),
    ("830799", "艾融软件", 16.2),
    ("831445", "龙竹科技", 14.8),
    ("835368", "连城数控", 62.0),
)
HONG_KONG = _stocks(
    116,
    "HK",
    ("00700", "腾讯控股", 456.8),
    ("03690", "美团-W", 225.4),
    ("00388", "香港交易所", 455.4),
    ("01810", "小米集团-W", 18.9),
    ("02318", "中国平安H", 56.2),
    ("09988", "阿里巴巴-SW", 118.9),
)
NASDAQ = _stocks(105, "US", ("AAPL", "苹果", 177.6), ("TSLA", "特斯拉", 1056.8), ("PDD", "拼多多", 58.3))
NEW_YORK = _stocks(106, "US", ("NIO", "蔚来", 31.7), ("BABA", "阿里巴巴", 118.8), ("XPEV", "小鹏汽车", 50.3))

INDICES = (
    Security(1, "000001", "上证指数", "index", "000001.SH", 2, 3639.78),
    Security(1, "000300", "沪深300", "index", "000300.SH", 2, 4940.37),
    Security(0, "399001", "深证成指", "index", "399001.SZ", 2, 14857.35),
    Security(0, "399006", "创业板指", "index", "399006.SZ", 2, 3322.67),
    Security(100, "NDX", "纳斯达克100", "index", "NDX.GI", 2, 16320.1),
    Security(100, "N225", "日经225", "index", "N225.GI", 2, 28791.71),
)
BOARDS = (
    Security(90, "BK0477", "酿酒行业", "board", "BK0477", 2, 6120.3),
    Security(90, "BK0493", "新能源", "board", "BK0493", 2, 2866.1),
    Security(90, "BK1036", "半导体", "board", "BK1036", 2, 1980.5),
    Security(90, "BK0428", "电力行业", "board", "BK0428", 2, 9812.7),
    Security(90, "BK0451", "房地产开发", "board", "BK0451", 2, 13480.0),
    Security(90, "BK0479", "钢铁行业", "board", "BK0479", 2, 8811.2),
)
BROKERAGE_BOARD = Security(90, "BK0473", "证券", "board", "BK0473", 2, 12160.0)
"""The board that keyword links find inside the names of media (证券时报)."""

FUTURES = (
    Security(113, "aum", "沪金主连", "future", "AUM.SHF", 2, 373.5),
    Security(113, "rbm", "螺纹钢主连", "future", "RBM.SHF", 0, 4321.0),
    Security(114, "im", "铁矿石主连", "future", "IM.DCE", 1, 680.5),
    Security(115, "SRM", "白糖主连", "future", "SRM.CZC", 0, 5755.0),
    Security(142, "scm", "原油主连", "future", "SCM.INE", 1, 496.4),
)
METALS = (Security(118, "AU9999", "黄金9999", "metal", "AU9999.SGE", 2, 373.1),)
CURRENCIES = (
    Security(119, "EURUSD", "欧元兑美元", "fx", "EURUSD.FX", 4, 1.1371),
    Security(119, "USDJPY", "美元兑日元", "fx", "USDJPY.FX", 4, 115.07),
    Security(133, "USDCNH", "美元兑离岸人民币", "fx", "USDCNH.FX", 4, 6.3614),
)

FALSE_FRIENDS = (
    Security(1, "601099", "太平洋", "stock", "601099.SH", 2, 3.2),
    Security(0, "300024", "机器人", "stock", "300024.SZ", 2, 10.9),
)
"""Securities whose names are common words; keyword links mark the words all the same."""

GROUPS = {
    "shanghai": SHANGHAI,
    "shenzhen": SHENZHEN,
    "beijing": BEIJING,
    "hong-kong": HONG_KONG,
    "us": NASDAQ + NEW_YORK,
    "index": INDICES,
    "board": BOARDS,
    "future": FUTURES,
    "metal": METALS,
    "fx": CURRENCIES,
}
"""Securities by the name of the group, as the features of a post name them."""

BY_SECID = {
    security.secid: security
    for group in (*GROUPS.values(), (BROKERAGE_BOARD,), FALSE_FRIENDS)
    for security in group
}
