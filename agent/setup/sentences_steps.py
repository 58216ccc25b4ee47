"""What the setup says and asks while it works, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

ASK_LINK = Sentence(
    "Paste the claim link of this pole, or scan its QR code (Enter: no platform for now):",
    "请粘贴本杆的认领链接，或扫描其二维码（直接回车：暂不连接平台）：",
)
ASK_POLE = Sentence("The id of this pole:", "本杆的 id：")
CLAIMED = Sentence(
    "claimed: this box is pole {pole} at {server}; its key was made here and stays here",
    "认领成功：本机是 {server} 上的杆 {pole}；密钥在本机生成，不会离开本机",
)
CLAIMED_BEFORE = Sentence("this box was claimed before, as pole {pole}", "本机此前已认领，杆号 {pole}")
NO_PORTS = Sentence("no serial port that is not in the settings yet", "没有尚未配置的串口")
NOTHING_ON = Sentence(
    "{port}: {why} 'poleagent scan {port}' asks all addresses.",
    "{port}：{why} 'poleagent scan {port}' 会询问所有地址。",
)
NOT_ALL_ON = Sentence(
    "{port}: {why} Put that right and run the setup again: it adds what is new.",
    "{port}：{why} 处理后请再次运行设置：新设备会被加入。",
)
FOUND = Sentence("found:", "发现：")
LINE_FOUND = Sentence("  {port} ({baud} baud, parity {parity})", "  {port}（{baud} 波特，校验 {parity}）")
FOUND_NOTHING = Sentence(
    "nothing was found on this box; connect the lines and run the setup again: it adds what is new",
    "本机未发现任何设备；请接好线路后重新运行 setup：它会加入新发现的设备",
)
ASK_FINDS = Sentence(
    "Enter takes them all. To rename: '2 roof'; to leave out: '-3'; several with commas:",
    "直接回车全部接受。重命名：'2 roof'；排除：'-3'；多项用逗号分隔：",
)
ASK_NAMES = Sentence(
    "Found. Rename what should be called otherwise, and leave out what does not belong to this pole.",
    "已发现设备。请按需重命名，并排除不属于本杆的设备。",
)
NETWORK_CAMERA = Sentence("network camera at {address}: {name}", "网络摄像机 {address}：{name}")
ASK_RTSP = Sentence(
    "The RTSP address of the camera at {address}, as its manual or its own page says, without password, such as "
    "rtsp://USER@{address}/PATH (Enter: it is left out):",
    "摄像机 {address} 的 RTSP 地址（见其说明书或自带页面，不含密码），例如 rtsp://USER@{address}/PATH（直接回车：不使用）：",
)
BAD_RTSP = Sentence(
    "'{text}' is no address of a camera: it begins with rtsp:// or http:// and holds no password, which goes into a "
    "file of its own (password_file)",
    "'{text}' 不是摄像机地址：应以 rtsp:// 或 http:// 开头，且不含密码；密码放在单独的文件中（password_file）",
)
ASK_PURPOSE = Sentence(
    "What is camera {name} ({source}) for, in a sentence (Enter: it does not start until its settings say so):",
    "摄像头 {name}（{source}）的用途，一句话（直接回车：配置中写明之前不会启动）：",
)
ASK_SIGN = Sentence("Where does its sign hang that tells passers-by:", "告知路人的标牌挂在何处：")
ASK_REPLACE = Sentence(
    "{file} is there and says something else. Replace it? [y/N]", "{file} 已存在且内容不同。替换吗？[y/N]"
)
KEPT = Sentence("{file} stays as it is", "{file} 保持不变")
WRITTEN = Sentence("written: {file}", "已写入：{file}")
NOTHING_NEW = Sentence("the settings are as they should be, nothing was changed", "配置无需更改")
STARTING = Sentence("starting the agent", "正在启动程序")
START_BY_HAND = Sentence(
    "this box has no systemd: start the agent with 'poleagent run --settings {file}'",
    "本机没有 systemd：请用 'poleagent run --settings {file}' 启动程序",
)
