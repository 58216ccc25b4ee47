"""What the page on the pole says outside of its own texts, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

# listen.py
CANNOT_LISTEN = Sentence(
    "[web] cannot listen at {address}, port {port}: {why}; is another 'poleagent web' running? Else set another [web] "
    "port, or an interface of this box",
    "[web] 无法在 {address} 端口 {port} 监听：{why}；是否已有另一个 'poleagent web' 在运行？否则请更换 [web] port，或"
    "使用本机的网络接口",
)
NO_SUCH_INTERFACE = Sentence(
    "[web] interface: {interface} is no network interface with an IPv4 address, and no address; there is {known}",
    "[web] interface：{interface} 不是带 IPv4 地址的网络接口，也不是地址；现有 {known}",
)

# run.py
OPEN_AT = Sentence("The page is open for {span}: {address}", "页面开放 {span}：{address}")
LOOPBACK = Sentence(
    "It is reached from this box alone. From a laptop: ssh -L {port}:localhost:{port} USER@POLE, then the address "
    "above. For a phone, set [web] interface.",
    "只能从本机访问。从笔记本电脑访问：先执行 ssh -L {port}:localhost:{port} USER@POLE，再打开以上地址。用手机访问请设"
    "置 [web] interface。",
)
OWN_CERTIFICATE = Sentence(
    "It shows the certificate of this pole; its SHA-256 fingerprint is", "页面使用本杆的证书，其 SHA-256 指纹为"
)
MADE_CERTIFICATE = Sentence(
    "It shows a certificate made for this run, which no browser knows; its SHA-256 fingerprint is",
    "页面使用本次生成的证书，浏览器不认识它；其 SHA-256 指纹为",
)
COMPARE = Sentence(
    "Before you go on past the browser's warning, have it show the certificate, and compare: another fingerprint means "
    "that somebody stands in between.",
    "忽略浏览器警告之前，请在浏览器中查看证书并比对：指纹不同说明有人在中间截获。",
)
CODE = Sentence("Log-in code, good for one log-in: {code}", "登录码，仅可登录一次：{code}")
NO_SETTINGS = Sentence(
    "the settings {file} cannot be read or are wrong, so the page is reached from this box alone; 'sudo poleagent "
    "check' says more",
    "配置 {file} 无法读取或有误，因此页面只能从本机访问；详情见 'sudo poleagent check'",
)
OVER = Sentence("The page is closed.", "页面已关闭。")

# app.py
WRONG_CODE = Sentence(
    "This is not the code. It stands on the terminal where 'poleagent web' runs.",
    "登录码不正确。它显示在运行 'poleagent web' 的终端上。",
)
TOO_MANY = Sentence(
    "Too many wrong codes: wait {seconds} s, then type the code again.", "错误次数过多：请等待 {seconds} 秒后重新输入。"
)
LOG_IN_FIRST = Sentence("Log in first.", "请先登录。")
NOT_FROM_HERE = Sentence("This request does not come from this page.", "该请求不是来自本页面。")
NOTHING_THERE = Sentence("There is nothing at this address.", "该地址没有内容。")
NOT_UNDERSTOOD = Sentence("This request is not understood: {why}", "无法理解该请求：{why}")
BUSY = Sentence("This is being done already; wait until it is over.", "该操作正在进行，请等待其结束。")
FAILED = Sentence(
    "This failed inside the page; the terminal of 'poleagent web' has the details.",
    "页面内部出错；详情见运行 'poleagent web' 的终端。",
)

# set_up.py, keeper.py
SETUP_NO_RIGHTS = Sentence(
    "this page may not write to {folder}, so it cannot set the pole up: run 'sudo poleagent web'",
    "本页面无权写入 {folder}，因此无法设置本杆：请运行 'sudo poleagent web'",
)
SETUP_DIED = Sentence(
    "the setup ended without a word; run it again, or 'sudo poleagent setup' on the terminal, which shows why",
    "设置程序意外结束；请重新运行，或在终端执行 'sudo poleagent setup' 查看原因",
)
KEEPER_GONE = Sentence(
    "the process that writes settings for this page is gone: end 'poleagent web' and start it again",
    "为本页面写入配置的进程已退出：请结束 'poleagent web' 并重新启动",
)
NOT_ASKED = Sentence("this question is not asked any more", "该问题已不再等待回答")

# aim.py
NO_CAMERA = Sentence("there is no camera {camera} in the settings", "配置中没有摄像机 {camera}")
RELEASED = Sentence(
    "camera {camera} stands in {file}, which is the maintainers': draw it there",
    "摄像机 {camera} 位于维护方文件 {file}：请在该文件中绘制",
)
OTHER_FORM = Sentence(
    "lines, zones or gauges of camera {camera} are not written as tables of their own, [camera.{camera}.zone.NAME]: "
    "change them in the file",
    "摄像机 {camera} 的计数线、区域或水尺不是单独的表 [camera.{camera}.zone.NAME]：请在文件中修改",
)
NOT_DRAWN = Sentence(
    "the settings hold a drawing that cannot be read ({why}); 'sudo poleagent check' says more",
    "配置中有无法读取的图形（{why}）；详情见 'sudo poleagent check'",
)
NOT_WRITTEN = Sentence(
    "the settings cannot be written: {why}; run 'sudo poleagent web'",
    "无法写入配置：{why}；请运行 'sudo poleagent web'",
)
MORE_THAN_DRAWN = Sentence(
    "nothing was written: {file} would change in more than lines, zones and gauges of cameras, and the page writes "
    "nothing else; change the rest in the file",
    "没有写入：{file} 将改动摄像机计数线、区域和水尺以外的内容，而本页面只写入这些；其余请在文件中修改",
)
NOTHING_TO_UNDO = Sentence("there is no change to take back", "没有可撤销的更改")
