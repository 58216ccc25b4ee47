"""Trains the window autoencoder on a pole's own readings and exports it as a full-int8 TFLite file.

    python -m venv tf && tf/bin/pip install tensorflow-cpu
    PYTHONPATH=. tf/bin/python models/window-autoencoder/train.py readings.csv --out my-model --step-s 900

``readings.csv`` is a recorded series (``poleagent replay --help`` says which columns) with the quantities that belong
together. The folder ``my-model`` then holds ``model.tflite`` and ``model.toml``: what the worker needs to run it.

    window of 16 steps x Q quantities (standardised) + hour of the day (sine, cosine)
        -> dense 64 -> dense 12 -> dense 64 -> the window again

What the bottleneck cannot say again is unusual for how these quantities go together. Training sees the oldest 85 % of
the windows; the rest stops it in time and is never trained on. Works in a virtual environment of its own: TensorFlow
takes 1.6 GB and nothing of it reaches a pole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from agent.analysis.recording import readings
from agent.analysis.windows import Grid

WINDOW = 16
HIDDEN, CODE = 64, 12
LONGEST = 200_000  # windows; the newest count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--step-s", type=float, default=300.0)
    parser.add_argument("--quantities", help="comma-separated; default: all in the file")
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    wanted = tuple(options.quantities.split(",")) if options.quantities else None
    names, rows, hours = steps(options.file, options.step_s, wanted)
    mean = np.nanmedian(rows, axis=0)  # the median and the quartiles: a logger's -9999 is no temperature
    std = np.subtract(*np.nanpercentile(rows, [75, 25], axis=0)) / 1.349 + 1e-9
    windows = cut((rows - mean) / std, hours)
    print(f"{len(names)} quantities, {len(rows)} steps, {len(windows)} windows")
    data = export(train(windows, len(names), options.epochs), windows)
    described = {"step_s": options.step_s, "window": WINDOW, "quantities": names, "mean": mean, "std": std}
    save(options.out, data, described)


def steps(path: Path, step_s: float, wanted: tuple[str, ...] | None) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, the means of each step (steps x quantities, not a number where one is missing), hours of the day."""
    names = list(wanted or dict.fromkeys(reading.quantity for reading in readings(path)))
    grid = Grid(tuple(names), step_s)
    done = [step for reading in readings(path) for step in grid.take(reading)]
    table = np.array([step.values for step in done], dtype=np.float64)
    return names, table, np.array([step.time_s % 86400.0 / 3600.0 for step in done])


def cut(rows: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Windows without a missing step, as the network takes them: flat, the hour of the last step at the end."""
    out = []
    for end in range(WINDOW, len(rows) + 1):
        window = rows[end - WINDOW : end]
        if np.isfinite(window).all():
            angle = hours[end - 1] / 24.0 * math.tau
            out.append(np.append(np.clip(window, -6, 6).ravel(), [math.sin(angle), math.cos(angle)]))
    return np.array(out[-LONGEST:], dtype=np.float32)


def train(windows: np.ndarray, quantities: int, epochs: int) -> tf.keras.Model:
    tf.keras.utils.set_random_seed(1)
    size = WINDOW * quantities
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((size + 2,)),
            layers.Dense(HIDDEN, "relu"),
            layers.Dense(CODE, "relu"),
            layers.Dense(HIDDEN, "relu"),
            layers.Dense(size),
        ]
    )
    model.compile("adam", tf.keras.losses.Huber())
    border = int(len(windows) * 0.85)
    stop = tf.keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
    inside, outside = windows[:border], windows[border + WINDOW :]
    model.fit(
        inside,
        inside[:, :size],
        validation_data=(outside, outside[:, :size]),
        epochs=epochs,
        batch_size=256,
        verbose=2,
        callbacks=[stop],
    )
    return model


def export(model: tf.keras.Model, windows: np.ndarray) -> bytes:
    """Weights, activations, input and output in int8."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    chosen = windows[:: max(1, len(windows) // 500)]
    converter.representative_dataset = lambda: ([row[None]] for row in chosen)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def save(folder: Path, data: bytes, described: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(data)
    lines = ['name = "window-autoencoder"', 'task = "series"', 'file = "model.tflite"']
    lines += [
        f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
        'licence = "own"',
        'source = "own readings"',
        "[series]",
    ]
    for name, value in described.items():
        plain = [round(float(one), 6) for one in value] if isinstance(value, np.ndarray) else value
        lines.append(f"{name} = {json.dumps(plain)}")
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{folder}: {len(data)} bytes")


if __name__ == "__main__":
    main()
