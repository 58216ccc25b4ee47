"""What agent/config says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# address.py
WRITE_ONLY_USER_SET = Sentence(
    "write only the user here, and set 'password_file'", "此处只写用户名，密码请设置 'password_file'"
)
CHARACTER_PATH_CANNOT_PRINTED = Sentence("a character of the path cannot be printed", "路径中有不可打印的字符")
EXPECTED_DEVICE_DEV_V = Sentence(
    "expected a device (/dev/v4l/by-id/...), the full path of a video file, or an address that begins with {ports}",
    "应为设备（/dev/v4l/by-id/...）、视频文件的完整路径，或以 {ports} 开头的地址",
)
CHARACTER_ADDRESS_CANNOT_PRINTED = Sentence("a character of the address cannot be printed", "地址中有不可打印的字符")
USER_OR_PASSWORD_OR = Sentence(
    "a user or password with '/', '?', '#' or '@' as it is: {cure} (or percent-encode: %2F %3F %23 %40)",
    "用户名或密码中直接含有 '/'、'?'、'#' 或 '@'：{cure}（或用百分号编码：%2F %3F %23 %40）",
)
NO_HOST_OR_NO = Sentence(
    "no host, or no port that is a number, can be found in the address: is a '/' or '@' missing?",
    "地址中找不到主机，或端口不是数字：是否缺少 '/' 或 '@'？",
)

# cameras.py
CAMERA_DOES_NOT_START = Sentence(
    "[camera.{name}] does not start: it says no {missing}. A camera in a public place needs a stated purpose "
    "and a sign (PIPL art. 26, GDPR art. 5): add {what}",
    "[camera.{name}] 不启动：未注明 {missing}。公共场所的摄像机必须注明用途并设置提示标识（《个人信息保护法》"
    "第二十六条，GDPR 第 5 条）：请添加 {what}",
)
EXPECTED_FULL_PATH_FOLDER = Sentence(
    "expected the full path of a folder with a model.toml, beginning with '/'",
    "应为含 model.toml 的目录的完整路径，以 '/' 开头",
)
NO_MODEL_TOML = Sentence("there is no {model}/model.toml", "没有 {model}/model.toml")
MAY_ANOTHER_CAMERA_AFTER = Sentence(
    "{source} may be another camera after a restart; use its name under /dev/v4l/by-id or by-path",
    "{source} 重启后可能是另一台摄像机；请使用 /dev/v4l/by-id 或 by-path 下的名称",
)
PASSWORD_STANDS_SETTINGS_NEXT = Sentence(
    "a password stands in the settings, which the next version refuses; {cure}",
    "配置中写有密码，下一版本将拒绝；{cure}",
)
PASSWORD_SEEMS_STAND_ADDRESS = Sentence(
    "a password seems to stand in the address; write {slot} in its place, and set 'password_file'",
    "地址中似乎有密码；请改写为 {slot}，并设置 'password_file'",
)
STANDS_ADDRESS_NO_PASSWORD = Sentence(
    "{slot} stands in the address, and there is no 'password_file'", "地址中有 {slot}，但没有 'password_file'"
)
NOTHING_ADDRESS_USES_PASSWORD = Sentence(
    "nothing in the address uses 'password_file': write the user before the host (USER@), or {slot}",
    "地址中没有用到 'password_file'：请在主机前写用户名（USER@），或写 {slot}",
)
EXPECTED_WIDTH_HEIGHT_FRAME = Sentence(
    "expected the width and the height of the frame in pixels", "应为画面的宽和高，单位像素"
)
ENDS_SAME_POINT = Sentence("its ends are the same point", "两个端点是同一点")
NOTHING_INSIDE_CORNERS_LIE = Sentence(
    "nothing is inside: the corners lie on one line, or cross over", "区域为空：各角点在一条直线上，或边线交叉"
)
NO_DIRECTION = Sentence("[0, 0] is no direction", "[0, 0] 不是方向")
EXPECTED_HEIGHTS_GROW_LOWEST = Sentence(
    "expected heights that grow, the lowest mark first", "高度应递增，最低的刻度在前"
)
TWO_MARKS_LIE_SAME = Sentence("two marks lie at the same point", "两个刻度位于同一点")
EXPECTED_MORE_THAN_WET = Sentence("expected more than wet_m = {wet_m:g}", "应大于 wet_m = {wet_m:g}")
SET_FRAME_SIZE_USE = Sentence(" (set 'frame_size' to use pixels)", "（要使用像素，请设置 'frame_size'）")
EXPECTED_FOUND = Sentence("expected {known}, found '{each}'", "应为 {known}，实际为 '{each}'")
EXPECTED_FULL_PATH_BEGINS = Sentence(
    "expected a full path that begins with '/', found '{folder}'", "应为以 '/' 开头的完整路径，实际为 '{folder}'"
)

# checks.py
BYTES_RING_LEAVE_NO = Sentence(
    "{ring_bytes} bytes of ring leave no room in max_bytes = {max_bytes}",
    "ring_bytes = {ring_bytes} 在 max_bytes = {max_bytes} 中没有余地",
)
GIVE_RING_LESS_OR = Sentence("{sizes}; give the ring less, or 0 for none", "{sizes}；请减小原始环，或设为 0 表示不用")
UNIX_SOCKETS_PATH_MOST = Sentence("a unix socket's path has at most 107 bytes", "unix 套接字的路径最多 107 字节")
NEEDS_CA_FILE_OR = Sentence(
    "needs {label} with ca_file, or plain_text = true on a wire that is trusted",
    "需要带 ca_file 的 {label}，或在可信线路上设置 plain_text = true",
)
PLAIN_TEXT_TRUE_CONTRADICT = Sentence(
    "plain_text = true and {label} contradict each other; take one away",
    "plain_text = true 与 {label} 矛盾；请去掉其一",
)
PASSWORD_NEEDS_USERNAME_WELL = Sentence("a password needs a 'username' as well", "有密码就需要 'username'")
CERTIFICATE_RENEWED_OVER_HTTPS = Sentence(
    "a certificate is renewed over https; plain http is for the loopback only",
    "证书通过 https 更新；明文 http 只用于本机回环",
)
NEEDS_CERTIFICATE_POLEAGENT_SETUP = Sentence(
    "needs the certificate that 'poleagent setup' has fetched; run it, or take this option away",
    "需要 'poleagent setup' 获取的证书；请执行它，或去掉此选项",
)
CERTIFICATE_NEEDS_PRIVATE_KEY = Sentence(
    "a certificate needs its private key: set 'key_file' too", "证书需要其私钥：请同时设置 'key_file'"
)
PRIVATE_KEY_NEEDS_CERTIFICATE = Sentence(
    "a private key needs its certificate: set 'cert_file' too", "私钥需要其证书：请同时设置 'cert_file'"
)
SECRETS_NOT_STAND_SETTINGS = Sentence(
    "secrets do not stand in settings: write the host alone, and use 'username' and 'password_file'",
    "配置中不写密码等机密：只写主机，并使用 'username' 和 'password_file'",
)
EXPECTED_NAME_OR_ADDRESS_3 = Sentence(
    'expected a name or an address alone, found "{host}"; write it without scheme and path',
    '应只写名称或地址，实际为 "{host}"；不要写协议和路径',
)
EXPECTED_NAME_OR_ADDRESS_2 = Sentence(
    'expected a name or an address alone; write host = "{name}" and port = {port}',
    '应只写名称或地址；请写 host = "{name}" 和 port = {port}',
)
EXPECTED_NAME_OR_ADDRESS = Sentence(
    'expected a name or an address without blanks, found "{host}"', '应为不含空格的名称或地址，实际为 "{host}"'
)
NEEDS_PORT_SERIAL_PORT = Sentence(
    "needs 'port' (a serial port) or 'tcp' (HOST:PORT)", "需要 'port'（串口）或 'tcp'（HOST:PORT）"
)
BOTH_PORT_TCP_LINE = Sentence(
    "has both 'port' and 'tcp'; a line is one or the other: keep one",
    "同时有 'port' 和 'tcp'；一条线路只能是其一：请保留一个",
)
MEANS_NOTHING_LINE_PORT = Sentence(
    "means nothing on a line with 'port'; take it away", "在有 'port' 的线路上无意义；请去掉"
)
MEANS_NOTHING_LINE_TCP = Sentence(
    "means nothing on a line with 'tcp'; take it away", "在有 'tcp' 的线路上无意义；请去掉"
)
EXPECTED_PATH_SUCH_DEV = Sentence(
    'expected a path such as /dev/serial/by-id/usb-..., found "{port}"',
    '应为 /dev/serial/by-id/usb-... 形式的路径，实际为 "{port}"',
)
MAY_ANOTHER_ADAPTER_AFTER = Sentence(
    "{port} may be another adapter after a restart; use its name under /dev/serial/by-id or by-path",
    "{port} 重启后可能是另一个转换器；请使用 /dev/serial/by-id 或 by-path 下的名称",
)
EXPECTED_HOST_PORT_SUCH = Sentence(
    'expected HOST:PORT such as 192.168.1.7:502, found "{tcp}"', '应为 HOST:PORT，例如 192.168.1.7:502，实际为 "{tcp}"'
)
ALREADY_USED_LINE_DEVICES = Sentence(
    "{same} is already used by [line.{owner}]; devices on one wire share one line",
    "{same} 已被 [line.{owner}] 使用；同一总线上的设备共用一条线路",
)
THE_AGENT = Sentence("the agent itself", "程序自身")
NAME_ALREADY_USED = Sentence(
    "events of {owner} come under the name '{name}' as well, and nothing tells them apart: choose another",
    "{owner} 的事件也使用名称 '{name}'，无法区分：请改用其他名称",
)
SAME_STREAM = Sentence(
    "is that of {owner}: what passes is counted twice; one camera takes several lines and zones",
    "与 {owner} 相同：经过的对象会被重复计数；一个摄像头可设多条计数线和区域",
)
EXPECTED_FULL_PATH_BEGINS_2 = Sentence(
    'expected a full path that begins with "/", found "{name}"', '应为以 "/" 开头的完整路径，实际为 "{name}"'
)
FOLDER_NAME_FILE = Sentence("{name} is a folder; name a file in it", "{name} 是目录；请给出其中的文件")
NEEDS_CONDITION_ALL_OR = Sentence(
    "needs a condition: all = [{{ quantity = ..., above = ... }}], or any = [...]",
    "需要条件：all = [{{ quantity = ..., above = ... }}]，或 any = [...]",
)
CONDITION_LOOKS_QUANTITY_OR = Sentence(
    "a condition looks at a 'quantity' or at an 'event': set one of them",
    "条件针对一个 'quantity' 或一个 'event'：请设置其一",
)
SAYS_NOTHING_VALUE_SET = Sentence(
    "it says nothing of the value; set one of {tests}", "没有对数值的要求；请设置 {tests} 之一"
)
ABOVE_BELOW_NOT_CLEAR = Sentence(
    "with 'above' and 'below' it is not clear which one it belongs to",
    "同时有 'above' 和 'below' 时，不清楚它属于哪一个",
)

# devices.py
SPOKEN_OVER_NETWORK_LINE = Sentence(
    "{name} is spoken over a network, and [line.{line}] has a 'port'; give it 'tcp'",
    "{name} 使用网络，而 [line.{line}] 设置的是 'port'；请改为 'tcp'",
)
DID_YOU_MEAN = Sentence("; did you mean '{close}'?", "；您是否想写 '{close}'？")
THERE_ARE = Sentence("; there are {known}", "；现有 {known}")
NONE_INSTALLED = Sentence("; none is installed", "；没有安装任何驱动")
NO_DRIVER = Sentence("there is no driver '{name}'{end}", "没有驱动 '{name}'{end}")
EXPECTED_TABLE = Sentence("expected a table", "应为表")
THERE_ARE_LINES = Sentence("; there are {lines}", "；现有 {lines}")
NONE_ALL = Sentence("; there is none at all", "；一个也没有")
NO_LINE = Sentence("there is no [line.{line}]{what}", "没有 [line.{line}]{what}")
REPORTS = Sentence("; it reports {quantities}", "；它上报 {quantities}")
DEVICE_NO_QUANTITY = Sentence("this device has no quantity '{name}'{what}", "该设备没有物理量 '{name}'{what}")
LOWEST_MUST_LESS_THAN = Sentence(
    "the lowest ({low:g}) must be less than the highest ({high:g})", "最小值（{low:g}）必须小于最大值（{high:g}）"
)
NEEDS_EVERY_S_HOW = Sentence("needs 'every_s': how often to ask, in seconds", "需要 'every_s'：询问周期，单位秒")
SILENT_DEVICE_HOLDS_LINE = Sentence(
    "a silent device holds the line for {silent_s:g} s (timeout_s x (retries + 1)), longer than its period "
    "of {every_s:g} s",
    "设备无应答时占用线路 {silent_s:g} s（timeout_s x (retries + 1)），超过其周期 {every_s:g} s",
)
DEVICE_LINE_TOO = Sentence("[device.{what}] is on line {line} too", "[device.{what}] 也在线路 {line} 上")
ALREADY_DEVICE_LINE = Sentence(
    "{given} is already the {key} of [device.{owner}] on line {line}",
    "{given} 已是线路 {line} 上 [device.{owner}] 的 {key}",
)
GIVE_EACH_DEVICE_OWN = Sentence("{text}; give each device its own", "{text}；每台设备需要各自的值")

# matching.py
THERE_ARE_KINDS = Sentence("; there are {kinds}", "；现有 {kinds}")
NO_EVENT_KIND = Sentence("there is no event of the kind '{event}'{close}", "没有 '{event}' 类事件{close}")
CALLED_NOW = Sentence("'{event}' is called '{event_2}' now", "'{event}' 现名为 '{event_2}'")
FIELD_CALLED_NOW = Sentence("the field is called '{name}' now", "该字段现名为 '{name}'")
IT_HAS_FIELDS = Sentence("; it has {fields}", "；它有 {fields}")
EVENT_KIND_NO_SUCH = Sentence(
    "an event of the kind '{kind}' has no such field{close}", "'{kind}' 类事件没有此字段{close}"
)
ONE = Sentence("it is one of {words}", "应为 {words} 之一")
NO_EVENT_KIND_VALUE = Sentence("no event of the kind '{kind}' has this value; {why}", "'{kind}' 类事件没有此值；{why}")

# rules.py
NO_STANDARD_QUANTITY_NO = Sentence(
    "'{quantity}' is no standard quantity, and no device of this rule reports it",
    "'{quantity}' 不是标准物理量，且此规则的设备都不上报它",
)
THERE_ARE_QUANTITIES = Sentence("; there are {quantities}", "；现有 {quantities}")
NO_DEVICE = Sentence("there is no [device.{name}]{what}", "没有 [device.{name}]{what}")
NEITHER = Sentence("{one} and no {other}", "{one} 和 {other}")
BOTH = Sentence("{one} and {other}", "{one} 和 {other}")
PURPOSE_OF = Sentence('purpose = "what the camera is for"', 'purpose = "摄像机的用途"')
SIGNAGE_OF = Sentence('signage = "where the sign hangs"', 'signage = "标识牌的位置"')
