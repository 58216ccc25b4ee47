"""What ``poleagent doctor`` says and its help, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

BUNDLE_WRITTEN = Sentence(
    "{file} is written; it has no password, no key and no frame", "{file} 已写入；其中没有密码、密钥和画面"
)
CODE_OF_CAUSES = Sentence(
    "causes in this code: {count}; 'polefleet diagnosis' reads its text",
    "此二维码中的原因数：{count}；可用 'polefleet diagnosis' 读取其文本",
)

WHAT_IS_WRONG_POLE = Sentence("find out what is wrong with this pole", "找出此灯杆的问题")
LOOKS_AT_EACH_PART = Sentence(
    "Looks at settings, lines, devices, link, certificates, disk, clock, box, cameras, models and versions, with the "
    "agent running or not, and names the causes of trouble, the first one first, each with what proves it and one "
    "thing to do. It takes 20 seconds at most, disturbs no running agent and exits with 1 where something is wrong. "
    "Run it with sudo.",
    "检查配置、线路、设备、链路、证书、磁盘、时钟、主机、摄像机、模型和版本，无论程序是否运行，并按先后列出故障原因、"
    "依据和一项处理方法。最多 20 秒，不影响运行中的程序；发现问题时退出码为 1。请用 sudo 运行。",
)
DIAGNOSIS_MACHINES = Sentence("the diagnosis as one JSON object", "以一个 JSON 对象输出诊断")
REPEATS_WHAT_FAILED = Sentence(
    "look again at what failed every 2 seconds, until all is well or Ctrl-C",
    "每 2 秒重查未通过的项目，直到全部正常或按 Ctrl-C",
)
SHOWS_QR_CODE = Sentence(
    "show the diagnosis as a QR code of at most 1 KB, for a place without network",
    "以不超过 1 KB 的二维码显示诊断，用于没有网络的地方",
)
WRITES_BUNDLE = Sentence(
    "write a zip file for an expert as well: diagnosis, settings without secrets, status, last log lines, heads of "
    "events; no frame",
    "另写入供专家使用的 zip 文件：诊断、去除机密的配置、状态、最近日志、事件摘要；不含画面",
)
