"""What a broker says that can be reached."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "mqtt.password",
        Rank.PART,
        ("The broker refuses the user name or password.", "服务器拒绝用户名或密码。"),
        (
            "Correct [uplink] username and the file of password_file.",
            "修正 [uplink] username 和 password_file 的文件。",
        ),
    ),
    cause(
        "mqtt.not_authorised",
        Rank.PART,
        ("The broker does not let this pole in.", "服务器不允许此灯杆登录。"),
        ("Have the pole registered with the broker.", "在服务器上登记此灯杆。"),
    ),
    cause(
        "mqtt.id_refused",
        Rank.PART,
        ("The broker refuses the client id.", "服务器拒绝客户端 ID。"),
        ("Set [uplink] client_id as the broker wants it.", "按服务器要求设置 [uplink] client_id。"),
    ),
    cause(
        "mqtt.id_twice",
        Rank.PART,
        ("Another box uses the id of this pole.", "另一台设备使用了此灯杆的 ID。"),
        ("Find it (a copied card?) and give it an id of its own.", "找到该设备（复制的存储卡？）并改用自己的 ID。"),
    ),
    cause(
        "mqtt.unavailable",
        Rank.PART,
        ("The broker says that it is busy or unavailable.", "服务器报告繁忙或不可用。"),
        ("Tell who runs the broker.", "通知服务器管理员。"),
    ),
    cause(
        "mqtt.banned",
        Rank.PART,
        ("The broker has banned this pole.", "服务器已封禁此灯杆。"),
        ("Ask who runs the broker why.", "向服务器管理员询问原因。"),
    ),
    cause(
        "mqtt.quota",
        Rank.PART,
        ("The broker says that the pole's quota is used up.", "服务器报告灯杆的配额已用完。"),
        ("Have the quota raised.", "请提高配额。"),
    ),
    cause(
        "mqtt.topics",
        Rank.PART,
        ("The broker forbids the pole's topics.", "服务器禁止灯杆使用其主题。"),
        (
            "Correct [uplink] prefix, or the broker's access rules for this pole.",
            "修正 [uplink] prefix 或服务器上此灯杆的访问规则。",
        ),
    ),
    cause(
        "mqtt.silent",
        Rank.PART,
        ("What takes the connection does not speak MQTT.", "对端接受连接但不应答 MQTT。"),
        ("Check [uplink] host and port.", "检查 [uplink] host 和 port。"),
    ),
    cause(
        "mqtt.version",
        Rank.PART,
        ("The broker does not speak this version of MQTT.", "服务器不支持此 MQTT 版本。"),
        ('Set [uplink] protocol = "auto".', '设置 [uplink] protocol = "auto"。'),
    ),
    cause(
        "mqtt.closed",
        Rank.PART,
        ("The broker closes the connection without an answer.", "服务器不应答就关闭连接。"),
        ("Check the client certificate and the version of MQTT.", "检查客户端证书和 MQTT 版本。"),
    ),
    cause(
        "mqtt.nobody",
        Rank.PART,
        ("Nobody is subscribed to what the pole sends.", "没有人订阅灯杆发送的内容。"),
        ("Have the platform started; check [uplink] prefix.", "启动平台；检查 [uplink] prefix。"),
    ),
)
