"""What agent/vision says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# cli.py
LOOKING_UP = Sentence("{source}: looking for up to {seconds:g} s", "{source}：最多观察 {seconds:g} s")
LOOKED_FRAMES_PER_SECOND = Sentence(
    "looked at       {frames} frames in {seconds:.1f} s: {rate:.1f} per second",
    "处理            {seconds:.1f} s 内 {frames} 帧：每秒 {rate:.1f} 帧",
)
OWN_WORK_MS_PER = Sentence(
    "own work        {own_ms:.1f} ms per frame, decoding not counted", "本身耗时        每帧 {own_ms:.1f} ms，不含解码"
)
INFERENCE_TIMES_MS_EACH = Sentence(
    "inference       {inferences} times, {inference_ms:.1f} ms each",
    "推理            {inferences} 次，每次 {inference_ms:.1f} ms",
)
NOTHING_KNOWS = Sentence("nothing that it knows", "没有它认识的目标")
MOST_ONCE = Sentence("most at once    {seen}", "同时最多        {seen}")
LOOKS_PER_SECOND_FRAMES = Sentence(
    "looks           {looks:.1f} per second at {fps:g} frames per second on this box",
    "检测频率        本机在每秒 {fps:g} 帧时每秒 {looks:.1f} 次",
)
BOX_NO_TIME_FRAMES = Sentence(
    "this box has no time for {fps:g} frames per second: choose a lower fps", "本机处理不了每秒 {fps:g} 帧：请降低 fps"
)
BOX_TIME_LOOKS_PER = Sentence(
    "this box has time for {possible:.1f} looks per second: set budget = {possible_2:.1f}",
    "本机每秒可检测 {possible:.1f} 次：请设置 budget = {possible_2:.1f}",
)
LINES_ZONES_GAUGES_OBJECTS = Sentence(
    "{out}: {count} lines, {count_2} zones, {count_3} gauges, {tracks} objects",
    "{out}：{count} 条计数线，{count_2} 个区域，{count_3} 个水尺，{tracks} 个目标",
)
NEITHER_CAMERA_SETTINGS_NOR = Sentence(
    "'{what}' is neither a camera of the settings ({names}) nor a file",
    "'{what}' 既不是配置中的摄像机（{names}），也不是文件",
)

# advice.py
CHECK_CAMERAS_POWER_CABLE = Sentence(
    "check the camera's power, cable and address; try the source in 'poleagent vision test'",
    "请检查摄像机的供电、网线和地址；用 'poleagent vision test' 试其地址",
)
RESTART_CAMERA = Sentence("restart the camera", "请重启摄像机")
DECODER_FAILED_UPDATE_CAMERAS = Sentence(
    "the decoder failed; update the camera's firmware or choose another codec (H.264, MJPEG)",
    "解码失败；请升级摄像机固件，或选用其他编码（H.264、MJPEG）",
)
CHECK_LAMP_OR_CAMERAS = Sentence("check the lamp or the camera's infrared light", "请检查路灯或摄像机的红外补光")
CHECK_CABLE_SWITCH_RADIO = Sentence(
    "check cable, switch and radio link to the camera, or lower its bit rate",
    "请检查网线、交换机和到摄像机的无线链路，或降低码率",
)
CORRECT_SETTINGS_RUN_POLEAGENT = Sentence(
    "correct the settings and run 'poleagent reload'", "请更正配置并执行 'poleagent reload'"
)
VISION_PROCESS_KILLED_FROM = Sentence(
    "the vision process was killed from outside, or the box ran out of memory", "视觉进程被外部终止，或本机内存不足"
)
LOOK_OOM_JOURNALCTL_K = Sentence(
    "look for 'oom' in 'journalctl -k'; a smaller stream, model or memory_mib needs less",
    "请在 'journalctl -k' 中查找 'oom'；更小的码流、模型或 memory_mib 占用更少",
)

# usb.py
PLUGGED = Sentence("plugged in: {there}", "已插入：{there}")
NO_CAMERA_PLUGGED = Sentence("no camera is plugged in", "没有插入摄像机")
USER_MAY_NOT_OPEN = Sentence(
    "this user may not open {path}: put it into the group video, which owns cameras",
    "该用户无权打开 {path}：请把它加入组 video（摄像机所属的组）",
)
GIVES_NO_FRAMES_CAMERAS = Sentence(
    "{path} gives no frames; a camera's other device does, mostly the one that ends in index0",
    "{path} 没有画面；摄像机的另一个设备才有，通常以 index0 结尾",
)
OFFERS_NO_FORMAT_CAN = Sentence("{path} offers no format that can be read", "{path} 没有可读取的格式")
USE_ANOTHER_PROGRAM = Sentence("{path} is in use by another program", "{path} 正被其他程序占用")
NO_CAMERA = Sentence("{path} is no camera", "{path} 不是摄像机")
CANNOT_USED = Sentence("{path} cannot be used: {os}", "无法使用 {path}：{os}")

# camera.py
VISION_PROCESS_HUNG = Sentence("the vision process hung", "视觉进程无响应")
MORE_THAN_ENDED = Sentence("{hung} for more than {limit_s:.0f} s and was ended", "{hung} 超过 {limit_s:.0f} s，已终止")
VISION_PROCESS_ENDED_ITSELF = Sentence("the vision process ended by itself ({why})", "视觉进程自行结束（{why}）")

# trouble.py
CAMERA_ASKS_USER_PASSWORD = Sentence(
    "the camera asks for a user and a password: write the user before the host, USER@, and set 'password_file'",
    "摄像机要求用户名和密码：请在主机前写用户名（USER@），并设置 'password_file'",
)
CAMERA_REFUSES_USER_OR = Sentence(
    "the camera refuses the user or the password (authentication). It is asked again after minutes: wrong "
    "ones lock the account. Correct them and reload",
    "摄像机拒绝了用户名或密码（认证失败）。数分钟后才会再试：密码错误会锁定账户。请更正后执行 reload",
)
NOTHING_ANSWERS_PORT_RIGHT = Sentence(
    "nothing answers at this port: is it the right one, and is the camera's stream switched on?",
    "此端口无应答：端口是否正确？摄像机码流是否已开启？",
)
NO_WAY_ADDRESS_CAMERA = Sentence(
    "there is no way to this address: is the camera on, and in this network?",
    "无法到达此地址：摄像机是否开机、是否在本网络内？",
)
NO_WAY_ADDRESS_POLES = Sentence(
    "there is no way to this address: is the pole's network up?", "无法到达此地址：本杆网络是否正常？"
)
NO_ANSWER_TIME_CAMERA = Sentence(
    "no answer in time: is the camera on, and is the address right?", "未及时应答：摄像机是否开机？地址是否正确？"
)
CAMERA_ENDED_CONNECTION_ONCE = Sentence("the camera ended the connection at once", "摄像机立即断开了连接")
NAME_CAMERA_UNKNOWN_SPELT = Sentence(
    "the name of the camera is unknown: is it spelt right, or better its address?",
    "摄像机名称无法解析：拼写是否正确？建议改用地址",
)
CANNOT_REACHED = Sentence("it cannot be reached: {what}", "无法连接：{what}")

# capture.py
STREAM_BROKE = Sentence("the stream broke: {end}", "码流中断：{end}")
READ_CAMERA_DOES_NOT = Sentence("a read of the camera does not return", "读取摄像机没有返回")
STREAM_ENDED = Sentence("the stream ended", "码流已结束")
