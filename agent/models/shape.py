"""``python -m agent.models.shape FILE``: the shape of a model's input as JSON; exit code 78: it cannot be loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.errors import ConfigError


def main() -> int:
    from agent.models.interpreter import Interpreter  # noqa: PLC0415 - numpy and LiteRT live in this process only

    try:
        print(msgspec.json.encode(Interpreter(Path(sys.argv[1])).input.shape).decode())  # noqa: T201 - a process
    except ConfigError as reason:
        print(reason)  # noqa: T201
        return reason.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
