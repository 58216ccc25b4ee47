"""``python -m bench.peer``: the table of ours next to the peer's; see bench/README.md."""

from __future__ import annotations

import argparse
import asyncio
import sys

import msgspec

from bench.peer.profiles import PROFILES, RAW, Figure, figures
from bench.peer.run import measure
from bench.peer.start import bare_imports, first_stored


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peer", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="measured of each profile, after warm-up")
    parser.add_argument("--profile", choices=[*PROFILES, "all"], default="all")
    parser.add_argument("--tcp", action="store_true", help="Modbus TCP instead of RTU on a pty")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    names = list(PROFILES) if chosen.profile == "all" else [chosen.profile]
    rows: list[Figure] = []
    sides = {}
    for name in names:
        sides[name] = asyncio.run(measure(PROFILES[name], chosen.seconds, tcp=chosen.tcp))
        if name == "pole":
            stored, imports = first_stored(PROFILES[name]), bare_imports()
            sides[name][RAW] = msgspec.structs.replace(sides[name][RAW], first_stored_s=stored, imports_s=imports)
        found = figures(PROFILES[name], sides[name])
        rows += found
        if not chosen.json:
            _print(name, found)
    if chosen.json:
        print(msgspec.json.encode({"sides": sides, "figures": rows}).decode())
    return 0 if all(row.holds is not False for row in rows) else 1


def _print(name: str, rows: list[Figure]) -> None:
    print(f"\n{name:50} {'ours':>10} {'peer':>10} {'ratio':>8}  target")
    for row in rows:
        verdict = {None: "", True: "holds", False: "MISSED"}[row.holds]
        print(f"{row.text:50} {_n(row.ours):>10} {_n(row.peers):>10} {_n(row.ratio):>8}  {row.target:15} {verdict}")
    sys.stdout.flush()


def _n(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main())
