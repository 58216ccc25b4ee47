"""The commented sample settings: every option with what it means, may be and is by default; made from the types.

A line that begins with ``# `` explains; one that begins with ``#`` alone is an option at its default or an example,
and does something once the ``#`` is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

import msgspec

from agent.api import Driver
from agent.config import sentences_sample as about
from agent.config.devices import polled
from agent.config.rows import OptionRow, rows, size, toml
from agent.config.scene import CameraSettings, CountingLine, EvidenceSettings, Gauge, Zone
from agent.config.settings import SECTIONS, DeviceSettings, LineSettings, ReportSettings, RuleSettings
from agent.spoken import spoken
from contract.words import Language

_RULE = {
    "text": {"en": "the cabinet is hot", "zh": "机柜过热"},
    "all": [{"quantity": "cabinet_temperature", "above": 65.0, "clear": 60.0, "for_s": 120.0}],
}
_CAMERA = {
    "source": "rtsp://viewer@192.168.1.64/stream1",
    "password_file": "/etc/poleagent/camera.password",
    "purpose": "counts vehicles, and reports water on the road",
    "signage": "at the pole, facing both directions",
    "score": 0.4,
    "frame_size": (1280, 720),
}
_PARTS: dict[str, tuple[type, dict[str, Any]]] = {
    "line.road": (CountingLine, {"a": (100, 500), "b": (1180, 500), "labels": ("vehicle",)}),
    "zone.kerb": (
        Zone,
        {
            "points": ((100, 500), (600, 500), (600, 700), (100, 700)),
            "labels": ("person", "vehicle"),
            "loiter_s": 120.0,
            "park_s": 180.0,
            "crowd": 10,
            "way": (0.0, 1.0),
        },
    ),
    "gauge.kerb": (Gauge, {"marks": ((640, 700, 0.0), (640, 400, 0.5))}),
    "evidence": (
        EvidenceSettings,
        {
            "purpose": "proof of wrong parking at this kerb",
            "keep_days": 7.0,
            "key_file": "/etc/poleagent/evidence.pem",
            "rules": ("parking",),
        },
    ),
}
"""Table of a camera -> its type, and what an example needs."""
_TREATMENT = ("report", "limits", "offsets")
_WIDTH: dict[Language, int] = {"en": 118, "zh": 60}
"""Characters of a comment; a Chinese one takes two columns."""
_PORT = "/dev/serial/by-id/usb-{}-port0"


def sample(drivers: Mapping[str, Driver], language: Language = "en") -> str:
    """The text of the sample; it loads as it is, and with every ``#`` of an option taken away."""
    return _Sample(language).text(drivers)


class _Sample:
    def __init__(self, language: Language) -> None:
        self._language = language

    def _say(self, text: str) -> str:
        return spoken(text, self._language)

    def text(self, drivers: Mapping[str, Driver]) -> str:
        lines = [f"# {self._say(line())}" for line in about.HEAD]
        for name, kind in SECTIONS.items():
            lines += ["", *self._about(kind), *self._table(f"[{name}]", rows(kind), active=name == "pole")]
        lines += ["", *self._about(LineSettings)]
        network = [row for row in rows(LineSettings) if row.name in {"tcp", "rfc2217"}]
        serial = [row for row in rows(LineSettings) if row not in network]
        lines += self._table("[line.a]", serial, {"port": _PORT.format("a")})
        lines += ["", *self._table("[line.gateway]", network)]
        lines += ["", *self._about(DeviceSettings)]
        ordered = sorted(drivers.values(), key=lambda driver: (driver.every_s is None, driver.name))
        for index, driver in enumerate(ordered):
            lines += ["", *self._device(driver, common=index == 0)]
        lines += ["", *self._about(CameraSettings), *self._table("[camera.gate]", self._own(CameraSettings), _CAMERA)]
        parts = {row.name: row.about for row in rows(CameraSettings)}
        for name, (kind, values) in _PARTS.items():
            lines += [
                "",
                *self._comment(self._say(parts[name.partition(".")[0]])),
                *self._about(kind),
                *self._table(f"[camera.gate.{name}]", rows(kind), values),
            ]
        lines += ["", *self._about(RuleSettings), *self._table("[rule.cabinet_hot]", rows(RuleSettings), _RULE)]
        return "\n".join(lines) + "\n"

    @staticmethod
    def _own(kind: type) -> list[OptionRow]:
        """The options of a camera that are no tables of their own."""
        tables = {name.partition(".")[0] for name in _PARTS}
        return [row for row in rows(kind) if row.name not in tables]

    def _about(self, kind: type) -> list[str]:
        text = " ".join((kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        return self._comment(self._say(text))

    def _table(
        self, head: str, table: Iterable[OptionRow], values: Mapping[str, Any] | None = None, *, active: bool = False
    ) -> list[str]:
        """One table: what is required stands there where it is ``active``; all else has a ``#``."""
        lines = [head if active else f"#{head}"]
        later: list[str] = []
        values = values or {}
        for row in table:
            if row.table is not None and not row.many:
                inner = f"{head.rstrip(']')}.{row.name}]"
                later += [
                    "",
                    *self._comment(f"{row.name}: {self._say(row.about)}"),
                    *self._table(inner, rows(row.table)),
                ]
                continue
            value = values.get(row.name, row.example if row.default in (None, ()) else row.default)
            lines += self._comment(self._explained(row))
            if row.many and row.table is not None:
                for item in rows(row.table):
                    lines += self._comment(f"{item.name}: {self._explained(item)}", indent="  ")
            comment = f"  # {size(row)}" if size(row) and row.name not in values else ""
            sign = "" if active and row.required else "#"
            if value is not None:
                lines.append(f"{sign}{row.name} = {toml(value)}{comment}")
        return lines + later

    def _explained(self, row: OptionRow) -> str:
        kind = row.kind if not row.kind.startswith("a table") else ""
        extra = [self._say(part) for part in (kind, about.REQUIRED() if row.required else "") if part]
        return (
            about.WITH.said(
                self._language, about=self._say(row.about), extra=about.JOINT.said(self._language).join(extra)
            )
            if extra
            else self._say(row.about)
        )

    def _comment(self, text: str, indent: str = "") -> list[str]:
        lines = wrap(
            text, _WIDTH[self._language], initial_indent=indent, subsequent_indent=2 * indent, break_on_hyphens=False
        )
        return [f"# {line}" for line in lines]

    def _device(self, driver: Driver, *, common: bool) -> list[str]:
        """A device of this driver on a line of its own; ``common`` shows the options of every device too."""
        name = driver.name.replace(".", "-")
        options: Any = {"driver": driver.name, "line": name}
        tcp = driver.name.endswith("_tcp")  # by custom the name of a driver that speaks over TCP alone
        end = '#tcp = "192.168.1.8:502"' if tcp else f"#port = {toml(_PORT.format(name))}"
        lines = [f"#[line.{name}]", end, *self._comment(f"{driver.name}: {self._say(driver.summary)}")]
        own = rows(driver.options)
        if driver.every_s is None and polled(driver, name, msgspec.convert(driver.sample, driver.options)):
            options["every_s"] = 10.0
        if not common:
            head = [f"#{key} = {toml(value)}" for key, value in options.items()]
            return [*lines, f"#[device.{name}]", *head, *self._table("", own, driver.sample)[1:]]
        if driver.every_s is not None:
            options["every_s"] = driver.every_s
        shown = [row for row in rows(DeviceSettings) if row.name not in _TREATMENT]
        lines += self._table(f"[device.{name}]", [*shown, *own], {**options, **driver.sample})
        return lines + self._treatment(driver, name)

    def _treatment(self, driver: Driver, name: str) -> list[str]:
        """What may be set for a device's quantities, shown on the first one."""
        quantity = driver.quantities(msgspec.convert(driver.sample, driver.options))[0].name
        options = {row.name: row.about for row in rows(DeviceSettings)}
        report = rows(ReportSettings)
        return [
            "",
            *self._comment(self._say(options["report"])),
            *self._table(f"[device.{name}.report]", report[:1]),
            *self._table(f"[device.{name}.report.{quantity}]", report[1:2]),
            *self._comment(self._say(options["limits"])),
            f"#[device.{name}.limits]",
            f"#{quantity} = [-40.0, 60.0]",
            *self._comment(self._say(options["offsets"])),
            f"#[device.{name}.offsets]",
            f"#{quantity} = 0.0",
        ]
