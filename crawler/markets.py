"""East Money's market numbers: what each market is, and how Chinese terminals write its codes.

What:     one `Market` row per number that stands before the dot of a secid (`1` in `1.601628`).
From:     the numbers are undocumented; they were gathered from quote pages, chart images and public
          clients. Suffixes are those of Wind, which Choice (East Money's own terminal) mostly shares; each
          row names an example as such a terminal prints it; "assumed" follows the usual short name.
Gives:    `MARKETS`, number -> `Market`, in ascending order; `KINDS`, the closed vocabulary of kinds.
Refuses:  nothing; a number that is not here is an unknown market: its secids are kept, without a symbol.

Suffixes that several markets share on purpose, so that two securities may meet in one symbol:
`.US` 105 106 107 (a US ticker is unique over the three exchanges), `.HK` 116 128 (one exchange, two lists),
`.FX` 119 120 133 (USDCNH may stand in two lists), `.HI` 124 125 305, `.HKF` 134 139 242, `.L` 155 156,
`.GI` 100 341.
Other shared suffixes (`.SH`, `.SZ`, `.SHF`, `.CFE` ...) are told apart by the shape of the code.
"""

from dataclasses import dataclass

KINDS = ("stock", "index", "board", "fund", "bond", "future", "option", "fx", "metal", "yield", "other")

# An option names its underlying contract, C or P, and the strike: IO2405-C-3500, CU2404P61000, SA501P1500;
# MS marks the short-dated series: M2507-MS-C-3000, SR505MSC5900.
_OPTION = r"[A-Z]+[0-9]+(?:-?MS)?-?[CP]-?[0-9]+"
_FUTURE = rf"(?!{_OPTION}\Z)[A-Z].*"  # AUM (the main contract), RB2405, V2602F
_STOCK_OPTION = r"[0-9]{8}"  # 10003319


@dataclass(frozen=True, slots=True)
class Market:
    """One market number of East Money."""

    number: int
    """The number before the dot of a secid."""
    name: str
    """Short English name of the exchange or list."""
    kind: str
    """One of `KINDS`: what the market trades; in 0 and 1 the code decides (`securities.kind`)."""
    suffix: str | None
    """What follows the code in a symbol; None: East Money's own list, the code stands alone."""
    shape: str = r".+"
    """Pattern of the upper-case code; a code of another shape is kept as written and has no symbol."""
    lower: bool = False
    """The exchange writes product letters in lower case (`rb2405`, `cu2404P61000`); symbols never do."""


MARKETS: dict[int, Market] = {
    market.number: market
    for market in (
        Market(0, "Shenzhen, Beijing, NEEQ", "stock", "SZ", r"[0-9]{6}"),  # 000001.SZ; BJ and NQ by code
        Market(1, "Shanghai", "stock", "SH", r"[0-9H][0-9]{5}"),  # 601628.SH
        Market(2, "China Securities Index", "index", "CSI"),  # 931186.CSI
        Market(8, "CFFEX, numeric codes", "future", "CFE", r"[0-9]{6}"),  # as 220, which replaced it
        Market(10, "Shanghai options", "option", "SH", _STOCK_OPTION),  # 10003319.SH
        Market(12, "Shenzhen options", "option", "SZ", _STOCK_OPTION),  # 90000003.SZ
        Market(90, "East Money boards", "board", None, r"BK[0-9]+"),  # BK0493: industry, region, concept
        Market(100, "Global indices", "index", "GI"),  # SPX.GI; terminals write HSI.HI, this list HSI.GI
        Market(101, "COMEX", "future", "CMX"),  # GC00Y.CMX
        Market(102, "NYMEX", "future", "NYM"),  # CL00Y.NYM
        # Wind splits CBOT (YM.CBT) from CME (ES.CME); East Money does not, a product list would be a guess.
        Market(103, "CBOT and CME", "future", "CME"),  # ES.CME
        Market(104, "Singapore Exchange", "future", "SGX"),  # assumed
        Market(105, "NASDAQ", "stock", "US"),  # AAPL.US, for Wind's AAPL.O: the country, for all three
        Market(106, "NYSE", "stock", "US"),  # NIO.US, for Wind's NIO.N
        Market(107, "NYSE American, Arca", "stock", "US"),  # YINN.US; funds are not told from stocks here
        Market(108, "ICE Futures US (NYBOT)", "future", "NYB"),  # assumed
        Market(109, "London Metal Exchange", "future", "LME"),  # LCPS.LME
        Market(110, "Bursa Malaysia derivatives", "future", "MDE"),  # assumed
        Market(111, "Tokyo Commodity Exchange", "future", "TCE"),  # assumed
        Market(112, "ICE Futures Europe", "future", "IPE"),  # B.IPE
        Market(113, "Shanghai Futures Exchange", "future", "SHF", _FUTURE, lower=True),  # CU2501.SHF
        Market(114, "Dalian Commodity Exchange", "future", "DCE", _FUTURE, lower=True),  # M2505.DCE
        Market(115, "Zhengzhou Commodity Exchange", "future", "CZC", _FUTURE),  # APM.CZC
        Market(116, "Hong Kong", "stock", "HK", r"[0-9]{5}"),  # 00700.HK; Wind drops a zero, the exchange not
        Market(118, "Shanghai Gold Exchange", "metal", "SGE"),  # AU9999.SGE
        Market(119, "FX pairs", "fx", "FX"),  # EURUSD.FX
        Market(120, "CNY pairs", "fx", "FX"),  # JPYCNYC.FX: the fixing, where terminals have several names
        Market(122, "Spot precious metals", "metal", "IDC"),  # SPTAUUSDOZ.IDC is Wind's name of XAU
        Market(124, "Hang Seng indices", "index", "HI"),  # HSTECH.HI
        Market(125, "Hang Seng indices, second list", "index", "HI"),  # as 124
        Market(128, "Hong Kong, second list", "stock", "HK", r"[0-9]{5}"),  # as 116
        Market(133, "Offshore renminbi", "fx", "FX"),  # USDCNH.FX
        Market(134, "Hong Kong index futures", "future", "HKF"),  # assumed
        Market(139, "Hong Kong FX options", "option", "HKF"),  # assumed
        Market(140, "Dalian options", "option", "DCE", _OPTION, lower=True),  # as 114
        Market(141, "Zhengzhou options", "option", "CZC", _OPTION),  # as 115
        Market(142, "Shanghai Energy Exchange", "future", "INE", _FUTURE, lower=True),  # SC2505.INE
        Market(150, "Open-end funds", "fund", "OF"),  # 163415.OF
        Market(151, "Shanghai Futures Exchange options", "option", "SHF", _OPTION, lower=True),  # as 113
        Market(155, "London Stock Exchange", "stock", "L"),  # TSCO.L
        Market(156, "London GDRs", "stock", "L"),  # as 155
        # East Money's own indices; those of futures (ecfi) end in "fi". Others (EMIND) have no symbol.
        Market(159, "East Money weighted futures indices", "index", None, r"[A-Z]{1,4}FI", lower=True),
        Market(163, "Shanghai Energy Exchange options", "option", "INE", _OPTION, lower=True),  # as 142
        Market(171, "Government bond yields", "yield", "GBM"),  # assumed
        Market(177, "Korea Exchange", "stock", "KS"),  # 051900.KS
        Market(220, "CFFEX", "future", "CFE", _FUTURE),  # IF2406.CFE
        Market(221, "CFFEX options", "option", "CFE", _OPTION),  # IO2405-C-3500.CFE
        Market(225, "Guangzhou Futures Exchange", "future", "GFE", _FUTURE, lower=True),  # SI2611.GFE
        Market(226, "Guangzhou options", "option", "GFE", _OPTION, lower=True),  # as 225
        Market(242, "Hong Kong index futures, second list", "future", "HKF"),  # as 134
        Market(252, "SIX Swiss Exchange", "stock", "SIX"),  # assumed
        Market(305, "Hang Seng indices, third list", "index", "HI"),  # as 124
        Market(341, "London Stock Exchange indices", "index", "GI"),  # FTSE.GI
    )
}
