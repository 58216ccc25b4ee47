"""What `poleagent what-if` says, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

WHAT_IF = Sentence("try a release on the pole's own readings", "用本杆自己的读数试算一个版本")
WHAT_IF_WHOLE = Sentence(
    "Puts the ring of raw readings through the analysis and the reports twice, with the settings in force and with a "
    "candidate, and shows the difference: alarms, sensor faults, events, bytes. It runs with the lowest priority, in "
    "at most some 60 s of one core; where the ring holds more, hours are chosen evenly and their share is said. "
    "Nothing of the candidate reaches the running agent. Offsets of today are taken for those of the whole ring; "
    "devices that did not answer are not in it.",
    "将环形缓存中的原始读数分别用现行配置和候选版本各计算一遍，并显示差别：告警、传感器故障、事件、字节。以最低优先级"
    "运行，最多占用单核约 60 s；数据更多时均匀抽取若干小时，并说明所占比例。候选版本不会影响正在运行的程序。整个缓存"
    "都按今天的偏移量计算；设备无应答的时段不在其中。",
)
WHAT_IF_RELEASE = Sentence(
    "a published release, as settings/street/12 or models/bridge/3; fetched from [update] source and checked as an "
    "update is",
    "已发布的版本，如 settings/street/12 或 models/bridge/3；从 [update] source 获取，并按更新的方式校验",
)
WHAT_IF_FILE = Sentence(
    "instead: a bundle (.zip), or a file of settings as a release would hold it",
    "或：一个更新包（.zip），或一个版本所含的配置文件",
)
WHAT_IF_HOURS = Sentence("only the newest N hours of the ring", "只用环形缓存中最新的 N 小时")
WHAT_IF_JSON = Sentence("print one JSON object", "输出一个 JSON 对象")
WHAT_IF_LOOKED = Sentence(
    "{readings} readings in {hours:.1f} hours ({share:.0%} of the ring), {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d "
    "%H:%M} UTC",
    "{hours:.1f} 小时内的 {readings} 条读数（占环形缓存的 {share:.0%}），UTC {since:%Y-%m-%d %H:%M} 至 {until:%Y-%m-%d "
    "%H:%M}",
)
WHAT_IF_ALARMS = Sentence("{after} alarms instead of {before}", "告警 {after} 次，现为 {before} 次")
WHAT_IF_FAULTS = Sentence("{after} sensor faults instead of {before}", "传感器故障 {after} 次，现为 {before} 次")
WHAT_IF_EVENTS = Sentence("{after} events instead of {before}", "事件 {after} 条，现为 {before} 条")
WHAT_IF_BYTES = Sentence("{after} bytes instead of {before}", "{after} 字节，现为 {before} 字节")
WHAT_IF_KEPT = Sentence("stays as it is: {kept}", "保持不变：{kept}")
