"""What the drivers say, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# _dlt645.py
ACTIVE_ENERGY_FORWARD_REVERSE = Sentence(
    "active energy, forward and reverse as the meter is set", "有功电能，正向和反向按电表设置"
)
ACTIVE_ENERGY_FED_BACK = Sentence("active energy fed back", "反向有功电能")

# _hj212_options.py
FACTORS_UNIT_REPORTED_CONVERT = Sentence(
    "factors.{code}.unit: {quantity} is reported in {value}; convert it with scale",
    "factors.{code}.unit：{quantity} 以 {value} 上报；请用 scale 换算",
)
FACTORS_UNIT_NO_STANDARD = Sentence(
    "factors.{code}.unit: {quantity} is no standard quantity; give its unit",
    "factors.{code}.unit：{quantity} 不是标准物理量；请给出单位",
)

FACTORS_SCALE_NOTHING_LEFT = Sentence(
    "factors.{code}.scale: 0 leaves nothing of the number", "factors.{code}.scale：为 0 时数字失去意义"
)

# _lines.py
SCALE_NOTHING_LEFT = Sentence("{name}.scale: 0 leaves nothing of the number", "{name}.scale：为 0 时数字失去意义")
REPORTED_CONVERT_SCALE_OFFSET = Sentence(
    "{name} is reported in {value}; convert it with scale and offset",
    "{name} 以 {value} 上报；请用 scale 和 offset 换算",
)
NO_LINE_CAN_READ = Sentence("no line that can be read came", "没有收到可解析的行")
NO_ANSWER = Sentence("no answer", "无应答")
DEVICE_NO_VALUE = Sentence("{name}: the device has no value", "{name}：设备没有数值")
NO_NUMBER_2 = Sentence("{name}: {raw!r} is no number", "{name}：{raw!r} 不是数字")

# _nmea.py
ONE_THEM_WRONG_COMPARE = Sentence(
    "One of them is wrong: compare both with a third clock.", "其中之一有误：请用第三个时钟比较。"
)
RESTART_RECEIVER = Sentence(
    "Cut its power for a moment; if it comes through a server, look whether that repeats what it once received.",
    "请将其短暂断电；如经由服务器接入，请检查服务器是否在重复旧数据。",
)
POSITION_SIMULATED_OR_SET = Sentence("its position is simulated or set by hand", "其位置为模拟或手工设置")
SENTENCE_WRONG_CHECKSUM = Sentence("a sentence with a wrong checksum", "语句校验和错误")
SENTENCE_WITHOUT_CHECKSUM_DAMAGED = Sentence(
    'a sentence without a checksum: it is damaged, or the receiver sends none (then set checksum = "optional")',
    '语句没有校验和：已损坏，或接收机不发送校验和（此时请设置 checksum = "optional"）',
)

# ascii_line.py
PATTERN_NEVER_MATCHES = Sentence(
    "the pattern has matched no line so far, such as {line!r}", "pattern 至今未匹配任何行，例如 {line!r}"
)
SET_PATTERN = Sentence(
    "Make pattern fit such a line, or check that this is the device's port.",
    "请使 pattern 与该行匹配，或检查该端口是否属于此设备。",
)
PATTERN_NO_REGULAR_EXPRESSION = Sentence(
    "pattern: it is no regular expression: {exc}", "pattern：不是有效的正则表达式：{exc}"
)
PATTERN_REPEATS_WHAT_HOLDS = Sentence(
    "pattern: it repeats what holds a repeat, as (a+)* does, and may never end; write it without, or (...)*+",
    "pattern：重复中嵌套了重复，如 (a+)*，可能永远不结束；请去掉，或写成 (...)*+",
)
PATTERN_NO_NAMED_GROUP = Sentence(
    "pattern: it has no named group (?P<quantity>...), so there is nothing to read",
    "pattern：没有命名组 (?P<quantity>...)，无法读取任何值",
)
VALUES_PATTERN_NO_GROUP = Sentence("values: the pattern has no group '{name}'", "values：pattern 没有组 '{name}'")
PATTERN_NO_STANDARD_QUANTITY = Sentence(
    "pattern: '{name}' is no standard quantity; give its unit in values",
    "pattern：'{name}' 不是标准物理量；请在 values 中给出单位",
)
DEVICES_SEND_LINES_TEXT = Sentence(
    "devices that send lines of text, by a pattern", "按正则解析、以文本行发送数据的设备"
)

# dlt645.py
METER_COUNTS_ITEM_OTHERWISE = Sentence(
    "The meter counts this item otherwise than the standard: take it out of read.",
    "该电表对此数据项的计数与标准不同：请从 read 中去掉它。",
)
DRIVER_READS_VERSION_CHECK = Sentence(
    "This driver reads the 2007 version: check whether the meter can be set to it.",
    "此驱动读取 2007 版：请检查电表能否设置为该版本。",
)
ANOTHER_ERROR = Sentence("another error", "其他错误")
NO_SUCH_DATA = Sentence("it has no such data", "没有该数据")
WRONG_PASSWORD = Sentence("wrong password", "密码错误")
BAUD_RATE_CANNOT_CHANGED = Sentence("the baud rate cannot be changed", "无法修改波特率")
ITEM_BYTES_CAME = Sentence(
    "item {item:08X}: {data} bytes came, it has {sizes}", "数据项 {item:08X}：收到 {data} 字节，应为 {sizes}"
)
METER_NO_VALUE = Sentence("{name}: the meter has no value", "{name}：电表没有数值")
NO_BCD_NUMBER = Sentence("{name}: {raw} is no BCD number", "{name}：{raw} 不是 BCD 数")
CANNOT_2 = Sentence("{name}: {value:g} cannot be", "{name}：不可能为 {value:g}")
SPEAKS_DL_T_CONTROL = Sentence(
    "{what} speaks DL/T 645-1997 (control {control:02X})", "{what} 使用 DL/T 645-1997（控制码 {control:02X}）"
)
ANSWER_ANOTHER_QUESTION = Sentence("an answer to another question", "收到其他请求的应答")
ASKED_CAME = Sentence("{what} was asked, {who} came", "询问的是 {what}，应答的是 {who}")
DOES_NOT_ANSWER = Sentence("{what} does not answer", "{what} 无应答")
BYTES_CAME_NO_WHOLE = Sentence(
    "{what}: {received} bytes came, no whole answer with a right checksum",
    "{what}：收到 {received} 字节，没有校验和正确的完整应答",
)
ELECTRICITY_METERS_SPEAK_DL = Sentence(
    "electricity meters that speak DL/T 645-2007: energy, voltage, current, power",
    "DL/T 645-2007 电表：电能、电压、电流、功率",
)
METER = Sentence("the meter", "电表")

# hj212.py
PART_IS_MISSING = Sentence("a report came in parts, and one of them is missing", "报告分包传输，缺少其中一包")
OTHER_MONITOR = Sentence(
    "packets of monitor '{station}' come; what is read here is monitor '{own}'",
    "收到监测仪 '{station}' 的数据包；此处读取的是监测仪 '{own}'",
)
SET_MN = Sentence(
    'If it is the one that is meant, set mn = "{station}"; each monitor of a line is a device of its own, with its mn.',
    '如果就是它，请设置 mn = "{station}"；同一线路上的每台监测仪各为一个设备，各有自己的 mn。',
)
BEING_SERVICED = Sentence("being serviced", "维护中")
NOT_CONNECTED = Sentence("not connected", "未连接")
SHORT_VALID_SAMPLES = Sentence("short of valid samples", "有效样本不足")
SET_MONITOR_DECIMAL_POINTS = Sentence(
    "Set the monitor to decimal points, and to packets as the standard has them.",
    "请将监测仪设为使用小数点，并按标准发送数据包。",
)
ADD_LINE_DEVICE_NAME = Sentence(
    'add a line to [device.NAME.factors], such as PM25 = {{ quantity = "pm2_5" }}',
    '请在 [device.NAME.factors] 中添加一行，例如 PM25 = {{ quantity = "pm2_5" }}',
)
PACKET_WRONG_CHECKSUM = Sentence("a packet with a wrong checksum", "数据包校验和错误")
PACKETS_ENCIPHERED_HJ_ASKS = Sentence(
    "its packets are enciphered, as HJ 212-2025 asks for public networks", "其数据包已加密（HJ 212-2025 对公网的要求）"
)
SET_PLAIN_PACKETS_LINE = Sentence("Set it to plain packets on this line.", "请将此线路上的监测仪设为明文数据包。")
STANDS_PACKET_NEITHER_NAME = Sentence(
    "'{broken}' stands in a packet, which is neither a name nor its value", "数据包中的 '{broken}' 既不是名称也不是数值"
)
PACKETS_COME_WITHOUT_WHAT = Sentence(
    "packets {number} come without {statistic}; what they have is {others}",
    "{number} 个数据包没有 {statistic}；其中有 {others}",
)
SET_MONITOR_STANDARDS_NAMES = Sentence("Set the monitor to the standard's names.", "请将监测仪设为标准名称。")
SENSOR = Sentence("{name}: the sensor is {no_value}", "{name}：传感器状态为{no_value}")
MONITOR_NO_VALUE = Sentence("{name}: the monitor has no value", "{name}：监测仪没有数值")
NO_NUMBER_4 = Sentence("{name}: '{text}' is no number", "{name}：'{text}' 不是数字")
SET_PRESSURE_UNIT_WHAT = Sentence(
    'Set pressure_unit to what it counts, such as "hPa".', '请将 pressure_unit 设为其单位，例如 "hPa"。'
)
CANNOT_3 = Sentence("{name}: {value:g} {value_2} cannot be", "{name}：不可能为 {value:g} {value_2}")
TWO_VALUES = Sentence(
    "{name}: the packet holds two values, {one} and {other}", "{name}：同一数据包含有两个数值：{one} 和 {other}"
)
CODES_NOT_KNOWN = Sentence("codes that are not known here: {strange}", "未知因子代码：{strange}")
MONITOR_CLOCK_OFF = Sentence(
    "the monitor's clock and that of this box are {minutes:.0f} minutes apart",
    "监测仪的时钟与本机相差 {minutes:.0f} 分钟",
)
SET_MONITOR_CLOCK = Sentence(
    "Set the monitor's clock, or utc_offset_h to the zone that it keeps.",
    "请校准监测仪的时钟，或将 utc_offset_h 设为其所用时区。",
)
DUST_NOISE_MONITORS_REPORT = Sentence(
    "dust and noise monitors that report by HJ 212", "按 HJ 212 上报的扬尘和噪声监测仪"
)

# json_line.py
PATHS_NEVER_CAME = Sentence(
    "none of {count} objects had {paths}; what comes has {there}", "{count} 个对象中均没有 {paths}；收到的有 {there}"
)
SET_PATHS = Sentence("Set path to one of those.", "请将 path 设为其中之一。")
LINE_NO_JSON = Sentence("a line that is no JSON", "不是 JSON 的行")
PATH_ENDS_NO_VALUE = Sentence("{name}: the path ends in no value", "{name}：路径没有指向数值")
KEY_TWICE = Sentence(
    "{name}: the object gives this key twice, with two values", "{name}：对象中该键出现两次，且数值不同"
)
NO_MEASUREMENT = Sentence("{name}: {raw} is no measurement", "{name}：{raw} 不是测量值")
DEVICES_SEND_ONE_JSON = Sentence("devices that send one JSON object per line", "每行发送一个 JSON 对象的设备")

# nmea.py
RECEIVER_TIME_STANDS = Sentence(
    "the receiver's time has stood still for {for_s:.0f} s: what it says is old",
    "接收机的时间已停止 {for_s:.0f} 秒：其数据已过时",
)
FIELD_CANNOT_READ = Sentence("a field of {head} cannot be read", "{head} 的一个字段无法解析")
RECEIVER_NO_DATE_YET = Sentence("the receiver has no date yet", "接收机还没有日期")
RECEIVER_NO_FIX = Sentence("the receiver has no fix", "接收机没有定位")
NORTH_EAST_NO_POSITION = Sentence("0 north 0 east is no position", "0 北 0 东不是有效位置")
M_NO_HEIGHT_PLACE = Sentence("{fields} m is no height of a place on land", "{fields} m 不是陆地上的高度")
RECEIVER_SAYS_WEEK_COUNTER = Sentence(
    "the receiver says {reported}: its week counter rolled over, it needs new firmware",
    "接收机报告 {reported}：其周计数已翻转，需要新固件",
)
POSITIONS_UNCERTAIN_MEANWHILE = Sentence("Its positions are uncertain meanwhile.", "在此期间其位置不可靠。")
CLOCK_BOX_DAYS_APART = Sentence(
    "its clock and that of this box are {offset_s:.0f} days apart", "其时钟与本机相差 {offset_s:.0f} 天"
)
RECEIVER_TELLS_NO_POSITION = Sentence("the receiver tells no position", "接收机没有给出位置")
POSITION_NOT_EARTH = Sentence("a position that is not on Earth", "位置不在地球上")
SPEED_KNOTS = Sentence("a speed of {field} knots", "航速 {field} 节")
COURSE_DEGREES = Sentence("a course of {field} degrees", "航向 {field} 度")
GNSS_RECEIVERS_SPEAK_NMEA = Sentence(
    "GNSS receivers that speak NMEA 0183: position, time, quality of the fix",
    "NMEA 0183 GNSS 接收机：位置、时间、定位质量",
)

# pole_board.py
TRIES_EACH_SENSORS_TELLS = Sentence(
    "it tries each of its sensors and tells which are well", "逐个测试其传感器，并报告哪些正常"
)
SENDS_SAMPLES_AGAIN_AFTER = Sentence(
    "it sends samples again after its watchdog has put it into safe mode", "看门狗使其进入安全模式后，恢复发送采样"
)
FIRMWARE_DOES_NOT_KNOW = Sentence("its firmware does not know how: update it", "其固件不支持：请升级")
REFUSES_ARGUMENT = Sentence("it refuses the argument", "它拒绝该参数")
BUSY = Sentence("it is busy", "它正忙")
FAILED = Sentence("it failed", "执行失败")
DOES_NOT_ANSWER_3 = Sentence("does not answer", "无应答")
OUTSIDE_RANGE = Sentence("is outside its range", "超出量程")
NO_VALUE_2 = Sentence("has no value", "没有数值")
RAW_VALUE_OUTSIDE = Sentence("raw value {raw} is outside {range}", "原始值 {raw} 超出 {range}")
FRAME_WRONG_CHECKSUM = Sentence("a frame with a wrong checksum", "帧校验和错误")
BOARD_SPEAKS_PROTOCOL_AGENT = Sentence(
    "the board speaks protocol {version}, this agent {version_2}: update the older of the two",
    "传感器板使用协议 {version}，本程序为 {version_2}：请升级较旧的一方",
)
FRAMES_WERE_LOST = Sentence("{lost} frames were lost", "丢失 {lost} 帧")
DESCRIPTOR_WRONG_LENGTH = Sentence("a descriptor of a wrong length", "描述符长度错误")
NO_SAMPLES_SAFE_MODE = Sentence(
    "no samples for {late_s:.0f} s: it is in safe mode; 'poleagent device {device} start' ends that",
    "{late_s:.0f} s 没有采样：它处于安全模式；'poleagent device {device} start' 可结束该模式",
)
CHANNEL_NEWER_FIRMWARE = Sentence("a channel of newer firmware", "较新固件的通道")
LAMP_BLINKS = Sentence("its lamp blinks for {identify_s} s", "其指示灯闪烁 {identify_s} s")
SENDS_SAMPLES = Sentence("it sends samples", "它在发送采样")
ANSWERS_STATUS = Sentence("it answers status {status}", "它返回状态 {status}")
OUR_SENSOR_BOARD_CABINET = Sentence(
    "our sensor board: cabinet temperature, door, smoke, vibration, lamp current",
    "本公司传感器板：机柜温度、门、烟雾、振动、灯具电流",
)
