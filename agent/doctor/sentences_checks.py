"""What the checks have seen, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# _trial.py
NOTHING_READABLE = Sentence(
    "{received} bytes came in {seconds:g} s, and nothing readable", "{seconds:g} 秒内收到 {received} 字节，但无法读取"
)

# many.py
SETTINGS_UNUSABLE = Sentence("the settings cannot be used", "配置无法使用")

# cameras.py
HAS_WAITED = Sentence("it has waited for {span}", "已等待 {span}")
FOR_SPAN = Sentence("{text}; for {span}", "{text}；已持续 {span}")
VIEW_IS = Sentence("its view is {what}", "画面状态：{what}")
KERNEL_LACKS = Sentence("this kernel has no {what}", "内核没有 {what}")
NO_ANSWER_WITHIN = Sentence("{host} does not answer within {seconds:g} s", "{host} 在 {seconds:g} 秒内无应答")

# certificates.py
NO_TLS = Sentence("the settings have no [uplink.tls]", "配置中没有 [uplink.tls]")
FILE_STATE = Sentence("{file} is {state}", "{file} 的状态为 {state}")

# clock.py
CLOCK_SAYS = Sentence(
    "it says {now:%Y-%m-%d %H:%M} UTC; this version was made after {built:%Y-%m-%d}",
    "时钟为 {now:%Y-%m-%d %H:%M} UTC；本版本制作于 {built:%Y-%m-%d} 之后",
)
CLOCK_OFF = Sentence("it is {offset:+.0f} s off the time of {device}", "与 {device} 的时间相差 {offset:+.0f} 秒")
FILES_FROM_FUTURE = Sentence("files in {folder} were written {span} from now", "{folder} 中的文件写于 {span} 之后")
NOT_SYNCHRONISED = Sentence("adjtimex: the kernel's clock is not synchronised", "adjtimex：内核时钟未同步")

# daemon.py
OTHER_RUNS = Sentence("{running} runs, {installed} is installed", "正在运行 {running}，已安装 {installed}")
NO_PROGRESS = Sentence("{part} makes no progress", "{part} 没有进展")
ENDED_WITH = Sentence("it ended with {result}, exit status {status}", "结束结果 {result}，退出状态 {status}")
STARTED_AGAIN = Sentence(
    "systemd has started it {starts} times again; {ended}", "systemd 已重新启动 {starts} 次；{ended}"
)
SYSTEMD_SAYS = Sentence("{reading}; systemd reports {state}", "{reading}；systemd 报告 {state}")
NOBODY_ANSWERS = Sentence("nobody answers at the control socket", "控制套接字无应答")
HOLDS_DATABASE = Sentence("{reading}; a process holds {file}", "{reading}；有进程占用 {file}")

# database.py
OPEN_BY_AGENT = Sentence("the agent that runs has it open, and looks at it itself", "运行中的程序已打开它，并自行检查")
NONE_YET = Sentence("there is none yet", "尚不存在")
SCHEMA_NEWER = Sentence(
    "{file} has schema {schema}; this version knows {known}", "{file} 的结构版本为 {schema}；本版本只支持到 {known}"
)
LOG_HOLDS_CHANGES = Sentence(
    "{file} can only be judged with its log, and there is no room for a copy of both",
    "{file} 须连同其日志一起检查，但空间不足以复制两者",
)
TOO_LARGE = Sentence(
    "it was not read within {seconds:g} s: it is large, or the box is busy",
    "{seconds:g} 秒内未读完：文件过大或本机繁忙",
)

# disk.py
NOT_THERE = Sentence("{folder} is not there", "{folder} 不存在")
NOTHING_WRITTEN = Sentence("nothing can be written", "无法写入")
STORE_FULL = Sentence(
    "{used} of {most} bytes; {count} events deleted unsent", "已用 {used}，共 {most} 字节；未发送即删除 {count} 条事件"
)
RAW_LOST = Sentence("{count} raw readings never reached the disk", "有 {count} 条原始读数未写入磁盘")
ROOM = Sentence("{free} MiB of {whole} MiB are free", "剩余 {free} MiB，共 {whole} MiB")
INODES = Sentence("{free} of {whole} inodes are free", "剩余 {free} 个 inode，共 {whole} 个")
MOUNTED_READ_ONLY = Sentence("{folder} is mounted read-only", "{folder} 以只读方式挂载")
NOT_HIS = Sentence("{folder} does not belong to {name}", "{folder} 不属于 {name}")
WRITING_FAILED = Sentence("writing 64 KiB to {folder}: {why}", "向 {folder} 写入 64 KiB：{why}")
WRITING_TOOK = Sentence("64 KiB took {seconds:.1f} s to reach the disk", "64 KiB 写入磁盘用时 {seconds:.1f} 秒")

# lines.py
PORTS_OWNED = Sentence(
    "the agent that runs owns the ports, and does not say how they are", "运行中的程序占用串口，且未报告其状态"
)
MARKED = Sentence("{quantity} = {value} is marked {quality}", "{quantity} = {value} 标记为 {quality}")
PLANNED = Sentence("{planned:.0%} of its time is planned", "线路时间已占用 {planned:.0%}")
ROUNDS_FAILED = Sentence("{share:.0%} of its last 100 rounds failed", "最近 100 次轮询有 {share:.0%} 失败")
ANSWER_ELSEWHERE = Sentence("its devices answer on the port of line {line}", "其设备在线路 {line} 的串口上应答")
UNASKED_BYTES = Sentence("{count} bytes came without a question", "未经询问收到 {count} 字节")
CAME_BACK = Sentence("each question came back before any answer", "每个请求都先被原样收回")
QUESTIONS_FAILED = Sentence(
    "{failed} of {rounds} questions failed: {text}", "{rounds} 次请求有 {failed} 次失败：{text}"
)
ANSWERS_AT = Sentence(
    "{device} answers at {baud} baud, parity {parity}; the settings say {set_to}",
    "{device} 在波特率 {baud}、校验 {parity} 下有应答；配置为 {set_to}",
)
BAUD_PARITY = Sentence("{baud} baud, parity {parity}", "波特率 {baud}、校验 {parity}")
NOTHING_CAME = Sentence(
    "{port}: {count} devices were asked, and nothing came", "{port}：询问了 {count} 台设备，均无应答"
)
UNIT_ANSWERS = Sentence("unit {unit} answers; the settings ask {asked}", "站号 {unit} 有应答；配置询问的是 {asked}")

# link.py
NO_UPLINK = Sentence("the settings have no [uplink]", "配置中没有 [uplink]")
NO_LINK = Sentence("no link to {broker}", "无法连接 {broker}")
SESSION_OWNED = Sentence(
    "the agent that runs has the session, and does not say how it is", "运行中的程序占用会话，且未报告其状态"
)
GIVEN_UP = Sentence("{given_up} given up, {evicted} deleted unsent", "放弃 {given_up} 条，未发送即删除 {evicted} 条")
MESSAGES_WAIT = Sentence("{count} messages wait, nothing came for {span}", "{count} 条消息等待确认，已 {span} 无回应")
BYTES_OF_DAY = Sentence("{used} of {limit} bytes of the day", "当日已用 {used}，限额 {limit} 字节")
BYTES_OF_MONTH = Sentence("{used} of {limit} bytes of the month", "当月已用 {used}，限额 {limit} 字节")
LANES_WAIT = Sentence("{used}; {lanes} wait", "{used}；{lanes} 等待中")
LANE_WAITS = Sentence(
    "{count} of lane {lane} wait, the oldest for {span}; the link is up",
    "{lane} 通道有 {count} 条等待，最早的已 {span}；链路正常",
)
NO_ADDRESS = Sentence("no interface but lo has an address", "除 lo 外没有接口有地址")
NO_ROUTE = Sentence("there is no default route", "没有默认路由")
TOOK_TO_CONNECT = Sentence("{seconds:.1f} s until {broker} had let the pole in", "登录 {broker} 用时 {seconds:.1f} 秒")
NO_CONNACK = Sentence(
    "{seconds:.1f} s for connection and TLS, and then no CONNACK of {broker} within {limit:g} s",
    "连接与 TLS 用时 {seconds:.1f} 秒，其后 {limit:g} 秒内 {broker} 未返回 CONNACK",
)
SAYS_SO = Sentence("the broker says so of {topic} (reason code {code})", "服务器对 {topic} 如此报告（原因码 {code}）")
REFUSES_TOPIC = Sentence("the broker refuses {topic} (reason code {code})", "服务器拒绝 {topic}（原因码 {code}）")

# memory.py
MEMORY_UNKNOWN = Sentence("the kernel does not say how much there is", "内核未报告内存大小")
MEMORY_LEFT = Sentence("{free} of {whole} MiB are available", "可用 {free} MiB，共 {whole} MiB")
KILLED = Sentence(
    "{count} processes of {unit} since its start (memory.events)", "{unit} 启动以来 {count} 个进程（memory.events）"
)

# models.py
WINDOWS_LEFT_OUT = Sentence("{count} windows were not judged since the start", "启动以来有 {count} 个窗口未评估")
NONE_NAMED = Sentence("the settings name none", "配置中没有指定")
NO_RUNTIME = Sentence("neither {runtimes} is installed: {how}", "未安装 {runtimes}：{how}")
CANNOT_LOAD = Sentence("{file} cannot be loaded: {why}", "无法加载 {file}：{why}")
NO_MODEL = Sentence("there is no {file}", "没有 {file}")
TAKES_SHAPE = Sentence(
    "{file} takes {shape}; model.toml says {described}", "{file} 的输入为 {shape}；model.toml 写的是 {described}"
)

# ports.py
POINTS_NOWHERE = Sentence("{port} points to {target}, which is not there", "{port} 指向 {target}，而后者不存在")
PORTS_THERE = Sentence("{port} is not there; serial ports of this box: {what}", "{port} 不存在；本机串口：{what}")
NO_PORT = Sentence("{port} is no serial port of the kernel", "{port} 不是内核的串口")
PORT_MODE = Sentence(
    "{port} has mode {mode}, group {group}; the agent is {name}",
    "{port} 的权限为 {mode}，组 {group}；程序的用户为 {name}",
)

# settings.py, pole.py, run.py
SETTINGS_TAKE_LONG = Sentence("reading the settings takes more than {seconds:g} s", "读取配置用时超过 {seconds:g} 秒")
NOT_ENDED = Sentence("it did not end within {seconds:.0f} s", "{seconds:.0f} 秒内未完成")
NO_FILE = Sentence("there is no {file}", "没有 {file}")
NOT_ROOT = Sentence(
    "this user may not see all that the agent sees: it is {name}",
    "当前用户看不到程序能看到的全部内容：程序的用户为 {name}",
)
MAY_NOT_READ = Sentence("{file} may not be read by {name}", "{name} 无权读取 {file}")
IS_SAMPLE = Sentence("{file} is what 'poleagent sample' prints", "{file} 是 'poleagent sample' 输出的样例")
CHANGED = Sentence("{option} changed", "{option} 已修改")
NOTHING_RUNS = Sentence("no device and no camera runs", "没有设备或摄像机在运行")

# supply.py
ALARM_SET = Sentence("{sensor} ({name}) has its alarm set", "{sensor}（{name}）已报警")
TOO_HOT = Sentence(
    "{zone} has {celsius:.0f} °C; the limit is {limit:g} °C", "{zone} 为 {celsius:.0f} °C；上限 {limit:g} °C"
)
NO_SENSORS = Sentence("this kernel shows neither temperature nor voltage", "内核不提供温度和电压")

# versions.py
NO_PACKAGE = Sentence("poleagent is not installed as a package", "poleagent 不是以软件包安装的")
NOT_INSTALLED = Sentence("{name} is not installed", "未安装 {name}")
WRONG_VERSION = Sentence("{name} {version} is installed, wanted is {wanted}", "已安装 {name} {version}，需要 {wanted}")
