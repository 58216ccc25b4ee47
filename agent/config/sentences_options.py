"""What options mean, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

LOWER_CASE_LETTERS_DIGITS = Sentence(
    "lower-case letters, digits, '-' and '_', at most 63", "小写字母、数字、'-' 和 '_'，最多 63 个"
)
NAME_POLE_MACHINES_PART = Sentence(
    "the name of this pole for machines, part of every topic and of every event's id",
    "供机器使用的灯杆名称，是每个主题和每个事件 id 的一部分",
)
LETTERS_DIGITS_MOST_LETTER = Sentence(
    "letters, digits, '.', '_' and '-', at most 63, with a letter or a digit first",
    "字母、数字、'.'、'_' 和 '-'，最多 63 个，以字母或数字开头",
)
WHAT_PEOPLE_CALL_SCREENS = Sentence("what people call it, for screens only", "人们对它的称呼，仅用于显示")
DEGREES_WGS = Sentence("degrees, WGS 84", "度，WGS 84")
KERNEL_ONCE_NTP_CLIENT = Sentence(
    "'kernel': once an NTP client says so (adjtimex); 'always': the box keeps time by other means",
    "'kernel'：NTP 客户端确认后（adjtimex）；'always'：本机以其他方式保持时间",
)
DATABASE_FILE_FOLDER_MUST = Sentence("the database file; its folder must be writable", "数据库文件；其目录必须可写")
BOUND_DATABASE_WRITE_AHEAD = Sentence(
    "bound of the database with its write-ahead log, in bytes", "数据库及其预写日志的上限，单位字节"
)
EVENTS_COMMITTED_GROUPS_LEAST = Sentence(
    "events are committed in groups at least this often; alarms at once", "事件至少按此周期成组落盘；报警立即落盘"
)
SHARE_MAX_BYTES_RING = Sentence(
    "share of max_bytes for the ring of raw readings, in bytes; 0 keeps none",
    "max_bytes 中用于原始读数环的部分，单位字节；0 表示不保存",
)
DELIVERED_EVENTS_STAY_SENT = Sentence(
    "delivered events that stay to be sent again, in bytes; they make room before all others",
    "保留已送达事件以便重发，单位字节；最先让出空间",
)
RAW_READINGS_GO_DISK = Sentence(
    "raw readings go to disk in compressed blocks of this length, in seconds", "原始读数按此长度的压缩块落盘，单位秒"
)
WINDOW_STATISTICS_PER_WINDOW = Sentence(
    "'window': statistics per window; 'change': readings that leave the dead band; 'raw': every reading; "
    "'keep': only in the ring on the pole",
    "'window'：按窗口统计；'change'：超出死区的读数；'raw'：每条读数；'keep'：只存于本机的环",
)
LENGTH_WINDOW_ALIGNED_UTC = Sentence(
    "length of a window, aligned to the UTC day, in seconds", "窗口长度，与 UTC 日对齐，单位秒"
)
CHANGE_ABSOLUTE_QUANTITYS_UNIT = Sentence(
    "change: absolute, in the quantity's unit", "change：绝对值，使用该物理量的单位"
)
CHANGE_RELATIVE_VALUE_REPORTED = Sentence(
    "change: relative to the value reported last; the larger band counts", "change：相对于上次上报的值；取较大的死区"
)
CHANGE_UNCHANGED_VALUE_REPORTED = Sentence(
    "change: an unchanged value is reported again after this time, in seconds",
    "change：不变的值在此时间后再次上报，单位秒",
)
RAW_READINGS_LONG_SHARE = Sentence("raw: readings of this long share one event", "raw：这么长时间的读数共用一个事件")
SERIAL_PORT_USE_STABLE = Sentence(
    "serial port; use the stable names under /dev/serial/by-id or by-path",
    "串口；请使用 /dev/serial/by-id 或 by-path 下的固定名称",
)
HOST_PORT_INSTEAD_SERIAL = Sentence("HOST:PORT instead of a serial port", "以 HOST:PORT 代替串口")
TRUE_WHERE_TCP_SERVER = Sentence(
    "true where the TCP server sets its serial port as asked by RFC 2217; else bytes as they are",
    "TCP 服务器按 RFC 2217 设置串口时为 true；否则原样透传",
)
BITS_PER_SECOND = Sentence("bits per second", "每秒比特数（波特率）")
DATA_BITS_PER_CHARACTER = Sentence("data bits per character", "每字符数据位")
PARITY_BIT = Sentence("parity bit", "校验位")
STOP_BITS = Sentence("stop bits", "停止位")
TRUE_WHERE_ADAPTER_RECEIVES = Sentence(
    "true where the adapter receives what it sends", "转换器会收到自己发送的数据时为 true"
)
TRUE_WHERE_KERNEL_MUST = Sentence(
    "true where the kernel must switch a bare UART's RS-485 driver by RTS; adapters do it alone",
    "需要内核用 RTS 控制 UART 的 RS-485 收发方向时为 true；转换器会自行控制",
)
DRIVER_SPEAKS_POLEAGENT_DRIVERS = Sentence(
    "which driver speaks to it; 'poleagent drivers' lists them", "使用的驱动；'poleagent drivers' 可列出"
)
LINE_HANGS_LINE_NAME = Sentence("the line it hangs on: a [line.NAME]", "所接的线路：一个 [line.NAME]")
PERIOD_POLLING_DEFAULT_DRIVERS = Sentence(
    "period of polling, default the driver's, in seconds", "轮询周期，默认为驱动的值，单位秒"
)
HOW_LONG_ANSWER_MAY = Sentence("how long an answer may take to begin, in seconds", "应答开始前的最长时间，单位秒")
TIMES_QUESTION_ASKED_AGAIN = Sentence("times a question is asked again before it is a fault", "判为故障前重试的次数")
REPORT_SETTINGS_ONE_QUANTITY = Sentence(
    "report settings of one quantity: [device.NAME.report.QUANTITY]",
    "一个物理量的上报设置：[device.NAME.report.QUANTITY]",
)
PLAUSIBLE_RANGE_QUANTITY_LOWEST = Sentence(
    "plausible range of a quantity, [lowest, highest]; a reading outside is marked bad",
    "物理量的合理范围，[low, high]；超出的读数标为坏值",
)
CALIBRATION_ADDED_QUANTITYS_READIN = Sentence(
    "calibration: added to a quantity's readings, in its unit", "校准：加到物理量读数上的值，使用其单位"
)
UNIX_SOCKET_COMMAND_LINE = Sentence("unix socket of the command line", "命令行使用的 unix 套接字")
GROUP_WHOSE_MEMBERS_MAY = Sentence(
    "group whose members may use it, in addition to the agent's own user", "除程序自身用户外，其成员也可使用它的组"
)
LEAST_LEVEL_WRITTEN = Sentence("least level that is written", "写出的最低级别")
HTTP_HTTPS_OR_FULL = Sentence("http://, https:// or a full path", "http://、https:// 或完整路径")
ADDRESS_PUBLISHED_FOLDER_OR = Sentence(
    "address of the published folder, or a folder on this box. Nothing is trusted because of where it is "
    "from: the signatures count",
    "发布目录的地址，或本机目录。来自何处并不可信：以签名为准",
)
MAINTAINERS_FIRST_ROOT_JSON = Sentence(
    "the maintainers' first root.json, which says whose signatures count",
    "维护方最初的 root.json，其中说明谁的签名有效",
)
FULL_PATH = Sentence("a full path", "完整路径")
TAGS_ROLLOUTS_BEGIN_WITH = Sentence(
    "what maintainers may call this pole by, to have it take releases before others; "
    "lower-case letters, digits, _ and -",
    "维护方用来指称本杆的标签，使其先于其他灯杆接收版本；小写字母、数字、_ 和 -",
)
FIRST_LAST_HOUR_EXCLUSIVE = Sentence(
    "first and last hour (exclusive, UTC) in which bundles are fetched. Default: always",
    "获取更新包的起止小时（不含末尾，UTC）。默认：始终",
)
PACE_DOWNLOAD_FAST_GOES = Sentence("pace of a download; 0 = as fast as it goes", "下载速度；0 = 尽快")
MOBILE_DATA_UPDATES_MONTH = Sentence(
    "mobile data for updates in a month of UTC; 0 = no bound", "每月（UTC）用于更新的移动流量；0 = 不限"
)
ROOM_DISK_UPDATE_LEAVES = Sentence(
    "room on the disk that an update leaves to the agent, in bytes", "更新要为程序留出的磁盘空间，单位字节"
)
HOW_LONG_MODEL_LOOKS = Sentence(
    "how long a model looks next to the one that runs, on live frames, before it takes its place; 0 = not at all",
    "新模型取代现有模型前，在实时画面上与其并行观察多久；0 = 不观察",
)
HOW_LONG_RELEASE_RUNS = Sentence(
    "how long a release runs on trial before it is kept or taken back", "版本试用多久后决定保留或退回"
)
PEM_FILE_ONE_CA = Sentence(
    "PEM file of the one CA that may have signed the broker's certificate", "可签发服务器证书的唯一 CA 的 PEM 文件"
)
PEM_FILE_POLES_CLIENT = Sentence("PEM file of this pole's client certificate", "本杆客户端证书的 PEM 文件")
PEM_FILE_PRIVATE_KEY = Sentence("PEM file of its private key", "其私钥的 PEM 文件")
NAME_BROKERS_CERTIFICATE_IF = Sentence(
    "name in the broker's certificate, if not its host", "服务器证书中的名称，若与主机不同"
)
ALL_LANES_DAY_BYTES = Sentence("for all lanes in a day, in bytes; 0 = no bound", "所有通道每天，单位字节；0 = 不限")
ALL_LANES_MONTH_BYTES = Sentence("for all lanes in a month, in bytes; 0 = no bound", "所有通道每月，单位字节；0 = 不限")
SUMMARIES_DAY_NO_BOUND = Sentence("for summaries in a day; 0 = no bound", "汇总每天；0 = 不限")
SUMMARIES_MONTH_NO_BOUND = Sentence("for summaries in a month; 0 = no bound", "汇总每月；0 = 不限")
RAW_EVENTS_DAY_NO = Sentence("for raw events in a day; 0 = no bound", "原始事件每天；0 = 不限")
RAW_EVENTS_MONTH_NO = Sentence("for raw events in a month; 0 = no bound", "原始事件每月；0 = 不限")
FIRST_LAST_HOUR_EXCLUSIVE_2 = Sentence(
    "first and last hour (exclusive, UTC) in which data is metered; outside of them nothing is counted and "
    "nothing waits. Default: always",
    "计流量的起止小时（不含末尾，UTC）；此外不计也不等待。默认：始终",
)
NAME_OR_ADDRESS_BROKER = Sentence("name or address of the broker", "服务器的名称或地址")
DEFAULT_OR_PLAIN_TEXT = Sentence("default 8883, or 1883 with plain_text", "默认 8883，plain_text 时为 1883")
CERTIFICATES_REQUIRED_UNLESS_PLAIN = Sentence(
    "certificates; required unless plain_text is true", "证书；除非 plain_text 为 true，否则必填"
)
HOW_MUCH_MOBILE_DATA = Sentence("how much mobile data may be used", "可使用的移动流量")
TRUE_SENDS_EVERYTHING_UNENCRYPTED = Sentence(
    "true sends everything unencrypted: only for a trusted wire", "true 表示全部明文发送：仅用于可信线路"
)
MQTT_USER_NAME = Sentence("MQTT user name", "MQTT 用户名")
FILE_HOLDS_MQTT_PASSWORD = Sentence(
    "file that holds the MQTT password, or credential:NAME; never the password itself",
    "存放 MQTT 密码的文件，或 credential:NAME；不要写密码本身",
)
MQTT_CLIENT_ID_DEFAULT = Sentence("MQTT client id, default the pole's id", "MQTT 客户端 id，默认为灯杆 id")
FIRST_PART_EVERY_TOPIC = Sentence("first part of every topic", "每个主题的第一部分")
TWO_OR_MORE_CHARACTERS = Sentence(
    "two or more characters without '+' and '#', with no '/' at either end",
    "两个或更多字符，不含 '+' 和 '#'，首尾不为 '/'",
)
WHEN_ROW_MAY_GO = Sentence(
    "when a row may go: at the broker's PUBACK, or at the platform's own watermark message",
    "何时可删除记录：服务器 PUBACK 后，或平台自身的水位消息后",
)
VERSION_MQTT_AUTO_ONLY = Sentence(
    "version of MQTT; 'auto': 5, and 3.1.1 only after the broker has answered that it does not speak 5. A "
    "broker of 3.1.1 cannot refuse an event: it acknowledges what it drops",
    "MQTT 版本；'auto'：5，仅在服务器答复不支持 5 之后才用 3.1.1。3.1.1 的服务器无法拒绝事件：它会确认自己丢弃的消息",
)
ADDRESS_PLATFORMS_ENROLMENT_CLAIM = Sentence(
    "address of the platform's enrolment, as the claim link has it: there the pole renews its certificate "
    "before it expires; 'poleagent setup' writes it",
    "平台的登记地址，与认领链接中的相同：灯杆在证书到期前到此更换；由 'poleagent setup' 写入",
)
HOW_LONG_EVENTS_WAIT = Sentence(
    "how long events wait while the broker says that nobody is subscribed, in seconds; then a gap event "
    "names them, and they count as delivered; 0 = as long as there is room",
    "服务器表示无人订阅时事件等待多久，单位秒；之后由 gap 事件列出，并视为已送达；0 = 有空间就等",
)
MQTT_KEEP_ALIVE = Sentence("MQTT keep-alive", "MQTT 保活")
PUBACK_TAKES_LONGER_MEANS = Sentence(
    "a PUBACK that takes longer means that the link is dead", "PUBACK 超过此时间表示链路已断"
)
MESSAGES_MAY_WAIT_THEIR = Sentence("messages that may wait for their PUBACK at once", "可同时等待 PUBACK 的消息数")
LARGEST_BATCH_BEFORE_COMPRESSION = Sentence("largest batch before compression, in bytes", "压缩前最大的批次，单位字节")
EVENTS_OTHER_THAN_ALARMS = Sentence(
    "events other than alarms may wait this long for company in a batch", "非报警事件为凑成批次最多等待这么久"
)
PACE_BACKLOG_NEXT_LIVE = Sentence(
    "pace of the backlog next to the live stream, in bytes/s; 0 = as fast as it goes",
    "补传与实时数据并行的速度，单位字节/秒；0 = 尽快",
)
LONGEST_WAIT_BETWEEN_ATTEMPTS = Sentence("longest wait between attempts to connect", "两次连接尝试之间的最长等待")
HOW_LONG_CHANGED_SETTINGS = Sentence(
    "how long changed settings of the link may take to reach the platform; then those that reached it before "
    "are used in turn with them. Connecting in both versions of MQTT takes about half of the default",
    "更改链路配置后多久须连上平台；否则与先前可用的配置轮流使用。以两个 MQTT 版本连接约需默认值的一半",
)
NETWORK_INTERFACE_SUCH_ONE = Sentence(
    "network interface, such as the one that a phone is plugged into, or an address of this box; 'lo': this "
    "box alone, for instance through an SSH tunnel. Never all interfaces at once",
    "网络接口，例如手机所插的接口，或本机的一个地址；'lo'：仅限本机，例如通过 SSH 隧道。绝不同时使用所有接口",
)
NAME_ONE_INTERFACE_OR = Sentence(
    "the name of one interface or one address, not 0.0.0.0 or ::", "一个接口名或一个地址，不能是 0.0.0.0 或 ::"
)
TCP_PORT = Sentence("TCP port", "TCP 端口")
