"""The box: supply, disk, clock, memory, heat; and the store on its disk."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "box.undervoltage",
        Rank.BOX,
        ("The supply voltage of the box is too low.", "主机供电电压过低。"),
        ("Check the power supply and its cable.", "检查电源及其电缆。"),
    ),
    cause(
        "box.hot",
        Rank.BOX,
        ("The box is too hot.", "主机温度过高。"),
        (
            "Check fan, vents and shade; look for what uses the processor ('top').",
            "检查风扇、通风和遮阳；用 'top' 查看占用处理器的程序。",
        ),
    ),
    cause(
        "box.memory",
        Rank.BOX,
        ("The box has hardly any memory left.", "主机内存即将耗尽。"),
        (
            "Find what uses it ('ps aux --sort -rss | head') and stop it.",
            "找出占用者（'ps aux --sort -rss | head'）并停止。",
        ),
    ),
    cause(
        "box.killed",
        Rank.LATER,
        ("The kernel has ended parts of the agent for want of memory.", "内核因内存不足终止过程序的进程。"),
        ("Give cameras a smaller stream, model or memory_mib.", "减小摄像机的码流、模型或 memory_mib。"),
    ),
    cause(
        "disk.full",
        Rank.BOX,
        ("The disk is full.", "磁盘已满。"),
        (
            "Delete what does not belong there ('sudo du -xh /var | sort -h | tail').",
            "删除无关文件（'sudo du -xh /var | sort -h | tail'）。",
        ),
    ),
    cause(
        "disk.inodes",
        Rank.BOX,
        ("The disk has no inodes left for new files.", "磁盘的 inode 已用尽。"),
        ("Delete small files that do not belong there ('df -i').", "删除无关的小文件（'df -i'）。"),
    ),
    cause(
        "disk.read_only",
        Rank.BOX,
        ("The disk is read-only.", "磁盘为只读。"),
        ("Reboot the pole; if it stays so, replace the card.", "重启灯杆；若仍如此，请更换存储卡。"),
    ),
    cause(
        "disk.slow",
        Rank.BOX,
        ("The disk is very slow.", "磁盘非常慢。"),
        ("Replace the card; it may be worn out.", "更换存储卡；可能已磨损。"),
    ),
    cause(
        "disk.error",
        Rank.BOX,
        ("The disk does not read or write.", "磁盘无法读写。"),
        ("Replace the card.", "更换存储卡。"),
    ),
    cause(
        "disk.folder",
        Rank.BOX,
        ("The folder of the database is missing.", "数据库目录不存在。"),
        ("Make it, and give it to the agent's user.", "创建该目录并交给程序的用户。"),
    ),
    cause(
        "disk.owner",
        Rank.BOX,
        ("The agent's user may not write where its database is.", "程序的用户无权写入数据库目录。"),
        (
            "Give it the folder and all that is in it ('sudo chown -R').",
            "将目录及其内容交给该用户（'sudo chown -R'）。",
        ),
    ),
    cause(
        "store.damaged",
        Rank.BOX,
        ("The database is damaged.", "数据库已损坏。"),
        (
            "Restart the agent: it sets the file aside and reads it out; if it comes again, replace the card.",
            "重启程序：它会隔离并读出该文件；若再次发生，请更换存储卡。",
        ),
    ),
    cause(
        "store.blocked",
        Rank.BOX,
        ("The store cannot write.", "存储无法写入。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
    cause(
        "store.full",
        Rank.PART,
        ("The store is full and deletes what is oldest.", "存储已满，正在删除最旧的数据。"),
        ("Get the link back.", "请恢复链路。"),
    ),
    cause(
        "clock.unset",
        Rank.BOX,
        ("The clock has never been set.", "时钟从未校准。"),
        (
            "Set it ('sudo timedatectl set-time'), and check its battery and NTP.",
            "校准时钟（'sudo timedatectl set-time'），并检查电池和 NTP。",
        ),
    ),
    cause(
        "clock.behind",
        Rank.BOX,
        ("The clock has fallen back.", "时钟倒退。"),
        (
            "Set it ('sudo timedatectl set-time'), and replace the clock's battery.",
            "校准时钟（'sudo timedatectl set-time'），并更换时钟电池。",
        ),
    ),
    cause(
        "clock.off",
        Rank.BOX,
        ("The clock is wrong.", "时钟不准。"),
        ("'timedatectl' shows who sets it; correct that.", "'timedatectl' 可显示时间来源；请修正。"),
    ),
    cause(
        "clock.unsynced",
        Rank.LATER,
        ("Nobody keeps the clock right.", "时钟未同步。"),
        (
            "Switch NTP on ('sudo timedatectl set-ntp true') and let UDP 123 pass.",
            "启用 NTP（'sudo timedatectl set-ntp true'）并放行 UDP 123。",
        ),
    ),
)
