"""The settings file of one plan, and the files that it names."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from agent.acquire.registry import find_drivers
from agent.config.sample import sample
from tests.doctor.certs import City
from tests.doctor.plan import Plan


def write_settings(plan: Plan, folder: Path, city: City, ports: dict[str, str], port: int) -> Path:
    etc = folder / "etc"
    table: dict[str, Any] = {
        "pole": plan.table["pole"],
        "store": {
            "path": f"{folder}/state/pole.db",
            "max_bytes": 4 << 20,
            "ring_bytes": 1 << 20,
            "delivered_bytes": 1 << 20,
        },
        "local": {"socket": f"{folder}/run/s"},
        "clock": {},
        "uplink": _uplink(plan, etc, city, port),
        "line": {},
        "device": {},
    }
    for name, wire in plan.wires.items():
        table["line"][name] = {"tcp": ports[name], "rfc2217": True} if wire.server else {"port": ports[name]}
        table["device"] |= _devices(plan, name)
    if plan.table.get("model"):
        table["camera"] = {
            "gate": {
                "source": f"rtsp://127.0.0.1:{ports['camera']}/x",
                "model": f"{folder}/model",
                "purpose": "counts traffic for the city",
                "signage": "at the pole, since 2026-11-01",
            }
        }
    text = sample(find_drivers()) if plan.table.get("sample") else toml(table)
    settings = etc / "poleagent.toml"
    if plan.settings_there:
        settings.write_text(plan.text(text) if plan.text else text, encoding="utf-8")
        settings.chmod(plan.settings_mode)
    for file in etc.glob("*"):
        if file != settings:
            file.chmod(0o640)
        if file != settings or plan.settings_mode != 0o600:
            os.chown(file, plan.disk.owner, 0)
    return settings


def _uplink(plan: Plan, etc: Path, city: City, port: int) -> dict[str, Any]:
    uplink: dict[str, Any] = {"host": "127.0.0.1", "port": port, "plain_text": not plan.broker.tls or None}
    if plan.broker.tls:
        shutil.copy(city.no_ca if plan.client == "no ca" else city.ca, etc / "ca.pem")
        uplink["tls"] = {"ca_file": f"{etc}/ca.pem"}
        if plan.client != "none":
            cert, key = city.client.get(plan.client, city.client["good"])
            shutil.copy(cert, etc / "pole.pem")
            shutil.copy(key, etc / "pole.key")
            uplink["tls"] |= {"cert_file": f"{etc}/pole.pem", "key_file": f"{etc}/pole.key"}
    more = dict(plan.table.get("uplink", {}))
    if more.get("tls"):
        shutil.copy(city.ca, etc / "ca.pem")
        more["tls"] = {"ca_file": f"{etc}/ca.pem"}
    if more.get("password_file"):
        (etc / "password").write_text(more["password_file"] + "\n", encoding="utf-8")
        more["password_file"] = f"{etc}/password"
    return uplink | more


def _devices(plan: Plan, line: str) -> dict[str, Any]:
    units = plan.table.get("units", {}).get(line, plan.wires[line].units)
    if plan.table.get("swapped"):
        units = plan.wires["b" if line == "a" else "a"].units
    return {
        f"{line}{unit}": {
            "driver": "modbus_rtu",
            "line": line,
            "unit": unit,
            "every_s": plan.table.get("every_s", {}).get(line, 1.0),
            "registers": [{"address": number, "quantity": f"count_{number}"} for number in range(2)],
        }
        for unit in units
    }


def toml(table: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """Tables of tables, lists of small tables inline; what is None is left out."""
    plain = {name: value for name, value in table.items() if not isinstance(value, dict) and value is not None}
    text = f"[{'.'.join(path)}]\n" if path else ""
    text += "".join(f"{name} = {_value(value)}\n" for name, value in plain.items())
    return text + "".join(toml(value, (*path, name)) for name, value in table.items() if isinstance(value, dict))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
