"""What the doctor says besides the causes, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# page.py
HEAD = Sentence(
    "pole {pole}, {at}, version {version}: {count} checks in {seconds:.1f} s",
    "灯杆 {pole}，{at}，版本 {version}：{count} 项检查用时 {seconds:.1f} 秒",
)
WELL = Sentence("{count} checks found nothing wrong.", "{count} 项检查均未发现问题。")
MORE_CAUSES = Sentence("{count} more causes are left out.", "另有 {count} 个原因未列出。")
NOT_LOOKED = Sentence("not looked at: {name}: {why}", "未检查：{name}：{why}")
SEEN = Sentence("seen: {reading}", "检测到：{reading}")

# bundle.py
NO_BUNDLE = Sentence("{file} cannot be written: {why}; name a new file", "无法写入 {file}：{why}；请指定新文件")
