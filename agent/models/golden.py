"""Golden samples: inputs whose outputs are known. ``python -m agent.models.golden FOLDER`` is the trial of a model.

It runs in a process of its own, with limits and without rights (``agent.system.confine``): a file that harms the loader
ends this process only, one that takes it over reaches nothing.
``--write FOLDER INPUT...`` computes the outputs instead, for who makes the samples.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent.errors import AgentError, ConfigError
from agent.models import sentences as say
from agent.models.describe import describe
from agent.system.confine import confine
from agent.system.resident import data_bytes
from contract.bundle import MANIFEST
from contract.release import Golden, Limits, Manifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def main(arguments: list[str]) -> int:
    """0: all samples fit; else one does not, and a sentence on standard error says which."""
    try:
        writes = arguments[:1] == ["--write"]
        folder = Path(arguments[writes])
        data_bytes()  # which keeps its file open
        confine([str(folder)], [str(folder)] if writes else [])  # before any native library is loaded
        if writes:
            write(folder, arguments[2:])
        else:
            manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
            compare(folder, manifest.golden, manifest.limits)
    except AgentError as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - this is a process
        return reason.exit_status
    return 0


def compare(folder: Path, samples: tuple[Golden, ...], limits: Limits) -> None:
    """AgentError: the model in ``folder`` cannot be loaded, or says something else of a sample."""
    import numpy as np  # noqa: PLC0415 - only in this process

    _limit(limits)
    model = _Model(folder)
    for sample in samples:
        wanted = np.frombuffer((folder / sample.output).read_bytes(), dtype="<f4")
        given = model.outputs(folder / sample.input)
        if given.shape != wanted.shape:
            raise AgentError(say.OUTPUTS_EXPECTED(input=sample.input, size=given.size, size_2=wanted.size))
        apart = float(np.max(np.abs(given - wanted), initial=0.0))
        if not apart <= sample.tolerance:  # a NaN fits nothing
            raise AgentError(say.OUTPUT_OFF_ALLOWED(input=sample.input, apart=apart, tolerance=sample.tolerance))


def write(folder: Path, inputs: list[str]) -> None:
    """The outputs of ``inputs``, each next to it as ``.out``. AgentError: the model or an input cannot be used."""
    model = _Model(folder)
    for name in inputs:
        (folder / name).with_suffix(".out").write_bytes(model.outputs(folder / name).astype("<f4").tobytes())


def _limit(limits: Limits) -> None:
    """From here on: so much more memory, so much time of a core, no file, no core dump, and last in the queue."""
    data = data_bytes() + (limits.memory_mib << 20)
    for what, most in (
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_CPU, math.ceil(limits.seconds) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(19)


class _Model:
    def __init__(self, folder: Path) -> None:
        from agent.models.interpreter import Interpreter  # noqa: PLC0415 - numpy and LiteRT live in this process only

        self._net = Interpreter(describe(folder, ("detect", "classify", "series")).path)

    def outputs(self, path: Path) -> NDArray[np.float32]:
        import numpy as np  # noqa: PLC0415 - only in this process

        tensor = self._net.input
        data = path.read_bytes()
        wanted = int(np.prod(tensor.shape)) * tensor.dtype.itemsize
        if len(data) != wanted:
            raise ConfigError(say.BYTES_MODELS_INPUT(name=path.name, data=len(data), wanted=wanted))
        try:
            outputs = self._net.run(np.frombuffer(data, dtype=tensor.dtype).reshape(tensor.shape))
        except (ValueError, RuntimeError) as exc:
            raise ConfigError(say.MODEL_CANNOT_RUN(name=path.name, exc=str(exc).splitlines()[0])) from exc
        return np.concatenate([each.ravel() for each in outputs])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
