"""All that claim and renewal say, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from agent.errors import AgentError
from contract.words import Sentence


class SetupError(AgentError):
    """What keeps the setup from going on: one sentence that says what to do."""

    def __init__(self, sentence: Sentence, **words: object) -> None:
        super().__init__(sentence(**words))


NO_OPENSSL = Sentence(
    "the program openssl is not on this box: 'sudo apt install openssl', then run the setup again",
    "本机没有 openssl 程序：请执行 'sudo apt install openssl'，然后重新运行 setup",
)
OPENSSL_FAILS = Sentence(
    "openssl {what} fails: {why}; run the setup again, and if it stays so, 'sudo apt install --reinstall openssl'",
    "openssl {what} 失败：{why}；请重新运行 setup，如仍失败请执行 'sudo apt install --reinstall openssl'",
)
BAD_LINK = Sentence(
    "{why}; 'polefleet claim POLE' on the platform prints the link",
    "认领链接无效（{why}）；平台上的 'polefleet claim POLE' 会打印该链接",
)
NO_STICK = Sentence(
    "no file '{name}' with a claim link is on a mounted stick: mount it, or name the file: --stick /media/stick/{name}",
    "已挂载的 U 盘上没有包含认领链接的文件 '{name}'：请挂载 U 盘，或指定文件：--stick /media/stick/{name}",
)
STICK_UNREADABLE = Sentence(
    "{file} cannot be read: {why}; plug the stick in again, or paste the link: --claim LINK",
    "无法读取 {file}：{why}；请重新插入 U 盘，或粘贴链接：--claim LINK",
)
SEVERAL_LINKS = Sentence(
    "{file} holds {count} claim links: leave the one of this pole in it, or name the file of this pole: --stick FILE",
    "{file} 中有 {count} 个认领链接：请只保留本杆的链接，或指定本杆的文件：--stick FILE",
)
BAD_CLOCK = Sentence(
    "the clock of this box says {now:%Y-%m-%d %H:%M} UTC, which cannot be: no certificate is valid then; set it with "
    "'sudo date -u -s \"2026-01-31 12:00\"', or wait for the network time, then run the setup again",
    "本机时钟为 {now:%Y-%m-%d %H:%M} UTC，不可能正确，证书在该时间无效；请用 'sudo date -u -s \"2026-01-31 12:00\"' "
    "设置，或等待网络校时，然后重新运行 setup",
)
WRONG_CA = Sentence(
    "{server} shows another CA than the link names (its SHA-256 is {found}): this is not the platform that made the "
    "link; check the network, and have a new link made",
    "{server} 出示的 CA 与链接不符（其 SHA-256 为 {found}）：这不是生成该链接的平台；请检查网络，并重新生成链接",
)
NO_CA = Sentence(
    "{server} does not show its CA ({why}): is this the address of the platform's pages?",
    "{server} 没有提供 CA 证书（{why}）：这是平台页面的地址吗？",
)
NO_ADDRESS = Sentence(
    "no address is known for {server}: is the link up, and is the name in the claim link right?",
    "无法解析 {server} 的地址：网络是否连通？认领链接中的名称是否正确？",
)
NO_ROUTE = Sentence(
    "there is no way to {server} ({why}): check modem, SIM card and antenna or the cable; 'ip route' shows the ways",
    "没有到 {server} 的路由（{why}）：请检查调制解调器、SIM 卡和天线或网线；'ip route' 可显示路由",
)
NOT_LISTENING = Sentence(
    "{server} refuses connections: does 'polefleet serve' run there, and is the port in the claim link right?",
    "{server} 拒绝连接：'polefleet serve' 是否在运行？认领链接中的端口是否正确？",
)
SILENT = Sentence(
    "{server} does not answer within {wait_s:.0f} s: is the link up, and does a firewall let this port pass?",
    "{server} 在 {wait_s:.0f} 秒内没有应答：网络是否连通？防火墙是否放行该端口？",
)
UNTRUSTED = Sentence(
    "{server} is not trusted: {why}; is the clock of this box right, and is the name in the claim link right?",
    "{server} 不可信：{why}；本机时钟是否正确？认领链接中的名称是否正确？",
)
NO_TLS = Sentence(
    "{server} does not speak TLS on this port ({why}): is the port in the claim link right?",
    "{server} 的该端口不使用 TLS（{why}）：认领链接中的端口是否正确？",
)
BROKEN_OFF = Sentence(
    "the connection to {server} broke off ({why}): run the setup again; the same link is good for one more hour",
    "与 {server} 的连接中断（{why}）：请重新运行 setup，同一链接在一小时内仍有效",
)
REFUSED = Sentence("{server} refuses: {why}", "{server} 拒绝：{why}")
NO_PLATFORM = Sentence(
    "{server} answers, but not as a platform does ({why}): is the address in the claim link right?",
    "{server} 有应答，但不是平台的应答（{why}）：认领链接中的地址是否正确？",
)
OTHER_POLE = Sentence(
    "{server} gave a certificate for {found} and not for {pole}: tell who runs the platform",
    "{server} 签发的证书属于 {found} 而不是 {pole}：请联系平台管理员",
)
BAD_CERTIFICATE = Sentence(
    "the certificate that {server} gave cannot be used: {why}", "{server} 签发的证书无法使用：{why}"
)
NO_ROOM = Sentence(
    "{file} cannot be written: {why}; make room on the disk ('df -h'), then run the setup again: nothing was changed",
    "无法写入 {file}：{why}；请清理磁盘（'df -h'），然后重新运行 setup：没有任何更改",
)
NO_RIGHTS = Sentence(
    "{file} may not be written by this user: run it with sudo; nothing was changed",
    "当前用户无权写入 {file}：请使用 sudo 运行；没有任何更改",
)
NOT_ITS_OWN = Sentence(
    "{file} may not be written by the agent's user, and root writes nothing there in its place: 'ls -l {file}' shows "
    "whose it is, or where a link leads; put that right or aside, then run the setup again",
    "程序用户无权写入 {file}，root 也不会代其写入：'ls -l {file}' 可查看其所有者或链接指向；请更正或移走，"
    "然后重新运行 setup",
)
BUSY = Sentence(
    "another setup, or the renewal of the certificate, is at work on this box: wait a minute, then run the setup again",
    "本机正在运行另一个 setup 或证书更新：请等一分钟后重新运行 setup",
)
CLAIM_GONE = Sentence(
    "the certificate of this claim is no longer on this box, another setup took its place: have a new link made with "
    "'polefleet claim {pole}', then run the setup again; no settings were changed",
    "本次认领的证书已不在本机，被另一个 setup 取代：请用 'polefleet claim {pole}' 重新生成链接，然后重新运行 setup；"
    "配置没有任何更改",
)
NO_ANSWERS = Sentence(
    "the answers in {file} cannot be read: {why}; docs/technician.md shows such a file",
    "无法读取答案文件 {file}：{why}；示例见 docs/technician.md",
)
BAD_ANSWERS = Sentence(
    "the answers in {file} will not do: {why}; correct them, then run the setup again",
    "答案文件 {file} 有误：{why}；请更正后重新运行 setup",
)
NO_TERMINAL = Sentence(
    "there is nobody to answer: run the setup in a terminal, or give the answers in a file: --from FILE",
    "没有人可以回答：请在终端中运行 setup，或用文件提供答案：--from FILE",
)
NOT_SAID = Sentence(
    "it is not said which pole this is: give --claim LINK or --stick, or --offline and id under [pole] in --from FILE",
    "未说明这是哪根杆：请使用 --claim LINK 或 --stick；离线时请用 --offline，并在 --from FILE 的 [pole] 中给出 id",
)
BAD_POLE = Sentence(
    "'{id}' will not do as a pole's id: letters, digits, '.', '_' and '-', at most 63, with a letter or a digit first",
    "'{id}' 不能作为杆的 id：请使用字母、数字、'.'、'_' 和 '-'，最多 63 个字符，以字母或数字开头",
)
BAD_NAME = Sentence(
    "'{name}' will not do as a name: lower-case letters, digits, '-' and '_', at most 63; the finds stay as they were",
    "'{name}' 不能作为名称：请使用小写字母、数字、'-' 和 '_'，最多 63 个字符；列表保持不变",
)
NAME_TWICE = Sentence(
    "the name '{name}' stands twice: give each find its own; the finds stay as they were",
    "名称 '{name}' 重复：请为每一项取不同名称；列表保持不变",
)
NO_FIND = Sentence(
    "there is no find '{number}': the finds are numbered 1 to {count}", "没有第 '{number}' 项：编号为 1 到 {count}"
)
OTHER_ID = Sentence(
    "by its settings this box is pole {there}, and the link is for {pole}: take the link of {there}, or put "
    "{file} aside ('sudo mv {file} {file}.old') to make it {pole}",
    "本机配置中的杆是 {there}，而链接属于 {pole}：请使用 {there} 的链接，或先移走 {file}"
    "（'sudo mv {file} {file}.old'）再改为 {pole}",
)
UPLINK_ELSEWHERE = Sentence(
    "[uplink] stands already in {place}: take that table out, since the platform gives these settings, then run the "
    "setup again; the claim has not been used",
    "{place} 中已有 [uplink]：该配置由平台提供，请删除该表后重新运行 setup；认领链接尚未使用",
)
BROKEN_SETTINGS = Sentence(
    "the settings that are there cannot be read: {problem}; correct that, or put the file aside, then run setup again",
    "现有配置无法读取：{problem}；请更正或移走该文件，然后重新运行 setup",
)
WOULD_NOT_HOLD = Sentence(
    "the new settings would not hold, so nothing was changed: {problem}", "新配置不成立，因此没有任何更改：{problem}"
)
STOPPED = Sentence(
    "stopped: no settings were changed; run the setup again, the same claim link is good for one hour after its use",
    "已停止：配置没有任何更改；请重新运行 setup，认领链接使用后一小时内仍有效",
)
STOPPED_LATE = Sentence(
    "stopped: the settings are written, the pole is not accepted yet; run the setup again",
    "已停止：配置已写入，灯杆尚未验收；请重新运行 setup",
)
NO_PORT = Sentence(
    "'{port}' is no serial port of this box: 'ls /dev/serial/by-id /dev/ttyS*' shows them; name one of these, or none "
    "for all, and begin again; nothing was changed",
    "'{port}' 不是本机的串口：'ls /dev/serial/by-id /dev/ttyS*' 可列出串口；请填写其中之一，或留空以扫描全部，"
    "然后重新开始；没有任何更改",
)
NOT_STARTED = Sentence(
    "the settings are written, but the agent does not start: {why}; 'journalctl -u poleagent -n 30' tells more, then "
    "run the setup again",
    "配置已写入，但程序无法启动：{why}；详情见 'journalctl -u poleagent -n 30'，然后重新运行 setup",
)
LITTLE_ROOM = Sentence(
    "only {free} MiB are free in {folder}, and the agent needs {least}: make room ('df -h'), then run the setup again; "
    "nothing was changed",
    "{folder} 只剩 {free} MiB，程序至少需要 {least} MiB：请清理磁盘（'df -h'），然后重新运行 setup；没有任何更改",
)
NO_COMMAND = Sentence("'{name}' is not there: {why}", "没有 '{name}'：{why}")
