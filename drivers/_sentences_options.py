"""What options of drivers mean, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

ADDRESS_WIRE_FROM_REGISTER = Sentence(
    "address on the wire, from 0 (register 40001 is 0)", "线上地址，从 0 起（寄存器 40001 为 0）"
)
WHAT_MEASURES = Sentence("what it measures", "测量什么")
TABLE_DEVICE_HOLDS = Sentence("the table in the device that holds it", "设备中存放它的表")
NUMBER_FORMAT_U_UNSIGNED = Sentence(
    "number format: u unsigned, i two's complement, sm sign and magnitude, f IEEE 754, bcd decimal digits, "
    "m10k registers modulo 10,000, u8 and i8 a byte; 'bool' for a coil or discrete input",
    "数字格式：u 无符号，i 补码，sm 符号加数值，f IEEE 754，bcd 十进制数字，m10k 模 10,000 的寄存器，u8 和 "
    "i8 为一个字节；线圈或离散输入用 'bool'",
)
ORDER_BYTES_XAABBCCDD_WIRE = Sentence(
    "order of the bytes of 0xAABBCCDD on the wire, of a text too", "0xAABBCCDD 在线上的字节顺序，文本也适用"
)
REGISTERS_STRING = Sentence("registers of a string", "字符串的寄存器数")
BYTE_REGISTER_U_I = Sentence("which byte of the register, for u8 and i8", "u8 和 i8 使用寄存器的哪个字节")
NUMBER_BIT_TYPE_BIT = Sentence("number of the bit for type 'bit', 0 is the lowest", "类型 'bit' 的位号，0 为最低位")
BITS_INTEGER_COUNT = Sentence("bits of an integer that count", "整数中有效的位")
PLACES_RIGHT_AFTER_MASK = Sentence("places to the right after the mask", "掩码后右移的位数")
VALUE_RAW_SCALE_OFFSET = Sentence("value = raw * scale + offset", "数值 = 原始值 * scale + offset")
POWER_FACTOR_FROM_TELLS = Sentence(
    "a power factor from -2 to 2 that tells its quadrant, as IEC 61557-12 meters have it",
    "以 -2 到 2 表示象限的功率因数，如 IEC 61557-12 仪表",
)
ROWS_WHOSE_VALUES_MULTIPLY = Sentence(
    "rows whose values multiply this one, such as a transformer's ratio", "其值与本行相乘的行，例如互感器变比"
)
ROWS_WHOSE_VALUES_DIVIDE = Sentence(
    "rows whose values divide this one, such as pulses for a kilowatt hour", "其值作本行除数的行，例如每千瓦时脉冲数"
)
ROW_HOLDS_POWER_TEN = Sentence("the row that holds its power of ten (SunSpec)", "存放其 10 的幂次的行（SunSpec）")
ROW_NOT_WHERE_ONE = Sentence("the row that is not 0 where this one is negative", "本行为负时不为 0 的行")
READ_OTHER_ROWS_ONLY = Sentence("read for other rows only, not reported", "只供其他行使用，不上报")
NAMES_ENUMERATION = Sentence(
    "names of an enumeration: {{ 0 = 'off', 1 = 'on' }}", "枚举的名称：{{ 0 = 'off', 1 = 'on' }}"
)
NUMBERS_RAW_VALUES_STAND = Sentence(
    "numbers that raw values stand for: {{ 0 = 1.0, 1 = 1000.0 }}", "原始值所代表的数字：{{ 0 = 1.0, 1 = 1000.0 }}"
)
RAW_VALUES_MEAN_NO = Sentence(
    "raw values that mean: no value, as the manual writes them (0x8000, -9999.0, 'NA')",
    "表示无数值的原始值，按说明书写法（0x8000、-9999.0、'NA'）",
)
UCUM_UNIT_VALUE_DEFAULT = Sentence(
    "UCUM unit of the value, default the quantity's", "数值的 UCUM 单位，默认为该物理量的单位"
)
ONE_LINE_PEOPLE = Sentence("one line for people", "给人看的一行说明")
WHAT = Sentence("what it is", "它是什么")
ROWS_ADDED = Sentence("rows that are added", "相加的行")
ROWS_TAKEN_AWAY = Sentence("rows that are taken away", "相减的行")
FACTOR_SUM = Sentence("factor of the sum", "和的系数")
WHAT_ADDED_THEN = Sentence("what is added then", "之后再加的值")
VALUE_NUMBER_SCALE = Sentence("value = number * scale", "数值 = 数字 * scale")
TAKE_PACKETS_MONITOR_MN = Sentence("take packets of the monitor with this MN only", "只接收此 MN 的监测仪的数据包")
ANSWER_PACKETS_WANT = Sentence("answer packets that want it", "应答要求应答的数据包")
MONITORS_TELL_DUST_MG = Sentence(
    "1000 for monitors that tell dust in mg/m3 against the standard's ug/m3",
    "监测仪以 mg/m3（而非标准的 ug/m3）上报扬尘时为 1000",
)
AIR_PRESSURE_REPORTED = Sentence("in which air pressure (a01006) is reported", "气压（a01006）上报所用的单位")
HOW_FAR_MONITORS_CLOCK = Sentence(
    "how far the monitor's clock is before UTC, in hours", "监测仪时钟比 UTC 快多少，单位小时"
)
WHAT_FURTHER_CODES_MEAN = Sentence(
    "what further codes mean, or codes of the standard on this monitor", "其他代码的含义，或标准代码在此监测仪上的含义"
)
VALUE_NUMBER_SCALE_OFFSET = Sentence("value = number * scale + offset", "数值 = 数字 * scale + offset")
TEXTS_MEAN_NO_VALUE = Sentence("texts that mean: no value", "表示无数值的文本")
ADDRESS_DEVICE = Sentence("address of the device, 1 to 247", "设备地址，1 到 247")
NAME_DEVICE_PROFILE_OR = Sentence(
    "name of a device profile, or the path of a profile of your own (.toml)",
    "设备 profile 的名称，或自备 profile 的路径（.toml）",
)
REGISTERS_READ_NEXT_THOSE = Sentence("registers to read, next to those of the profile", "除 profile 外还要读取的寄存器")
SUMS_DIFFERENCES_REGISTERS = Sentence("sums and differences of registers", "寄存器的和与差")
BLOCKS_READ_WHOLE_NEXT = Sentence(
    "blocks to be read whole, next to those of the profile", "除 profile 外还要整块读取的块"
)
MOST_REGISTERS_ONE_QUESTION = Sentence(
    "most registers in one question, default the profile's or 125", "一次请求最多的寄存器数，默认为 profile 的值或 125"
)
UNUSED_REGISTERS_MAY_READ = Sentence(
    "unused registers that may be read along to save a question, default the profile's or 0",
    "为减少请求可一并读取的无用寄存器数，默认为 profile 的值或 0",
)
SILENCE_DEVICE_NEEDS_BEFORE = Sentence(
    "silence that the device needs before each question, in seconds, default the profile's or 0",
    "每次请求前设备需要的静默时间，单位秒，默认为 profile 的值或 0",
)
WHETHER_WRITES_PROFILE_NEEDS = Sentence(
    "whether the writes that a profile needs before it can read may be sent", "是否允许发送 profile 读取前所需的写操作"
)
FIRST_HOLDING_REGISTER = Sentence("first holding register", "第一个保持寄存器")
ONE_REGISTER_SEVERAL_TOGETHER = Sentence(
    "6 one register, 16 several, 23 together with the read of the block",
    "6 写一个寄存器，16 写多个，23 与读取该块同时写",
)
FIRST_REGISTER = Sentence("first register", "第一个寄存器")
HOW_MANY = Sentence("how many", "数量")
TABLE_DEVICE_HOLDS_THEM = Sentence("the table in the device that holds them", "设备中存放它们的表")
WHAT_MUST_WRITTEN_FIRST = Sentence(
    "what must be written first; needs allow_writes", "必须先写入的内容；需要 allow_writes"
)
REGULAR_EXPRESSION_LINE_NAMED = Sentence(
    "regular expression of a line; its named groups (?P<NAME>...) are quantities",
    "一行的正则表达式；其命名组 (?P<NAME>...) 为物理量",
)
WHAT_SEND_LINE_SUCH = Sentence(
    'what to send for a line, such as "M\\r"; "" = nothing', '为得到一行而发送的内容，例如 "M\\r"；"" = 不发送'
)
SCALE_OFFSET_UNIT_QUANTITY = Sentence("scale, offset and unit of a quantity", "物理量的系数、偏移和单位")
NUMBER_METER_PLATE_SAYS = Sentence(
    "number of the meter as its plate says, at most 12 digits; default: ask it",
    "铭牌上的表号，最多 12 位；默认：向其询问",
)
WHAT_READ = Sentence("what to read", "读取什么")
BYTES_FE_BEFORE_QUESTION = Sentence(
    "bytes FE before a question, for meters that sleep", "请求前的 FE 字节，用于休眠的电表"
)
KEYS_FROM_OUTSIDE_PM = Sentence('keys from the outside in: "pm/2.5"', '由外到内的键："pm/2.5"')
PLACE_EACH_QUANTITY = Sentence("the place of each quantity", "每个物理量的位置")
WHAT_SEND_LINE_NOTHING = Sentence('what to send for a line; "" = nothing', '为得到一行而发送的内容；"" = 不发送')
FALSE_GATEWAY_DOES_NOT = Sentence(
    "false for a gateway that does not repeat the transaction number: an answer is then only known by its "
    "unit, function and length",
    "网关不回传事务号时为 false：此时只凭从站地址、功能码和长度识别应答",
)
HOW_LONG_AFTER_SECOND = Sentence(
    "how long after its second the receiver begins to speak, in seconds", "接收机在整秒后多久开始发送，单位秒"
)
OPTIONAL_RECEIVER_SENDS_NONE = Sentence(
    "'optional' for a receiver that sends none: damaged sentences may then pass as good ones",
    "接收机不发送校验和时为 'optional'：此时损坏的语句可能被当作正确",
)
SAMPLE_PERIOD_SET_DEFAULT = Sentence(
    "sample period to set, default what the board has, in ms", "要设置的采样周期，默认为传感器板现有的值，单位 ms"
)
