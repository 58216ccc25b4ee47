"""What agent/store says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# store.py
STATE_BYTES_MOST = Sentence(
    "state {name!r} has {value} bytes; {max_state} is the most", "状态 {name!r} 有 {value} 字节；最多 {max_state}"
)

# trouble.py
FOREIGN = Sentence(
    "the agent's user may not write in {folder}: give it the folder and all that is in it",
    "运行 poleagent 的用户不能写入 {folder}：请把该目录及其内容交给该用户",
)
FULL = Sentence("the disk is full: delete what does not belong on {folder}", "磁盘已满：请清理 {folder} 上无关的文件")
DAMAGED = Sentence("the database is damaged", "数据库已损坏")
NO_DATABASE = Sentence("the file is not a database", "该文件不是数据库")
CONTRADICTS = Sentence("the database contradicts itself", "数据库内容自相矛盾")
READ_ONLY = Sentence(
    "the disk is read-only: reboot the pole; if that does not help, replace the card that holds {folder}",
    "磁盘只读：请重启本机；如无效，请更换 {folder} 所在的存储卡",
)
DEAD = Sentence(
    "the disk does not read or write: replace the card that holds {folder}",
    "磁盘无法读写：请更换 {folder} 所在的存储卡",
)
CANNOT_OPEN = Sentence(
    "the database cannot be opened: {folder} must exist and belong to the agent's user",
    "无法打开数据库：{folder} 必须存在，且属于运行 poleagent 的用户",
)
HELD = Sentence(
    "another program holds the database in {folder} open: stop that program",
    "另一个程序占用了 {folder} 中的数据库：请停止该程序",
)
TOO_LARGE_A_FILE = Sentence(
    "the file system of {folder} cannot hold a file of this size", "{folder} 的文件系统无法存放这么大的文件"
)

# session.py
SOMEBODY_DELETED_OR_REPLACED_3 = Sentence(
    "somebody deleted or replaced the database file, and it cannot be written anew",
    "数据库文件被删除或替换，且无法重新写入",
)
SOMEBODY_DELETED_OR_REPLACED_2 = Sentence("somebody deleted or replaced the database file", "数据库文件被删除或替换")
SOMEBODY_DELETED_OR_REPLACED = Sentence("somebody deleted or replaced the write-ahead log", "预写日志被删除或替换")
WRITE_AHEAD_LOG_ANOTHER = Sentence(
    "the write-ahead log is that of another moment of the database", "预写日志属于数据库的另一时刻"
)
WRITE_AHEAD_LOG_DAMAGED = Sentence("the write-ahead log is damaged", "预写日志已损坏")

# database.py
DATABASE_FILE_GONE_LOG = Sentence(
    "the database file is gone, and its log is still there", "数据库文件已不存在，但其日志仍在"
)
DATABASE_FILE_EMPTY = Sentence("the database file is empty", "数据库文件为空")
SCHEMA_DAMAGED_2 = Sentence("the schema is damaged", "数据库结构已损坏")
DATABASE_SCHEMA_VERSION_AGENT = Sentence(
    "the database has schema {version}, this version of the agent knows {steps}",
    "数据库结构版本为 {version}，本程序支持到 {steps}",
)
FILE_SOME_OTHER_PROGRAMS = Sentence("the file is some other program's database", "该文件是其他程序的数据库")
SCHEMA_DAMAGED = Sentence("the schema is damaged ({error})", "数据库结构已损坏（{error}）")

# inspector.py
INTEGRITY_CHECK_FAILED = Sentence("the integrity check failed: {answer}", "完整性检查失败：{answer}")

# epochs.py
AGENT_STARTED = Sentence("the agent started", "程序启动")
DATABASE_CONTRADICTS_ITSELF_DOES = Sentence(
    "the database contradicts itself: it does not know the epoch that it names",
    "数据库内容自相矛盾：不认识它所指的 epoch",
)
DISK_DOES_NOT_WHAT = Sentence("the disk does not have what it had taken", "磁盘上没有它曾接受的数据")
DATABASE_GAVE_THESE_NUMBERS = Sentence("the database that gave these numbers is gone", "给出这些编号的数据库已不存在")
FILE_DAMAGED = Sentence("the file was damaged", "文件已损坏")
CARD_OR_COPY_ANOTHER = Sentence(
    "the card, or a copy of it, was in another box before", "该存储卡或其副本曾在另一台设备中"
)
POLES_ID_BEFORE = Sentence("the pole's id was {pole!r} before", "本杆的 id 先前为 {pole!r}")
FILE_OLDER_THAN_LAST = Sentence(
    "the file is older than the last run: it was restored from a copy, or part of it was deleted",
    "文件比上次运行更旧：来自备份恢复，或部分被删除",
)
WHAT_NOT_COME_EPOCH = Sentence(
    "{why}; what has not come of this epoch is lost, how much is not known",
    "{why}；该 epoch 未收到的数据已丢失，数量未知",
)

# gaps.py
STORE_FULL_OLDEST_LANE = Sentence(
    "the store was full; the oldest of this lane made room", "存储已满；删除了该通道最旧的数据"
)
DISK_FULL = Sentence("the disk was full", "磁盘已满")
MERGED_OTHERS_INTO_EVENTS = Sentence(
    "merged with others into events that carry new numbers", "与其他事件合并为使用新编号的事件"
)
THESE_ROWS_COULD_NOT = Sentence("these rows could not be read back", "这些记录无法读回")
DISK_TOOK_NOTHING_TOO = Sentence(
    "the disk took nothing for too long; these events never got a number", "磁盘长时间无法写入；这些事件未获得编号"
)
TOO_LARGE_STORE_REFUSED = Sentence(
    "too large for the store, refused by the broker, or nobody was subscribed for too long",
    "超过存储上限、被服务器拒绝，或长期无人订阅",
)

# quarantine.py
EARLIER_RECOVERY_INTERRUPTED = Sentence("an earlier recovery was interrupted", "先前的恢复被中断")
TOOK_MORE_THAN = Sentence("it took more than {longest_s:.0f} s", "用时超过 {longest_s:.0f} s")
