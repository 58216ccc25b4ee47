"""What agent/system says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# certificates.py
CERTIFICATE = Sentence("the certificate of {broker}", "{broker} 的证书")
TELL_WHO_RUNS_BROKER = Sentence("tell who runs the broker", "请通知服务器运维人员")
CA_FILE_CANNOT_USED = Sentence("ca_file {ca} cannot be used: {reason}", "无法使用 ca_file {ca}：{reason}")
CERT_FILE_REFUSED = Sentence(
    "cert_file {cert} will be refused: {verify_message}", "cert_file {cert} 将被拒绝：{verify_message}"
)
CERT_FILE_MAY_NOT = Sentence(
    "cert_file {cert} may not be used by a client: extendedKeyUsage lacks clientAuth; have it signed anew",
    "cert_file {cert} 不能用作客户端证书：extendedKeyUsage 缺少 clientAuth；请重新签发",
)
CERT_FILE_CANNOT_USED = Sentence("cert_file {cert} cannot be used: {reason}", "无法使用 cert_file {cert}：{reason}")
KEY_FILE_NOT_KEY = Sentence(
    "key_file {key} is not the key of cert_file {cert}: copy the pair that fits",
    "key_file {key} 不是 cert_file {cert} 的密钥：请复制配套的一对文件",
)
CERT_FILE_OR_KEY = Sentence(
    "cert_file {cert} or its key_file cannot be used: {reason}", "无法使用 cert_file {cert} 或其 key_file：{reason}"
)
CERT_FILE_NOT_SIGNED = Sentence(
    "cert_file {cert} is not signed by the CA in ca_file {ca}: does the broker know the CA that signed it?",
    "cert_file {cert} 不是由 ca_file {ca} 中的 CA 签发：服务器是否信任其签发 CA？",
)
HANDSHAKE_DOES_NOT_END = Sentence("the handshake does not end", "握手没有结束")
RENEWED = Sentence("have it renewed", "请更换证书")
NOT_VALID_BEFORE_UTC = Sentence(
    "{name} is not valid before {not_before:%Y-%m-%d %H:%M} UTC: is the clock of this pole right?",
    "{name} 在 {not_before:%Y-%m-%d %H:%M} UTC 之前无效：本杆时钟是否正确？",
)
EXPIRED_RENEWED_PUT_NEW = Sentence(
    "{name} has expired on {not_after:%Y-%m-%d}: have it renewed, put the new files in place, then reload.",
    "{name} 已于 {not_after:%Y-%m-%d} 过期：请更换证书，放好新文件后执行 reload。",
)
EXPIRES_DAYS_BEFORE = Sentence(
    "{name} expires on {not_after:%Y-%m-%d}, in {days} days: {cure} before.",
    "{name} 将于 {not_after:%Y-%m-%d} 过期，剩余 {days} 天：请在此之前处理（{cure}）。",
)
NO_PEM_FILE_RIGHT = Sentence("it is no PEM file of the right kind ({what})", "不是正确类型的 PEM 文件（{what}）")

# dns.py
NO_NAME = Sentence("{host!r} is no name", "{host!r} 不是有效名称")

# what the system says (errno, resolver)
NO_SUCH_FILE = Sentence("No such file or directory", "没有那个文件或目录")
PERMISSION_DENIED = Sentence("Permission denied", "权限不够")
NOT_PERMITTED = Sentence("Operation not permitted", "不允许的操作")
NO_SPACE_LEFT = Sentence("No space left on device", "设备上没有空间")
READ_ONLY_FILES = Sentence("Read-only file system", "只读文件系统")
IO_ERROR = Sentence("Input/output error", "输入/输出错误")
IS_A_DIRECTORY = Sentence("Is a directory", "是一个目录")
NOT_A_DIRECTORY = Sentence("Not a directory", "不是目录")
FILE_EXISTS = Sentence("File exists", "文件已存在")
NO_SUCH_DEVICE = Sentence("No such device", "没有那个设备")
BUSY = Sentence("Device or resource busy", "设备或资源忙")
CONNECTION_REFUSED = Sentence("Connection refused", "拒绝连接")
CONNECTION_RESET = Sentence("Connection reset by peer", "连接被对方重置")
CONNECTION_TIMED_OUT = Sentence("Connection timed out", "连接超时")
NETWORK_UNREACHABLE = Sentence("Network is unreachable", "网络不可达")
NO_ROUTE = Sentence("No route to host", "没有到主机的路由")
NAME_NOT_KNOWN = Sentence("Name or service not known", "未知的名称或服务")
NO_RESOLUTION = Sentence("Temporary failure in name resolution", "域名解析暂时失败")
