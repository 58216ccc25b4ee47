"""Certificates and keys of the link."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "tls.broker_expired",
        Rank.PART,
        ("The broker's certificate has expired.", "服务器证书已过期。"),
        ("Have it renewed on the broker.", "在服务器上更换证书。"),
    ),
    cause(
        "tls.broker_not_yet",
        Rank.PART,
        ("The broker's certificate is not valid yet.", "服务器证书尚未生效。"),
        ("Check the clock of the pole, then that of who made the certificate.", "先检查灯杆时钟，再检查签发方的时钟。"),
    ),
    cause(
        "tls.broker_ca",
        Rank.PART,
        (
            "The broker's certificate is signed by another CA than the pole trusts.",
            "服务器证书由灯杆不信任的 CA 签发。",
        ),
        (
            "Put the CA of the broker into ca_file, or call the right broker.",
            "在 ca_file 中放入服务器的 CA，或连接正确的服务器。",
        ),
    ),
    cause(
        "tls.broker_name",
        Rank.PART,
        ("The broker's certificate is for another name.", "服务器证书的名称不符。"),
        ("Set [uplink.tls] server_name to the name in it.", "将 [uplink.tls] server_name 设为证书中的名称。"),
    ),
    cause(
        "tls.not_spoken",
        Rank.PART,
        ("This port does not speak TLS.", "此端口不支持 TLS。"),
        (
            "Set [uplink] port to the broker's TLS port, usually 8883.",
            "将 [uplink] port 设为服务器的 TLS 端口，通常为 8883。",
        ),
    ),
    cause(
        "tls.no_common",
        Rank.PART,
        ("Pole and broker have no version or cipher of TLS in common.", "灯杆与服务器没有共同的 TLS 版本或算法。"),
        ("Have the broker offer TLS 1.2 or later.", "请服务器启用 TLS 1.2 或更高版本。"),
    ),
    cause(
        "tls.ca_unusable",
        Rank.PART,
        ("The CA file cannot be used.", "CA 文件无法使用。"),
        ("Put the broker's CA as a PEM file there.", "在该处放入服务器 CA 的 PEM 文件。"),
    ),
    cause(
        "tls.ca_expired",
        Rank.PART,
        ("The CA that the pole trusts has expired.", "灯杆信任的 CA 已过期。"),
        ("Get the new CA file of the platform.", "向平台索取新的 CA 文件。"),
    ),
    cause(
        "tls.client_expired",
        Rank.PART,
        ("The pole's certificate has expired.", "灯杆证书已过期。"),
        (
            "Have it renewed, put the new files in place, then 'poleagent reload'.",
            "更换证书，放好新文件，然后执行 'poleagent reload'。",
        ),
    ),
    cause(
        "tls.client_not_yet",
        Rank.PART,
        ("The pole's certificate is not valid yet.", "灯杆证书尚未生效。"),
        ("Check the clock of the pole, then that of who made the certificate.", "先检查灯杆时钟，再检查签发方的时钟。"),
    ),
    cause(
        "tls.client_foreign",
        Rank.PART,
        ("The pole's certificate is not signed by the CA in ca_file.", "灯杆证书不是由 ca_file 中的 CA 签发。"),
        ("Use the certificate that this platform gave the pole.", "使用本平台签发给该灯杆的证书。"),
    ),
    cause(
        "tls.client_key",
        Rank.PART,
        ("The key is not that of the pole's certificate.", "私钥与灯杆证书不匹配。"),
        ("Copy the pair that fits.", "复制匹配的一对文件。"),
    ),
    cause(
        "tls.client_usage",
        Rank.PART,
        ("The pole's certificate may not be used by a client.", "灯杆证书不能用作客户端证书。"),
        ("Have it signed anew with extendedKeyUsage clientAuth.", "重新签发，带 extendedKeyUsage clientAuth。"),
    ),
    cause(
        "tls.client_unusable",
        Rank.PART,
        ("The pole's certificate or key cannot be used.", "灯杆证书或私钥无法使用。"),
        ("Put PEM files of certificate and key there.", "在该处放入证书和私钥的 PEM 文件。"),
    ),
    cause(
        "tls.client_wanted",
        Rank.PART,
        ("The broker wants a certificate of the pole.", "服务器要求灯杆提供证书。"),
        ("Set [uplink.tls] cert_file and key_file.", "设置 [uplink.tls] cert_file 和 key_file。"),
    ),
    cause(
        "tls.expiring",
        Rank.LATER,
        ("A certificate of the link expires soon.", "链路证书即将过期。"),
        ("Have it renewed before.", "请提前更换。"),
    ),
)
