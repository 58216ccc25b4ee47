"""What the drivers for Modbus say, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# _block.py
READ_NOTHING_ELSE_SINCE = Sentence(
    "{quantity}: it has read {value} and nothing else since the start: is that a code for no value?",
    "{quantity}：启动以来一直读到 {value}：这是否为“无数值”代码？",
)
IF_LIST_RAW_VALUE = Sentence(
    "If it is, list its raw value in missing of {quantity}.", "如果是，请把其原始值列入 {quantity} 的 missing。"
)
WRITING_HOLDING = Sentence("writing holding {address}", "正在写入保持寄存器 {address}")

# _codes.py
RAW_VALUE_DEVICE_NO = Sentence("raw value {raw!r}: the device has no value", "原始值 {raw!r}：设备没有数值")

# _convert.py
EMPTY_TEXT = Sentence("an empty text", "空文本")
X_NO_BCD_NUMBER = Sentence("0x{digits} is no BCD number", "0x{digits} 不是 BCD 数")
NO_REGISTER_MODULO = Sentence("{digits} is no register modulo 10,000", "{digits} 不是模 10,000 的寄存器值")
NO_MEASUREMENT_BUT_WHAT = Sentence(
    "{raw:.4g} is no measurement, but what a device says that has none, or a number in another order of bytes",
    "{raw:.4g} 不是测量值，而是设备表示“无数值”的代码，或字节顺序不同的数字",
)
NO_MEASUREMENT_BUT_ORDER = Sentence(
    "{raw:.4g} is no measurement: it looks like a number in another order of bytes, see the option 'order'",
    "{raw:.4g} 不是测量值：看起来是字节顺序不同的数字，见选项 'order'",
)
NOT_NUMBER_DEVICE_NO = Sentence("not a number: the device has no value", "非数字：设备没有数值")
RAW_VALUE_NO = Sentence("raw value {raw} has no {what}", "原始值 {raw} 没有{what}")
NO_POWER_FACTOR = Sentence("{number:g} is no power factor", "{number:g} 不是功率因数")

# _derive.py
NO_NUMBER = Sentence("{quantity} is no number", "{quantity} 不是数字")
NO_EXPONENT = Sentence("{exponent} is {exponent_2:g}, which is no exponent", "{exponent} 为 {exponent_2:g}，不是指数")

# _explain.py
ROUND_ASKS = Sentence("a round asks:", "每轮询问：")
READS = Sentence("and reads:", "并读取：")
ALWAYS_WHOLE = Sentence(", always whole", "，总是整块读取")
AFTER_WRITING_HOLDING = Sentence(", after writing to holding {address}", "，先写入保持寄存器 {address}")
TOGETHER_WRITE_HOLDING = Sentence(", together with a write to holding {address}", "，同时写入保持寄存器 {address}")
NOT_REPORTED = Sentence(" (not reported)", "（不上报）")
DIVIDED = Sentence("divided by {divided_by}", "除以 {divided_by}")
TIMES_TEN_POWER = Sentence("times ten to the power of {exponent}", "乘以 10 的 {exponent} 次方")
NEGATIVE_WHERE_NOT = Sentence("negative where {sign} is not 0", "{sign} 不为 0 时取负")
NO_VALUE = Sentence("no value: {what}", "无数值：{what}")
H_NONE = Sentence("{wire}h is none: {why}", "{wire}h 无数值：{why}")
H_READS = Sentence("{wire}h reads as {value}", "{wire}h 读作 {value}")

# _modbus.py
REGISTERS_NAME_REGISTERS_READ = Sentence(
    "registers: name the registers to read, or a profile", "registers：请给出要读取的寄存器，或一个 profile"
)
REGISTERS_QUANTITY_TWICE = Sentence(
    "registers[{number}].quantity: '{quantity}' is there twice", "registers[{number}].quantity：'{quantity}' 出现两次"
)
REGISTERS_TYPE_REGISTERS_NOT = Sentence(
    "registers[{number}].type: {words} registers do not fit into max_registers",
    "registers[{number}].type：{words} 个寄存器超出 max_registers",
)
SUMS_QUANTITY_TWICE = Sentence(
    "sums[{number}].quantity: '{quantity}' is there twice", "sums[{number}].quantity：'{quantity}' 出现两次"
)
ALLOW_WRITES_DEVICE_MUST = Sentence(
    "allow_writes: the device must be written to (register {where}); set it to true if it may be",
    "allow_writes：需要写入设备（寄存器 {where}）；允许时请设为 true",
)
TWICE = Sentence("'{name}' is there twice", "'{name}' 出现两次")
DOES_NOT_FIT_INTO = Sentence("{quantity} does not fit into max_registers", "{quantity} 超出 max_registers")

# _profile.py
COUNT_MOST_CAN_READ = Sentence(
    "count: at most {most} of {function} can be read at once", "count：功能码 {function} 一次最多读取 {most} 个"
)
WRITE_FUNCTION_WRITES_ONE = Sentence(
    "write: function 6 writes one register; take 16 for several", "write：功能码 6 只写一个寄存器；多个请用 16"
)
WRITE_FUNCTION_READS_HOLDING = Sentence(
    "write: function 23 reads holding registers only", "write：功能码 23 只读保持寄存器"
)
NO_FILE = Sentence("there is no file {name}", "没有文件 {name}")
NO_PROFILE_OR_GIVE = Sentence(
    "there is no profile '{name}'; {name_2}, or give the path of a file",
    "没有 profile '{name}'；{name_2}，或给出文件路径",
)
DID_YOU_MEAN = Sentence("did you mean {near}", "您是否想写 {near}")
POLEAGENT_PROFILE_LISTS_THEM = Sentence("'poleagent profile' lists them", "可用 'poleagent profile' 列出")

# _registers.py
SUM_REGISTERS = Sentence("sum of registers", "寄存器之和")
TYPE_BOOL_GOES_FUNCTION = Sentence(
    "type: 'bool' goes with function 'coil' or 'discrete', and nothing else does",
    "type：'bool' 只能与功能 'coil' 或 'discrete' 一起使用",
)
BIT_GIVE_BITS_NUMBER = Sentence(
    'bit: give the bit\'s number together with type = "bit", and only there',
    'bit：位号与 type = "bit" 一起使用，且仅限此处',
)
TYPE_MASK_SHIFT_INTEGERS = Sentence(
    "type: mask and shift are for integers, not for '{kind}'", "type：mask 和 shift 用于整数，不用于 '{kind}'"
)
MASK_SHIFT_LEAVE_NOTHING = Sentence(
    "mask: mask and shift leave no bit of a '{kind}'; the mask counts before the shift",
    "mask：mask 和 shift 之后 '{kind}' 没有剩余的位；mask 先于 shift",
)
BYTE_ONLY_U_I = Sentence("byte: only u8 and i8 are a byte of a register", "byte：只有 u8 和 i8 是寄存器的一个字节")
TYPE_ONLY_NUMBER_CAN = Sentence(
    "type: only a number can have a factor, an exponent, a sign or a quadrant",
    "type：只有数字才能有系数、指数、符号或象限",
)
ADDRESS_ENDS_PAST = Sentence("address: it ends past 65535", "address：末尾超过 65535")
KEYS_RAW_INTEGERS = Sentence("{name}: the keys are raw integers", "{name}：键应为原始整数")
THEY_INTEGERS_NOT = Sentence("{name}: they are for integers, not for '{type}'", "{name}：用于整数，不用于 '{type}'")
NUMBERS_ROW_EITHER_LABELS = Sentence(
    "numbers: a row has either labels or numbers", "numbers：一行只能有 labels 或 numbers 之一"
)
SCALE_NOTHING_LEFT = Sentence("scale: 0 leaves nothing of the number", "scale：为 0 时数字失去意义")
UNIT_REPORTED_CONVERT_SCALE = Sentence(
    "unit: {quantity} is reported in {value}; convert it with scale and offset",
    "unit：{quantity} 以 {value} 上报；请用 scale 和 offset 换算",
)
MISSING_NO_VALUE_SPARE = Sentence("missing: a '{kind}' has no value to spare", "missing：'{kind}' 没有可作“无数值”的值")
MISSING_CANNOT_STAND = Sentence(
    "missing: {value!r} cannot stand in a '{kind}'", "missing：{value!r} 不可能出现在 '{kind}' 中"
)
MISSING_CANNOT_STAND_HOLDS = Sentence(
    "missing: {value} cannot stand in a '{kind}', which holds whole numbers from {lowest} to {most}",
    "missing：{value} 不可能出现在 '{kind}' 中，其范围为 {lowest} 到 {most} 的整数",
)
NO_ROW = Sentence("{quantity}: there is no row '{name}'", "{quantity}：没有行 '{name}'")
NO_NUMBER_3 = Sentence("{quantity}: '{name}' is no number", "{quantity}：'{name}' 不是数字")
ITSELF_MADE_OTHER_ROWS = Sentence(
    "{quantity}: '{name}' is itself made with other rows", "{quantity}：'{name}' 本身由其他行计算得出"
)

# _table.py
DEVICE_DOES_NOT_KNOW = Sentence("the device does not know this function", "设备不支持此功能码")
NO_SUCH_REGISTER = Sentence("it has no such register", "设备没有这个寄存器")
DOES_NOT_ACCEPT_NUMBER = Sentence("it does not accept this number of registers", "设备不接受这个寄存器数量")
DEVICE_FAILED = Sentence("the device failed", "设备故障")
NEEDS_LONGER = Sentence("it needs longer", "设备需要更长时间")
DEVICE_BUSY = Sentence("the device is busy", "设备忙")
CANNOT = Sentence("it cannot do that", "设备无法执行")
MEMORY_DAMAGED = Sentence("its memory is damaged", "设备存储器损坏")
GATEWAY_NO_PATH = Sentence("the gateway has no path to it", "网关没有到该设备的路径")
GATEWAY_GOT_NO_ANSWER = Sentence("the gateway got no answer from it", "网关没有收到该设备的应答")
LOOK_OWN_DISPLAY_OR = Sentence(
    "Look at its own display or lamps: it reports a failure of its own.", "请查看设备的显示屏或指示灯：它报告自身故障。"
)
BUSY_READ_LESS_OFTEN = Sentence(
    "It is busy: read it less often (every_s), or let it rest between questions (pause_s).",
    "设备忙：请降低读取频率（every_s），或在请求之间留出间隔（pause_s）。",
)
MEMORY_DAMAGED_REPLACED = Sentence("Its memory is damaged: have it replaced.", "设备存储器损坏：请更换设备。")
CHECK_LINES_UNITS_GATEWAY = Sentence(
    "Check which lines and units the gateway serves.", "请检查网关服务的线路和从站地址。"
)
NUMBERS_OF_MANUAL = Sentence(
    "If its manual counts from 40001 or 30001, the address is {address}: on the wire it begins with 0.",
    "如说明书从 40001 或 30001 起编号，则地址应为 {address}：线上地址从 0 开始。",
)
UNKNOWN_EXCEPTION = Sentence("unknown exception", "未知异常码")

# modbus_rtu.py
ANSWER_MODBUS_TCP_GATEWAY = Sentence(
    'The answer is Modbus TCP: the gateway translates. Set driver = "modbus_tcp".',
    '应答为 Modbus TCP：网关做了转换。请设置 driver = "modbus_tcp"。',
)
ANSWER_MODBUS_ASCII_SET = Sentence(
    "The answer is Modbus ASCII: set the device, or the gateway, to RTU.",
    "应答为 Modbus ASCII：请将设备或网关设为 RTU。",
)
COUNTS_ANSWER_OTHERWISE_THAN = Sentence(
    "It counts its answer otherwise than the standard, or an earlier answer came late: read fewer registers "
    "at once (max_registers) or raise timeout_s.",
    "其应答长度与标准不同，或先前的应答迟到：请一次读取更少寄存器（max_registers），或加大 timeout_s。",
)
DOES_NOT_ANSWER_2 = Sentence("{who} does not answer", "{who} 无应答")
BYTES_CAME_NO_WHOLE_2 = Sentence(
    "{who}: {received} bytes came, no whole answer with a right checksum",
    "{who}：收到 {received} 字节，没有校验和正确的完整应答",
)
ASKED_UNIT_ANSWERED = Sentence("{who} was asked, unit {frame} answered", "询问的是 {who}，应答的是从站 {frame}")
ANSWERS_BYTES = Sentence(
    "{who} answers with {frame} bytes, {words} has {bytes}", "{who} 应答 {frame} 字节，而 {words} 个字应为 {bytes} 字节"
)
ASKED_ANSWER_ANOTHER_QUESTION = Sentence(
    "{who} was asked, an answer to another question came", "询问了 {who}，但收到其他请求的应答"
)
UNIT_NO_ADDRESS_DEVICE = Sentence(
    "unit: {unit} is no address of a device; use 1 to 247", "unit：{unit} 不是设备地址；请使用 1 到 247"
)
MODBUS_RTU_SLAVES_RS = Sentence(
    "Modbus RTU slaves on RS-485, by register table or device profile",
    "RS-485 上的 Modbus RTU 从站，按寄存器表或设备 profile",
)

# modbus_tcp.py
ANSWER_MODBUS_RTU_SERVER = Sentence(
    'The answer is Modbus RTU: the server passes bytes on as they are. Set driver = "modbus_rtu".',
    '应答为 Modbus RTU：服务器透明传输。请设置 driver = "modbus_rtu"。',
)
IF_GATEWAY_NEVER_REPEATS = Sentence(
    "If the gateway never repeats the number, set match_transaction = false; if an answer came late, raise timeout_s.",
    "如果网关从不回传事务号，请设置 match_transaction = false；如果应答迟到，请加大 timeout_s。",
)
ASKED_UNIT_ANSWERED_2 = Sentence("{who} was asked, unit {unit} answered", "询问的是 {who}，应答的是从站 {unit}")
ANSWER_TRANSACTION_QUESTION_HAD = Sentence(
    "the answer of {who} has transaction {transaction}, the question had {transaction_2}",
    "{who} 应答的事务号为 {transaction}，请求为 {transaction_2}",
)
BYTES_CAME_NO_WHOLE_3 = Sentence(
    "{who}: {received} bytes came, no whole answer", "{who}：收到 {received} 字节，没有完整应答"
)
MODBUS_TCP_DEVICES_GATEWAYS = Sentence(
    "Modbus TCP devices and gateways, by register table or device profile",
    "Modbus TCP 设备和网关，按寄存器表或设备 profile",
)
