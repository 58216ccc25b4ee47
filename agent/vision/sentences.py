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

# camera.py
CAMERA_PASSWORD_FILE_CHANGED = Sentence(
    "camera {name}: its password file has changed", "摄像机 {name}：其密码文件已变更"
)
CAMERA_PROCESS_USED_MORE = Sentence(
    "camera {name}: its process used more than {memory_mib} MiB and starts anew",
    "摄像机 {name}：其进程使用超过 {memory_mib} MiB，正在重新启动",
)

# detector.py
DOES_NOT_FIT_MODEL = Sentence(
    "{path} does not fit its model.toml: its input is {shape}, described is [1, {height}, {width}, {channels}]",
    "{path} 与其 model.toml 不符：其输入为 {shape}，描述为 [1, {height}, {width}, {channels}]",
)
DESCRIBED_CLASSIFIER_NOT_DETECTOR = Sentence(
    "{path} is described as a classifier, not as a detector", "{path} 描述为分类器，不是检测器"
)
DESCRIBED_DETECTOR_NOT_CLASSIFIER = Sentence(
    "{path} is described as a detector, not as a classifier", "{path} 描述为检测器，不是分类器"
)

# draw.py
CANNOT_WRITTEN = Sentence("{path} cannot be written: {strerror}", "无法写入 {path}：{strerror}")

# evidence.py
CAMERA_EVIDENCE_FOLDER = Sentence(
    "[camera.{camera}.evidence] folder {folder}: {strerror}", "[camera.{camera}.evidence] 目录 {folder}：{strerror}"
)
CANNOT_TAKE = Sentence("{folder} cannot take it: {strerror}", "{folder} 无法存放：{strerror}")
ROOM_NEWER_ONE = Sentence("room for a newer one", "为更新的快照腾出空间")
NO_SNAPSHOT_POLEAGENT = Sentence("this is no snapshot of a poleagent", "不是 poleagent 的快照")
SNAPSHOT_SEALED_ANOTHER_KEY = Sentence(
    "this snapshot was sealed for another key, or was changed", "此快照使用其他密钥封装，或已被改动"
)
EVIDENCE_SNAPSHOTS_NEED_LIBRARY = Sentence(
    "evidence snapshots need the library cryptography: {how}", "取证快照需要 cryptography 库：{how}"
)
EVIDENCE_KEY_CANNOT_READ = Sentence(
    "the evidence key {path} cannot be read: {strerror}", "无法读取取证密钥 {path}：{strerror}"
)
NO_PEM_PUBLIC_KEY = Sentence("{path} is no PEM public key", "{path} 不是 PEM 公钥")
NO_X_KEY_MAKE = Sentence(
    "{path} is no X25519 key: make one with openssl genpkey -algorithm x25519",
    "{path} 不是 X25519 密钥：请用 openssl genpkey -algorithm x25519 生成",
)

# heads.py
ONE_OUTPUT_SCORE_EACH = Sentence(
    "one output [1, {labels}], a score for each label", "一个输出 [1, {labels}]，每个标签一个得分"
)
OUTPUTS_SSD_NAME_NAME = Sentence(
    "the outputs of an SSD by name; name them in [output.names]", "按名称区分的 SSD 输出；请在 [output.names] 中命名"
)
BOXES_N_CLASSES_N = Sentence(
    "boxes [1, N, 4], classes [1, N] and scores [1, N]", "框 [1, N, 4]、类别 [1, N] 和得分 [1, N]"
)
ONE_OUTPUT_N_BOX = Sentence(
    "one output [1, N, {columns}]: box, objectness and {labels} labels",
    "一个输出 [1, N, {columns}]：框、目标置信度和 {labels} 个标签",
)
ONE_OUTPUT_N_OR = Sentence(
    "one output [1, {plain}, N] or [1, N, {plain}] (or {objectness})",
    "一个输出 [1, {plain}, N] 或 [1, N, {plain}]（或 {objectness}）",
)
ROWS_ONE_EACH_CELL = Sentence(
    "{cell} rows, one for each cell at strides 8, 16 and 32", "{cell} 行，步长 8、16 和 32 的每个单元一行"
)
DOES_NOT_FIT_MODEL_2 = Sentence(
    "{path} does not fit its model.toml: head '{head}' needs {wanted}; it has {found}",
    "{path} 与其 model.toml 不符：head '{head}' 需要 {wanted}；实际为 {found}",
)

# pipe.py
MESSAGE_BYTES_LARGER_THAN_2 = Sentence(
    "a message of {data} bytes is larger than {max_bytes}", "{data} 字节的消息超过 {max_bytes}"
)
NOT_MUST = Sentence("a '{kind}' is not as it must be: {exc}", "'{kind}' 不合规定：{exc}")
MESSAGE_BYTES_LARGER_THAN = Sentence(
    "a message of {size} bytes is larger than {max_bytes}", "{size} 字节的消息超过 {max_bytes}"
)
MESSAGE_NONE_KINDS = Sentence("a message is none of the kinds: {exc}", "消息不属于任何一类：{exc}")
SENDS_MORE_MESSAGES_THAN = Sentence(
    "it sends more messages than any camera can have results", "它发送的消息多于任何摄像机可能有的结果"
)

# replay.py
NO_FRAME_CAME_WITHIN = Sentence("no frame came within {patience_s:g} s", "{patience_s:g} s 内没有画面")
HOLDS_NO_FRAME = Sentence("{shown} holds no frame", "{shown} 没有任何一帧")

# retention.py
CAMERA_KEEPS_NO_SNAPSHOTS = Sentence("its camera keeps no snapshots any more", "其摄像机不再保存快照")
DOES_NOT_SAY_WHEN = Sentence("it does not say when it was taken", "没有注明拍摄时间")
KEPT_LONG_ENOUGH = Sentence("kept long enough", "已达保存期限")
TAKEN_BEFORE_CLOCK_SET = Sentence("it was taken before the clock was set", "拍摄于时钟校准之前")

# worker.py
VIDEO_ENDED = Sentence("the video has ended", "视频已结束")
CAMERA_REPEATS_ONE_FRAME = Sentence(
    "the camera repeats one frame: restart it, or look at the encoder", "摄像机重复同一帧：请重启，或检查编码器"
)
TOO_DARK_SEE_ANYTHING = Sentence(
    "too dark to see anything: is the lamp or the infrared light off?", "过暗，什么也看不见：路灯或红外补光是否关闭？"
)

# aim.py, and the background that camera.py asks for
BACKGROUND_NOT_ASKED = Sentence("it sends a background that nobody has asked for", "它发送了无人请求的背景")
NO_BACKGROUND = Sentence(
    "camera {camera} gives no background now, it is {state}: look at its row in the status, and ask again",
    "摄像机 {camera} 现在无法生成背景，状态为 {state}：请查看状态中的该摄像机，然后重试",
)
