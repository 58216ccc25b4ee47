"""The help of ``poleagent setup``, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

SET_POLE_UP = Sentence("set a pole up: claim, scan, settings, start", "安装灯杆：认领、扫描、写配置、启动")
SETS_POLE_UP = Sentence(
    "Sets a pole up: makes its key and claims it at the platform, scans all serial lines at once, finds cameras, "
    "writes settings with comments, checks them and starts the agent. A second run adds what is new and replaces "
    "nothing without asking. Nothing is written before all of it is known and checked.",
    "安装灯杆：生成密钥并在平台上认领，同时扫描所有串口线路，查找摄像头，写出带注释的配置，检查后启动程序。再次运行只加入新内容，"
    "未经询问不会替换任何内容。全部确定并检查之前不写任何文件。",
)
CLAIM_LINK = Sentence("the claim link, or the text of its QR code", "认领链接，或其二维码的文本")
CLAIM_ON_STICK = Sentence(
    "the claim link is on a stick, in the file poleagent.claim", "认领链接在 U 盘的文件 poleagent.claim 中"
)
NO_PLATFORM_FOR_NOW = Sentence("no platform for now", "暂不连接平台")
ALL_ANSWERS = Sentence("all answers, nothing is asked", "提供全部答案，不再询问")
PORT_TO_SCAN = Sentence(
    "scan this serial port, and others so named; default all", "只扫描此串口（可重复使用）；默认扫描全部"
)
NOT_STARTED = Sentence("write the settings and do not start the agent", "只写配置，不启动程序")
