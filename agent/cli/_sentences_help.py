"""The help of the commands, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# __init__.py
AGENT_SMART_STREET_POLE = Sentence(
    "The agent of a smart street pole: reads its sensors, reports to the platform.",
    "智慧灯杆程序：读取传感器，上报平台。",
)

# _ask.py
AGENTS_CONTROL_SOCKET_IF = Sentence(
    "the agent's control socket, if not that of the settings", "控制套接字路径，默认取自配置"
)
HOW_MANY_DEFAULT = Sentence("how many {what} (%(default)s)", "显示多少条{what}（%(default)s）")
GO_NEW_ONES_THEY = Sentence("go on with new ones as they come, until Ctrl-C", "持续显示新内容，直到按 Ctrl-C")
ONE_JSON_OBJECT_PER = Sentence("one JSON object per line", "每行一个 JSON 对象")

# _command.py
EXIT_CODES = Sentence(
    "exit codes:\n  {ok}   it worked\n  {failed}   it did not; the sentence on stderr says why\n  {usage}   the "
    "command was written wrongly\n  {not_running}   the agent is not running\n  {not_allowed}   this user may "
    "not talk to the agent\n  {wrong_settings}  the settings are wrong; each problem is named with its file "
    "and line\n",
    "退出码：\n  {ok}   成功\n  {failed}   失败；原因见标准错误输出\n  {usage}   命令写法错误\n  {not_running}   "
    "poleagent 没有运行\n  {not_allowed}   该用户无权查询 poleagent\n  {wrong_settings}  配置错误；每个问题都给"
    "出文件和行号\n",
)
SETTINGS_FILE_DEFAULT = Sentence("settings file (%(default)s)", "配置文件（%(default)s）")

# _series.py
FILE_CSV_HEADER_TIMESTAMP = Sentence(
    "The file is CSV with a header: 'timestamp, quantity, value' (and 'device'), or 'timestamp' and one "
    "column per quantity; the date and the time of day may be two columns. Rows that cannot be read are left "
    "out and counted.",
    "文件为带表头的 CSV：'timestamp, quantity, value'（及 'device'），或 'timestamp' 加每个物理量一列；日期和"
    "时间可以分两列。无法读取的行会被跳过并计数。",
)
LOCAL_TIME_LESS_UTC = Sentence(
    "local time less UTC, in hours, of times without a zone; default: 0",
    "无时区时间的本地时间与 UTC 之差，单位小时；默认：0",
)

# demo.py
WATCH_SIMULATED_POLE_SURVIVE = Sentence(
    "watch a simulated pole survive a dead link and a kill", "观看模拟灯杆经历断网和强制终止"
)
RUNS_REAL_AGENT_AGAINST = Sentence(
    "Runs the real agent against simulated devices and a real platform, cuts the link, kills the agent, and "
    "counts at the end what the platform has stored. Exit code 1 if a single event is missing.",
    "用真实程序连接模拟设备和真实平台，切断链路、强制终止程序，最后统计平台存下的数据。只要丢失一条事件，退出"
    "码就为 1。",
)
HOW_LONG_LEAST_DEFAULT = Sentence("how long, at least 20 (%(default)s)", "时长，至少 20（%(default)s）")
KEEP_PLATFORMS_PAGES_OPEN = Sentence(
    "keep the platform's pages open at the end, until Ctrl-C", "结束后保留平台页面，直到按 Ctrl-C"
)
PRINT_ONLY_RESULT_JSON = Sentence("print only the result, as JSON", "只输出结果，JSON 格式")

# device.py
DEVICE_READ_ONCE_OR = Sentence("have a device read at once, or do something", "立即读取一台设备，或执行操作")
READS_DEVICE_ONCE_BEFORE = Sentence(
    "Reads a device at once, before all others on its line, and prints what came; or has it do an action "
    "that its driver knows (docs/reference/drivers.md): our sensor board can identify, self_test and start. "
    "relearn is for every device: it ends what is open of its sensors, and what is usual for them is learned anew. "
    "Behind the values of a Modbus device stand its registers as they came. Exit code 1 where the device did "
    "not answer well.",
    "优先于线路上其他设备立即读取一台设备并打印结果；或让它执行其驱动支持的操作（docs/reference/drivers.md"
    "）：本公司传感器板支持 identify、self_test 和 start。所有设备都支持 relearn：结束其传感器未结束的事件，"
    "并重新学习正常状态。Modbus 设备的数值后附原始寄存器。设备没有正常应答时"
    "退出码为 1。",
)
DEVICE_DEVICE_NAME = Sentence("the device, as in [device.NAME]", "设备名，即 [device.NAME] 中的 NAME")
READ_DEFAULT_OR_WHAT = Sentence(
    "read (default), relearn, or what its driver knows", "read（默认）、relearn，或其驱动支持的操作"
)
ANSWER_ONE_JSON_OBJECT = Sentence("the answer as one JSON object", "应答为一个 JSON 对象")

# drivers.py
LIST_DRIVERS = Sentence("list the drivers", "列出驱动")
LISTS_DRIVERS_INSTALLED_WORD = Sentence(
    "Lists the drivers that are installed: the word for 'driver =' and what it reads.",
    "列出已安装的驱动：'driver =' 的取值及其读取的设备。",
)
ONE_JSON_OBJECT_PER_2 = Sentence("one JSON object per driver and line", "每个驱动一行 JSON 对象")

# events.py
LIST_NEWEST_EVENTS = Sentence("list the newest events", "列出最新事件")
LISTS_NEWEST_EVENTS_DELIVERED = Sentence(
    "Lists the newest events, delivered or not, oldest first; those of earlier runs as far as the store has them.",
    "列出最新事件（无论是否已送达），最旧的在前；先前运行的事件以存储中保留的为限。",
)
ONLY_THOSE_DEVICE_OR = Sentence("only those of this device, or of 'agent'", "只显示此设备或 'agent' 的事件")
ONLY_THOSE_KIND_DEVICE = Sentence(
    "only those of this kind: device_state, gap, summary, ...", "只显示此类事件：device_state、gap、summary 等"
)

# profile.py
LIST_DEVICE_PROFILES_OR = Sentence(
    "list the device profiles, or check and explain one", "列出设备 profile，或检查并说明其中一个"
)
LISTS_DEVICE_PROFILES_COME = Sentence(
    "Lists the device profiles that come with the agent. With a name or a file (a path with a slash in it) "
    "checks that profile and says what it asks and how it reads the answers, with an example of each row.",
    "列出随程序提供的设备 profile。给出名称或文件（含斜杠的路径）时，检查该 profile，并说明询问什么、如何解析"
    "应答，每行附一个例子。",
)
PROFILE_DEFAULT_LIST_THEM = Sentence("a profile; default: list them all", "一个 profile；默认：全部列出")

# readings.py
LIST_NEWEST_RAW_READINGS = Sentence("list the newest raw readings", "列出最新原始读数")
LISTS_NEWEST_RAW_READINGS = Sentence(
    "Lists the newest raw readings kept on the pole, oldest first.", "列出本机保存的最新原始读数，最旧的在前。"
)
ONLY_THOSE_DEVICE = Sentence("only those of this device", "只显示此设备的读数")
ONLY_THOSE_QUANTITY = Sentence("only those of this quantity", "只显示此物理量的读数")

# reload.py
READ_SETTINGS_AGAIN = Sentence("read the settings again", "重新读取配置")
RUNNING_AGENT_READ_SETTINGS = Sentence(
    "Has the running agent read its settings again, waits for it, and prints what changed. With a problem "
    "nothing is changed, every problem is printed, and the exit code is 78.",
    "让运行中的程序重新读取配置，等待完成并打印变更。如有问题，则不做任何变更，列出所有问题，退出码为 78。",
)

# replay.py
PUT_RECORDED_SERIES_THROUGH = Sentence("put a recorded series through the real analysis", "用真实分析回放一段记录")
PUTS_RECORDED_SERIES_THROUGH = Sentence(
    "Puts a recorded series through sensor checks, rules and anomalies as if it happened now, and prints the "
    "events that the pole would have reported. {columns} A video goes through the vision pipeline.",
    "把一段记录按现在发生的方式送入传感器检查、规则和异常检测，打印灯杆会上报的事件。{columns} 视频则送入视觉流程。",
)
RECORDED_SERIES = Sentence("the recorded series", "记录文件")
VIDEO_THROUGH_REAL_VISION = Sentence("a video, through the real vision pipeline", "视频文件，送入真实的视觉流程")
VIDEO_LINES_ZONES_MODEL = Sentence(
    "with --video: lines, zones and model (docs/vision.md)", "与 --video 一起：计数线、区域和模型（docs/vision.md）"
)
VIDEO_OWN_FRAME_RATE = Sentence(
    "with --video: its own frame rate, if its file is wrong", "与 --video 一起：实际帧率（文件中的帧率有误时）"
)
SETTINGS_USE_DEFAULT_THOSE = Sentence("settings to use; default: those of a new pole", "使用的配置；默认：新灯杆的配置")
ONE_JSON_OBJECT_PER_3 = Sentence(
    "one JSON object per reading: score, range, events", "每条读数一个 JSON 对象：得分、范围、事件"
)

# run.py
RUN_AGENT_SYSTEMD_DOES = Sentence("run the agent (systemd does this)", "运行守护进程（由 systemd 执行）")
RUNS_AGENT_UNTIL_STOPPED = Sentence(
    "Runs the agent until it is stopped (SIGTERM or SIGINT); SIGHUP reads the settings again.",
    "运行守护进程直到被停止（SIGTERM 或 SIGINT）；SIGHUP 重新读取配置。",
)

# acceptance.py
PRINT_ACCEPTANCE_REPORT = Sentence("print the acceptance report as a page", "输出验收报告的打印页面")
PRINTS_ACCEPTANCE_REPORT_PAGE = Sentence(
    "Prints the newest acceptance report of the pole as one HTML page without scripts, to be printed or sent; "
    "redirect it into a file.",
    "把本杆最新的验收报告输出为一个不含脚本的 HTML 页面，可打印或发送；请将输出重定向到文件。",
)

# sample.py
PRINT_COMMENTED_SAMPLE_SETTINGS = Sentence("print commented sample settings", "打印带注释的示例配置")
PRINTS_SAMPLE_SETTINGS_EVERY = Sentence(
    "Prints sample settings in which every option stands with its meaning and its default.",
    "打印示例配置，其中每个选项都有说明和默认值。",
)

# scan.py
FIND_OUT_WHAT_HANGS = Sentence("find out what hangs on a line", "查找线路上的设备")
FINDS_DEVICES_SERIAL_LINE = Sentence(
    "Finds the devices on a serial line, its baud rate and parity, and prints settings for them. It listens "
    "first, then asks; it never writes to a device. Stop the agent before: only one may own a line.",
    "查找串口线路上的设备、波特率和校验位，并打印相应配置。先监听，再询问；从不写入设备。请先停止 poleagent："
    "一条线路只能有一个使用者。",
)
SERIAL_PORT_OR_HOST = Sentence(
    "serial port, or HOST:PORT of a server that speaks RFC 2217", "串口，或支持 RFC 2217 的服务器 HOST:PORT"
)
NAME_LINE_SETTINGS_DEFAULT = Sentence("name of the line in the settings (%(default)s)", "配置中的线路名（%(default)s）")
TRY_BAUD_RATE_ONLY = Sentence("try this baud rate only; default all usual ones", "只试此波特率；默认试所有常用波特率")
WAIT_ANSWER_DEFAULT = Sentence("wait for an answer (%(default)s s)", "等待应答的时间（%(default)s s）")
HIGHEST_MODBUS_ADDRESS_DEFAULT = Sentence("highest Modbus address (%(default)s)", "最大 Modbus 从站地址（%(default)s）")
ASK_ADDRESSES_ONLY_WHERE = Sentence("ask addresses 1 to 16 only where nothing answers", "没有应答时只询问地址 1 到 16")
WRITE_SETTINGS_INSTEAD_PRINTING = Sentence(
    "write the settings there instead of printing them", "把配置写入该文件，而不是打印"
)

# schema.py
PRINT_JSON_SCHEMA_SETTINGS = Sentence("print the JSON Schema of the settings", "打印配置的 JSON Schema")
PRINTS_JSON_SCHEMA_SETTINGS = Sentence(
    "Prints the JSON Schema of the settings with those of all drivers that are installed, for editors.",
    "打印配置及所有已安装驱动的 JSON Schema，供编辑器使用。",
)

# status.py
SEE_ONE_LOOK_WHAT = Sentence("see at one look what works and what to do", "一眼看清哪些正常、该做什么")
SHOWS_EACH_DEVICE_LAST = Sentence(
    "Shows each device with its last values, their age and its errors, the lines, the link, what waits for "
    "delivery, clock and disk, and behind '->' what to do.",
    "显示每台设备的最新数值、时间和错误率，线路，链路，待发送数据，时钟和磁盘，并在 '->' 后给出该做什么。",
)
SAME_MACHINES_FIELDS_ONLY = Sentence(
    "the same for machines; fields are only ever added", "同样内容的机器格式；字段只增不减"
)
METRICS_PROMETHEUS_TEXT_FORMAT = Sentence("metrics in Prometheus' text format", "Prometheus 文本格式的指标")
LOOK_AGAIN_EVERY_SECONDS = Sentence(
    "look again every 2 seconds, problems first, until Ctrl-C", "每 2 秒刷新，问题在前，直到按 Ctrl-C"
)

# tune.py
PROPOSE_LIMITS_RECORDED_SERIES = Sentence("propose limits for a recorded series", "根据一段记录建议限值")
PROPOSES_LIMITS_DEAD_BANDS = Sentence(
    "Proposes limits and dead bands that suit a recorded series, as settings to paste. {columns}",
    "根据一段记录建议合适的限值和死区，以可粘贴的配置给出。{columns}",
)
DRAW_SERIES_EXPECTED_RANGE = Sentence(
    "draw series, expected range and events (needs [tune])", "绘制记录、预期范围和事件（需要 [tune]）"
)

# update.py
TAKE_SIGNED_RELEASES_MODELS = Sentence(
    "take signed releases of models, settings and the agent", "接收已签名的模型、配置和程序版本"
)
FETCHES_WHAT_MAINTAINERS_SIGNED = Sentence(
    "Fetches what maintainers have signed and assigned to this pole, tries it, and keeps it or goes back to "
    "what ran before. A timer starts it; by hand it does the same at once. 'status' shows how it stands, "
    "'retry' has refused releases tried once more; 'accept' is for the unit that installs the agent's own "
    "package.",
    "获取维护方已签名并分配给本杆的版本，试用后保留，或退回先前版本。由定时器启动；手动执行效果相同。"
    "'status' 显示当前情况，'retry' 让被拒绝的版本再试一次；'accept' 供安装程序软件包的服务单元使用。",
)
WHAT_DEFAULT_RUN = Sentence("what to do; default run", "做什么；默认 run")
STICKS_FOLDER_INSTEAD_UPDATE = Sentence(
    "a stick's folder instead of [update] source", "用 U 盘目录代替 [update] source"
)

# version.py
PRINT_VERSION = Sentence("print the version", "打印版本")
PRINTS_VERSION = Sentence("Prints the version.", "打印版本。")

# vision.py
TRY_OUT_AIM_CAMERA = Sentence("try out and aim a camera", "试用和对准摄像机")
TRIES_OUT_AIMS_CAMERA = Sentence("Tries out and aims a camera.", "试用和对准摄像机。")
TEST_OR_DRAW = Sentence("test or draw", "test 或 draw")
TEST_ABOUT = Sentence("how fast a camera is looked at, and what is seen", "摄像机处理有多快、看到什么")
HOW_LONG_DEFAULT = Sentence("how long (%(default)s)", "时长（%(default)s）")
DRAW_ABOUT = Sentence(
    "write a snapshot with lines, zones and boxes; people in it are pixelated",
    "写出带计数线、区域和检测框的快照；其中的人会打马赛克",
)
FILE_WRITE = Sentence("the file to write", "要写入的文件")
SECONDS_INTO_VIDEO_DEFAULT = Sentence("seconds into the video (%(default)s)", "视频中的时刻，单位秒（%(default)s）")
CAMERA_SETTINGS_VIDEO_FILE = Sentence(
    "a camera of the settings, a video file, or an address", "配置中的摄像机、视频文件或地址"
)
SCENE_USE_INSTEAD_CAMERAS = Sentence("a scene to use instead of the camera's own", "用此场景代替摄像机自己的场景")

# check.py
CHECK_SETTINGS_FILES = Sentence("check settings files", "检查配置文件")
CHECKS_SETTINGS_FILE_CONF = Sentence(
    "Checks a settings file and the conf.d folder next to it, and names every problem at once; with "
    "--offline any number of files of any poles, off the pole: files, models and ports that they name are "
    "not looked for.",
    "检查配置文件及其旁边的 conf.d 目录，一次列出所有问题；加 --offline 可在任意电脑上检查任意多个灯杆的文"
    "件：不检查其中引用的文件、模型和串口是否存在。",
)
CHECK_FILES_OTHER_POLES = Sentence("check files of other poles, on any computer", "在任意电脑上检查其他灯杆的文件")
SAY_WHAT_EACH_DEVICE = Sentence("say what each device is asked and how it is read", "说明向每台设备询问什么、如何解析")

# __init__.py, _parser.py: what argparse itself says
LANG = Sentence(
    "language; default: that of LC_ALL or LANG",
    "语言；默认取自 LC_ALL 或 LANG",
)
EVENTS = Sentence("events", "事件")
READINGS = Sentence("readings", "读数")
USAGE = Sentence("usage: ", "用法：")
COMMANDS = Sentence("commands", "命令")
OPTIONS = Sentence("options", "选项")
POSITIONAL = Sentence("positional arguments", "位置参数")
SHOW_HELP = Sentence("show this help message and exit", "显示此帮助并退出")
UNRECOGNIZED = Sentence("unrecognized arguments: {words}", "无法识别的参数：{words}")
REQUIRED = Sentence("the following arguments are required: {words}", "缺少参数：{words}")
OF_ARGUMENT = Sentence("argument {name}: {text}", "参数 {name}：{text}")
NO_CHOICE = Sentence("invalid choice: {value} (choose from {words})", "无效的值：{value}（可选：{words}）")
INVALID = Sentence("invalid {kind} value: {value}", "无效的 {kind} 值：{value}")
ONE_ARGUMENT = Sentence("expected one argument", "需要一个参数")
AN_ARGUMENT = Sentence("expected at least one argument", "至少需要一个参数")
NOT_TOGETHER = Sentence("not allowed with argument {name}", "不能与参数 {name} 同时使用")
ONE_OF = Sentence("one of the arguments {words} is required", "需要以下参数之一：{words}")
AMBIGUOUS = Sentence("ambiguous option: {option} could match {words}", "选项不明确：{option} 可能是 {words}")
FILES_DEFAULT = Sentence("default {file}", "默认 {file}")

# replay.py
VIDEO_GOLDEN_PROFILE = Sentence(
    "for a video: print what the model says of it as the table [profile] of model.toml, which drift is measured from",
    "用于视频：按 model.toml 的 [profile] 表输出模型对该视频的输出分布，作为漂移比较的基准",
)
