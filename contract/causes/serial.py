"""Lines and devices."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "serial.permission",
        Rank.PART,
        ("The agent's user may not read and write this port.", "程序的用户无权读写此串口。"),
        (
            'Give the port\'s group access by a udev rule: GROUP="dialout", MODE="0660".',
            '用 udev 规则授权：GROUP="dialout"，MODE="0660"。',
        ),
    ),
    cause(
        "serial.group",
        Rank.PART,
        ("The agent's user is not in the group of this port.", "程序的用户不在此串口所属的组中。"),
        (
            "Add it ('sudo adduser poleagent GROUP') and restart the agent.",
            "加入该组（'sudo adduser poleagent GROUP'），然后重启程序。",
        ),
    ),
    cause(
        "serial.busy",
        Rank.PART,
        ("Another program has this port open.", "此串口被其他程序占用。"),
        ("Stop that program; 'sudo fuser -v PORT' names it.", "停止该程序；'sudo fuser -v PORT' 可显示其名称。"),
    ),
    cause(
        "serial.missing",
        Rank.PART,
        ("There is no such port.", "没有这个串口。"),
        (
            "Name a port that is there ('ls -l /dev/serial/by-id') in the settings.",
            "在配置中填写存在的串口（'ls -l /dev/serial/by-id'）。",
        ),
    ),
    cause(
        "serial.unplugged",
        Rank.PART,
        ("The adapter of this port is unplugged.", "此串口的转换器已拔出。"),
        ("Plug the adapter in.", "插好转换器。"),
    ),
    cause(
        "serial.not_a_port",
        Rank.PART,
        ("This is no serial port.", "这不是串口。"),
        (
            "Name the right port ('ls -l /dev/serial/by-id') in the settings.",
            "在配置中填写正确的串口（'ls -l /dev/serial/by-id'）。",
        ),
    ),
    cause(
        "serial.server",
        Rank.PART,
        ("The serial server cannot be reached.", "无法连接串口服务器。"),
        ("Check its power, its network cable and its address.", "检查其供电、网线和地址。"),
    ),
    cause(
        "serial.baud",
        Rank.PART,
        ("The line has another baud rate than the settings say.", "线路的波特率与配置不符。"),
        ("Set [line.NAME] baud to the rate that answers.", "将 [line.NAME] baud 设为有应答的波特率。"),
    ),
    cause(
        "serial.parity",
        Rank.PART,
        ("The line has another parity than the settings say.", "线路的校验位与配置不符。"),
        ("Set [line.NAME] parity to the one that answers.", "将 [line.NAME] parity 设为有应答的校验位。"),
    ),
    cause(
        "serial.swapped",
        Rank.PART,
        ("The ports of two lines are swapped.", "两条线路的串口接反。"),
        ("Swap their ports in the settings, or their plugs.", "在配置中互换串口，或互换插头。"),
    ),
    cause(
        "serial.echo",
        Rank.PART,
        ("The adapter receives what it sends.", "转换器会收到自己发送的内容。"),
        ("Set echo = true for this line.", "为此线路设置 echo = true。"),
    ),
    cause(
        "serial.silent",
        Rank.PART,
        ("No device of this line answers.", "此线路上没有设备应答。"),
        ("Check the power of the line and its A/B wires.", "检查线路供电和 A/B 接线。"),
    ),
    cause(
        "serial.babble",
        Rank.PART,
        ("Something sends on this line without being asked.", "有设备未经询问就在此线路上发送。"),
        ("Unplug the devices one by one until the line is silent.", "逐个拔下设备，直到线路安静。"),
    ),
    cause(
        "serial.overload",
        Rank.PART,
        ("The line has not the time for what it is to ask.", "线路时间不够，无法完成全部轮询。"),
        ("Give its devices a longer every_s, or the line more baud.", "加大设备的 every_s，或提高波特率。"),
    ),
    cause(
        "serial.unit",
        Rank.DEVICE,
        ("The device has another unit number than the settings say.", "设备的站号与配置不符。"),
        ("Set unit to the number that answers.", "将 unit 设为有应答的站号。"),
    ),
    cause(
        "serial.no_answer",
        Rank.DEVICE,
        ("This device does not answer.", "此设备无应答。"),
        ("Check its power, its address and its wires.", "检查其供电、地址和接线。"),
    ),
    cause(
        "serial.damaged",
        Rank.DEVICE,
        ("Answers come damaged.", "应答数据损坏。"),
        ("Check wiring, shield and termination (120 ohm at both ends).", "检查接线、屏蔽和终端电阻（两端各 120 欧）。"),
    ),
    cause(
        "serial.wrong_device",
        Rank.DEVICE,
        ("Another device answers in its place.", "应答来自其他设备。"),
        ("Check the addresses of the devices on this line.", "检查此线路上各设备的地址。"),
    ),
    cause(
        "serial.refuses",
        Rank.DEVICE,
        ("The device answers, but refuses what it is asked.", "设备有应答，但拒绝请求。"),
        ("Choose the profile or register table of its model.", "选择与其型号相符的 profile 或寄存器表。"),
    ),
    cause(
        "serial.implausible",
        Rank.DEVICE,
        ("What the device says cannot be.", "设备给出的数值不可能成立。"),
        (
            "Do what the reading says, or check that its profile or table is that of its model.",
            "请按检测结果处理，或检查 profile 或寄存器表是否与型号相符。",
        ),
    ),
    cause(
        "serial.no_value",
        Rank.DEVICE,
        ("The device has no value to give.", "设备没有可用的数值。"),
        (
            "Do what the reading says, or check its sensing head or its view of the sky.",
            "请按检测结果处理，或检查其探头或天空视野。",
        ),
    ),
    cause(
        "sensor.bad",
        Rank.DEVICE,
        ("A value of this device is not to be used.", "此设备的数值不可用。"),
        ("Clean the sensor, free its view, or replace it.", "清洁传感器、移除遮挡，或更换传感器。"),
    ),
)
