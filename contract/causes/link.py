"""The way to the broker, and the platform behind it."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "link.no_address",
        Rank.PART,
        ("No network interface has an address.", "没有任何网络接口获得地址。"),
        ("Check modem, SIM card and network cable ('ip address').", "检查调制解调器、SIM 卡和网线（'ip address'）。"),
    ),
    cause(
        "link.no_route",
        Rank.PART,
        ("There is no route to the broker.", "没有到服务器的路由。"),
        (
            "Check the gateway ('ip route'); a modem may have lost its session.",
            "检查网关（'ip route'）；调制解调器可能已掉线。",
        ),
    ),
    cause(
        "link.dns",
        Rank.PART,
        ("The broker's name has no address.", "无法解析服务器名称。"),
        (
            "Check [uplink] host, and the name server ('resolvectl status').",
            "检查 [uplink] host 和 DNS 服务器（'resolvectl status'）。",
        ),
    ),
    cause(
        "link.refused",
        Rank.PART,
        ("The broker's host refuses connections on this port.", "服务器主机拒绝此端口的连接。"),
        ("Check [uplink] port, and that the broker runs.", "检查 [uplink] port，并确认服务器正在运行。"),
    ),
    cause(
        "link.black_hole",
        Rank.PART,
        ("The broker does not answer: packets disappear on the way.", "服务器无响应：数据包在途中丢失。"),
        (
            "Check signal and data plan; have the firewall opened for this host and port.",
            "检查信号和流量套餐；在防火墙上放行该主机和端口。",
        ),
    ),
    cause(
        "link.firewall",
        Rank.PART,
        ("A firewall forbids the way to the broker.", "防火墙禁止连接服务器。"),
        ("Have it opened for this host and port.", "请放行该主机和端口。"),
    ),
    cause(
        "link.unreachable",
        Rank.PART,
        ("The broker cannot be reached.", "无法到达服务器。"),
        ("Check the network between pole and broker.", "检查灯杆与服务器之间的网络。"),
    ),
    cause(
        "link.slow",
        Rank.LATER,
        ("The link is very slow.", "链路非常慢。"),
        ("Check signal and antenna.", "检查信号和天线。"),
    ),
    cause(
        "link.unacknowledged",
        Rank.PART,
        ("The broker takes messages and acknowledges none.", "服务器收到消息但不确认。"),
        ("Tell who runs the broker; check the signal.", "通知服务器管理员；检查信号。"),
    ),
    cause(
        "link.allowance",
        Rank.LATER,
        ("The data allowance is used up.", "流量限额已用完。"),
        ("Raise [uplink.allowance], or wait for its next day.", "提高 [uplink.allowance]，或等待次日。"),
    ),
    cause(
        "link.down", Rank.PART, ("The link is down.", "链路中断。"), ("Do what the reading says.", "请按检测结果处理。")
    ),
    cause(
        "platform.silent",
        Rank.PART,
        ("The platform does not confirm that it stores the events.", "平台未确认已保存事件。"),
        ("Tell who runs the platform; its ingest may be down.", "通知平台管理员；其接收程序可能已停止。"),
    ),
    cause(
        "link.lost_events",
        Rank.LATER,
        ("Events were given up or deleted unsent since the start.", "启动以来有事件被放弃或未发送即删除。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
)
