"""What agent/uplink says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# commands.py
NO_SUCH_COMMAND = Sentence("no such command: {unknown}", "没有这个命令：{unknown}")
FAILED_INSIDE_AGENT_SEE = Sentence("{name} failed inside the agent; see its log", "{name} 在程序内部失败；见其日志")
NO_COMMAND_POLE_KNOWS = Sentence(
    "there is no command {name!r}; this pole knows {handlers}", "没有命令 {name!r}；本杆支持：{handlers}"
)
ARGUMENTS_WRONG = Sentence("the arguments of {name} are wrong: {exc}", "{name} 的参数错误：{exc}")
TOOK_LONGER_THAN_STOPPED = Sentence(
    "{name} took longer than {answer_s:g} s and was stopped", "{name} 超过 {answer_s:g} s，已停止"
)
COMMANDS_WERE_CARRIED_OUT = Sentence(
    "{most_kept:,} commands that were carried out have not expired yet: use shorter expiries",
    "{most_kept:,} 条已执行的命令尚未过期：请使用更短的有效期",
)
COMMAND_MUST_NOT_RETAINED = Sentence(
    "a command must not be retained: it would be carried out at each start of the pole",
    "命令不能设为保留消息：否则每次启动都会执行",
)
COMMAND_MOST_BYTES_ONE = Sentence(
    "a command has at most {command_bytes} bytes, this one has {payload}",
    "命令最多 {command_bytes} 字节，该命令为 {payload} 字节",
)
NO_COMMAND = Sentence("this is no command: {exc}", "不是有效命令：{exc}")
POLES_CLOCK_NOT_BEEN = Sentence(
    "the pole's clock has not been set yet, so it cannot tell whether this command has expired",
    "时钟尚未校准，无法判断该命令是否已过期",
)
EXPIRED_NOW = Sentence("expired at {expired}; it is {utc:%H:%M:%SZ} now", "已于 {expired} 过期；现在是 {utc:%H:%M:%SZ}")
RESULT_BYTES_REPLY_HOLDS = Sentence(
    "the result has {result} bytes, a reply holds {reply_bytes}", "结果有 {result} 字节，应答最多 {reply_bytes} 字节"
)

# proven.py
UPLINK_PLATFORM_NOT_REACHED = Sentence(
    "[uplink]: the platform was not reached in its time (trial_s) with these settings; those that reached it "
    "before are used in turn with them: correct them and reload",
    "[uplink]：使用这些配置未能在规定时间（trial_s）内连上平台；正与先前可用的配置轮流尝试：请更正后执行 reload",
)

# sync.py
BROKER_ENDS_EACH_LINK = Sentence(
    "the broker ends each link soon after it began: another box seems to use this pole's id: was the card copied?",
    "每次连接建立后很快被服务器断开：可能另一台设备使用了本杆的 id：存储卡是否被复制？",
)

# allowance.py
ALLOWANCE_MOBILE_DATA_USED = Sentence(
    "the allowance of mobile data is used up: raw events wait, summaries come by the hour",
    "移动流量配额已用完：原始数据暂缓发送，汇总改为每小时一次",
)

# outcomes.py
NOBODY_SUBSCRIBED_THEY_STAY = Sentence(
    "nobody was subscribed for {unheard_s:g} s; they stay on the pole for a while",
    "{unheard_s:g} s 内没有订阅者；数据暂存在本机",
)
BROKER_REFUSES_MESSAGE_GOOD = Sentence(
    "the broker refuses this {name} message for good: {text} ({body} bytes)",
    "服务器永久拒绝此 {name} 消息：{text}（{body} 字节）",
)

# session.py
PLATFORM_CONFIRMS_NOTHING_WHAT = Sentence(
    "the platform confirms nothing of what it gets: is its receiver running, does it publish watermarks?",
    "平台未确认任何收到的数据：其接收程序是否在运行、是否发布水位？",
)
EVENTS_WAIT_PLATFORM_CONFIRM = Sentence(
    "{waiting:,} events wait for the platform to confirm them", "{waiting:,} 条事件等待平台确认"
)

# connect.py
CLOSED_EARLY = Sentence(
    "{broker} closed the connection before it answered{advice}", "{broker} 在应答前关闭了连接{advice}"
)
TAKES_CONNECTIONS_BUT_DOES = Sentence(
    "{broker} takes connections but does not answer MQTT", "{broker} 接受连接但不应答 MQTT"
)
DOES_NOT_SPEAK_VERSION = Sentence("{broker} does not speak this version of MQTT", "{broker} 不支持此 MQTT 版本")

# dial.py
SYSTEMD_CREDENTIAL_BUT_PROCESS = Sentence(
    "{name} is a systemd credential, but this process was given none: see LoadCredential= in the unit",
    "{name} 是 systemd 凭据，但本进程没有得到：见服务单元中的 LoadCredential=",
)
CA_FILE_CANNOT_USED = Sentence("ca_file {ca_file} cannot be used: {exc}", "无法使用 ca_file {ca_file}：{exc}")
CERT_FILE_OR_KEY = Sentence(
    "cert_file {cert_file} or its key_file cannot be used: {exc}", "无法使用 cert_file {cert_file} 或其 key_file：{exc}"
)
NOT_PEM_FILE_FITS = Sentence("not a PEM file that fits ({what})", "不是匹配的 PEM 文件（{what}）")
NOT_CALLED_NEITHER_UPLINK = Sentence(
    "{broker} is not called: neither [uplink.tls] nor plain_text = true is set",
    "不连接 {broker}：既未设置 [uplink.tls]，也未设置 plain_text = true",
)
DOES_NOT_ANSWER_LINK = Sentence(
    "{broker} does not answer: is the link up, and is the address right?",
    "{broker} 无应答：网络是否连通？地址是否正确？",
)
NO_ADDRESS_KNOWN_LINK = Sentence(
    "no address is known for {host}: is the link up, and is the name right?",
    "无法解析 {host} 的地址：网络是否连通？名称是否正确？",
)
REFUSES_CONNECTIONS_DOES_BROKER = Sentence(
    "{broker} refuses connections: does the broker run, and is the port right?",
    "{broker} 拒绝连接：服务器是否在运行？端口是否正确？",
)
CERTIFICATE_REFUSED = Sentence("its certificate is refused: {verify_message}", "其证书被拒绝：{verify_message}")
NOT_TRUSTED = Sentence("{broker} is not trusted: {text}", "{broker} 不受信任：{text}")
POLE_FOUND_NO_COMMON = Sentence(
    "{broker} and this pole found no common TLS: {what}", "{broker} 与本杆没有共同的 TLS 版本或算法：{what}"
)
CANNOT_REACHED = Sentence("{broker} cannot be reached: {what}", "无法连接 {broker}：{what}")
NO_ADDRESS = Sentence("no address", "没有地址")
ENDED_TLS_HANDSHAKE_DOES = Sentence(
    "{broker} ended the TLS handshake: does it speak TLS on this port?",
    "{broker} 中断了 TLS 握手：此端口是否使用 TLS？",
)

# framing.py
SENDS_QOS_NOT_ASKED = Sentence("sends with QoS 2, which was not asked for", "使用了未请求的 QoS 2")
SENT_MESSAGE_MORE_THAN = Sentence("sent a message of more than {most} bytes", "发送了超过 {most} 字节的消息")

# link.py
SILENT = Sentence("{broker} is silent", "{broker} 无响应")
DOES_NOT_LET_POLE = Sentence("{broker} does not let this pole listen to {closed}", "{broker} 不允许本杆订阅 {closed}")
GONE = Sentence("{broker} is gone", "{broker} 已断开")
SILENT_NO_ACKNOWLEDGEMENT = Sentence(
    "{broker} is silent: no acknowledgement for {ack_timeout_s:g} s", "{broker} 无响应：{ack_timeout_s:g} s 内没有确认"
)
REFUSES_WHAT_POLE_PUBLISHES = Sentence(
    "refuses what this pole publishes (reason code {refusal}): may it use these topics?",
    "拒绝本杆发布的消息（原因码 {refusal}）：本杆是否有权使用这些主题？",
)
CLOSED_CONNECTION = Sentence("{broker} closed the connection", "{broker} 关闭了连接")
SENDS_DOES_NOT_READ = Sentence("sends and does not read", "只发送，不接收")
LEFT = Sentence("{broker} was left", "已离开 {broker}")

# wire.py
SET_UPLINK_PROTOCOL = Sentence("as set in [uplink] protocol", "按 [uplink] protocol 的设置")
BROKER_DOES_NOT_SPEAK = Sentence("the broker does not speak MQTT 5", "服务器不支持 MQTT 5")
NOBODY_SUBSCRIBED_EVENTS_STAY = Sentence(
    "nobody is subscribed to {topic}: its events stay on the pole", "没有人订阅 {topic}：其事件保留在本机"
)
BROKER_REFUSES_LANE_REASON = Sentence(
    "the broker refuses the {name} lane (reason code {code}): may this pole publish there?",
    "服务器拒绝 {name} 通道（原因码 {code}）：本杆是否有权在此发布？",
)

# reasons.py, connect.py
REFUSAL_133 = Sentence(
    "{broker} refuses the client id: set [uplink] client_id", "{broker} 拒绝该客户端 id：请设置 [uplink] client_id"
)
REFUSAL_134 = Sentence(
    "{broker} refuses the user name or password: see [uplink] username and password_file",
    "{broker} 拒绝用户名或密码：见 [uplink] username 和 password_file",
)
REFUSAL_135 = Sentence(
    "{broker} does not allow this pole in: see [uplink] username, password_file and the client certificate",
    "{broker} 不允许本杆接入：见 [uplink] username、password_file 和客户端证书",
)
REFUSAL_136 = Sentence("{broker} says that it is unavailable", "{broker} 表示暂不可用")
REFUSAL_137 = Sentence("{broker} says that it is busy", "{broker} 表示繁忙")
REFUSAL_138 = Sentence("{broker} has banned this pole", "{broker} 已封禁本杆")
REFUSAL_149 = Sentence("{broker} says that a message was too large", "{broker} 表示消息过大")
REFUSAL_142 = Sentence(
    "{broker} let another client with the same id take over: another box seems to use this pole's id: was "
    "the card copied?",
    "{broker} 允许了另一个相同 id 的客户端接管：可能另一台设备使用了本杆的 id：存储卡是否被复制？",
)
REFUSES_CONNECTION = Sentence("{broker} refuses the connection: {why}", "{broker} 拒绝连接：{why}")
IF_OLD_PROTOCOL = Sentence(
    '; if it speaks MQTT 3.1.1 only, set [uplink] protocol = "3.1.1"',
    '；如果它只支持 MQTT 3.1.1，请设置 [uplink] protocol = "3.1.1"',
)
ACCEPT_CERTIFICATE = Sentence(
    "; does it accept this pole's certificate ('poleagent check' looks at it)?",
    "；它是否接受本杆的证书（可用 'poleagent check' 检查）？",
)
WANT_CERTIFICATE = Sentence(
    "; does it want a client certificate ([uplink.tls] cert_file)?",
    "；它是否要求客户端证书（[uplink.tls] cert_file）？",
)

# dial.py
CERTIFICATE_NOT_VALID_YET = Sentence(
    "its certificate is not valid yet: is the pole's clock right?", "其证书尚未生效：本杆时钟是否正确？"
)
CERTIFICATE_EXPIRED_RENEW_BROKER = Sentence(
    "its certificate has expired: renew it on the broker", "其证书已过期：请在服务器上更换"
)
CERTIFICATE_SIGNED_ITSELF_NOT = Sentence(
    "its certificate is signed by itself, not by the CA in ca_file", "其证书为自签名，不是由 ca_file 中的 CA 签发"
)
CERTIFICATE_NOT_SIGNED_CA = Sentence(
    "its certificate is not signed by the CA in ca_file", "其证书不是由 ca_file 中的 CA 签发"
)
CERTIFICATE_BEEN_REVOKED = Sentence("its certificate has been revoked", "其证书已被吊销")
CERTIFICATE_ANOTHER_NAME_SET = Sentence(
    "its certificate is for another name: set [uplink.tls] server_name to the name in it",
    "其证书属于另一个名称：请将 [uplink.tls] server_name 设为证书中的名称",
)
CERTIFICATE_ANOTHER_ADDRESS_SET = Sentence(
    "its certificate is for another address: set [uplink.tls] server_name to the name in it",
    "其证书属于另一个地址：请将 [uplink.tls] server_name 设为证书中的名称",
)

# wire.py
PACKET_TOO_LARGE = Sentence("packet too large", "报文过大")
PAYLOAD_FORMAT_INVALID = Sentence("payload format invalid", "载荷格式无效")
TOPIC_NAME_INVALID = Sentence("topic name invalid", "主题名无效")
REFUSAL_151 = Sentence("{broker} says that the pole's quota is used up", "{broker} 表示本杆配额已用完")

# renewal.py
RENEWED_FROM = Sentence("renewed by itself from {when:%Y-%m-%d} on", "将从 {when:%Y-%m-%d} 起自动更新")
ON_TRIAL = Sentence(
    "a new certificate is on trial; certificate {number} is used to reach the platform",
    "新证书试用中；正用第 {number} 个证书连接平台",
)
RENEWED = Sentence("renewed, and taken by the platform", "已更新，平台已接受")
NEW_ONE_REFUSED = Sentence(
    "the platform was reached with the old certificate and not with the new one: a new one is fetched in a day",
    "用旧证书可以连接平台，用新证书不行：一天后重新获取",
)
IDENTITY_NOT_WRITTEN = Sentence("{folder} cannot be written: {why}", "无法写入 {folder}：{why}")
RENEWAL_ENDED = Sentence("the renewal ended without a word: {why}", "证书更新程序意外结束：{why}")
RENEWAL_SLOW = Sentence(
    "the renewal took longer than {wait_s:.0f} s and was ended: it is tried again within the hour",
    "证书更新超过 {wait_s:.0f} 秒，已终止：一小时内会重试",
)

# sealing.py
SEAL_NO_OPENSSL = Sentence(
    "the events cannot be sealed, the openssl program is missing: sudo apt install openssl",
    "无法封印事件，缺少 openssl 程序：sudo apt install openssl",
)
SEAL_NOT_SIGNED = Sentence(
    "the events cannot be sealed: {why}; it is tried again tomorrow", "无法封印事件：{why}；明天会重试"
)

# carry.py
MARKS_NOT_READ = Sentence(
    "the confirmation on the stick cannot be read: have the platform write it again: polefleet carry out",
    "无法读取 U 盘上的确认信息：请在平台上重新写入：polefleet carry out",
)
MARKS_FOREIGN = Sentence("the confirmation is for {pole}, not for this pole", "该确认信息属于 {pole}，不属于本杆")
NOT_SIGNED_BY_PLATFORM = Sentence(
    "this was not signed by the platform of this pole, or it was changed: nothing was taken",
    "该内容不是由本杆所属平台签名，或已被修改：未采用任何内容",
)
CARRY_NO_OPENSSL = Sentence(
    "the openssl program is missing: sudo apt install openssl", "缺少 openssl 程序：sudo apt install openssl"
)
CARRY_NO_CLAIM = Sentence(
    "this pole has no certificate of a platform: claim it first: sudo poleagent setup --claim LINK",
    "本杆没有平台签发的证书：请先认领：sudo poleagent setup --claim LINK",
)
