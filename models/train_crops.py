"""Trains models/crops: a small int8 classifier that names what moved: person, vehicle, two-wheeler, background.

    pip install -e '.[train]' && python models/train_crops.py     (about fifteen minutes on two cores)

Writes crops.tflite, the figures of CARD.md (figures.json) and the list of photographs used (attribution.txt); put the
printed SHA-256 into model.toml.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import crop_data
import cv2
import numpy as np
from crop_data import LABELS, ROOT, Sample
from numpy.random import Generator

OUT = ROOT / "models" / "crops"
SIDE = 48
SEED = 20261130
EPOCHS = int(os.environ.get("EPOCHS", "14"))


def camera(image: Any, label: int, rng: Generator) -> Any:
    """What lens, light, sensor and encoder do to an image; and what a blob's box does to an object's place in it."""
    image = _placed(image, label, rng)
    small = round(float(np.exp(rng.uniform(np.log(11), np.log(64)))))
    image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (SIDE, SIDE))
    real = image.astype(np.float32)
    if rng.random() < 0.3:
        real = cv2.GaussianBlur(real, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.2:
        real = np.repeat(real.mean(axis=2, keepdims=True), 3, axis=2)  # infrared at night
    night = rng.random() < 0.15
    gain, level = (rng.uniform(0.15, 0.5), -55) if night else (rng.uniform(0.5, 1.3), 0)
    real = (real - 128) * gain + 128 + level + rng.normal(0, 20) + rng.normal(0, 5, 3)
    real += rng.normal(0, rng.uniform(0, 14 if night else 9), real.shape)
    image = np.clip(real, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return image


def _placed(image: Any, label: int, rng: Generator) -> Any:
    side = image.shape[0]
    if label == LABELS.index("vehicle") and rng.random() < 0.25:
        image = np.ascontiguousarray(np.rot90(image, int(rng.integers(4))))  # from straight above any way is up
    if rng.random() < 0.5:
        image = image[:, ::-1]
    if rng.random() < 0.5:  # a lens that leans, a camera that looks down
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.normal(0, 6)), 1.0)
        turn[:, 0] *= rng.uniform(0.85, 1.15)
        image = cv2.warpAffine(np.ascontiguousarray(image), turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    half = side / 2 * min(rng.uniform(0.78, 1.1), 1.0)
    cx, cy = side / 2 + rng.normal(0, 0.05, 2) * side
    window = [max(0, int(cy - half)), int(cy + half), max(0, int(cx - half)), int(cx + half)]
    image = np.ascontiguousarray(image[window[0] : window[1], window[2] : window[3]])
    if rng.random() < 0.2:  # what enters or leaves the frame, or stands behind a wall
        part = int(image.shape[0] * rng.uniform(0.5, 0.9))
        cuts = (image[-part:], image[:part], image[:, -part:], image[:, :part])
        image = np.ascontiguousarray(cuts[rng.integers(4)])
    return image


def plain(image: Any) -> Any:
    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def build(keras: Any) -> Any:
    """Depthwise separable convolutions (arXiv:1704.04861): about 75,000 weights."""
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    for width, stride in ((32, 1), (48, 2), (64, 1), (96, 2), (128, 1), (192, 2)):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
        x = layers.Conv2D(width, 1, use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(len(LABELS), activation="softmax")(x))


def fit(tf: Any, learn: list[Sample], rng: Generator) -> Any:
    """Each label weighs the same; each epoch sees every sample through another camera."""
    labels = np.array([each.label for each in learn])
    weights = len(labels) / np.bincount(labels, minlength=len(LABELS)) / len(LABELS)
    model = build(tf.keras)
    model.compile(tf.keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    print("weights:", model.count_params(), "samples:", len(learn), flush=True)
    for epoch in range(EPOCHS):
        model.optimizer.learning_rate.assign(2e-3 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS)) + 2e-5)
        order = rng.permutation(len(learn))
        images = np.stack([camera(learn[place].image, learn[place].label, rng) for place in order])
        model.fit(images, labels[order], batch_size=64, verbose=2, class_weight=dict(enumerate(weights)), shuffle=False)
    return model


def quantise(tf: Any, model: Any, calibration: Any) -> bytes:
    """Whole-integer: int8 weights and activations, a uint8 image in, uint8 shares out."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def confusion(tf: Any, file: bytes, test: list[Sample]) -> dict[str, Any]:
    """Per view a table: rows are what it is, columns what the int8 model says."""
    net = tf.lite.Interpreter(model_content=file)
    net.allocate_tensors()
    give, take = net.get_input_details()[0]["index"], net.get_output_details()[0]["index"]
    tables: dict[str, Any] = {}
    for sample in test:
        net.set_tensor(give, plain(sample.image)[None])
        net.invoke()
        table = tables.setdefault(sample.view, np.zeros((len(LABELS), len(LABELS)), int))
        table[sample.label, int(net.get_tensor(take)[0].argmax())] += 1
    return {view: table.tolist() for view, table in sorted(tables.items())}


def main() -> None:
    import tensorflow as tf  # noqa: PLC0415 - the rest of this file is of use without it

    rng = np.random.default_rng(SEED)
    tf.keras.utils.set_random_seed(SEED)
    learn, test, ids = crop_data.gather(rng)
    views = sorted({each.view for each in learn})
    counts = {v: {k: sum(s.view == v and LABELS[s.label] == k for s in learn) for k in LABELS} for v in views}
    print("learnt from:", json.dumps(counts), "tested on:", len(test), flush=True)
    model = fit(tf, learn, rng)
    calibration = np.stack([camera(learn[at].image, learn[at].label, rng) for at in rng.permutation(len(learn))[:400]])
    file = quantise(tf, model, calibration)
    tables = confusion(tf, file, test)
    (OUT / "crops.tflite").write_bytes(file)
    figures = {"learnt_from": counts, "labels": LABELS, "confusion": tables}
    (OUT / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    lines = [f"{name} {' '.join(used)}" for name, used in ids.items()]
    (OUT / "attribution.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("bytes:", len(file), "sha256:", hashlib.sha256(file).hexdigest())
    for view, table in tables.items():
        print(view, LABELS, *table, sep="\n  ")


if __name__ == "__main__":
    main()
