"""What the sample of the settings says around its options, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

HEAD = (
    Sentence(
        "Settings of poleagent, made by 'poleagent sample'. "
        "Test them with 'poleagent check FILE', then 'poleagent reload'.",
        "poleagent 的设置，由 'poleagent sample' 生成。用 'poleagent check FILE' 检查，用 'poleagent reload' 生效。",
    ),
    Sentence(
        "A line that begins with '#' and a letter or '[' is an option at its default, or an example: "
        "take the '#' away to set it.",
        "以 '#' 紧接字母或 '[' 开头的行是取默认值的选项或示例：去掉 '#' 即可设置。",
    ),
    Sentence(
        "More files may stand in the folder conf.d next to this one, "
        "for instance one for each [line.NAME] with its devices.",
        "旁边的 conf.d 目录中可以放更多文件，例如每个 [line.NAME] 及其设备各一个文件。",
    ),
)
REQUIRED = Sentence("required", "必填")
WITH = Sentence("{about} ({extra})", "{about}（{extra}）")
JOINT = Sentence("; ", "；")
TABLES = (
    Sentence("Who this pole is.", "本灯杆的身份。"),
    Sentence("When the wall clock may be trusted.", "何时可以信任系统时钟。"),
    Sentence(
        "The database: what waits for delivery, and the ring of raw readings.",
        "数据库：等待送达的内容，以及原始读数环。",
    ),
    Sentence(
        "The platform's MQTT broker. Without TLS settings only `plain_text = true` connects.",
        "平台的 MQTT 代理。没有 TLS 设置时，只有 `plain_text = true` 才会连接。",
    ),
    Sentence(
        "What becomes of a quantity's readings. Set for the pole (`[report]`), a device, or one quantity of it.",
        "物理量读数的处理方式。可为整个灯杆（`[report]`）、某个设备或其某个物理量设置。",
    ),
    Sentence(
        "Sensor checks: is the sensor stuck, noisy, off, drifting ...? They mark readings and tell what to do.",
        "传感器检查：传感器是否卡死、噪声过大、偏移、漂移……？它们标记读数并说明该怎么做。",
    ),
    Sentence(
        "Anomaly detection: what is unusual for this pole at this hour, learned from its own past.",
        "异常检测：对本灯杆在此时刻而言什么不寻常，从自身历史中学习。",
    ),
    Sentence(
        "Ready-made sets of rules, and the clock that their hours follow. Own rules stand in [rule.NAME].",
        "现成的规则集，以及其时段所依据的时钟。自己的规则写在 [rule.NAME] 中。",
    ),
    Sentence("How people on the pole talk to the agent.", "现场人员如何与代理程序交互。"),
    Sentence(
        "Releases of models, settings and the agent (docs/maintainer.md). Without `source` nothing is fetched.",
        "模型、设置和代理程序的发布（docs/maintainer.md）。没有 `source` 时不获取任何内容。",
    ),
    Sentence(
        "Where the page of `poleagent web` is reached; it runs only when started, and for a limited time.",
        "`poleagent web` 页面的访问位置；仅在启动后的限定时间内运行。",
    ),
    Sentence("What goes to the journal.", "写入系统日志的内容。"),
    Sentence(
        "A wire with one or more devices: a serial port, or a TCP connection to a gateway or device.",
        "连接一个或多个设备的线路：串口，或到网关或设备的 TCP 连接。",
    ),
    Sentence(
        "One device on a line. Options beyond these are the driver's own (see docs/reference/drivers.md).",
        "线路上的一个设备。此外的选项属于驱动（见 docs/reference/drivers.md）。",
    ),
    Sentence(
        "One camera, looked at on the pole by a process of its own; only results leave it.",
        "一台摄像机，由本机的独立进程查看；只有结果离开该进程。",
    ),
    Sentence(
        "A line on the ground; an object is counted when its foot point has crossed it.",
        "地面上的一条线；目标的落脚点越过后计数。",
    ),
    Sentence(
        "A polygon on the ground, for occupancy and for the rules whose limits are set.",
        "地面上的多边形，用于占用统计和已设限值的规则。",
    ),
    Sentence(
        "A line drawn upright on a wall or kerb on which the water's edge is looked for.",
        "画在墙面或路缘上的竖线，在其上寻找水面边缘。",
    ),
    Sentence(
        "Snapshots of incidents, kept on the pole, pixelated and encrypted. Off unless this table stands.",
        "事件快照，保存在灯杆上，经像素化并加密。没有此表则关闭。",
    ),
    Sentence(
        "A rule: an alert begins when all conditions of 'all' and one of 'any' hold, and ends when they do no more.",
        "规则：'all' 的全部条件和 'any' 的任一条件成立时告警开始，不再成立时结束。",
    ),
)
"""What each table is for: the first sentences of its type."""
