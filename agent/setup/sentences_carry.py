"""What carrying says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# carry.py
NO_STICK = Sentence(
    "{stick} is no folder: mount the stick and name its folder", "{stick} 不是目录：请挂载 U 盘并指定其目录"
)
NOT_PREPARED = Sentence(
    "{stick} was not prepared by a platform: write its key on it first: polefleet carry out {stick}",
    "{stick} 尚未由平台准备：请先在平台上写入密钥：polefleet carry out {stick}",
)
FOREIGN_STICK = Sentence(
    "{stick} was prepared by another platform than the one of this pole: nothing was written",
    "{stick} 由其他平台准备，不是本杆所属平台：未写入任何内容",
)
STICK_NOT_READ = Sentence(
    "{stick} cannot be read: {why}; plug the stick in again", "无法读取 {stick}：{why}；请重新插入 U 盘"
)
STICK_FULL = Sentence(
    "the stick is full: {events} events are on it, others stay on the pole; carry it to the platform, then come again",
    "U 盘已满：已写入 {events} 条事件，其余仍在本杆上；请先送到平台，再来一次",
)
STICK_LOST = Sentence(
    "{stick} cannot be written: {why}; {events} events are on it, all are still on the pole: run the command again",
    "无法写入 {stick}：{why}；已写入 {events} 条事件，所有事件仍在本杆上：请重新执行该命令",
)
NO_OPENSSL = Sentence(
    "the openssl program is missing: sudo apt install openssl", "缺少 openssl 程序：sudo apt install openssl"
)
NOT_CLOSED = Sentence("the events cannot be encrypted: {why}", "无法加密事件：{why}")
MARKS_TOO_LONG = Sentence(
    "{file} on the stick is no confirmation of a platform: it is too long",
    "U 盘上的 {file} 不是平台的确认信息：文件过大",
)
