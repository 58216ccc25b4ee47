"""What lines and ports say to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# line.py, conversation.py
HANGS_UP = Sentence(
    "{port} accepts the connection and hangs up without a byte. Check whether another client is connected to it: many "
    "servers serve only one at a time. Else check that this is the right port.",
    "{port} 接受连接后未发送任何字节即断开。请检查是否有其他客户端已连接：许多串口服务器同时只允许一个连接；"
    "否则请检查端口是否正确。",
)
NOTHING_CAME = Sentence(
    "{name}: connected, but nothing came for {for_s}; it is connected anew.",
    "{name}：已连接，但 {for_s} 内没有数据；正在重新连接。",
)

# listen.py
TALKS_ITSELF_DEVICES_MUST = Sentence(
    "talks by itself; devices that must be asked were not looked for on this line",
    "设备主动发送数据；未在此线路上查找需要询问的设备",
)
WHAT_COMES_WHAT_DEVICE = Sentence(
    "What comes is what a device with driver {driver} sends: check whether two ports are swapped.",
    "收到的数据符合驱动 {driver} 的设备：请检查两个串口是否接反。",
)

# plan.py
CANNOT_READ_EVERY_QUESTIONS = Sentence(
    "{device} cannot be read every {every_s:g} s: its {questions} questions take {round_s:.2g} s at {baud} "
    "baud. Raise its every_s above that, or the baud rate.",
    "{device} 无法每 {every_s:g} s 读取一次：其 {questions} 个请求在 {baud} 波特率下需要 {round_s:.2g} s。请"
    "加大 every_s，或提高波特率。",
)
DEVICES_NEED_TIME_BAUD = Sentence(
    "its devices need {load:.0%} of its time at {baud} baud ({parts}), so they are read less often than "
    "asked. Raise every_s or the baud rate, or use a second line.",
    "在 {baud} 波特率下设备需要占用线路 {load:.0%} 的时间（{parts}），实际读取频率低于设定。请加大 every_s 或"
    "提高波特率，或增加一条线路。",
)
TIME_PLANNED_DEVICE_FALLS = Sentence(
    "{load:.0%} of its time is planned ({parts}): a device that falls silent will delay the others.",
    "线路时间已规划 {load:.0%}（{parts}）：一台设备无应答时会拖慢其他设备。",
)

# rfc2217.py
SET_ALL_DOES_NOT = Sentence(
    "to be set at all: it does not speak RFC 2217; use it without rfc2217 = true",
    "设置串口参数：它不支持 RFC 2217；请去掉 rfc2217 = true",
)
SET = Sentence("{names} {wanted}, it set {value}", "{names} {wanted}，实际设置为 {value}")

# scan.py
NOTHING_ANSWERS_CHECK_POWER = Sentence(
    "nothing answers. Check power, the A/B wires (swapped?) and that the port is the right one.",
    "没有应答。请检查供电、A/B 线（是否接反）以及串口是否正确。",
)
SOMETHING_TALKS_LINE_BUT = Sentence(
    "something talks on this line, but in no language that is known here. Unplug its devices one by one "
    "until it is silent, then scan again.",
    "线路上有数据，但协议无法识别。请逐台拔下设备直到线路安静，然后重新扫描。",
)
ASKING_ADDRESSES = Sentence("{setting}: asking {count} addresses", "{setting}：正在询问 {count} 个地址")
ASKING_ALL_ADDRESSES = Sentence("{setting}: asking all addresses", "{setting}：正在询问所有地址")
BAUD_ASKING_ADDRESSES = Sentence("{baud} baud: asking addresses", "{baud} 波特率：正在询问地址")
FITS_NO_PROFILE = Sentence("fits no profile", "没有匹配的 profile")
DAMAGED_OR_DOUBLE_ANSWERS = Sentence(
    "damaged or double answers came for unit {named}: two devices with one address, or a bad cable.",
    "从站地址 {named} 收到损坏或重复的应答：两台设备地址相同，或电缆不良。",
)

# session.py
BUSY_WHAT_ASKED_BEFORE = Sentence(
    "{name} is busy with what it was asked to do before; try again in a moment", "{name} 正在执行先前的操作；请稍后再试"
)
CANNOT_WHAT_CAN = Sentence(
    "{name} cannot {action!r}; what it can is: {there}", "{name} 不支持 {action!r}；可用操作：{there}"
)
NOTHING_READABLE = Sentence("nothing readable for {silent_s:.0f} s", "{silent_s:.0f} s 内没有可解析的数据")

# transport.py
NOTHING_CAN_SENT = Sentence(
    "{name}: nothing can be sent for {send_s:.0f} s. {gone_words}",
    "{name}：{send_s:.0f} s 内无法发送数据。{gone_words}",
)
DOES_NOT_ANSWER_RFC = Sentence(
    "{name} does not answer as RFC 2217 wants: is it a raw port? Take rfc2217 = true away.",
    "{name} 不按 RFC 2217 应答：是否为透传端口？请去掉 rfc2217 = true。",
)
DOES_NOT_ANSWER_WITHIN = Sentence(
    "{address} does not answer within {connect_s:.0f} s. Check its address, power and cable.",
    "{address} 在 {connect_s:.0f} s 内无应答。请检查其地址、供电和网线。",
)
CHECK_ADDRESS_POWER_CABLE = Sentence(
    "{address}: {why}. Check its address, power and cable.", "{address}：{why}。请检查其地址、供电和网线。"
)

# tty.py
CHECK_SERIAL_PORT_KNOWS = Sentence(
    "{port}: {exc}. Check that it is a serial port and knows {baud} baud.",
    "{port}：{exc}。请检查它是否为串口、是否支持 {baud} 波特率。",
)
WENT_AWAY_WHILE_OPENED = Sentence("{port} went away while it was opened", "{port} 在打开过程中消失")
CANNOT_SWITCH_RS_DRIVER = Sentence(
    "{port} cannot switch an RS-485 driver ({strerror}): take rs485 = true away",
    "{port} 无法控制 RS-485 收发方向（{strerror}）：请去掉 rs485 = true",
)
MAY_NOT_OPENED = Sentence("{port} may not be opened. {what}", "无权打开 {port}。{what}")
USE_ANOTHER_PROGRAM_ONLY = Sentence(
    "{port} is in use by another program; only one may own a line. Stop that program; if it is the agent: "
    "sudo systemctl stop poleagent.",
    "{port} 正被其他程序占用；一条线路只能有一个程序使用。请停止该程序；如果是本程序：sudo systemctl stop poleagent。",
)
CANNOT_OPENED = Sentence("it cannot be opened", "无法打开")
CHECK_SERIAL_PORT = Sentence("{port}: {why}. Check that it is a serial port.", "{port}：{why}。请检查它是否为串口。")
AGENTS_USER = Sentence("the agent's user", "运行 poleagent 的用户")
CHECK_FOLDER_STANDS = Sentence("Check the folder that it stands in.", "请检查其所在目录。")
GROUP_MAY_NOT_READ = Sentence(
    'Its group {group} may not read and write it: give the group access by a udev rule (GROUP="dialout", MODE="0660").',
    '其所属组 {group} 没有读写权限：请用 udev 规则授权该组（GROUP="dialout", MODE="0660"）。',
)
GROUP_RIGHT_SO_SOMETHING = Sentence(
    "The group is right, so something else forbids it: check DeviceAllow of the service.",
    "所属组正确，但被其他机制禁止：请检查服务的 DeviceAllow。",
)
BELONGS_GROUP_ADD_SUDO = Sentence(
    "It belongs to the group {group}: add {user} to it (sudo adduser {user} {group}), log in or start again.",
    "它属于组 {group}：请将 {user} 加入该组（sudo adduser {user} {group}），然后重新登录或启动。",
)

NOT_THERE = Sentence(
    "{port} is not there. Plug the adapter in, or name another port; there are: {there}.",
    "没有 {port}。请插好转换器，或改用其他串口；现有：{there}。",
)
NO_PORTS = Sentence(
    "{port} is not there. Plug the adapter in, or name another port; no serial port is there.",
    "没有 {port}。请插好转换器，或改用其他串口；本机没有任何串口。",
)
WENT_AWAY = Sentence("{name} went away{why}.", "{name} 已消失{why}。")
CHECK_PLUGGED_IN = Sentence("Check that it is plugged in and has power.", "请检查是否插好、是否有电。")
CLOSED_CONNECTION = Sentence("{name} closed the connection{why}.", "{name} 关闭了连接{why}。")
CHECK_NETWORK_POWER = Sentence(
    "Check its network and its power, and whether another client connected.",
    "请检查其网络和供电，以及是否有其他客户端连接。",
)
SERVER_REFUSES = Sentence("{name} refuses {what}.", "{name} 拒绝{what}。")
BAUD_RATE = Sentence("baud rate", "波特率")
DATA_BITS = Sentence("data bits", "数据位")
STOP_BITS = Sentence("stop bits", "停止位")
PARITY = Sentence("parity", "校验位")
WHO_UNIT = Sentence("unit {unit} ({name})", "从站 {unit}（{name}）")
JUST_UNIT = Sentence("unit {unit}", "从站 {unit}")
LISTENING = Sentence("{setting}: listening", "{setting}：正在监听")

# registry.py
DRIVER_ALREADY_REMOVE_ONE = Sentence(
    "driver '{name}' of {origin} is there already: remove one of the two packages",
    "{origin} 的驱动 '{name}' 已存在：请删除两个软件包之一",
)

# belief.py
ANSWERS_MAY_BELONG_EARLIER = Sentence(
    "{who}: its answers may belong to earlier questions and were left aside", "{who}：其应答可能属于更早的请求，已忽略"
)

# line.py
OPENING_NEW_SETTINGS = Sentence("{settings}: opening it with its new settings", "{settings}：正以新配置打开")
