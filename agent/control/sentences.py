"""What agent/control says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# client.py
POLEAGENT_STOPPED_WHILE_ASKED = Sentence(
    "poleagent stopped while it was asked (at {path}). 'systemctl status poleagent' tells whether it is "
    "back, 'journalctl -u poleagent -n 30' why.",
    "poleagent 在查询过程中停止（{path}）。用 'systemctl status poleagent' 查看是否已恢复，用 'journalctl -u "
    "poleagent -n 30' 查看原因。",
)
POLEAGENT_RUNNING_BUT_DOES = Sentence(
    "poleagent is running but does not answer (at {path}). If that stays so for a minute, systemd restarts "
    "it; 'journalctl -u poleagent -n 30' tells what it was doing.",
    "poleagent 正在运行，但没有应答（{path}）。如果持续一分钟，systemd 会重启它；用 'journalctl -u poleagent "
    "-n 30' 查看它在做什么。",
)
YOU_MAY_NOT_USE = Sentence(
    "You may not use {path}: try sudo, or join the group of [local] group in the settings.",
    "无权使用 {path}：请用 sudo，或加入配置中 [local] group 指定的组。",
)
POLEAGENT_NOT_RUNNING_NOBODY = Sentence(
    "poleagent is not running (nobody answers at {path}). Start it with 'systemctl start poleagent'; "
    "'journalctl -u poleagent -n 30' tells why it stopped.",
    "poleagent 没有运行（{path} 无应答）。用 'systemctl start poleagent' 启动；用 'journalctl -u poleagent "
    "-n 30' 查看停止原因。",
)
CANNOT_ASK_AGENT = Sentence("Cannot ask the agent at {path}: {what}.", "无法在 {path} 查询 poleagent：{what}。")

# server.py
OTHERS_ASKING_ALREADY_TRY = Sentence(
    "{most_clients} others are asking already; try again in a moment", "已有 {most_clients} 个查询正在进行；请稍后再试"
)
ROOT_MEMBERS_GROUP = Sentence("root and members of the group {group!r}", "root 和组 {group!r} 的成员")
ONLY_MAY_ASK_AGENT = Sentence("only {who} may ask the agent; try sudo", "只有 {who} 可以查询；请用 sudo")
LOCAL_SOCKET_LONGER_THAN = Sentence(
    "[local] socket: {path} is longer than {longest_path} bytes; choose a shorter one",
    "[local] socket：{path} 超过 {longest_path} 字节；请换一个更短的路径",
)
LOCAL_SOCKET_CANNOT_MAKE = Sentence(
    "[local] socket: cannot make {path}: {strerror}; the folder must be there and writable for the agent's user",
    "[local] socket：无法创建 {path}：{strerror}；目录必须存在，且运行 poleagent 的用户可写",
)
LOCAL_SOCKET_NOT_SOCKET = Sentence(
    "[local] socket: {path} is there and is not a socket; choose another path",
    "[local] socket：{path} 已存在且不是套接字；请换一个路径",
)
ANOTHER_AGENT_RUNNING_ANSWERS = Sentence(
    "another agent is running and answers at {path}; stop it first (systemctl stop poleagent), or give this "
    "one another [local] socket",
    "另一个 poleagent 正在运行并在 {path} 应答；请先停止它（systemctl stop poleagent），或为本程序设置另一个 "
    "[local] socket",
)
LOCAL_GROUP_SOCKET_CANNOT = Sentence(
    "[local] group: the socket cannot be given to the group {name!r}; take {os!r}, the agent's own, and put "
    "into it who may look: 'adduser NAME GROUP'",
    "[local] group：套接字不能归属组 {name!r}；请用 poleagent 自己的组 {os!r}，并加入允许查看的用户："
    "'adduser NAME GROUP'",
)
LOCAL_GROUP_NO_GROUP = Sentence(
    "[local] group: there is no group {name!r} on this box", "[local] group：本机没有组 {name!r}"
)
NOT_REQUEST = Sentence("not a request: {reason}", "不是有效请求：{reason}")
NOBODY_ANSWERS = Sentence("nobody answers {ask!r}; there is {handlers}", "没有命令 {ask!r}；可用命令：{handlers}")
FAILED_INSIDE_AGENT_JOURNALCTL = Sentence(
    "{ask} failed inside the agent; 'journalctl -u poleagent' has the details",
    "{ask} 在程序内部失败；详情见 'journalctl -u poleagent'",
)
