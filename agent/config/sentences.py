"""What agent/config says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# document.py
BYTE_X_NOT_UTF = Sentence(
    "byte 0x{data:02X} is not UTF-8 text; save the file as UTF-8",
    "字节 0x{data:02X} 不是 UTF-8 文本；请以 UTF-8 保存文件",
)
MORE_THAN_OPTIONS_TABLES = Sentence(
    "more than {most_marks} options, tables and list items are a mistake; is this the right file?",
    "选项、表和列表项超过 {most_marks} 个，应有错误；文件是否正确？",
)
STANDS_TWICE_OTHER_LINE = Sentence(
    "{path} stands twice; the other is in {name}, line {path_2}: keep one",
    "{path} 出现两次；另一处在 {name} 第 {path_2} 行：请保留一处",
)
STAYS_SAYS_SOMETHING_ELSE = Sentence(
    "{place} stays as it is in {where}; {release} says something else",
    "{place} 以 {where} 中的为准；{release} 中的值不同",
)
FOLDER = Sentence("this folder {error}", "该目录{error}")
FILES_MORE_THAN_ALLOWED = Sentence(
    "{files} files are more than the {most_files} allowed", "{files} 个文件超过允许的 {most_files} 个"
)
NAME_MORE_THAN_PARTS = Sentence(
    "a name of more than {most_parts} parts between dots is a mistake", "名称中的点分段超过 {most_parts} 段，应有错误"
)
LISTS_OR_TABLES_NESTED = Sentence("lists or tables are nested too deeply", "列表或表嵌套过深")
VALUE_CANNOT_READ = Sentence("a value cannot be read: {error}", "有一个值无法读取：{error}")
FOLDER_GIVE_SETTINGS_FILE = Sentence("this is a folder; give the settings file itself", "这是目录；请给出配置文件本身")
NOT_PLAIN_FILE = Sentence("this is not a plain file", "这不是普通文件")
SETTINGS_MAY_BYTES_ALL = Sentence(
    "settings may have {largest} bytes in all their files, and these have more; is this the right file?",
    "所有配置文件合计最多 {largest} 字节，现已超出；文件是否正确？",
)
NO_SUCH_FILE_POLEAGENT = Sentence(
    "there is no such file; 'poleagent sample' writes one to begin with", "没有此文件；可用 'poleagent sample' 生成一个"
)
FILE = Sentence("the file {error}", "该文件{error}")
VALUE_CANNOT_READ_TEXT = Sentence(
    "the value cannot be read; text needs quotation marks, true and false are written small",
    "该值无法读取；文本需要引号，true 和 false 用小写",
)
EXPECTED_AFTER_OPTIONS_NAME = Sentence("expected '=' after the option's name", "选项名后应为 '='")
EXPECTED_TABLE_OR_OPTION = Sentence("expected a [table] or 'option = value'", "应为 [表] 或 '选项 = 值'")
SOMETHING_LEFT_OVER_BEHIND = Sentence("something is left over behind the value", "值后面有多余内容")
OPTIONS_NAME_MISSING_NAMES = Sentence(
    "an option's name is missing; names have letters, digits, '_' and '-'",
    "缺少选项名；名称由字母、数字、'_' 和 '-' 组成",
)
ENDS_TABLES_NAME_MISSING_2 = Sentence("the ']' that ends the table's name is missing", "缺少结束表名的 ']'")
ENDS_TABLES_NAME_MISSING = Sentence("the ']]' that ends the table's name is missing", "缺少结束表名的 ']]'")
ENDS_LIST_MISSING = Sentence("the ']' that ends a list is missing", "缺少结束列表的 ']'")
QUOTATION_MARK_ENDS_TEXT = Sentence("the quotation mark that ends a text is missing", "缺少结束文本的引号")
NO_SUCH_DATE_OR = Sentence(
    "there is no such date or time; a text needs quotation marks", "没有这样的日期或时间；文本需要引号"
)
WRITE_BACKSLASH_TEXT_TWO = Sentence("write a backslash in a text as two", "文本中的反斜杠要写两个")
STANDS_TWICE_ONE_TABLE = Sentence(
    "{again} stands twice in one table: keep one", "{again} 在一个表中出现两次：请保留一处"
)
ALREADY_LINE = Sentence("it is already in line {first}", "它已在第 {first} 行")
STANDS_TWICE_KEEP_ONE = Sentence("{called} stands twice; {where}: keep one", "{called} 出现两次；{where}：请保留一处")
NOT_PLAIN_SWITCH_KEYBOARD = Sentence(
    "'{character}' is not the plain '{plain}'; switch the keyboard to plain letters and type it again",
    "'{character}' 不是半角 '{plain}'；请切换到英文输入法重新输入",
)
MAY_STAND_TEXT_QUOTATION = Sentence(
    "'{character}' may stand in a text in quotation marks, not here; names have letters, digits, '_' and '-'",
    "'{character}' 只能出现在引号内的文本中；名称由字母、数字、'_' 和 '-' 组成",
)

# explain.py
HAS_NO_OPTION = Sentence("{path} has no option '{name}'", "{path} 没有选项 '{name}'")
SECRETS_NOT_STAND_SETTINGS = Sentence(
    "{sentence}; secrets do not stand in settings: name a file that holds it with 'password_file'",
    "{sentence}；配置中不写机密：请用 'password_file' 给出存放它的文件",
)
OPTIONS = Sentence("{sentence}; its options are {known}", "{sentence}；可用选项：{known}")
NOT_NAME = Sentence("{path} '{name}' will not do as a name{wants}", "{path} '{name}' 不能作为名称{wants}")

# files.py
EXPECTED_CREDENTIAL_NAME_LETTERS = Sentence(
    "expected credential:NAME with letters, digits, '.', '_' and '-'",
    "应为 credential:NAME，由字母、数字、'.'、'_' 和 '-' 组成",
)
NEVER_SECRET_ITSELF = Sentence(", never the secret itself", "，不要写机密本身")
EXPECTED_FULL_PATH_BEGINS = Sentence(
    "expected a full path that begins with '/', or credential:NAME{what}",
    "应为以 '/' 开头的完整路径，或 credential:NAME{what}",
)
CANNOT_READ_USER_TRY = Sentence(
    "cannot be read by this user; try as the agent's own: sudo -u poleagent poleagent check FILE",
    "该用户无法读取；请用程序的用户试：sudo -u poleagent poleagent check FILE",
)
CANNOT_READ = Sentence("cannot be read: {what}", "无法读取：{what}")
NOT_PLAIN_FILE_2 = Sentence("{path} is not a plain file", "{path} 不是普通文件")
EMPTY = Sentence("{path} is empty", "{path} 为空")
CAN_READ_EVERY_USER = Sentence(
    "{path} can be read by every user of this box; chmod 640 {path}",
    "本机所有用户都能读取 {path}；请执行 chmod 640 {path}",
)

# load.py
THERE_ARE_WHAT = Sentence("; there are {what}", "；现有 {what}")
NO_SECTION = Sentence("there is no section [{name}]{end}", "没有 [{name}] 段{end}")
DID_YOU_MEAN_PUT = Sentence("; did you mean to put it under [{homes}]?", "；是否应放在 [{homes}] 下？")
OPTION_STANDS_OUTSIDE_EVERY = Sentence(
    "the option '{name}' stands outside of every [section]{where}", "选项 '{name}' 不在任何 [段] 中{where}"
)
NO_SECTION_POLE_NEEDS = Sentence(
    "there is no section [pole]; it needs 'id', the pole's id", "没有 [pole] 段；它需要 'id'，即灯杆 id"
)
STANDS_ONCE_WRITE_SINGLE = Sentence(
    "[[{name}]] stands once; write it in single brackets: [{name}]", "[[{name}]] 只有一个；请写成单层方括号：[{name}]"
)
TABLES_NAME_MORE_THAN = Sentence(
    "{tables} tables [{kind}.NAME] are more than the {most_named} allowed",
    "{tables} 个 [{kind}.NAME] 表超过允许的 {most_named} 个",
)
EACH_TABLE_NAME_NAME = Sentence(
    "each {kind} has a table with its name: [{kind}.NAME]",
    "每个 {kind} 有一个带名称的表：[{kind}.NAME]",
)
TABLES_OR_LISTS_NESTED = Sentence("tables or lists are nested too deeply", "表或列表嵌套过深")
NUMBER_TOO_MANY_DIGITS = Sentence("the number has too many digits", "数字的位数过多")

# released.py
NO_RELEASE_MODEL_ARRIVED = Sentence(
    "no release of a model '{name}' has arrived on this pole", "本杆尚未收到模型 '{name}' 的任何版本"
)

# renamed.py
OLD_NAME_STANDS_TOO = Sentence(
    "{there} is the old name of '{new}', which stands here too; keep that one",
    "{there} 是 '{new}' 的旧名，而 '{new}' 也在此处；请保留后者",
)
NOW_CALLED_VERSION_TAKES = Sentence(
    "{there} is now called '{new}'; this version takes both", "{there} 现名为 '{new}'；本版本两者都接受"
)

# secret.py
SECRET_SYSTEMD_CREDENTIAL_SYSTEMD = Sentence(
    "secret: {name} is a systemd credential, and systemd gave this process none",
    "机密：{name} 是 systemd 凭据，但 systemd 没有交给本进程",
)
SECRET_CANNOT_READ = Sentence("secret: {path} cannot be read: {strerror}", "机密：无法读取 {path}：{strerror}")
SECRET_NOT_UTF_TEXT = Sentence("secret: {path} is not UTF-8 text", "机密：{path} 不是 UTF-8 文本")
SECRET_MORE_THAN_BYTES = Sentence(
    "secret: {path} has more than {largest} bytes; is it the right file?",
    "机密：{path} 超过 {largest} 字节；文件是否正确？",
)
SECRET_BEGINS_EMPTY_LINE = Sentence("secret: {path} begins with an empty line", "机密：{path} 以空行开头")

# wording.py
ANOTHER_KIND = Sentence("another kind of value", "其他类型的值")
TRUE_OR_FALSE = Sentence("true or false", "true 或 false")
A_TABLE = Sentence("a table", "一个表")
OR = Sentence("{list} or {last}", "{list} 或 {last}")
LIST_BETWEEN = Sentence("a list of {low} to {high} items", "{low} 到 {high} 项的列表")
LIST_OF_ONE = Sentence("a list of at least 1 item", "至少 1 项的列表")
LIST_FROM = Sentence("a list of at least {low} items", "至少 {low} 项的列表")
LIST_UP_TO = Sentence("a list of at most {high} items", "最多 {high} 项的列表")
LIST_OF = Sentence("a list of {count} items", "{count} 项的列表")
A_LIST = Sentence("a list", "列表")
TEXT_NOT_EMPTY = Sentence("a text that is not empty", "非空文本")
TEXT_BETWEEN = Sentence("a text of {low} to {high} characters", "{low} 到 {high} 个字符的文本")
TEXT_UP_TO = Sentence("a text of at most {high} characters", "最多 {high} 个字符的文本")
A_TEXT = Sentence("a text", "文本")
NUMBERS: dict[tuple[bool, str], Sentence] = {
    (whole, unit): Sentence(
        f"a {'whole ' if whole else ''}number{f' of {unit}' if unit else ''}",
        f"{'整数' if whole else '数字'}{f'（单位：{chinese}）' if unit else ''}",
    )
    for whole in (False, True)
    for unit, chinese in (
        ("", ""),
        ("seconds", "秒"),
        ("milliseconds", "毫秒"),
        ("bytes", "字节"),
        ("bytes/s", "字节/秒"),
        ("percent", "%"),
        ("degrees Celsius", "°C"),
        ("metres", "米"),
        ("millimetres", "毫米"),
    )
}
"""Whether it is a whole number, and of what unit."""
LIMITS: dict[tuple[str, str], Sentence] = {
    ("ge", "le"): Sentence("{number} from {low} to {high}", "{low} 到 {high} 的 {number}"),
    ("gt", "le"): Sentence("{number} above {low} and at most {high}", "大于 {low} 且不超过 {high} 的 {number}"),
    ("ge", "lt"): Sentence("{number} of at least {low} and below {high}", "不小于 {low} 且小于 {high} 的 {number}"),
    ("gt", "lt"): Sentence("{number} above {low} and below {high}", "大于 {low} 且小于 {high} 的 {number}"),
    ("ge", ""): Sentence("{number} of at least {low}", "不小于 {low} 的 {number}"),
    ("gt", ""): Sentence("{number} above {low}", "大于 {low} 的 {number}"),
    ("", "le"): Sentence("{number} of at most {high}", "不超过 {high} 的 {number}"),
    ("", "lt"): Sentence("{number} below {high}", "小于 {high} 的 {number}"),
}
"""By the bounds that a number has, as msgspec names them."""
NOT_SHOWN = Sentence("something that is not shown here", "此处不显示的内容")
THE_TEXT = Sentence("the text {shown}", "文本 {shown}")
THE_DATE = Sentence("the date or time {shown}", "日期或时间 {shown}")
WILL_NOT_DO = Sentence("{shown} will not do", "{shown} 不可用")
WILL_NOT_DO_SINCE = Sentence("{shown} will not do: {about}", "{shown} 不可用：{about}")
EXPECTED = Sentence("expected {what}, found {found}", "应为 {what}，实际为 {found}")
WRITE_IT = Sentence("; write {shown}", "；请写 {shown}")
WRITE_IN_QUOTES = Sentence("; write it in quotation marks", "；请加引号")
WRITE_HEAD = Sentence("; write its head in double brackets: [[{head}]]", "；表头请写成双层方括号：[[{head}]]")
WRITE_BARE = Sentence("; write it without quotation marks", "；请去掉引号")
WRITE_WORD_BARE = Sentence("; write {shown} without quotation marks", "；请写 {shown}，不加引号")

# problem.py
WARNING = Sentence("warning", "警告")
ONE_PROBLEM = Sentence("1 problem", "1 个问题")
PROBLEMS = Sentence("{count} problems", "{count} 个问题")
THIS_FILE = Sentence("this file", "本文件")
DID_YOU_MEAN = Sentence("; did you mean {quoted}?", "；您是否想写 {quoted}？")

# explain.py, document.py
NEEDS = Sentence("needs {name}", "缺少 {name}")
NEEDS_ABOUT = Sentence("needs {name}: {about}", "缺少 {name}：{about}")
HAS_FORM = Sentence(": it has {form}", "：其形式为 {form}")
NOT_TOML = Sentence("this is not TOML: {what}", "不是有效的 TOML：{what}")
AT_COLUMN = Sentence("{text} (column {column})", "{text}（第 {column} 列）")
TWICE_OF = Sentence("{name} of {table}", "{table} 的 {name}")

# differences.py
LINE_ADDED = Sentence("line {name} added", "已添加线路 {name}")
LINE_REMOVED = Sentence("line {name} removed", "已删除线路 {name}")
LINE_CHANGED = Sentence("line {name} changed", "已修改线路 {name}")
DEVICE_ADDED = Sentence("device {name} added", "已添加设备 {name}")
DEVICE_REMOVED = Sentence("device {name} removed", "已删除设备 {name}")
DEVICE_CHANGED = Sentence("device {name} changed", "已修改设备 {name}")
TREATMENT_CHANGED = Sentence(
    "device {name}: report, limits or offsets changed", "设备 {name}：已修改 report、limits 或 offsets"
)
MODEL_CHANGED = Sentence("model {name} changed", "模型 {name} 已变更")
OPTION_CHANGED = Sentence("{option} changed", "{option} 已修改")
AT_NEXT_START = Sentence("{option} changed: takes effect at the next start", "{option} 已修改：下次启动时生效")
