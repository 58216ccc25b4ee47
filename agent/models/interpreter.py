"""The one place that knows which LiteRT runtime is installed, and turns numbers into tensors and back."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.errors import ConfigError
from agent.models import sentences as say
from agent.models.needs import HOW

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""In order of preference; the second is the older package, all there is for 32-bit ARM."""


class Tensor(NamedTuple):
    """One input or output: ``scale`` 0 means that its numbers are what they say."""

    at: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero: int


class Interpreter:
    """A loaded model: ``run(input)`` returns its outputs as float32, in the model's own order."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """ConfigError: no runtime is installed, or the file is no model that it can load."""
        runtime = _runtime()
        self._path = path
        try:
            self._model = runtime.Interpreter(model_path=str(path), num_threads=threads)
            self._model.allocate_tensors()
            inputs = [_tensor(each) for each in self._model.get_input_details()]
            self.outputs = tuple(_tensor(each) for each in self._model.get_output_details())
        except (ValueError, RuntimeError, OSError) as exc:
            raise ConfigError(say.CANNOT_LOADED_LITERT_MODEL(path=path, exc=str(exc).splitlines()[0])) from exc
        if len(inputs) != 1:
            raise ConfigError(say.INPUTS_ONLY_MODELS_ONE(path=path, inputs=len(inputs)))
        self.input = inputs[0]

    def run(self, data: NDArray[Any]) -> list[NDArray[np.float32]]:
        """``data``: the input tensor's shape and type."""
        self._model.set_tensor(self.input.at, data)
        self._model.invoke()
        return [_real(self._model.get_tensor(out.at), out) for out in self.outputs]

    def prove(self) -> None:
        """Runs once, on zeros. ConfigError: the model loads and cannot be run."""
        try:
            self.run(np.zeros(self.input.shape, self.input.dtype))
        except (ValueError, RuntimeError) as exc:
            raise ConfigError(say.CANNOT_LOADED_LITERT_MODEL(path=self._path, exc=str(exc).splitlines()[0])) from exc

    def quantise(self, data: NDArray[np.float32]) -> NDArray[Any]:
        """Real numbers -> the input's own type."""
        kind = self.input.dtype
        if kind == np.float32:
            return data
        limits = np.iinfo(kind)
        whole = np.round(data / self.input.scale) + self.input.zero
        packed: NDArray[Any] = np.clip(whole, limits.min, limits.max).astype(kind)
        return packed


def _runtime() -> Any:
    for name in RUNTIMES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ConfigError(say.NO_LITERT_RUNTIME_INSTALLED(how=HOW))


def _tensor(detail: dict[str, Any]) -> Tensor:
    scale, zero = detail["quantization"]
    shape = tuple(int(side) for side in detail["shape"])
    return Tensor(int(detail["index"]), str(detail["name"]), shape, np.dtype(detail["dtype"]), float(scale), int(zero))


def _real(data: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    if data.dtype == np.float32:
        return data
    if not tensor.scale:
        return data.astype(np.float32)
    real: NDArray[np.float32] = (data.astype(np.float32) - tensor.zero) * np.float32(tensor.scale)
    return real
