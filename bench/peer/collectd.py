"""The anchor in C: collectd with its plug-ins modbus and mqtt from apt. It polls and publishes, and stores nothing.

Each register is a request of its own, since the plug-in joins none, and each reading a message of its own, with QoS 1.
Logs, statistics of its own and every other plug-in are off.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.peer.profiles import Line

PROGRAM = shutil.which("collectd") or shutil.which("collectd", path="/usr/sbin")
INSTALL = "apt-get install --no-install-recommends collectd-core libmodbus5 libmosquitto1"
SETTINGS = """\
Hostname "pole"
FQDNLookup false
BaseDir "{folder}"
PIDFile "{folder}/pid"
TypesDB "/usr/share/collectd/types.db"
Interval {every_s}
LoadPlugin modbus
LoadPlugin mqtt
<Plugin modbus>
{registers}<Host "numbered">
{place}
<Slave 1>
Instance "s"
{collected}</Slave>
</Host>
</Plugin>
<Plugin mqtt>
<Publish "peer">
Host "127.0.0.1"
Port {broker}
ClientId "collectd"
Prefix "collectd"
QoS 1
</Publish>
</Plugin>
"""
REGISTER = """\
<Data "{name}">
RegisterBase {address}
RegisterType uint16
RegisterCmd ReadHolding
Type gauge
Instance "{name}"
</Data>
"""


def command(folder: Path, line: Line) -> list[str]:
    """Write its settings into ``folder``; how it is started. ``PROGRAM`` must be there."""
    assert PROGRAM is not None
    host, _, port = line.place.rpartition(":")
    place = f'Address "{host}"\nPort {port}' if host else f'Device "{line.place}"\nBaudrate 115200'
    names = [f"r{address}" for address in range(line.registers)]
    file = folder / "collectd.conf"
    file.write_text(
        SETTINGS.format(
            folder=folder,
            every_s=line.every_s,
            broker=line.broker,
            place=place,
            registers="".join(REGISTER.format(name=name, address=address) for address, name in enumerate(names)),
            collected="".join(f'Collect "{name}"\n' for name in names),
        ),
        encoding="utf-8",
    )
    return [PROGRAM, "-f", "-C", str(file)]
