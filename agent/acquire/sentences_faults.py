"""Why a device is down, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from agent.acquire.sentences_lines import ALONE, NOBODY_ANSWERS, OTHERS_ANSWER, Others, Way
from contract.types import FaultCode
from contract.words import Sentence


def _same(en: str, zh: str) -> dict[Way, Sentence]:
    return dict.fromkeys(("serial", "server", "network"), Sentence(en, zh))


_UNREADABLE = Sentence(
    "what {who} answers cannot be read ({for_s}): {detail}. {advice}",
    "{who} 的应答无法解析（{for_s}）：{detail}。{advice}",
)
_SILENT = Sentence("{who} does not answer ({for_s}): {cause}", "{who} 无应答（{for_s}）：{cause}")
_DAMAGED = Sentence("the answers of {who} are damaged ({for_s}): {cause}", "{who} 的应答已损坏（{for_s}）：{cause}")

DOWN: dict[tuple[FaultCode, Others], dict[Way, Sentence]] = {
    (FaultCode.NO_ANSWER, OTHERS_ANSWER): {
        "serial": Sentence(
            "{who} does not answer ({for_s}); others on the line do. Check its address, power and A/B wiring.",
            "{who} 无应答（{for_s}），线路上其他设备正常。请检查其地址、供电和 A/B 接线。",
        ),
        "server": Sentence(
            "{who} does not answer ({for_s}); others behind the server do. Check its address, its power and its wires "
            "to the server.",
            "{who} 无应答（{for_s}），串口服务器后其他设备正常。请检查其地址、供电以及到串口服务器的接线。",
        ),
        "network": Sentence(
            "{who} does not answer ({for_s}); others there do. Check its unit number, its power and its wires to the "
            "gateway.",
            "{who} 无应答（{for_s}），同一对端的其他设备正常。请检查其从站地址、供电以及到网关的接线。",
        ),
    },
    (FaultCode.NO_ANSWER, NOBODY_ANSWERS): {
        "serial": Sentence(
            "nothing on the line answers, {who} neither ({for_s}). Check the adapter, the A/B wires (swapped?), the "
            "power of the line and the baud rate.",
            "线路上所有设备均无应答，包括 {who}（{for_s}）。请检查转换器、A/B 线（是否接反）、线路供电和波特率。",
        ),
        "server": _SILENT,
        "network": _SILENT,
    },
    (FaultCode.NO_ANSWER, ALONE): {
        "serial": Sentence(
            "{who} does not answer ({for_s}). Check its power, its address, the A/B wires (swapped?) and the baud "
            "rate.",
            "{who} 无应答（{for_s}）。请检查其供电、地址、A/B 线（是否接反）和波特率。",
        ),
        "server": Sentence(
            "{who} does not answer ({for_s}). Check that this is the server's address and port, the baud rate that it "
            "is set to, that no other client is connected, and the device's address, power and wires to the server.",
            "{who} 无应答（{for_s}）。请检查串口服务器的地址和端口、其波特率设置、是否有其他客户端连接，"
            "以及设备的地址、供电和到串口服务器的接线。",
        ),
        "network": Sentence(
            "{who} does not answer ({for_s}). Check that this is its address and port, its unit number, that no other "
            "client is connected, and with a gateway its power and wires.",
            "{who} 无应答（{for_s}）。请检查其地址和端口、从站地址、是否有其他客户端连接；经网关连接时还要检查其供电"
            "和接线。",
        ),
    },
    (FaultCode.BAD_FRAME, OTHERS_ANSWER): {
        "serial": Sentence(
            "the answers of {who} are damaged ({for_s}); those of others on the line are not. Check its wiring, its "
            "baud rate and parity, and that no other device has its address.",
            "{who} 的应答已损坏（{for_s}），线路上其他设备正常。请检查其接线、波特率和校验位，并确认没有其他设备使用"
            "同一地址。",
        ),
        "server": Sentence(
            "the answers of {who} are damaged ({for_s}); those of others behind the server are not. Check its wiring, "
            "its baud rate and parity, and that no other device has its address.",
            "{who} 的应答已损坏（{for_s}），串口服务器后其他设备正常。请检查其接线、波特率和校验位，"
            "并确认没有其他设备使用同一地址。",
        ),
        "network": _UNREADABLE,
    },
    (FaultCode.BAD_FRAME, NOBODY_ANSWERS): {
        "serial": Sentence(
            "all answers on the line are damaged, those of {who} too ({for_s}). Check baud rate and parity, the A/B "
            "wiring and the termination (120 ohm at both ends).",
            "线路上所有应答均已损坏，包括 {who}（{for_s}）。请检查波特率和校验位、A/B 接线和终端电阻（两端各 120 Ω）。",
        ),
        "server": _DAMAGED,
        "network": _UNREADABLE,
    },
    (FaultCode.BAD_FRAME, ALONE): {
        "serial": Sentence(
            "the answers of {who} are damaged ({for_s}). Check baud rate and parity, the A/B wiring and the "
            "termination (120 ohm at both ends).",
            "{who} 的应答已损坏（{for_s}）。请检查波特率和校验位、A/B 接线和终端电阻（两端各 120 Ω）。",
        ),
        "server": Sentence(
            "the answers of {who} are damaged ({for_s}). Check the baud rate and parity that the serial server is set "
            "to, that it passes bytes on as they are, and the device's wires.",
            "{who} 的应答已损坏（{for_s}）。请检查串口服务器的波特率和校验位、是否透明传输，以及设备接线。",
        ),
        "network": _UNREADABLE,
    },
    (FaultCode.WRONG_DEVICE, ALONE): _same(
        "{who} was asked, but what comes is no answer of it to that ({for_s}): {detail}. {advice}",
        "已询问 {who}，但收到的不是它对该请求的应答（{for_s}）：{detail}。{advice}",
    ),
    (FaultCode.EXCEPTION, ALONE): _same(
        "{who} answers, but refuses ({detail}). {advice}", "{who} 有应答，但拒绝请求（{detail}）。{advice}"
    ),
    (FaultCode.OVERDUE, ALONE): {
        "serial": Sentence(
            "{who} has sent nothing for {for_s}. Check its power and that its TX goes to the RX of the port.",
            "{who} 已 {for_s} 没有发送数据。请检查其供电，并确认其 TX 接到串口的 RX。",
        ),
        "server": Sentence(
            "nothing of {who} has come for {for_s}. Check that the server has power and a network, that no other "
            "client took the connection, and the device's power and its wires to the server.",
            "已 {for_s} 没有收到 {who} 的数据。请检查串口服务器的供电和网络、是否有其他客户端占用连接，"
            "以及设备供电和到串口服务器的接线。",
        ),
        "network": Sentence(
            "nothing of {who} has come for {for_s}. Check its power and its network.",
            "已 {for_s} 没有收到 {who} 的数据。请检查其供电和网络。",
        ),
    },
    (FaultCode.OVERDUE, OTHERS_ANSWER): _same(
        "{who}: bytes come, but nothing readable for {for_s}. {advice}",
        "{who}：收到字节，但 {for_s} 内没有可解析的数据。{advice}",
    ),
}

ADVICE: dict[FaultCode, dict[Way, Sentence]] = {
    FaultCode.WRONG_DEVICE: {
        "serial": Sentence(
            "Check the addresses, and that no second master asks on this line.",
            "请检查从站地址，并确认线路上没有第二个主站。",
        ),
        "server": Sentence(
            "Check the addresses, and that no second master or client asks there.",
            "请检查从站地址，并确认没有第二个主站或客户端。",
        ),
        "network": Sentence("Check the unit numbers of the gateway.", "请检查网关的从站地址。"),
    },
    FaultCode.EXCEPTION: _same(
        "Check that its profile or register table fits the model.", "请检查其 profile 或寄存器表是否与型号相符。"
    ),
    FaultCode.OVERDUE: {
        "serial": Sentence(
            "Check the baud rate and the ground wire, and that this is its port.",
            "请检查波特率和地线，并确认接在此串口。",
        ),
        "server": Sentence(
            "Check the baud rate that the server is set to, and that this is the device's port.",
            "请检查串口服务器的波特率设置，并确认这是该设备的端口。",
        ),
        "network": Sentence("Check that this is its port.", "请确认这是其端口。"),
    },
    FaultCode.BAD_FRAME: _same(
        "Check that this is its port, and that it speaks what the driver does.",
        "请确认这是其端口，且协议与驱动一致。",
    ),
}
"""Where the driver knows nothing better."""

OFTEN: dict[FaultCode, dict[Way, Sentence]] = {
    FaultCode.NO_ANSWER: {
        "serial": Sentence(
            "no answer in time: check its power, address and wiring, or raise timeout_s.",
            "未及时应答：请检查其供电、地址和接线，或加大 timeout_s。",
        ),
        "server": Sentence(
            "no answer in time: check the network, the device's power and wiring, or raise timeout_s.",
            "未及时应答：请检查网络、设备供电和接线，或加大 timeout_s。",
        ),
        "network": Sentence(
            "no answer in time: check the network and the load of the device, or raise timeout_s.",
            "未及时应答：请检查网络和设备负载，或加大 timeout_s。",
        ),
    },
    FaultCode.BAD_FRAME: {
        "serial": Sentence(
            "damaged answers: check termination, shield and wiring, or lower the baud rate.",
            "应答损坏：请检查终端电阻、屏蔽和接线，或降低波特率。",
        ),
        "server": Sentence(
            "damaged answers: check the wiring behind the server, and that no other client is connected.",
            "应答损坏：请检查串口服务器后的接线，并确认没有其他客户端连接。",
        ),
        "network": Sentence(
            "answers that cannot be read: check that it speaks what the driver does.",
            "应答无法解析：请检查其协议是否与驱动一致。",
        ),
    },
    FaultCode.WRONG_DEVICE: _same(
        "answers to other questions: check the addresses, and that nobody else asks.",
        "收到其他请求的应答：请检查从站地址，并确认没有其他主站。",
    ),
    FaultCode.EXCEPTION: _same(
        "the device refuses: check that its profile or register table fits the model.",
        "设备拒绝请求：请检查其 profile 或寄存器表是否与型号相符。",
    ),
    FaultCode.NOT_AVAILABLE: _same(
        "the device has no value: check its sensing head, or its view of the sky.",
        "设备没有数值：请检查其传感头，或天线是否被遮挡。",
    ),
    FaultCode.OUT_OF_RANGE: _same(
        "values out of range: check that its profile or register table fits the model.",
        "数值超出量程：请检查其 profile 或寄存器表是否与型号相符。",
    ),
    FaultCode.LOST_FRAMES: _same(
        "frames are lost: check the wiring and the load of this box.", "丢帧：请检查接线和本机负载。"
    ),
}

INSTEAD = Sentence(
    "{port}: nothing readable of {who} has come for {silent_s}. {looks}",
    "{port}：已 {silent_s} 没有收到 {who} 的可解析数据。{looks}",
)
UP = Sentence("{who} answers", "{who} 已应答")
UP_AGAIN = Sentence("{who} answers again after {down_s}", "{who} 中断 {down_s} 后恢复应答")
FAILED = Sentence("{share:.0%} of the last rounds failed{why}", "最近的轮询有 {share:.0%} 失败{why}")
FAILED_SO = Sentence(
    "{share:.0%} of the last rounds failed{why}, {advice}", "最近的轮询有 {share:.0%} 失败{why}，{advice}"
)
LACKS = Sentence("it reports, but {detail}: {advice}", "设备有数据上报，但{detail}：{advice}")
LACKS_SO = Sentence("it reports, but {detail}. {advice}", "设备有数据上报，但{detail}。{advice}")
