"""What agent/vision/stream says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# auth.py
CAMERA_ASKS_NOT_KNOWN = Sentence(
    "the camera asks for {words}, which is not known here: allow Digest with MD5 or SHA-256",
    "摄像机要求 {words}，此处不支持：请允许使用 MD5 或 SHA-256 的 Digest",
)

# container.py
NO_VIDEO_CAN_DECODED = Sentence("this is no video that can be decoded", "不是可以解码的视频")
HOLDS_NO_VIDEO_CAN = Sentence("it holds no video that can be decoded ({what})", "其中没有可以解码的视频（{what}）")
AV_CANNOT_DECODED_BOX = Sentence(
    "it is AV1, which cannot be decoded on this box: record in H.264 or H.265",
    "它是 AV1，本机无法解码：请用 H.264 或 H.265 录制",
)
VIDEO_CANNOT_DECODED = Sentence("its {name} video cannot be decoded", "其 {name} 视频无法解码")

# decoder.py
FRAMES_X_NEED_MORE = Sentence(
    "frames of {size} x {size_2} need more than memory_mib = {memory_mib}: choose a smaller stream",
    "{size} x {size_2} 的画面超出 memory_mib = {memory_mib}：请选择更小的码流",
)

# door.py
NO_SUCH_FILE = Sentence("there is no such file", "没有此文件")
FILE_CANNOT_OPENED = Sentence("the file cannot be opened: {strerror}", "无法打开该文件：{strerror}")
NO_FILE = Sentence("this is no file: {path}", "不是文件：{path}")

# http.py
ADDRESS_WEB_PAGE_CAMERA = Sentence(
    "this address is a web page of the camera, not its stream: look for the path of the MJPEG or RTSP stream",
    "此地址是摄像机的网页，不是码流：请查找 MJPEG 或 RTSP 码流的路径",
)
STREAM_SENT_NO_FRAME = Sentence("the stream sent no frame for {read_s:g} s", "码流 {read_s:g} s 没有画面")
CAMERA_SENDS_CHUNKS_WITHOUT = Sentence("the camera sends chunks without lengths", "摄像机发送的分块没有长度")
CAMERA_SENDS_US_FROM = Sentence("the camera sends us from one address to the next", "摄像机不断重定向地址")
CAMERA_ANSWERS_NOTHING = Sentence("the camera answers with nothing", "摄像机的应答为空")
LIST_HLS_NOT_READ = Sentence(
    "this is a list for HLS, which is not read: choose MJPEG or RTSP in the camera",
    "这是 HLS 列表，不支持：请在摄像机中选择 MJPEG 或 RTSP",
)
DATA_COMES_NO_JPEG = Sentence(
    "data comes, and no JPEG in it for {read_s:g} s", "有数据，但 {read_s:g} s 内其中没有 JPEG"
)
ADDRESS_GIVES_ONE_SNAPSHOT = Sentence(
    "this address gives one snapshot, not a stream: look for the path of the MJPEG or RTSP stream",
    "此地址只给出一张快照，不是码流：请查找 MJPEG 或 RTSP 码流的路径",
)
CAMERA_ENDED_STREAM = Sentence("the camera ended the stream", "摄像机结束了码流")
NO_ANSWER_TIME_CAMERA = Sentence(
    "no answer in time: is the camera on, and is the address right?", "未及时应答：摄像机是否开机？地址是否正确？"
)
CAMERA_ENDED_CONNECTION = Sentence("the camera ended the connection", "摄像机断开了连接")
PORT_SENDS_RIGHT_ONE = Sentence("this port sends {exc}: is it the right one?", "此端口发送 {exc}：端口是否正确？")
CAMERA_ENDED_CONNECTION_BEFORE = Sentence(
    "the camera ended the connection before it answered", "摄像机在应答前断开了连接"
)
PORT_SPEAKS_RTSP_NOT = Sentence(
    "this port speaks RTSP, not HTTP: begin the address with rtsp://",
    "此端口使用 RTSP，不是 HTTP：请以 rtsp:// 开头写地址",
)
CAMERA_SENDS_US_ANOTHER = Sentence(
    "the camera sends us to another host, port or scheme: write that one into the settings",
    "摄像机重定向到另一主机、端口或协议：请把该地址写入配置",
)
CAMERA_SENDS_US_ADDRESS = Sentence("the camera sends us to an address that is none", "摄像机重定向到无效地址")
CAMERA_REFUSES_USER_OR = Sentence(
    "the camera refuses the user or the password (authentication), or this user may not look",
    "摄像机拒绝了用户名或密码（认证失败），或该用户无权查看",
)
CAMERA_ANSWERS_BUT_NO = Sentence(
    "the camera answers but has no such stream: is the path right?", "摄像机有应答，但没有此码流：路径是否正确？"
)
CAMERA_BUSY_OR_STILL = Sentence(
    "the camera is busy or still starts (503): too many others may look at it",
    "摄像机繁忙或仍在启动（503）：可能观看者过多",
)
CAMERA_ANSWERS = Sentence("the camera answers with {status}", "摄像机应答 {status}")

# live.py
FRAMES_COME_NO_KEY = Sentence(
    "frames come, and no key frame to begin with: let the camera send one every 2 s (I-frame interval, GOP); "
    "switch off H.264+, Zipstream",
    "有画面，但没有可作起点的关键帧：请让摄像机每 2 s 发送一个关键帧（I 帧间隔，GOP），并关闭 H.264+、Zipstream",
)
DATA_COMES_NO_FRAME = Sentence(
    "data comes, and no frame of it can be decoded ({name})", "有数据，但没有一帧可以解码（{name}）"
)
PACKETS_LOST_SOME_FRAMES = Sentence(
    "packets are lost: some {tens} % of the frames are damaged, and not looked at. Look at cable, switch and "
    "radio link to the camera, or lower its bit rate",
    "丢包：约 {tens} % 的帧损坏，未予分析。请检查网线、交换机和到摄像机的无线链路，或降低码率",
)

# message.py
LENGTH_NO_NUMBER = Sentence("a length that is no number", "非数字的长度")
HEAD_WITHOUT_END = Sentence("a head without end", "没有结尾的报文头")
ANSWER_NEITHER_HTTP_NOR = Sentence("an answer that is neither HTTP nor RTSP", "既非 HTTP 也非 RTSP 的应答")

# rtsp.py
CAMERA_NO_BANDWIDTH_LEFT = Sentence(
    "the camera has no bandwidth left: too many others look at it", "摄像机带宽不足：观看者过多"
)
CAMERA_FORGOTTEN_SESSION = Sentence("the camera has forgotten the session", "摄像机已忘记该会话")
CAMERA_BUSY_OR_STILL_2 = Sentence("the camera is busy or still starts", "摄像机繁忙或仍在启动")
OVER_UDP_DOES_FIREWALL = Sentence(" over UDP: does a firewall stand between?", "（UDP）：中间是否有防火墙？")
STREAM_SENT_NO_FRAME_2 = Sentence("the stream sent no frame for {read_s:g} s{how}", "码流 {read_s:g} s 没有画面{how}")
CAMERA_REFUSES_TCP_NO = Sentence(
    "the camera refuses TCP, and there is no free port for UDP", "摄像机拒绝 TCP，而 UDP 没有空闲端口"
)
CAMERA_REFUSES_SEND_OVER = Sentence(
    "the camera refuses to send over TCP and over UDP (461)", "摄像机拒绝通过 TCP 和 UDP 发送（461）"
)
CAMERA_ANSWERS_2 = Sentence("the camera answers {method} with {status}", "摄像机对 {method} 应答 {status}")
PORT_ANSWERS_HTTP_NOT = Sentence(
    "this port answers in HTTP, not in RTSP: it is that of the camera's web page",
    "此端口以 HTTP 应答，不是 RTSP：它是摄像机网页的端口",
)

# rtspwire.py
BYTES_NO_RTSP = Sentence("bytes that are no RTSP", "非 RTSP 的字节")
DESCRIPTION_MORE_THAN_KIB = Sentence("a description of more than 256 KiB", "超过 256 KiB 的描述")

# sdp.py
PAYLOAD_TYPE = Sentence("payload type {number}", "载荷类型 {number}")
SENDS_CANNOT_DECODED_CHOOSE = Sentence(
    "it sends {seen}, which cannot be decoded here: choose H.264 or H.265 in the camera",
    "它发送 {seen}，此处无法解码：请在摄像机中选择 H.264 或 H.265",
)
DESCRIBES_NO_VIDEO_PATH = Sentence(
    "it describes no video: is this the path of a sound or metadata stream?",
    "其描述中没有视频：这是否为音频或元数据流的路径？",
)

# tls.py
PORT_ANSWERS_BUT_NOT = Sentence(
    "the port answers, but not encrypted (TLS): is it {scheme}:// there?",
    "端口有应答，但未加密（TLS）：那里是否为 {scheme}://？",
)

# v4l2.py
USB_BUS_NO_BANDWIDTH = Sentence(
    "the USB bus has no bandwidth left for {path}, even for small JPEG: plug it into another port or hub",
    "USB 总线没有余量供 {path} 使用，即使是小尺寸 JPEG：请插到其他接口或集线器",
)
CAMERA_UNPLUGGED = Sentence("the camera was unplugged", "摄像机已被拔出")
CAMERA_STOPPED = Sentence("the camera stopped: {strerror}", "摄像机停止：{strerror}")
