"""What a whole line does, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from typing import Literal

from contract.words import Sentence

Way = Literal["serial", "server", "network"]
Others = Literal["alone", "others answer", "nobody answers"]
ALONE: Others = "alone"
OTHERS_ANSWER: Others = "others answer"
NOBODY_ANSWERS: Others = "nobody answers"

ALL_SILENT: dict[Way, Sentence] = {
    "serial": Sentence(
        "no device on the line answers. Check the adapter, the A/B wires (swapped?), the power of the line and the "
        "baud rate.",
        "线路上没有设备应答。请检查转换器、A/B 线（是否接反）、线路供电和波特率。",
    ),
    "server": Sentence(
        "no device behind the serial server answers. Check that this is its address and port, the baud rate that it is "
        "set to, the A/B wires there (swapped?), the power of the devices, and that no other client is connected.",
        "串口服务器后的设备均无应答。请检查其地址和端口、其波特率设置、A/B 线（是否接反）、设备供电，并确认没有其"
        "他客户端连接。",
    ),
    "network": Sentence(
        "nobody answers there. Check that this is the right address and port, the unit numbers, and with a gateway "
        "the gateway's own line.",
        "对端无应答。请检查地址和端口、从站地址；经网关连接时，还要检查网关下的线路。",
    ),
}
ALL_DAMAGED: dict[Way, Sentence] = {
    "serial": Sentence(
        "bytes come, but no device on the line gives a whole answer of its own. Check baud rate and parity, the A/B "
        "wiring, the termination (120 ohm at both ends), and that no second master asks.",
        "收到字节，但线路上没有设备给出完整应答。请检查波特率和校验位、A/B 接线、终端电阻（两端各 120 Ω），"
        "并确认没有第二个主站。",
    ),
    "server": Sentence(
        "bytes come, but no device behind the serial server gives a whole answer of its own. Check the baud rate and "
        "parity that the server is set to, that it passes bytes on as they are, and that no second master asks.",
        "收到字节，但串口服务器后没有设备给出完整应答。请检查串口服务器的波特率和校验位、是否透明传输，"
        "并确认没有第二个主站。",
    ),
    "network": Sentence(
        "bytes come, but no whole answer to what was asked. Check that this is the right port, and that it speaks what "
        "the driver does.",
        "收到字节，但没有完整应答。请检查端口是否正确、协议是否与驱动一致。",
    ),
}
ANSWERS_AT = Sentence(
    "{who} answers at {baud} baud, parity {parity}: set these for line {line}, or set the device to those of the line.",
    "{who} 在 {baud} 波特率、校验位 {parity} 下有应答：请为线路 {line} 设置该参数，或将设备改为线路的参数。",
)
ALL_REFUSE = Sentence(
    "the line works, but no device on it gives a value: those that answer refuse. Each device says why.",
    "线路正常，但没有设备给出数值：应答的设备均拒绝请求，原因见各设备。",
)
TWO = Sentence(
    "its questions have two answers that differ: two devices with one address, or a second master. Unplug the others "
    "one by one until it is one answer, and set another address there.",
    "每次询问收到两个不同的应答：两台设备地址相同，或有第二个主站。请逐台拔下其他设备，直到只剩一个应答，并在该设备上设置其他地址。",
)
_TOO_SLOW = Sentence(
    "{share:.0%} of the rounds are left out: its devices take longer to answer than every_s = {every_s:g} allows. "
    "Poll them less often.",
    "有 {share:.0%} 的轮询被跳过：设备应答所需时间超过 every_s = {every_s:g}。请降低轮询频率。",
)
TOO_SLOW: dict[Way, Sentence] = {
    "serial": Sentence(
        "{share:.0%} of the rounds are left out: its devices take longer to answer than every_s = {every_s:g} allows. "
        "Poll them less often or raise the baud rate.",
        "有 {share:.0%} 的轮询被跳过：设备应答所需时间超过 every_s = {every_s:g}。请降低轮询频率或提高波特率。",
    ),
    "server": _TOO_SLOW,
    "network": _TOO_SLOW,
}
CABLE: dict[Way, Sentence] = {
    "serial": Sentence(
        "answers of all devices are damaged now and then ({shares}). Check the cable between the adapter and the first "
        "device, the termination (120 ohm at both ends of the RS-485 cable), and the adapter.",
        "所有设备的应答时有损坏（{shares}）。请检查转换器到第一台设备的电缆、终端电阻（RS-485 电缆两端各 120 Ω）"
        "和转换器。",
    ),
    "server": Sentence(
        "answers of all devices are damaged now and then ({shares}). Check the cable between the serial server and the "
        "first device, the termination (120 ohm at both ends of the RS-485 cable), and the serial server.",
        "所有设备的应答时有损坏（{shares}）。请检查串口服务器到第一台设备的电缆、终端电阻（RS-485 电缆两端各 120 Ω）"
        "和串口服务器。",
    ),
}
CABLE_OF_SOME = Sentence(
    "answers are damaged ({shares}), those of {well} are not. Check the cable, the plug and the shield at {bad}.",
    "应答有损坏（{shares}），{well} 的应答正常。请检查 {bad} 处的电缆、接头和屏蔽层。",
)
CABLE_OF_ONE = Sentence(
    "answers are damaged ({shares}). Check the cable, the plug and the shield at {bad}.",
    "应答有损坏（{shares}）。请检查 {bad} 处的电缆、接头和屏蔽层。",
)
