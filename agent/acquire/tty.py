"""Opening a serial port, and telling in one sentence why that did not work."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import stat
import struct
import termios
from pathlib import Path

import serial

from agent.acquire import sentences as say
from agent.config.settings import LineSettings
from agent.errors import Retry

PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
STABLE_NAMES = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
SHOWN = 6
_TIOCGRS485, _TIOCSRS485 = 0x542E, 0x542F
_RS485_ENABLED, _RS485_RTS_ON_SEND = 1, 2


def character_s(settings: LineSettings) -> float:
    """How long one character takes on the line; 0 where there is no such thing (TCP, a recording)."""
    if (settings.tcp and not settings.rfc2217) or is_recording(settings.port or ""):
        return 0.0
    bits = 1 + settings.data_bits + (settings.parity != "none") + settings.stop_bits
    return bits / settings.baud


def is_recording(port: str) -> bool:
    """Whether the port is a plain file: recorded bytes instead of a device."""
    return Path(port).is_file()


def open_serial(settings: LineSettings) -> serial.Serial:
    """The port, raw, locked against a second agent, its stale input thrown away. Raises Retry.

    Read its ``fileno()``: without data a read says "would block", and ``b""`` means that the port is gone.
    """
    port = settings.port or ""
    try:
        opened = serial.Serial(
            port,
            baudrate=settings.baud,
            bytesize=settings.data_bits,
            parity=PARITY[settings.parity],
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except serial.SerialException as exc:
        raise Retry(_sentence(port, exc.errno)) from exc
    except (OSError, ValueError, termios.error) as exc:
        raise Retry(say.CHECK_SERIAL_PORT_KNOWS(port=port, exc=exc, baud=settings.baud)) from exc
    with contextlib.suppress(OSError, ValueError, NotImplementedError, AttributeError):
        opened.set_low_latency_mode(True)  # USB adapters else hold bytes back for 16 ms; others do not know it
    try:
        _distinguish_silence(opened.fileno())
        if settings.rs485:
            _switch_direction(opened.fileno())
    except termios.error as exc:
        opened.close()
        raise Retry(say.WENT_AWAY_WHILE_OPENED(port=port)) from exc
    except OSError as exc:
        opened.close()
        raise Retry(say.CANNOT_SWITCH_RS_DRIVER(port=port, strerror=exc.strerror)) from exc
    return opened


def _switch_direction(fd: int) -> None:
    """Driver on while sending, off else: struct serial_rs485 of linux/serial.h, with no delays. OSError if not so."""
    wanted = _RS485_ENABLED | _RS485_RTS_ON_SEND
    fcntl.ioctl(fd, _TIOCSRS485, struct.pack("8I", wanted, *[0] * 7))
    flags = struct.unpack_from("I", fcntl.ioctl(fd, _TIOCGRS485, bytes(32)))[0]
    if not flags & _RS485_ENABLED:  # some drivers take it and do nothing
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


def _distinguish_silence(fd: int) -> None:
    """VMIN = 1: pyserial's 0 makes a read of nothing look like a port that hung up."""
    attributes = termios.tcgetattr(fd)
    attributes[6][termios.VMIN] = 1
    attributes[6][termios.VTIME] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    termios.tcflush(fd, termios.TCIFLUSH)
    os.set_blocking(fd, False)


def _sentence(port: str, code: int | None) -> str:
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        names = ports_there()
        there = ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
        return say.NOT_THERE(port=port, there=there) if names else say.NO_PORTS(port=port)
    if code in {errno.EACCES, errno.EPERM}:
        return say.MAY_NOT_OPENED(port=port, what=_access(port))
    if code in {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}:
        return say.USE_ANOTHER_PROGRAM_ONLY(port=port)
    why = os.strerror(code) if code else say.CANNOT_OPENED()
    return say.CHECK_SERIAL_PORT(port=port, why=why)


def _access(port: str) -> str:
    """Who may open ``port``, and what to do for it."""
    user = os.environ.get("USER") or say.AGENTS_USER()
    try:
        status = Path(port).stat()
    except OSError:
        return say.CHECK_FOLDER_STANDS()
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    wanted = stat.S_IRGRP | stat.S_IWGRP
    if status.st_mode & wanted != wanted:
        return say.GROUP_MAY_NOT_READ(group=group)
    if status.st_gid in os.getgroups():
        return say.GROUP_RIGHT_SO_SOMETHING()
    return say.BELONGS_GROUP_ADD_SUDO(group=group, user=user)


def ports_there() -> list[str]:
    """Serial ports of this box, stable names first; a port that has one is not listed twice."""
    names = [entry for folder in STABLE_NAMES if folder.is_dir() for entry in sorted(folder.iterdir())]
    known = {entry.resolve() for entry in names}
    plain = [path for pattern in ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS[0-9]") for path in Path("/dev").glob(pattern)]
    return [str(name) for name in [*names, *sorted(path for path in plain if path not in known)]]
