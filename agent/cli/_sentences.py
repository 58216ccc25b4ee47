"""What the commands say, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# _apart.py
DECODER_GAVE_UP_VIDEO = Sentence(
    "the decoder gave up on this video ({name}): it is broken, or of a kind that FFmpeg cannot bear",
    "解码器放弃了该视频（{name}）：视频已损坏，或为 FFmpeg 不支持的类型",
)

# _numbers.py
NO_NUMBER = Sentence("{text} is no number", "{text} 不是数字")
NOT_BETWEEN = Sentence("{text} is not between {least} and {most}", "{text} 不在 {least} 到 {most} 之间")

# check.py
POLE_ONE_SETTINGS_FILE = Sentence(
    "a pole has one settings file and its conf.d; for those of many poles: check --offline FILE...",
    "一根灯杆只有一个配置文件及其 conf.d；检查多根灯杆请用：check --offline FILE...",
)
GOOD = Sentence("{ok} of {codes} good", "{codes} 个中有 {ok} 个正确")
STILL_SAMPLE_SET_LEAST = Sentence(
    "{file}: still the sample: set at least the pole's id, its lines and its devices",
    "{file}：仍是示例：至少请设置灯杆 id、线路和设备",
)
POLE_ID_TOO = Sentence("{file}: pole id {id} is that of {ids} too", "{file}：灯杆 id {id} 与 {ids} 重复")
LINES_DEVICES = Sentence("{lines} lines, {devices} devices", "{lines} 条线路，{devices} 台设备")
GOOD_POLE_REVISION = Sentence(
    "{file}: good: pole {id}, {counts}, revision {revision}", "{file}：正确：灯杆 {id}，{counts}，版本 {revision}"
)
CERTIFICATE_VALID_UNTIL = Sentence(
    "{role} certificate {file}: valid until {not_after:%Y-%m-%d}", "{role} 证书 {file}：有效期至 {not_after:%Y-%m-%d}"
)
MODEL_CONTENT = Sentence(
    "model {folder}: {name} ({task}), content {content}", "模型 {folder}：{name}（{task}），内容 {content}"
)
LINE_TIME_PLANNED = Sentence("line {name}: {load:.0%} of its time is planned", "线路 {name}：已规划 {load:.0%} 的时间")

# demo.py
DEMO_NOT_PACKAGE_POLES = Sentence(
    "the demo is not in the package for poles, it comes with the source: {reason}",
    "demo 不在灯杆软件包内，随源代码提供：{reason}",
)

# reload.py
NOTHING_CHANGED_REVISION_STAYS = Sentence(
    "Nothing was changed; revision {revision} stays in force.", "没有任何变更；版本 {revision} 继续生效。"
)
REVISION_FORCE_BUT_SUDO = Sentence(
    "Revision {revision} is in force but for {waits}: 'sudo systemctl restart poleagent'.",
    "版本 {revision} 已生效，但 {waits} 除外：请执行 'sudo systemctl restart poleagent'。",
)

# replay.py
REPLAY_VIDEO_NEEDS_SCENE = Sentence(
    "replay --video needs --scene FILE with the lines and zones to look at",
    "replay --video 需要 --scene FILE，其中给出计数线和区域",
)

# update.py
SHADOW = Sentence("shadow run of {text}", "影子运行 {text}")

# run.py
AGENT_COULD_NOT_START = Sentence("the agent could not start with it: {problems}", "程序无法使用它启动：{problems}")

# scan.py
LINE_NO_NAME_TAKE = Sentence(
    "--line: '{line}' is no name: take a to z, 0 to 9, '-' and '_'",
    "--line：'{line}' 不是有效名称：请使用 a 到 z、0 到 9、'-' 和 '_'",
)
PLAIN_FILE_NOT_SERIAL = Sentence("{port} is a plain file, not a serial port", "{port} 是普通文件，不是串口")
ALREADY_NAME_ANOTHER_FILE = Sentence("{output} is there already; name another file", "{output} 已存在；请换一个文件名")
CANNOT_WRITTEN_FOLDER_NOT = Sentence(
    "{output} cannot be written: its folder is not there, or not yours", "无法写入 {output}：其目录不存在，或无权写入"
)
DEVICES_WRITTEN = Sentence("{devices} devices, written to {output}", "{devices} 台设备，已写入 {output}")

# update.py
UPDATE_NO_SOURCE_ADDRESS = Sentence(
    "[update] has no 'source', the address of the folder that the maintainers publish",
    "[update] 没有 'source'，即维护方发布目录的地址",
)
ANOTHER_POLEAGENT_UPDATE_WORK = Sentence(
    "another 'poleagent update' is at work; 'poleagent update status' says at what",
    "另一个 'poleagent update' 正在执行；用 'poleagent update status' 查看进展",
)
MAY_NOT_WRITE = Sentence(
    "this user may not write in {folder}: try sudo; if that fails as well, give the folder and all that is in it to "
    "the agent's user",
    "当前用户无权写入 {folder}：请使用 sudo；若仍失败，请将该目录及其内容的属主改为程序用户",
)
ACCEPTED = Sentence("{accepted} is accepted", "已接受 {accepted}")
NOTHING_INSTALLED = Sentence("nothing is to be installed", "没有需要安装的内容")
RELEASE_RUNS = Sentence("{kind} {name}: release {kind_2} runs", "{kind} {name}：正在运行版本 {kind_2}")
TRIAL_BEFORE = Sentence("{release} is on trial; before it: {what}", "{release} 正在试用；之前的版本：{what}")
WAITING = Sentence("waits: {why}", "等待：{why}")
REFUSED = Sentence("{release} was refused: {why}", "{release} 被拒绝：{why}")
LAST_LOOKED = Sentence("last looked {checked}", "上次检查 {checked}")
NEVER_LOOKED_YET = Sentence("never looked yet", "从未检查")

MODEL_WRONG = Sentence("model {reason}", "模型 {reason}")
OF_CAMERA = Sentence("camera {name}: {text}", "摄像机 {name}：{text}")
OF_LINE = Sentence("line {name}: {text}", "线路 {name}：{text}")
OF_DEVICE = Sentence("device {name}:", "设备 {name}：")
AND_CAMERAS = Sentence(", {cameras} cameras", "，{cameras} 台摄像机")
STOPPED = Sentence("stopped", "已停止")
STEP = Sentence("{what} ({step} of {steps})", "{what}（第 {step} 步，共 {steps} 步）")
IN_FORCE = Sentence("Revision {revision} is in force.", "版本 {revision} 已生效。")
NO_CHANGE = Sentence("Revision {revision} is in force; nothing had changed.", "版本 {revision} 已生效；没有变更。")
JOB = Sentence("{release}: {stage}", "{release}：{stage}")
TROUBLE = Sentence("{checked}; {trouble}", "{checked}；{trouble}")
FROM = Sentence("from {raw}h", "来自 {raw}h")
OF_ONE = Sentence("{name}: {text}", "{name}：{text}")
NONE = Sentence("none", "无")
DRAWN = Sentence("# drawn: {file}", "# 已绘制：{file}")

# run.py
START_NOT_COUNTED = Sentence(
    "this start during the trial of a release cannot be counted: {why}", "无法记录版本试用期间的这次启动：{why}"
)
RELEASE_NOT_TAKEN_BACK = Sentence(
    "a release that the agent cannot start with cannot be taken back: {why}", "程序无法以该版本启动，且无法退回：{why}"
)
