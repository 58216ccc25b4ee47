"""What ``poleagent carry`` says, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

CARRY_EVENTS = Sentence("carry events to the platform on a stick", "用 U 盘把事件带到平台")
CARRY_HELP = Sentence(
    "For a pole without a link: `carry out` writes all events that wait onto a stick that the platform has prepared "
    "(polefleet carry out), encrypted, so that nobody but the platform can read them. The platform takes them "
    "(polefleet carry in) and writes on the stick what it has stored. `carry in` brings that back: only then do these "
    "events wait no more. The agent goes on running; each step can be repeated, and nothing is lost or counted twice.",
    "用于没有链路的灯杆：`carry out` 把所有等待的事件加密写入平台准备好的 U 盘（polefleet carry out），只有平台能读取。"
    "平台读入后（polefleet carry in）在 U 盘上写明已存储的事件；`carry in` 把它带回，此后这些事件才不再等待。"
    "poleagent 保持运行；每一步都可以重复，不会丢失，也不会重复计数。",
)
WAY_HELP = Sentence(
    "out: events onto the stick; in: the platform's confirmation from it", "out：事件写入 U 盘；in：读取平台的确认"
)
STICK_HELP = Sentence("folder where the stick is mounted, such as /media/stick", "U 盘挂载的目录，例如 /media/stick")
WRITTEN = Sentence(
    "{events} events are on the stick ({before} were there before), {kib} KiB were written: carry it to the platform",
    "U 盘上共有 {events} 条事件（其中 {before} 条先前已有），本次写入 {kib} KiB：请送到平台",
)
NOTHING_WAITS = Sentence("no event waits: nothing was written", "没有等待的事件：未写入任何内容")
TAKEN = Sentence(
    "the platform has stored {events} events that waited: they wait no more",
    "平台已存储 {events} 条等待的事件：不再等待",
)
NO_MARKS = Sentence(
    "there is no confirmation for {pole} on the stick: was it at the platform (polefleet carry in)?",
    "U 盘上没有 {pole} 的确认信息：是否已送到平台（polefleet carry in）？",
)
