"""All that the status says, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Language, Sentence

__all__ = ["Language", "Sentence"]  # the rows themselves are read as ``sentences.NAME``

WELL = Sentence("All is well.", "一切正常。")
ONE_THING = Sentence("1 thing to look at, marked -> below.", "有 1 项需要处理，见下方 -> 标记。")
THINGS = Sentence("{count} things to look at, marked -> below.", "有 {count} 项需要处理，见下方 -> 标记。")

STALE = Sentence(
    "{part} has stopped making progress; the watchdog restarts the agent within a minute.",
    "{part} 已停止运行；看门狗将在一分钟内重启程序。",
)
REFUSED = Sentence("Not in force: {problem}", "未生效：{problem}")
PENDING = Sentence(
    "{option} has changed and is not in force yet: 'sudo systemctl restart poleagent'.",
    "{option} 已修改但尚未生效：请执行 'sudo systemctl restart poleagent'。",
)
NOTHING = Sentence(
    "Nothing is measured: add a [line.NAME] and a [device.NAME], or a [camera.NAME], to the settings.",
    "没有任何测量：请在配置中添加 [line.NAME] 和 [device.NAME]，或 [camera.NAME]。",
)
EPISODE = Sentence("{severity}, {source}, for {span}: {text}", "{severity}，{source}，已持续 {span}：{text}")
LINE_DOWN = Sentence(
    "{port} cannot be opened: plug the adapter in; 'ls -l /dev/serial/by-id' shows the ports.",
    "无法打开 {port}：请插好转换器；'ls -l /dev/serial/by-id' 可列出串口。",
)
LINE_WAITING = Sentence(
    "{port} has not been opened since the start, {span} ago.",
    "启动至今 {span}，{port} 仍未打开。",
)
LINE_FULL = Sentence(
    "{planned:.0%} of the line's time is planned: give its devices a longer every_s, or the line more baud.",
    "线路时间已占用 {planned:.0%}：请加大设备的 every_s，或提高波特率。",
)
DEVICE_DOWN = Sentence(
    "{name} has not answered for {span}: check its power, its wiring and its address.",
    "{name} 已 {span} 无应答：请检查供电、接线和地址。",
)
DEVICE_WAITING = Sentence(
    "{name} has sent nothing since the start, {span} ago: check its power, its wiring and its settings.",
    "启动至今 {span}，{name} 没有任何数据：请检查供电、接线和配置。",
)
DEVICE_ERRORS = Sentence(
    "{share:.0%} of the rounds of {name} fail: check wiring, termination and shield.",
    "{name} 有 {share:.0%} 的轮询失败：请检查接线、终端电阻和屏蔽。",
)
BAD_VALUE = Sentence(
    "{quantity} of {name} is marked {quality}: the value is not to be used.",
    "{name} 的 {quantity} 标记为 {quality}：该值不可用。",
)
LEFT_OUT = Sentence(
    "The trained model of [anomaly] did not judge {count} windows since the start: its process fails or is too slow.",
    "启动以来 [anomaly] 的训练模型有 {count} 个窗口未评估：其进程出错或过慢。",
)
GNSS_CLOCK = Sentence(
    "The clock of this box is {offset:+.0f} s off the time of {name}: 'timedatectl' shows who sets it.",
    "本机时钟与 {name} 的时间相差 {offset:+.0f} 秒：请用 'timedatectl' 查看时间来源。",
)
CAMERA = Sentence(
    "The camera is {state} for {span}: check its power, cable and address.",
    "摄像机处于 {state} 状态已 {span}：请检查供电、网线和地址。",
)
UNCONFINED = Sentence(
    "Its process keeps the rights of the agent: this kernel has no {what}. Install one of Debian 12 or later.",
    "其进程保留了代理的权限：内核缺少 {what}。请安装 Debian 12 或更新的内核。",
)
TAMPERED = Sentence("The view is {what}: look at the camera.", "画面异常（{what}）：请检查摄像机。")
BLOCKED = Sentence(
    "Nothing can be written to the disk: check 'df -h' and 'dmesg'.", "无法写入磁盘：请检查 'df -h' 和 'dmesg'。"
)
FULL = Sentence(
    "The store is full and thins out what is oldest: get the link back.", "存储已满，正在删减最旧的数据：请恢复链路。"
)
EVICTED = Sentence(
    "{count} events were deleted unsent since the start, for want of room; each is reported in a gap event.",
    "启动以来因空间不足删除了 {count} 条未发送的事件；均已通过 gap 事件上报。",
)
RING_LOST = Sentence(
    "{count} raw readings since the start never reached the disk.", "启动以来有 {count} 条原始读数未写入磁盘。"
)
LATE = Sentence(
    "The oldest {lane} has waited for {span} although the link is up: 'journalctl -u poleagent' may tell why.",
    "链路正常，但最早的 {lane} 已等待 {span}：请查看 'journalctl -u poleagent'。",
)
DISK_FULL = Sentence(
    "The disk is nearly full: 'sudo du -xh /var | sort -h | tail' shows what fills it.",
    "磁盘即将写满：'sudo du -xh /var | sort -h | tail' 可查看占用。",
)
DISK_UNKNOWN = Sentence(
    "The disk of the database cannot be asked how full it is: is its folder there?",
    "无法查询数据库所在磁盘的用量：目录是否存在？",
)
LINK_DOWN = Sentence(
    "No link to {broker}: check antenna, SIM and [uplink]", "无法连接 {broker}：请检查天线、SIM 卡和 [uplink] 配置"
)
KEPT = Sentence(" What is measured is kept meanwhile.", " 测量数据在此期间保存在本机。")
LINK_SLOW = Sentence(
    "{broker} has acknowledged nothing for {span} although {count} messages wait for it.",
    "{broker} 已 {span} 未确认，尚有 {count} 条消息等待确认。",
)
GIVEN_UP = Sentence(
    "{count} events were given up since the start: the broker refuses them for good, or nobody was subscribed for too "
    "long; each is reported in a gap event.",
    "启动以来放弃了 {count} 条事件：服务器永久拒绝，或长期无人订阅；均已通过 gap 事件上报。",
)
DROPPED = Sentence(
    "{count} messages of the platform could not be read, or were too many, since the start.",
    "启动以来有 {count} 条平台消息无法读取或数量过多。",
)
CLOCK = Sentence(
    "The clock has not been set: times are corrected once it is; 'timedatectl' tells more.",
    "时钟尚未校准：校准后会修正时间；详情见 'timedatectl'。",
)
CERTIFICATE = Sentence(
    "The certificate {file} ({role}) is {state}: renew it.", "证书 {file}（{role}）状态为 {state}：请更换。"
)
RENEWAL_FAILS = Sentence(
    "The certificate of this pole is not renewed, and is tried again: {why}.", "本杆证书更新失败，将再次尝试：{why}。"
)

STATES: dict[str, Sentence] = {
    "up": Sentence("up", "正常"),
    "ok": Sentence("ok", "正常"),
    "waiting": Sentence("waiting", "等待"),
    "connecting": Sentence("wait", "连接中"),
    "off": Sentence("off", "关闭"),
    "full": Sentence("full", "已满"),
    "down": Sentence("DOWN", "中断"),
    "blocked": Sentence("BLOCKED", "受阻"),
    "no_signal": Sentence("NO VIDEO", "无画面"),
    "too_dark": Sentence("too dark", "过暗"),
    "lossy": Sentence("lossy", "丢包"),
    "frozen": Sentence("FROZEN", "静止"),
    "crashed": Sentence("CRASHED", "已退出"),
    "refused": Sentence("REFUSED", "被拒绝"),
    "expiring": Sentence("expiring", "即将过期"),
    "expired": Sentence("expired", "已过期"),
    "not_yet": Sentence("not yet", "尚未生效"),
    "foreign": Sentence("foreign", "他方签发"),
    "unusable": Sentence("unusable", "不可用"),
    "set": Sentence("set", "已校准"),
    "not_set": Sentence("NOT SET", "未校准"),
}
"""States of devices, lines, cameras, link, store, clock: eight columns at most; what is broken stands in capitals."""
SEVERE = Sentence("{severity}: {text}", "{severity}：{text}")
SEVERITIES: dict[str, Sentence] = {
    "info": Sentence("info", "提示"),
    "warning": Sentence("warning", "警告"),
    "alarm": Sentence("alarm", "报警"),
}
QUALITIES: dict[str, Sentence] = {
    "good": Sentence("good", "良好"),
    "uncertain": Sentence("uncertain", "可疑"),
    "bad": Sentence("bad", "坏值"),
}
RUNNING = Sentence("poleagent {version}, up {span}", "poleagent {version}，已运行 {span}")
MORE_ROWS = Sentence(
    "... {count} more rows: 'poleagent status' shows all", "... 还有 {count} 行：'poleagent status' 显示全部"
)
NO_DEVICES = Sentence(
    "none: add a [line.NAME] and a [device.NAME] to the settings", "无：请在配置中添加 [line.NAME] 和 [device.NAME]"
)
NEVER = Sentence("never", "从未")
OLD = Sentence("{span} old", "{span}前")
COLON = Sentence(": ", "：")
STOP = Sentence(".", "。")
COMMA = Sentence(", ", "，")
POLE = Sentence("pole {pole}", "灯杆 {pole}")
OPEN = Sentence("OPEN", "未结束")
DEVICES = Sentence("DEVICES", "设备")
LINES = Sentence("LINES", "线路")
CAMERAS = Sentence("CAMERAS", "摄像机")
LINK_ROW = Sentence("LINK", "链路")
QUEUE = Sentence("QUEUE", "队列")
CLOCK_ROW = Sentence("CLOCK", "时钟")
BOX_ROW = Sentence("BOX", "本机")
STATE = Sentence("STATE", "状态")
LAST = Sentence("LAST", "最近")
ERRORS = Sentence("ERRORS", "错误率")
VALUES = Sentence("VALUES", "数值")
IN_USE = Sentence("IN USE", "占用")
PLANNED = Sentence("PLANNED", "规划")
PORT = Sentence("PORT", "端口")
FRAMES = Sentence("FRAMES", "帧率")
LANES: dict[str, Sentence] = {
    "alarm": Sentence("alarm", "报警"),
    "event": Sentence("event", "事件"),
    "summary": Sentence("summary", "汇总"),
    "raw": Sentence("raw", "原始"),
}
ABOUT: dict[str, Sentence] = {
    "open": Sentence("open", "未结束"),
    "link": Sentence("link", "链路"),
    "queue": Sentence("queue", "队列"),
    "clock": Sentence("clock", "时钟"),
    "disk": Sentence("disk", "磁盘"),
    "agent": Sentence("agent", "程序"),
    "settings": Sentence("settings", "配置"),
    "device": Sentence("device", "设备"),
    "line": Sentence("line", "线路"),
    "camera": Sentence("camera", "摄像机"),
}
ROLES: dict[str, Sentence] = {
    "ca": Sentence("ca", "根 CA"),
    "client": Sentence("client", "客户端"),
    "broker": Sentence("broker", "服务器"),
}
SEES = Sentence("{rate:.1f}/s, {tracks} tracked", "{rate:.1f}/s，跟踪 {tracks} 个")
NO_UPLINK = Sentence(
    "no [uplink] in the settings: everything is kept on the pole", "配置中没有 [uplink]：所有数据保存在本机"
)
PLAIN_TEXT = Sentence("PLAIN TEXT", "明文")
LINK = Sentence("{broker} ({how}), {state} for {span}", "{broker}（{how}），{state}，已持续 {span}")
ACKNOWLEDGED = Sentence(", last acknowledgement {span} ago", "，最近一次确认在 {span} 前")
VALID = Sentence(
    "{role} certificate valid until {until}, {days} days",
    "{role} 证书有效期至 {until}，剩余 {days} 天",
)
RENEWAL = Sentence("{text}; {renewal}", "{text}；{renewal}")
TO_SEND = Sentence("{count} to send: {lanes}", "待发送 {count} 条：{lanes}")
OLDEST = Sentence("{lane} {count} (since {span})", "{lane} {count}（已 {span}）")
DELIVERED = Sentence(
    "{used} of {most}; {count} delivered since start", "已用 {used}，共 {most}；启动以来已送达 {count} 条"
)
LOST = Sentence(", {count} deleted unsent for want of room", "，因空间不足删除未发送 {count} 条")
NOTHING_LOST = Sentence(", nothing lost", "，无丢失")
JUMPS = Sentence(", {count} jumps", "，跳变 {count} 次")
BOX = Sentence(
    "disk {free} free of {whole}, RAM {ram}, settings {revision}",
    "磁盘剩余 {free}，共 {whole}，内存 {ram}，配置 {revision}",
)
