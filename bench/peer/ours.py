"""Our side's settings: everything as it comes, but for ``mode``."""

from __future__ import annotations

from pathlib import Path

from bench.peer.profiles import Line


def configure(folder: Path, line: Line, *, name: str, mode: str) -> Path:
    """Write the settings file; ``name`` is the pole's id. ``raw`` delivers every reading, ``window`` is the default."""
    file = folder / "poleagent.toml"
    port = f'tcp = "{line.place}"' if ":" in line.place else f'port = "{line.place}"\nbaud = 115200'
    driver = "modbus_tcp" if ":" in line.place else "modbus_rtu"
    rows = "".join(f'  {{ address = {i}, quantity = "r{i}", unit = "1" }},\n' for i in range(line.registers))
    device = f'[device.numbered]\ndriver = "{driver}"\nline = "a"\nevery_s = {line.every_s}\nregisters = [\n{rows}]\n'
    file.write_text(
        f'[pole]\nid = "{name}"\n'
        f'[store]\npath = "{folder}/pole.db"\n'
        f'[uplink]\nhost = "127.0.0.1"\nport = {line.broker}\nplain_text = true\n'
        f'[report]\nmode = "{mode}"\n'
        f'[local]\nsocket = "{folder}/control.sock"\n'
        f"[line.a]\n{port}\n" + (device if line.registers else ""),
        encoding="utf-8",
    )
    return file
