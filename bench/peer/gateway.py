"""The peer: ThingsBoard IoT Gateway 3.8.5 from PyPI in a virtual environment of its own, at its best settings.

What is set, and why it is fair:
- one ``timeseries`` row over the whole range with ``maxRegistersPerRequest`` = the range: one Modbus request a poll,
  as ours makes (its default of 16, or one row a register, costs it several times as much);
- no rate limits, larger packs than its defaults (64 KB), QoS 1;
- SQLite storage with its default batch sizes; statistics, remote configuration and shell off; logs of errors only;
- a broker on the loopback that answers at once; its request for session limits is answered as its platform would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.peer.profiles import Line

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = "3.8.5"
LOCK = "thingsboard"
"""Of ``requirements/``: the gateway, and what it would install by itself at its first start."""

NO_LIMIT = "0:0,"
_LIMITS = ("rateLimits", "dpRateLimits", "messagesRateLimits", "deviceMessagesRateLimits", "deviceRateLimits")


def install(folder: Path) -> Path:
    """The gateway's Python; made once, kept in ``folder``."""
    python = folder / f"thingsboard-gateway-{VERSION}" / "bin" / "python"
    done = python.parent.parent / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run([ROOT / "requirements" / "install", python, LOCK], check=True, env=environment)
        done.touch()
    return python


def configure(folder: Path, line: Line) -> dict[str, str]:
    """Write its settings into ``folder``; the environment to start it with."""
    config = folder / "config"
    config.mkdir(parents=True)
    (folder / "logs").mkdir()
    gateway = {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": line.broker,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False, "statsSendPeriodInSeconds": 86400},
            "deviceFiltering": {"enable": False, "filterFile": "list.json"},
            "maxPayloadSizeBytes": 65536,
            "minPackSendDelayMS": 50,
            "minPackSizeToSend": 500,
            "checkConnectorsConfigurationInSeconds": 86400,
            "handleDeviceRenaming": False,
            "security": {"type": "accessToken", "accessToken": "peer"},
            "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            "checkingDeviceActivity": {"checkDeviceInactivity": False},
            **dict.fromkeys((*_LIMITS, "deviceDpRateLimits"), NO_LIMIT),
        },
        "storage": {"type": "sqlite", "data_file_path": f"{folder}/data/"},
        "grpc": {"enabled": False},
        "connectors": [{"type": "modbus", "name": "modbus", "configuration": "modbus.json"}],
    }
    (folder / "data").mkdir()
    (config / "tb_gateway.json").write_text(json.dumps(gateway))
    (config / "modbus.json").write_text(json.dumps(_modbus(line)))
    (config / "connected_devices.json").write_text("{}")
    (config / "list.json").write_text("{}")
    (config / "logs.json").write_text(json.dumps(_LOGS))
    return {"TB_GW_CONFIG_DIR": str(config)}


def _modbus(line: Line) -> dict[str, object]:
    # idle: without any device it spins at a sixth of a core, so it gets one that it never polls again
    registers, every_s = (line.registers, line.every_s) if line.registers else (1, 86400.0)
    host, _, port = line.place.rpartition(":")
    where: dict[str, object] = (
        {"type": "tcp", "method": "socket", "host": host, "port": int(port)}
        if host
        else {
            "type": "serial",
            "method": "rtu",
            "port": line.place,
            "baudrate": 115200,
            "stopbits": 1,
            "bytesize": 8,
            "parity": "N",
        }
    )
    slave = {
        **where,
        "timeout": 1,
        "retries": 1,
        "byteOrder": "BIG",
        "wordOrder": "BIG",
        "pollPeriod": round(every_s * 1000),
        "unitId": 1,
        "deviceName": "numbered",
        "deviceType": "default",
        "attributes": [],
        "timeseries": [
            {
                "tag": "r${address}",
                "type": "16uint",
                "functionCode": 3,
                "objectsCount": 1,
                "address": f"0-{registers - 1}",
                "maxRegistersPerRequest": registers,
            }
        ],
        "attributeUpdates": [],
        "rpc": [],
    }
    return {"master": {"slaves": [slave]}, "logLevel": "ERROR"}


_NAMES = ("database", "service", "connector", "converter", "tb_connection", "storage", "extension")
_LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR", "stream": "ext://sys.stderr"}},
    "loggers": {name: {"handlers": ["console"], "level": "ERROR", "propagate": False} for name in _NAMES},
    "root": {"handlers": ["console"], "level": "ERROR"},
}
