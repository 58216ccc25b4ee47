"""What agent says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# handlers.py
STEP_NOT_DISK_YET = Sentence("the step is not on disk yet: {text}", "该步骤尚未写入磁盘：{text}")
CANNOT_ASKED = Sentence("{device} cannot be asked: {what}", "无法询问 {device}：{what}")
DID_NOT_ANSWER_WITHIN = Sentence(
    "{device} did not answer within {device_s:.0f} s{line}", "{device} 在 {device_s:.0f} s 内无应答{line}"
)
LEARNED_ANEW = Sentence(
    "what is usual for {device} is learned anew from here on; {ended} open episodes ended",
    "从现在起重新学习 {device} 的正常状态；结束了 {ended} 个未结束的事件",
)
RANGE_FIRST_NUMBER_FIRST = Sentence(
    "a range has its first number first: [first, last]", "范围应为 [first, last]，小的在前"
)
UNTIL_MUST_LATER_THAN = Sentence("until must be later than since", "until 必须晚于 since")
ASKS_MORE_THAN_DAYS = Sentence("asks for more than {days} days", "请求超过 {days} 天")
MORE_THAN_READINGS_ASK = Sentence(
    "more than {most_backfill:,} readings; ask for a shorter time or one quantity",
    "超过 {most_backfill:,} 条读数；请缩短时间，或只请求一个物理量",
)

# answers.py
NO_DIAGNOSIS = Sentence(
    "the doctor gave no answer within {seconds:g} s; on the pole 'poleagent doctor' shows more",
    "诊断在 {seconds:g} s 内没有结果；请在灯杆上执行 'poleagent doctor'",
)
DIAGNOSED_ALREADY = Sentence("a diagnosis is under way; ask again in half a minute", "诊断正在进行；请半分钟后再试")

# handlers.py
KIND_EVENT = Sentence("kind of event", "事件类别")
SOURCE_EVENTS = Sentence("source of events", "事件来源")
QUANTITY = Sentence("quantity of {what}", "{what} 的物理量")
CANNOT_OPENED = Sentence("{port} cannot be opened", "无法打开 {port}")

# flow.py
NOT_KEPT = Sentence(
    "{reason}: after the next restart it goes on from what was kept last; read fewer quantities, or raise "
    "max_bytes under [store] where it is below 144 MiB",
    "{reason}：下次重启后将从上次保存的状态继续；请减少读取的物理量；若 [store] 的 max_bytes 小于 144 MiB，可将其增大",
)

# trying.py
TRIES_ANOTHER = Sentence("{release} is being tried; ask again when it is done", "正在试算 {release}；请完成后再试")
NO_WHAT_IF = Sentence(
    "the run ended without an answer (code {code}): out of its memory or time, or killed; on the pole 'poleagent "
    "what-if' shows more",
    "试算没有结果就结束了（代码 {code}）：超出内存或时间，或被终止；在灯杆上运行 'poleagent what-if' 可看到更多",
)
