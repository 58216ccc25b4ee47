"""Runs a TFLite model in a process of its own: ``python -m agent.analysis.worker FOLDER``.

Frames on stdin and stdout: four bytes of length, then MessagePack. A request is a list of windows, the answer a list
with as many rows: what the model could not say again of each quantity at the last step, in standard deviations. The end
of stdin ends the process. NumPy and LiteRT (25 MB) live here and never in the daemon.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from agent.errors import ConfigError
from agent.models.describe import describe

LARGEST = 8 << 20
_LENGTH = struct.Struct(">I")


def frame(value: object) -> bytes:
    data = msgspec.msgpack.encode(value)
    return _LENGTH.pack(len(data)) + data


def read_frame(stream: BinaryIO) -> Any:
    """The next value; None at the end of the stream, ValueError for a length that cannot be."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        raise ValueError(f"a frame of {length} bytes")
    return msgspec.msgpack.decode(stream.read(length))


class SeriesModel:
    """A loaded model; ``residuals`` of windows, one row each."""

    def __init__(self, folder: Path) -> None:
        """ConfigError: it cannot be used, or no runtime is installed."""
        described = describe(folder, ("series",))
        from agent.models.interpreter import Interpreter  # noqa: PLC0415 - numpy and LiteRT live in this process only

        self._count = len(described.series.quantities)
        self._net = Interpreter(described.path)
        self._net.prove()

    def residuals(self, windows: list[list[float]]) -> list[list[float]]:
        import numpy as np  # noqa: PLC0415 - only in this process

        out = []
        for window in windows:
            row = np.asarray(window, dtype=np.float32)
            again = self._net.run(self._net.quantise(row)[None])[0][0]
            out.append([float(one) for one in (row[:-2] - again)[-self._count :]])
        return out


def main(arguments: list[str]) -> int:
    try:
        model = SeriesModel(Path(arguments[0]))
    except ConfigError as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - this is a process
        return 78
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while (windows := read_frame(source)) is not None:
        sink.write(frame(model.residuals(windows)))
        sink.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
