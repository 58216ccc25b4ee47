"""What ``poleagent web`` and its help say, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

PAGE_ON_THE_POLE = Sentence("open the page on the pole for a while", "限时打开灯杆页面")
OPENS_PAGE = Sentence(
    "Opens a page for phone or laptop for a limited time: live values, devices with what to do, link and queue, "
    "events, doctor. HTTPS on the interface of [web] in the settings, by default for this box alone; the terminal "
    "shows the address, the fingerprint of the certificate and the log-in code. Ctrl-C closes it earlier.",
    "限时打开供手机或笔记本电脑使用的页面：实时数值、设备及处理建议、链路和队列、事件、诊断。使用 HTTPS，监听配置中 "
    "[web] 指定的接口，默认仅限本机；终端会显示地址、证书指纹和登录码。按 Ctrl-C 可提前关闭。",
)
OPEN_FOR = Sentence(
    "how long, such as 30min or 2h; at most 8h. Default: 30min", "开放时长，如 30min 或 2h；最长 8h。默认：30min"
)
NO_H11 = Sentence(
    "the page needs the library h11 ({reason}): pip install 'poleagent[web]'; the package for poles has it",
    "页面需要 h11 库（{reason}）：pip install 'poleagent[web]'；灯杆软件包已包含该库",
)
NO_SPAN = Sentence(
    "{text} is no time from 1min to {most}; write it like 30min or 2h",
    "{text} 不是 1min 到 {most} 的时长；写法如 30min 或 2h",
)
