"""What one inference of each model costs: multiplications and additions, bytes moved, milliseconds here.

And an estimate for three small boards, which is no measurement: the published time of XNNPACK for MobileNet v1 (569
million multiply-adds; README of google/XNNPACK, four threads) gives how many multiply-adds a core does in a second, as
if four cores were four times one. A model that moves more bytes for each of them than MobileNet takes longer. Of
Cortex-A76 no such figure was found: it is as many times faster than Cortex-A72 as TensorFlow Lite is on a Raspberry
Pi 5 than on a 4 (README of aallan/benchmarking-ml-on-the-edge: 112.6 and 23.5 ms, 82.7 and 16.9 ms).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from agent.models.describe import describe, divider_folder, read_model, shipped_folder
from bench.vision import data

MOBILENET = 569e6
PUBLISHED_MS = {
    "Cortex-A53 1.4 GHz": {"int8": 46.0, "float": 114.0},
    "Cortex-A72 1.5 GHz": {"int8": 24.0, "float": 77.0},
    "Cortex-A76 2.4 GHz": {"int8": 24.0 / 4.8, "float": 77.0 / 4.8},
}
"""Milliseconds of MobileNet v1 1.0 with four threads: Raspberry Pi 3+ (32 bits), 4 (64 bits), and 5 by comparison."""
FREE = {"DELEGATE", "RESHAPE", "SHAPE"}
"""Operations that move nothing."""


class Cost(NamedTuple):
    macs: float
    weights: int
    moved: int
    """Bytes of all inputs and outputs of all operations, weights included, as if nothing stayed in a cache."""
    kind: str
    ms: float


def cost(path: Path, runs: int = 30) -> Cost:
    net = Interpreter(model_path=str(path), num_threads=1)
    net.allocate_tensors()
    tensors: dict[int, Any] = {each["index"]: each for each in net.get_tensor_details()}
    macs, moved, weights = 0.0, 0, 0
    for operation in net._get_ops_details():  # noqa: SLF001 - LiteRT has no other way to say it
        name = operation["op_name"]
        if name in FREE:
            continue
        inputs = [tensors[at] for at in operation["inputs"] if at in tensors]
        outputs = [tensors[at] for at in operation["outputs"] if at in tensors]
        moved += sum(_bytes(each) for each in [*inputs, *outputs])
        if name in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}:
            weight = inputs[1]["shape"]
            weights += _bytes(inputs[1])
            per_output = np.prod(weight[1:]) if name != "DEPTHWISE_CONV_2D" else np.prod(weight[1:3])
            macs += float(np.prod(outputs[0]["shape"])) * float(per_output)
    given = net.get_input_details()[0]
    net.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    spent = []
    for _ in range(runs):
        began = time.thread_time()
        net.invoke()
        spent.append(time.thread_time() - began)
    kind = "float" if given["dtype"] == np.float32 else "int8"
    return Cost(macs, weights, moved, kind, min(spent) * 1000)


def _bytes(tensor: dict[str, Any]) -> int:
    return int(np.prod(tensor["shape"])) * int(np.dtype(tensor["dtype"]).itemsize)


def main() -> None:
    boards = "".join(f"{board:>22}" for board in PUBLISHED_MS)
    print("one inference, one thread; the boards are estimates from published figures, not measured")
    print(f"{'model':14}{'kind':>7}{'M mul-add':>11}{'MB weights':>12}{'MB moved':>10}{'ms here':>9}{boards}")
    with tempfile.TemporaryDirectory() as spot:
        files = {"crops": read_model(shipped_folder()).path}
        if (folder := divider_folder()) is not None:
            files["groups"] = describe(folder, ("divide",)).path
        for name in ("coco-ssd", "yolox-nano"):
            files[name] = read_model(data.model(name, Path(spot))).path
        for name, path in files.items():
            it = cost(path)
            row = (
                f"{name:14}{it.kind:>7}{it.macs / 1e6:11.1f}{it.weights / 1e6:12.2f}{it.moved / 1e6:10.1f}{it.ms:9.2f}"
            )
            for published in PUBLISHED_MS.values():
                row += f"{4 * published[it.kind] * it.macs / MOBILENET:19.1f} ms"
            print(row)


if __name__ == "__main__":
    main()
