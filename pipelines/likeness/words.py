"""What words mean for likeness: which say the same, which say the opposite, which deny.

Lists of our own, by the kinds of rewording that media make when they take over a text. Pure.
"""

import re


_SAME = """
称 表示 指出 透露 介绍 强调 认为 说道 坦言 宣称 称道 说
公告 发布公告 发公告 公告称 发布公告称 公告显示 公告表示 公告披露 晚间公告 盘后公告
披露 公布 发布 宣布 对外公布 对外发布 发表
涨 上涨 走高 上升 攀升 升 涨幅 上扬 走升 拉升 抬升 上行 上浮
跌 下跌 走低 下降 降 跌幅 下滑 走跌 下挫 回落 下行 走弱 下浮
增 增长 增加 提升 提高 升高 增幅
减 减少 缩减 降低 减幅 缩减
超 超过 逾 多于 高于 突破 超逾 大于
不足 不到 低于 少于
约 大约 约为 大概 左右 约合 大致
近 接近 将近
将 将会 会 即将 或将
拟 计划 拟定 打算 准备 有意
预计 预期 料 料将 预测 估计 预料
达 达到 至 到 升至 涨至
到 至 降至 跌至 达
或 可能 或者 或许 有可能 也许
有望 望 将有望
与 和 及 以及 并 同 跟 暨
因 因为 由于 受 鉴于
但 但是 不过 然而 可是 只是
所以 因此 因而 故 从而
并且 而且 同时 此外 另外 另 还 又 也 亦
目前 当前 现 截至目前 现阶段 眼下 当下 迄今 截至发稿 截至 截止 截止目前 现时
近日 日前 近期 最近 此前 早前 近来 日前获悉 不久前
获悉 了解到 得知 据悉 据了解 知悉 从业内获悉
公司 该公司 本公司 我司 企业 上市公司
投资者 股民 投资人
业内人士 知情人士 消息人士 行业人士 业界人士 市场人士 业内
分析师 分析人士 分析员 专家
行业 产业 业界 业内
价格 售价 报价 价钱
规模 体量
显著 明显 大幅 较大 大幅度
小幅 略 略微 微幅 轻微 微
持续 不断 继续 陆续 接连 连续
推动 促进 推进 助推 带动 拉动 促使
开展 进行 展开 开始 启动 正式启动
完成 实现 做到
获得 取得 获 得到 拿到 拿下 斩获
使用 采用 利用 运用 应用
关于 有关 就
按照 根据 依据 依照 按
要求 须 需 需要 应 应当 必须 应该
支持 扶持
加强 强化 增强 加大 加强对
改善 好转 改进 优化
重要 关键 重大 主要 核心
全部 所有 全体 全
部分 一些 若干 一部分 某些
很 非常 十分 相当 较 较为 比较 颇 极 极为 特别
其中 当中 其
通过 经过 经由
为 是 系 即 作为
于 在 自 从
向 对 对于 朝
被 遭 遭到
让 使 令
把 将其
这 此 该 本 这一 此次 本次 该次 这次
首次 首度
共 共计 合计 总计 累计 一共
分别 各自
均 都 皆
仍 仍然 依然 依旧 还是
已 已经 业已
包括 包含 涵盖 涵括 如 例如 比如 譬如
等 等等 之类
以来 至今
环比 较上月 较前月
同比 较上年同期 比上年同期 较去年同期 比去年同期 与去年同期相比 年比
净利 净利润 归母净利润 归属净利润 纯利
营收 营业收入 营业总收入 收入
业绩 经营业绩
上证指数 沪指 上证综指 上证综合指数 沪综指
深证成指 深成指 深指 深圳成指
创业板指 创业板指数 创指
恒生指数 恒指 港股恒指
道琼斯指数 道指 道琼斯工业平均指数 道琼斯工业指数
纳斯达克指数 纳指 纳斯达克综合指数 纳斯达克综指
标普500指数 标普500 标准普尔500指数 标普
两市 沪深两市
北向资金 北上资金 陆股通 陆股通资金
南向资金 南下资金 港股通资金
上交所 上海证券交易所
深交所 深圳证券交易所
北交所 北京证券交易所
港交所 香港交易所 香港联交所 联交所
证监会 中国证监会 中国证券监督管理委员会
银保监会 中国银保监会
央行 中国人民银行 人民银行 人行
国家发展改革委 国家发改委 发改委 发展改革委 国家发展和改革委员会 国家发展和改革委
工信部 工业和信息化部
国家统计局 统计局
财政部 国家财政部
商务部 国家商务部
外汇局 国家外汇管理局 外管局
国资委 国务院国资委
市场监管总局 国家市场监督管理总局 国家市场监管总局
美联储 联储 美国联邦储备委员会 美国联邦储备局 联储局
欧洲央行 欧央行
美国食品药品监督管理局 fda 美国fda 美国食药监局
美元 美金
港元 港币
手机 智能手机
汽车 车辆 车
电动车 电动汽车
新能源车 新能源汽车
股票 个股
板块 概念股 概念板块
尾盘 盘尾
早盘 盘初 开盘后
盘中 日内
午后 午盘后
收盘 收报 收市 报收 截至收盘 收于
报 现报 报价为 暂报
成交额 成交金额
成交量 成交
大跌 重挫 暴跌 急跌 跳水
大涨 飙升 暴涨 急涨 飙涨 猛涨
收跌 收低
收涨 收高
召开 举行 举办
会议 会
签署 签订 签约 订立
合作 协作
协议 合约 合同
投资 出资
建设 兴建 修建
生产 制造
销售 出售 卖
购买 收购 购入 买入 买
董事长 董事会主席
总裁 总经理
负责人 有关负责人 相关负责人
表明 显示 反映 说明
影响 冲击
问题 难题
领域 方面
国内 我国 中国 全国 境内
全球 世界 国际
海外 境外 国外
企业 厂商 厂家
消费者 用户 顾客 客户
地区 区域
旗下 下属 所属
子公司 附属公司
股东 持股人
减持 减持股份
增持 增持股份
互动平台 投资者互动平台 互动易 上证e互动 投资者关系平台
最高 最高点 新高
最低 最低点
新增 增加了
累计 累积
下调 调低
上调 调高
批准 获批 核准 同意 批复
资料 数据 资料显示 数据显示
一度 曾 曾一度 曾经
高质量发展 高质量
措施 举措 办法
制定 出台 印发 推出
鼓励 倡导
加快 加速 提速
放缓 减速 趋缓 放慢
"""
_NAMES = """
沪指 上证指数 上证综指 上证综合指数 沪综指
深成指 深证成指 深圳成指
创业板指 创业板指数
恒指 恒生指数
恒科指 恒生科技指数
道指 道琼斯指数 道琼斯工业平均指数 道琼斯工业指数 道琼斯工业股票平均价格指数
纳指 纳斯达克指数 纳斯达克综合指数 纳斯达克综指 纳斯达克综合股票价格指数
标普500指数 标准普尔500指数 标准普尔500种股票指数
北向资金 北上资金
南向资金 南下资金
上交所 上海证券交易所
深交所 深圳证券交易所
北交所 北京证券交易所
港交所 香港交易所 香港联交所 香港交易及结算所
上金所 上海黄金交易所
上期所 上海期货交易所
大商所 大连商品交易所
郑商所 郑州商品交易所
中金所 中国金融期货交易所
证监会 中国证监会 中国证券监督管理委员会
金融监管总局 国家金融监督管理总局
央行 中国人民银行
国家发改委 国家发展改革委 国家发展和改革委员会 国家发展和改革委
工信部 工业和信息化部
外汇局 国家外汇管理局
国资委 国务院国资委
市场监管总局 国家市场监督管理总局 国家市场监管总局
药监局 国家药监局 国家药品监督管理局
美联储 美国联邦储备委员会 美国联邦储备局
欧洲央行 欧央行 欧洲中央银行
fda 美国食品药品监督管理局 美国食品和药物管理局 美国食药监局
opec 欧佩克 石油输出国组织
国际货币基金组织 imf
世卫组织 世界卫生组织
世贸组织 世界贸易组织
欧盟 欧洲联盟
美元 美金
同比 较上年同期 比上年同期 较去年同期 比去年同期 同比去年同期 与去年同期相比 与上年同期相比 同比上年同期
环比 较上月同期 比上月同期 较上个月 比上个月
净利润 归母净利润 归属于上市公司股东的净利润 归属于母公司股东的净利润 归属上市公司股东的净利润 归属净利润
营业收入 营业总收入 营收
公司 股份有限公司 有限责任公司 集团有限公司 有限公司
收盘 截至收盘
午盘 午间收盘 半日收盘
"""

_EMPTY = frozenset(
    "股份有限公司 有限责任公司 集团有限公司 有限公司 集团公司 股份 集团 的 了 地 所 之 其 消息 显示 数据显示 获悉 据悉 据了解 人民币"
    " 方面 呢 啊 吗 并 也 还 又 亦 则 及 和 与 以及 同时 此外 另外 另据 日前 近日 近期 最近 目前 截至目前 截至 截至发稿 当前 现 另"
    " 进一步 相关 有关 上述 进行 当天 当日 当地时间 北京时间 将 已 已经 在 于 个 均 都 为 是 该 称 表示 说 本 此次 本次"
    " 公告 业绩预告 研报 研究报告 报告 数据 信息 通知 官微 官网 晚间 盘后 记者 发布 发表 披露 公司 最新 广大".split()
)
"""Words that say nothing of their own: one medium writes them and another does not."""

_NEGATION = re.compile(
    "(?:不断|不过|不仅|不但|不少|不久|不同(?!意)|不良|不锈钢|不动产|不超过|不低于|不少于|不高于|不足|不到|不等|不乏|不论|不管|不妨|不愧"
    "|不可或缺|不确定|不及|不变|不易|不止|不限|未来|未央|无论|无线|无锡|无人|无疑|无缝|无形|无菌|无尘|无机|无纺|无氧|无烟|无偿|无息"
    "|无忧|非常|非洲|非银|非金融|非农|非公开|非凡|非遗|南非|北非|非流动|非标|非经|非典|非全资|是否|能否|可否|与否|否则|除非)"
    "|(不|未|无|非|没|否|拒绝|取消|终止|撤回|停止|暂停|驳回|中止|失败|叫停|撤销|难以|避免|禁止|免于|解除)"
)
"""Words that deny, but for those that only look so."""

_OPPOSITES = """
涨 升 增 高 上 加 扩 强 反弹 回升 回暖 利好 突破 站上 收复 扩大 加快 加速 提速 走阔 涨停 盈利 扭亏 预增 预盈 顺差 溢价 宽松 乐观 牛市 繁荣 改善 流入 看好 攀 飙 拉|不及 跌 降 减 低 下 缩 弱 贬 回落 回调 下滑 重挫 跳水 利空 失守 收窄 缩小 放缓 减速 不足 不到 收敛 跌停 亏损 转亏 首亏 预减 预亏 逆差 折价 收紧 悲观 熊市 萧条 恶化 流出 看淡 看衰 降温 挫
买 购 增持 申购 认购|卖 售 抛售 减持 转让 赎回 清仓
流入 收入 转入 调入|流出 支出 转出 调出
多|空
进口|出口
南|北
东|西
在岸|离岸
境内 国内|境外 海外 国外
上市|退市 摘牌
停牌|复牌
开工 复工 投产|停工 停产
启动 开启 开始|终止 结束 停止 关闭
成立 设立 新设|注销 解散
聘任 任命 当选 上任 就任 出任|辞任 辞职 离任 卸任 免职 解聘 辞去
通过 批准 同意 获批 核准|否决 驳回 拒绝 反对 不予
支持 赞成 赞同|反对 抵制
质押 冻结|解押 解质 解除 解冻
中标|落标 流标 废标
解禁|锁定
发行|兑付 偿还 赎回
盈|亏
胜|败
原告|被告
开盘 高开 低开 早盘 盘初 早间 开市 午间 午盘|收盘 尾盘 收市 夜盘
早盘 上午 盘初|下午 午后 尾盘
现货|期货
近 接近 将近|超 逾 突破 站上 跌破
最高|最低
最大|最小
大幅|小幅 微幅
多数|少数
以上|以下
直接|间接
董事|监事
同比|环比
民营|国有
成功|失败
前|后
正|负
买入|中性 持有
快|慢
松|紧
加息|降息
""".strip()


def _by_word(lines: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines.split("\n")):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _axes() -> dict[str, frozenset[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_OPPOSITES.split("\n")):
        for sign, words in zip((1, -1), line.split("|"), strict=True):
            for word in words.split():
                found.setdefault(word, set()).add((number, sign))
    return {word: frozenset(signs) for word, signs in found.items()}


def _variants() -> dict[str, str]:
    lines = [line.split() for line in _NAMES.strip().split("\n")]
    return {variant: name for name, *variants in lines for variant in (*variants, name)}


_CLASSES = _by_word(_SAME.strip())
_AXES = _axes()


_ONE_NAME = _variants()
_VARIANT = re.compile("|".join(sorted(_ONE_NAME, key=len, reverse=True)))


def one_name(text: str) -> str:
    """Give the text with institutions, indices and standing phrases under the name that is used most."""
    return _VARIANT.sub(lambda match: _ONE_NAME[match[0]], text)


def same(one: str, other: str) -> bool:
    """Tell whether two words say the same."""
    return one == other or bool(_CLASSES.get(one, frozenset()) & _CLASSES.get(other, frozenset()))


def is_empty(word: str) -> bool:
    """Tell whether a word says nothing of its own."""
    return word in _EMPTY


def pointed(text: str, start: int, end: int) -> set[tuple[int, int]]:
    """Give the directions, as (axis, sign), of words that overlap `text[start:end]`."""
    return {
        sign
        for at in range(max(0, start - 2), end)
        for length in (1, 2, 3)
        if at + length > start
        for sign in _AXES.get(text[at : at + length], ())
    }


def denials(text: str, start: int, end: int) -> int:
    """Give how many words that deny overlap `text[start:end]`."""
    return sum(
        bool(found[1]) and found.end() > start and found.start() < end for found in _NEGATION.finditer(text)
    )
