"""Runs a TFLite model in a process of its own: ``python -m agent.analysis.worker FOLDER``.

Frames on stdin and stdout: four bytes of length, then MessagePack. A request is a list of windows, the answer a list
with as many rows: what the model could not say again of each quantity at the last step, in standard deviations. The end
of stdin ends the process. NumPy and LiteRT (25 MB) live here and never in the daemon.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from agent.analysis.windows import ModelSettings
from agent.errors import ConfigError

LARGEST = 8 << 20
_LENGTH = struct.Struct(">I")


def model_settings(folder: Path) -> ModelSettings:
    """What ``model.toml`` says; ConfigError where it, or the model itself, is not what it should be."""
    try:
        text = (folder / "model.toml").read_text(encoding="utf-8")
        model = msgspec.convert(tomllib.loads(text), ModelSettings)
        digest = hashlib.sha256((folder / "model.tflite").read_bytes()).hexdigest()
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"the model in {folder} cannot be used: {error}") from error
    if digest != model.sha256:
        raise ConfigError(f"the model in {folder} is damaged: its checksum is another than model.toml says")
    if not model.window > 0 < model.step_s or not len(model.quantities) == len(model.mean) == len(model.std) > 0:
        raise ConfigError(f"{folder}/model.toml: quantities, mean and std must be as many, window and step_s above 0")
    return model


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


class Model:
    """A loaded model; ``residuals`` of windows, one row each."""

    def __init__(self, folder: Path) -> None:
        self._model = model_settings(folder)
        self._interpreter = _interpreter(folder / "model.tflite")
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    def residuals(self, windows: list[list[float]]) -> list[list[float]]:
        import numpy as np  # noqa: PLC0415 - only in this process

        scale_in, zero_in = self._input["quantization"]
        scale_out, zero_out = self._output["quantization"]
        count = len(self._model.quantities)
        out = []
        for window in windows:
            row = np.asarray(window, dtype=np.float32)
            whole = np.clip(np.round(row / scale_in + zero_in), -128, 127).astype(np.int8)
            self._interpreter.set_tensor(self._input["index"], whole[None])
            self._interpreter.invoke()
            again = (self._interpreter.get_tensor(self._output["index"])[0].astype(np.float32) - zero_out) * scale_out
            out.append([float(one) for one in (row[:-2] - again)[-count:]])
        return out


def _interpreter(path: Path) -> Any:
    """LiteRT, or its predecessor on boards that have no wheel of it."""
    try:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - only in this process
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter  # noqa: PLC0415 - as above
        except ImportError as error:
            raise ConfigError("models need LiteRT: pip install 'poleagent[models]'") from error
    return Interpreter(model_path=str(path), num_threads=1)


def main(arguments: list[str]) -> int:
    try:
        model = Model(Path(arguments[0]))
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
