"""Trains models/groups: which objects are in a region of what moves, and where each of them is.

    pip install -e '.[train]' && python models/train_groups.py     (some ten minutes of two cores)

Writes groups.tflite, its SHA-256 in model.toml, and the figures of CARD.md (figures.json). The photographs are among
those of models/crops/attribution.txt. Seeds, threads and kernels are fixed: the same packages on the same kind of
processor give the same bytes. Anything else gives a sibling: bench.vision_count says whether it counts as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import cutouts
import cv2
import numpy as np
from crop_data import LABELS, ROOT
from group_scenes import SIDE, Region, scenes
from numpy.random import Generator
from train_crops import quantise

from agent.vision.boxes import overlaps
from agent.vision.divider import Divider

OUT = ROOT / "models" / "groups"
CELLS, KINDS = 16, 3
SEED = 20261130
EPOCHS = int(os.environ.get("EPOCHS", "7"))
VIEWS, KEPT_VIEWS = 440, 40
BATCH = 64
THREADS = 2
"""The order of sums depends on it, so it is not the machine's."""


def build(keras: Any) -> Any:
    """Convolutions down to 8 x 8 and up again to 16 x 16; the heads are those of CenterNet (arXiv:1904.07850)."""
    layers = keras.layers

    def conv(x: Any, width: int, stride: int = 1, size: int = 3) -> Any:
        x = layers.Conv2D(width, size, strides=stride, padding="same", use_bias=False)(x)
        return layers.ReLU(6.0)(layers.BatchNormalization()(x))

    image = keras.Input((SIDE, SIDE, 4))
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = conv(conv(x, 16, 2), 24, 2)
    fine = x = conv(x, 32)
    x = conv(conv(conv(x, 48, 2), 48), 48)
    x = layers.UpSampling2D(2, interpolation="nearest")(conv(x, 32, size=1))
    x = conv(layers.Add()([x, fine]), 40)
    start = keras.initializers.Constant(-4.0)
    heat = layers.Conv2D(KINDS, 1, bias_initializer=start, activation="sigmoid", name="heat")(x)
    boxes = layers.Conv2D(4, 1, activation="sigmoid", name="boxes")(x)
    return keras.Model(image, [heat, boxes])


def targets(objects: list[Any]) -> tuple[Any, Any]:
    """Per region: heat (CELLS x CELLS x 3), its weights; boxes: four values, and their weight."""
    heat = np.zeros((len(objects), CELLS, CELLS, KINDS), np.float32)
    care = np.ones((len(objects), CELLS, CELLS, KINDS), np.float32)
    box = np.zeros((len(objects), CELLS, CELLS, 5), np.float32)
    grid = np.arange(CELLS, dtype=np.float32) + 0.5
    for at, rows in enumerate(objects):
        for x1, y1, x2, y2, label, seen in rows:
            cx, cy = (x1 + x2) / 2 * CELLS, (y1 + y2) / 2 * CELLS
            w, h = (x2 - x1) * CELLS, (y2 - y1) * CELLS
            sx, sy = max(0.55, 0.09 * w), max(0.55, 0.09 * h)
            spot = (
                np.exp(-((grid - cx) ** 2) / (2 * sx * sx))[None] * np.exp(-((grid - cy) ** 2) / (2 * sy * sy))[:, None]
            )
            column, row = min(CELLS - 1, int(cx)), min(CELLS - 1, int(cy))
            if not seen:
                care[at][spot > 0.3] = 0
                continue
            spot[row, column] = 1.0
            kind = int(label)
            heat[at, ..., kind] = np.maximum(heat[at, ..., kind], spot)
            near = spot >= np.maximum(0.4, box[at, ..., 4])
            box[at, near, 0] = ((cx - grid)[None] / 4 + 0.5).repeat(CELLS, 0)[near]
            box[at, near, 1] = ((cy - grid)[:, None] / 4 + 0.5).repeat(CELLS, 1)[near]
            box[at, near, 2] = min(1.0, w / CELLS)
            box[at, near, 3] = min(1.0, h / CELLS)
            box[at, near, 4] = spot[near]
    care = np.maximum(care, heat >= 1)
    return np.concatenate([heat, care], axis=-1), box


def losses(tf: Any) -> tuple[Any, Any]:
    def focal(true: Any, said: Any) -> Any:
        heat, care = true[..., :KINDS], true[..., KINDS:]
        said = tf.clip_by_value(said, 1e-4, 1 - 1e-4)
        hit = tf.cast(heat >= 1, tf.float32)
        good = hit * (1 - said) ** 2 * tf.math.log(said)
        bad = (1 - hit) * (1 - heat) ** 4 * said**2 * tf.math.log(1 - said)
        return -tf.reduce_sum((good + bad) * care) / tf.maximum(1.0, tf.reduce_sum(hit))

    def place(true: Any, said: Any) -> Any:
        weight = true[..., 4:]
        return tf.reduce_sum(tf.abs(true[..., :4] - said) * weight) / tf.maximum(1.0, tf.reduce_sum(weight))

    return focal, place


def seen(regions: list[Region], rng: Generator) -> tuple[Any, list[Any]]:
    """Images and objects, mirrored by chance and in other light."""
    images, out = np.stack([each.image for each in regions]), []
    for at, each in enumerate(regions):
        rows = each.objects.copy()
        if rng.random() < 0.5:
            images[at] = images[at][:, ::-1]
            rows[:, [0, 2]] = 1 - rows[:, [2, 0]]
        out.append(rows)
    gain, level = rng.uniform(0.7, 1.25, (len(images), 1, 1, 1)), rng.normal(0, 15, (len(images), 1, 1, 3))
    images[..., :3] = np.clip(images[..., :3].astype(np.float32) * gain + level, 0, 255)
    return images, out


def fit(tf: Any, learn: list[Region], rng: Generator) -> Any:
    model = build(tf.keras)
    print("weights:", model.count_params(), "regions:", len(learn), flush=True)
    optimiser = tf.keras.optimizers.Adam(2e-3)
    focal, place = losses(tf)

    @tf.function(reduce_retracing=True)
    def step(images: Any, heat: Any, box: Any) -> Any:
        with tf.GradientTape() as tape:
            said = model(images, training=True)
            parts = focal(heat, said[0]), place(box, said[1])
            loss = parts[0] + 8 * parts[1]
        slopes = tape.gradient(loss, model.trainable_variables)
        optimiser.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        return parts

    steps = len(learn) // BATCH
    for epoch in range(EPOCHS):
        began, sums = time.time(), np.zeros(2)
        order = rng.permutation(len(learn))
        for at in range(steps):
            done = (epoch + at / steps) / EPOCHS
            optimiser.learning_rate.assign(2.5e-3 * 0.5 * (1 + np.cos(np.pi * done)) + 1e-5)
            images, objects = seen([learn[row] for row in order[at * BATCH : (at + 1) * BATCH]], rng)
            heat, box = targets(objects)
            sums += [float(part) for part in step(tf.constant(images, tf.float32), heat, box)]
        print(epoch, "heat, boxes:", sums / steps, f"{time.time() - began:.0f} s", flush=True)
    return model


def figures(folder: Path, test: list[Region]) -> dict[str, Any]:
    """Of the int8 file on kept regions, by how many objects they hold: those there, found, said, and said rightly."""
    net = Divider(folder)
    table: dict[str, dict[str, Any]] = {}
    for region in test:
        found = net.read(region.image)
        real = region.objects[region.objects[:, 5] > 0]
        row = table.setdefault(str(min(len(real), 4)), {"regions": 0})
        row["regions"] += 1
        for kind in range(KINDS):
            there, said = real[real[:, 4] == kind, :4], found.boxes[found.classes == kind]
            hit = overlaps(there, said) >= 0.5 if len(there) and len(said) else np.zeros((len(there), len(said)), bool)
            sums = row.setdefault(LABELS[kind], [0, 0, 0, 0])
            each = (len(there), hit.any(axis=1).sum(), len(said), hit.any(axis=0).sum())
            row[LABELS[kind]] = [int(a + b) for a, b in zip(sums, each, strict=True)]
    return dict(sorted(table.items()))


def digest_of(regions: list[Region]) -> str:
    """Says whether two runs learnt from the same, where their files differ."""
    out = hashlib.sha256()
    for each in regions:
        out.update(each.image.tobytes() + each.objects.tobytes())
    return out.hexdigest()


def main() -> None:
    import tensorflow as tf  # noqa: PLC0415 - the rest of this file is of use without it

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(SEED)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(SEED)
    material, kept = cutouts.gather(rng)
    counts = {label: len(each) for label, each in material.cut.items()} | {"views": len(material.views)}
    print("cut out:", counts, "kept:", {label: len(each) for label, each in kept.cut.items()}, flush=True)
    learn, test = list(scenes(material, rng, VIEWS)), list(scenes(kept, rng, KEPT_VIEWS))
    print("regions:", digest_of(learn), flush=True)
    model = fit(tf, learn, rng)
    calibration = np.stack([learn[at].image for at in rng.permutation(len(learn))[:300]])
    file = quantise(tf, model, calibration)
    (OUT / "groups.tflite").write_bytes(file)
    digest = hashlib.sha256(file).hexdigest()
    page = re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"', (OUT / "model.toml").read_text(encoding="utf-8"))
    (OUT / "model.toml").write_text(page, encoding="utf-8")
    table = {"learnt_from": counts | {"regions": len(learn)}, "kept": figures(OUT, test)}
    (OUT / "figures.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print("bytes:", len(file), "sha256:", digest, json.dumps(table["kept"]))


if __name__ == "__main__":
    main()
