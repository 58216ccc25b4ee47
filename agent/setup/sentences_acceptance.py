"""What an acceptance report says, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

MEASURES = Sentence("something is measured", "已有测量内容")
ADD_DEVICE = Sentence(
    "connect a line or a camera, then run 'poleagent setup' again", "请接好线路或摄像头，然后重新运行 'poleagent setup'"
)
LINE = Sentence("line {name} is open", "线路 {name} 已打开")
DEVICE = Sentence("device {name} answers, and its values are plausible", "设备 {name} 有应答，数值合理")
LOOK_AT_DEVICE = Sentence(
    "look at its wiring and address: 'poleagent device {name}' reads it at once",
    "请检查接线和地址：'poleagent device {name}' 可立即读取",
)
DELIVERED = Sentence("the platform has committed the first event", "平台已提交首个事件")
CONFIRMED = Sentence(
    "{count} events confirmed, the last at {at:%H:%M:%S} UTC", "已确认 {count} 个事件，最近一次在 {at:%H:%M:%S} UTC"
)
NOT_CONFIRMED = Sentence("no event was confirmed yet", "尚无事件被确认")
BROKER_ONLY = Sentence(
    'the broker has taken events; whether the platform stored them is not known with ack = "broker"',
    '服务器已接收事件；ack = "broker" 时无法得知平台是否已存储',
)
LINK = Sentence("the link is up and stays up", "链路已连通且稳定")
LINK_READING = Sentence(
    "{broker}, {protocol}, {state}; connections made during the acceptance: {made}, since the agent started: "
    "{connects}; events sent again: {resent}",
    "{broker}，{protocol}，{state}；验收期间建立连接 {made} 次，程序启动以来共 {connects} 次；重发 {resent} 个事件",
)
NO_PLATFORM = Sentence("no platform is set: everything stays on the pole", "未设置平台：所有数据保存在本机")
NO_LINK = Sentence(
    "this pole has a platform, and the agent has no link to it", "本杆已接入平台，但程序没有到平台的链路"
)
SET_UP_AGAIN = Sentence(
    "run 'poleagent setup' again, then 'systemctl restart poleagent'",
    "请重新运行 'poleagent setup'，然后执行 'systemctl restart poleagent'",
)
LOOK_AT_LINK = Sentence("'poleagent doctor' says what is wrong with the link", "'poleagent doctor' 可说明链路问题")
CLOCK = Sentence("the clock is true", "时钟准确")
SET_CLOCK = Sentence(
    "wait for the network time, or set up a time server: 'timedatectl'", "等待网络校时，或配置时间服务器：'timedatectl'"
)
DISK = Sentence("the disk takes what is written", "磁盘可正常写入")
DISK_READING = Sentence(
    "{count} events committed, {free} MiB free of {whole}", "已提交 {count} 个事件，剩余 {free} MiB，共 {whole} MiB"
)
MAKE_ROOM = Sentence("make room, or take another card: 'df -h'", "请清理磁盘或更换存储卡：'df -h'")
CAMERA = Sentence("camera {name} gives frames", "摄像头 {name} 有画面")
CAMERA_READING = Sentence("{state}, {rate:.1f} frames/s, {size}", "{state}，{rate:.1f} 帧/秒，{size}")
AIMED = Sentence(
    "camera {name} is aimed: a line, a zone or a gauge is drawn", "摄像头 {name} 已标定：已绘制计数线、区域或水尺"
)
AIM_IT = Sentence(
    "aim it: 'poleagent vision draw {name}' (docs/vision.md)",
    "请标定：'poleagent vision draw {name}'（docs/vision.md）",
)
STATED = Sentence("camera {name} has a stated purpose and a sign", "摄像头 {name} 已写明用途和标牌")
STATE_IT = Sentence("set purpose and signage of [camera.{name}]", "请设置 [camera.{name}] 的 purpose 和 signage")
DIAGNOSIS = Sentence("the doctor finds nothing", "自检未发现问题")
CHECKS_MADE = Sentence("{count} checks in {seconds:.1f} s: {names}", "{count} 项检查，用时 {seconds:.1f} 秒：{names}")
NOT_MADE = Sentence("not made: {names}", "未执行：{names}")
WAITING = Sentence(
    "waiting for the first values and the platform's first confirmation", "正在等待首批数值和平台的首次确认"
)
ACCEPTED = Sentence("pole {pole} is accepted", "杆 {pole} 验收通过")
NOT_ACCEPTED_ONE = Sentence("pole {pole} is not accepted yet, 1 thing to do", "杆 {pole} 尚未通过验收，还有 1 件事")
NOT_ACCEPTED = Sentence(
    "pole {pole} is not accepted yet, {count} things to do", "杆 {pole} 尚未通过验收，还有 {count} 件事"
)
ON_PLATFORM = Sentence("the report lies on the platform ({seconds:.1f} s)", "报告已存入平台（{seconds:.1f} 秒）")
NOT_ON_PLATFORM = Sentence(
    "the report is on the pole and goes to the platform once it is reached", "报告已保存在本机，连通平台后会自动上传"
)
PRINTED = Sentence("to print: {file}", "可打印：{file}")
NO_REPORT = Sentence(
    "There is no acceptance report in {folder}; 'sudo poleagent setup' makes one.",
    "{folder} 中没有验收报告；运行 'sudo poleagent setup' 即可生成。",
)
REPORT_UNREADABLE = Sentence(
    "{file} cannot be read: {why}. Use sudo, or make a new report with 'sudo poleagent setup'.",
    "无法读取 {file}：{why}。请使用 sudo，或用 'sudo poleagent setup' 重新生成报告。",
)
TITLE = Sentence("Acceptance of pole {pole}", "灯杆 {pole} 验收报告")
PASSED_WORD = Sentence("passed", "通过")
FAILED_WORD = Sentence("FAILED", "未通过")
OPEN_WORD = Sentence("undecided", "待定")
BY = Sentence("Set up by", "安装人员")
WHEN = Sentence("When", "时间")
CLOCK_NOT_SET = Sentence("clock not set", "时钟未校准")
SOFTWARE = Sentence("Software, settings", "软件版本，配置版本")
SIGNATURE = Sentence("Signature", "签名")
UNSIGNED = Sentence("not signed, since the pole has no certificate", "未签名，本杆没有证书")
CAMERAS = Sentence("Cameras", "摄像头")
PURPOSE = Sentence("Purpose", "用途")
SIGN = Sentence("Sign", "标牌")
RESULT = Sentence("Result", "结果")
CHECKED = Sentence("What", "项目")
SEEN = Sentence("Reading", "读数")
TO_DO = Sentence("To do", "处理")
SIGNED_BY_HAND = Sentence("Date, name, signature", "日期、姓名、签字")
