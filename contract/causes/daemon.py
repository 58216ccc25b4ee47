"""The daemon, versions and updates, and the doctor itself."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "daemon.restarting",
        Rank.DAEMON,
        ("The agent ends again and again after its start.", "程序启动后反复退出。"),
        ("'journalctl -u poleagent -n 30' tells why it ends.", "'journalctl -u poleagent -n 30' 可显示退出原因。"),
    ),
    cause(
        "daemon.stopped",
        Rank.DAEMON,
        ("The agent is not running.", "程序未运行。"),
        ("'sudo systemctl start poleagent'.", "执行 'sudo systemctl start poleagent'。"),
    ),
    cause(
        "daemon.mute",
        Rank.DAEMON,
        ("The agent runs and does not answer.", "程序在运行但不应答。"),
        (
            "'sudo systemctl restart poleagent' if it stays so for a minute.",
            "若持续一分钟，请执行 'sudo systemctl restart poleagent'。",
        ),
    ),
    cause(
        "daemon.closed",
        Rank.DAEMON,
        ("This user may not ask the agent.", "当前用户无权询问程序。"),
        ("Run the doctor with sudo.", "请用 sudo 运行。"),
    ),
    cause(
        "daemon.stuck",
        Rank.DAEMON,
        ("A part of the agent has stopped.", "程序的一部分已停止。"),
        (
            "Wait a minute for the watchdog, then 'sudo systemctl restart poleagent'.",
            "等待看门狗一分钟，然后执行 'sudo systemctl restart poleagent'。",
        ),
    ),
    cause(
        "daemon.other",
        Rank.LATER,
        ("The agent reports something to look at.", "程序报告了需要处理的事项。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
    cause(
        "version.running",
        Rank.LATER,
        ("The agent that runs is of another version than the one installed.", "运行的程序版本与已安装的不同。"),
        ("'sudo systemctl restart poleagent'.", "执行 'sudo systemctl restart poleagent'。"),
    ),
    cause(
        "version.store",
        Rank.BOX,
        ("The database was made by a later version of the agent.", "数据库由更新版本的程序创建。"),
        ("Install that version again.", "重新安装该版本。"),
    ),
    cause(
        "version.library",
        Rank.DAEMON,
        ("A library has a version that the agent does not work with.", "某个库的版本与程序不兼容。"),
        ("Install the package poleagent again.", "重新安装 poleagent 软件包。"),
    ),
    cause(
        "update.failed",
        Rank.LATER,
        ("A release could not be taken.", "某个版本未能安装。"),
        ("Tell who made the release.", "通知发布者。"),
    ),
    cause(
        "update.taken_back",
        Rank.LATER,
        ("A release was taken back, since the pole did not run well with it.", "某个版本因运行不良已回退。"),
        ("Tell who made the release.", "通知发布者。"),
    ),
    cause(
        "doctor.unfinished",
        Rank.LATER,
        ("A check did not end in its time.", "某项检查未按时完成。"),
        ("Run the doctor again when the box is less busy.", "等主机空闲时再次运行。"),
    ),
    cause(
        "doctor.bug",
        Rank.LATER,
        ("A check failed by itself.", "某项检查自身出错。"),
        (
            "Send the output of 'poleagent doctor --bundle FILE' to the maintainers.",
            "将 'poleagent doctor --bundle FILE' 的结果发给维护者。",
        ),
    ),
)
