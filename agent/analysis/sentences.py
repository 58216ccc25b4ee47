"""What agent/analysis says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# replay.py
FROM_UTC_ROWS = Sentence(
    "from {utc:%Y-%m-%d %H:%M} to {utc_2:%Y-%m-%d %H:%M} UTC, {rows} rows",
    "从 {utc:%Y-%m-%d %H:%M} 到 {utc_2:%Y-%m-%d %H:%M} UTC，{rows} 行",
)
ROWS_NO_TIME_CAN = Sentence(
    "{without_time} rows have no time that can be read and were left out", "有 {without_time} 行的时间无法读取，已跳过"
)
CELLS_NO_NUMBERS_WERE = Sentence(
    "{count} cells of {column!r} are no numbers and were left out", "列 {column!r} 有 {count} 个单元格不是数字，已跳过"
)
COLUMN_READ = Sentence("column {column!r} was read as {quantity}", "列 {column!r} 按 {quantity} 读取")
COLUMN_FOREIGN_UNIT = Sentence(
    "column {column!r} is in {unit}, which this quantity does not have: judged by its own past only",
    "列 {column!r} 的单位为 {unit}，不是该物理量的单位：只按其自身历史判断",
)
ROWS_PUT_IN_ORDER = Sentence(
    "{count} rows were not in order of time and were sorted", "有 {count} 行未按时间排序，已重新排序"
)
UNCLEAR_ORDER = Sentence(
    "day, month and year may be in another order than they were read in: look at the first and the last time; write "
    "2026-11-20 to be sure",
    "年、月、日的顺序不明确，读取结果可能有误：请核对起止时间；请写成 2026-11-20 以避免歧义",
)
NO_QUANTITY_TABLE_JUDGED = Sentence(
    "no quantity of the table, judged by their own past only: {unknown}",
    "不是表中的物理量，只按其自身历史判断：{unknown}",
)
READINGS_EPISODES = Sentence("{readings} readings, {kinds} episodes", "{readings} 条读数，{kinds} 次事件")

# tune.py
GUESS_RECORD_SOME_WEEKS = Sentence("a guess: record some weeks first", "估计值：请先记录数周")
GOOD_SEASON_OTHER_SEASONS = Sentence("good for this season; other seasons were not seen", "适用于本季；未见过其他季节")
GOOD_SEASONS_WERE_SEEN = Sentence("good: the seasons were seen", "可靠：各季节均已见过")
READINGS_DAYS_FINDINGS_ANOMALIES = Sentence(
    "# {quantity}: {count} readings in {days:.0f} days, {findings} findings, {anomalies} anomalies; {sure}",
    "# {quantity}：{days:.0f} 天内 {count} 条读数，{findings} 次发现，{anomalies} 次异常；{sure}",
)
PLOT_NEEDS_MATPLOTLIB_NOT = Sentence(
    "a plot needs matplotlib, which is not for poles: run this on a PC, after pip install 'poleagent[tune]'",
    "绘图需要 matplotlib，它不用于灯杆：请在电脑上执行 pip install 'poleagent[tune]' 后运行",
)

# recording.py
CANNOT_READ = Sentence("{path} cannot be read: {error}", "无法读取 {path}：{error}")
NO_ROW_TIME_CAN = Sentence(
    "{path}: no row has a time that can be read; write 2026-11-20T12:00:00Z",
    "{path}：没有一行的时间可以读取；请写成 2026-11-20T12:00:00Z",
)
FIRST_LINE_MUST_NAME = Sentence(
    "{path}: the first line must name the columns, one of them 'timestamp', and no column reads as times",
    "{path}：首行必须是列名，其中一列为 'timestamp'；没有一列可读作时间",
)

# findings.py
CHECK_WIRING_SUPPLY_SENSOR = Sentence(
    "check wiring and supply of the sensor; if the value is right, widen 'limits' in its device's settings",
    "请检查传感器的接线和供电；如数值正确，请在其设备配置中放宽 'limits'",
)
ONE_STEP_ALONE_MAY = Sentence(
    "one step alone may be the world: if steps repeat, look for a loose plug or water in the connector",
    "单次跳变可能是真实变化：如反复跳变，请检查接头是否松动或进水",
)
SENSOR_REPEATS_ITSELF_SWITCH = Sentence(
    "the sensor repeats itself: switch it off and on; if that does not help, replace it",
    "传感器重复同一数值：请断电重启；如无效，请更换",
)
SENSOR_READS_ZERO_WHERE = Sentence(
    "the sensor reads zero where it never did: check its supply and the cable to the sensing element",
    "传感器读数为零，而此前从未如此：请检查其供电和到敏感元件的电缆",
)
READINGS_CHANGE_MORE_OR = Sentence(
    "the readings change more, or less, than usual. It may be the world: compare with other poles first, "
    "then check earthing, shield and supply, and clean the sensor",
    "读数变化比平常更大或更小。可能是真实变化：请先与其他灯杆比较，再检查接地、屏蔽和供电，并清洁传感器",
)
LEVEL_LEFT_BASELINE_ONCE = Sentence(
    "the level left its baseline at once. It may be the world (people, weather, works): compare with other "
    "poles first. Was the sensor moved, cleaned or exchanged? Set 'offsets' if it was",
    "水平突然偏离基线。可能是真实变化（人流、天气、施工）：请先与其他灯杆比较。传感器是否被移动、清洁或更换？"
    "如是，请设置 'offsets'",
)
LEVEL_LEAVES_BASELINE_SLOWLY = Sentence(
    "the level leaves its baseline slowly. It may be the world (a season): compare with other poles first; "
    "clean and calibrate the sensor at the next visit",
    "水平缓慢偏离基线。可能是真实变化（季节）：请先与其他灯杆比较；下次现场维护时清洁并校准传感器",
)
TWO_SENSORS_POLE_ALWAYS = Sentence(
    "two sensors of this pole that always agreed part: compare both with a hand-held one",
    "本杆两个一向一致的传感器出现偏差：请用手持仪表与两者比较",
)
DEVICE_SPEAKS_BUT_QUANTITY = Sentence(
    "its device speaks but this quantity is missing: check the sensing element and its connector",
    "设备有应答，但缺少此物理量：请检查敏感元件及其接头",
)
READINGS_COME_TWICE_OR = Sentence(
    "readings come twice or run backwards in time: is the device polled twice, or its buffer replayed?",
    "读数重复或时间倒退：设备是否被重复轮询，或其缓存被重放？",
)
OUTSIDE_PLAUSIBLE_RANGE = Sentence("{value} {unit} is outside its plausible range", "{value} {unit} 超出合理范围")
STEPPED = Sentence("stepped to {value} {unit}; {check}", "跳变到 {value} {unit}；{check}")
ZERO_READINGS = Sentence("zero, in {count} readings", "连续 {count} 条读数为零")
CHANGES_USUAL = Sentence(
    "changes of {noise:.3g} {unit}, usual {noise_2:.3g}", "变化幅度 {noise:.3g} {unit}，平常为 {noise_2:.3g}"
)
TIMES_WHAT_THEY_WERE = Sentence("values are {times} times what they were", "数值为之前的 {times} 倍")
AS_FROM_CONVERSION = Sentence("values are {slope} times what they were, {shift}", "数值为之前的 {slope} 倍再加 {shift}")
ANOTHER_UNIT = Sentence(
    "the sensor speaks another unit from one reading on: look at unit and decimal point in its settings and here",
    "自某条读数起传感器使用了另一单位：请检查其设置（单位、小数点）及其设备的配置",
)
FROM_BASELINE_HOUR = Sentence(
    "{deviation:+.3g} {unit} from its baseline of this hour", "偏离本小时基线 {deviation:+.3g} {unit}"
)
FROM_BASELINE_WEEKS = Sentence(
    "{deviation:+.3g} {unit} from its baseline of weeks", "偏离数周基线 {deviation:+.3g} {unit}"
)
PARTS_FROM_OTHER_SENSORS = Sentence(
    "{value} {unit} parts from the other sensors of {quantity}", "{value} {unit} 与其他 {quantity} 传感器不一致"
)
NO_READING_SINCE_UTC = Sentence(
    "no reading since {utc:%Y-%m-%d %H:%M:%S} UTC", "自 {utc:%Y-%m-%d %H:%M:%S} UTC 起没有读数"
)
ANOTHER_READING_UTC_OR = Sentence(
    "another reading at {utc:%H:%M:%S} UTC or before", "在 {utc:%H:%M:%S} UTC 或之前已有另一条读数"
)

# model.py
MODEL_DID_NOT_ANSWER = Sentence(
    "the model in {folder} did not answer within {timeout_s:.0f} s", "{folder} 中的模型 {timeout_s:.0f} s 内没有应答"
)
MODEL_FAILED = Sentence("the model in {folder} failed: {what}", "{folder} 中的模型失败：{what}")
MODEL_ANSWERED_WINDOWS = Sentence(
    "the model in {folder} answered {residuals} of {windows} windows",
    "{folder} 中的模型只应答了 {windows} 个窗口中的 {residuals} 个",
)

# calibrate.py
NO_NUMBER = Sentence(
    "{quantity} of {device} is {value}, which is no number", "{device} 的 {quantity} 为 {value}，不是数字"
)

# pipeline.py
DAMAGED = Sentence("it is damaged", "已损坏")
VERSION = Sentence("it is of version {version}", "版本为 {version}")
