"""Trains models/crops: a small int8 classifier that names what moved: person, vehicle, two-wheeler, background.

    pip install -e '.[train]' && python models/train_crops.py     (about ten minutes on two cores)

Real crops come from folders whose rights allow a model to be made of them (see CARD.md), labelled by the Apache-2.0
COCO SSD's own detections; the rest is drawn by ``synthetic``. Whole stretches of each film are kept for the test,
and what the licence allows only to be measured is measured and never learnt from.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import synthetic
from numpy.random import Generator

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("POLEAGENT_DATA") or ROOT.parent / "shared" / "data")
OUT = ROOT / "models" / "crops"
LABELS = ("person", "vehicle", "two_wheeler", "background")
NAMES = {"person": 0, "car": 1, "bus": 1, "truck": 1}
SIDE = 40
DRAWN = {0: 5000, 1: 6000, 2: 5000, 3: 4500}
"""Drawn samples of each label."""


class Film(NamedTuple):
    """A film that may be learnt from: ``keep`` is the first frame of the test, ``least`` the label's least score."""

    name: str
    keep: int
    least: float
    only: tuple[str, ...]
    every: int


FILMS = (
    Film("junction", 380, 0.6, ("car", "bus", "truck"), 4),
    Film("street-eight-vehicles", 660, 0.6, ("car", "truck"), 6),
    Film("people-one-by-one", 900, 0.6, ("person",), 2),
)

Sample = tuple[Any, int]


def frames(film: Film) -> Iterator[tuple[Any, list[Any]]]:
    """Each picture with its detections."""
    if film.name == "junction":
        rows = json.loads((DATA / "junction/reference.ssd_v1_300.json").read_text())["dets"]
        for path, found in zip(sorted((DATA / "junction").glob("*.jpg")), rows, strict=True):
            yield cv2.imread(str(path)), found
        return
    rows = json.loads((DATA / f"video/reference/{film.name}.ssd_v1_300.json").read_text())["dets"]
    capture = cv2.VideoCapture(str(DATA / f"video/{film.name}.mp4"))
    for found in rows:
        ok, picture = capture.read()
        if ok:
            yield picture, found


def gather(film: Film, rng: Generator) -> tuple[list[Sample], list[Sample], list[Any]]:
    """Samples to learn from, samples of the kept stretch, and empty patches as backgrounds."""
    learn: list[Sample] = []
    test: list[Sample] = []
    empty: list[Any] = []
    for number, (picture, found) in enumerate(frames(film)):
        if number % film.every or film.keep - 30 <= number < film.keep:
            continue
        into = learn if number < film.keep else test
        boxes = [row[2:6] for row in found]
        for name, score, *box in found:
            large = box[2] * box[3] > 0.35 * picture.shape[0] * picture.shape[1]
            if name in film.only and score >= film.least and min(box[2:]) >= 10 and not large:
                into.append((cut(picture, box, rng), NAMES[name]))
        for _ in range(4):
            side = rng.uniform(0.05, 0.35) * picture.shape[0]
            x, y = rng.uniform(0, picture.shape[1] - side), rng.uniform(0, picture.shape[0] - side)
            if not any(near((x, y, side, side), box) for box in boxes):
                patch = cut(picture, (x, y, side, side), rng)
                into.append((patch, 3))
                if number < film.keep:
                    empty.append(patch)
    return learn, test, empty


def near(a: Any, b: Any) -> bool:
    margin = 0.1 * max(b[2:])
    return bool(
        a[0] < b[0] + b[2] + margin
        and b[0] - margin < a[0] + a[2]
        and a[1] < b[1] + b[3] + margin
        and b[1] - margin < a[1] + a[3]
    )


def cut(picture: Any, box: Any, rng: Generator) -> Any:
    """The square round x, y, w, h with some of its surroundings, as a blob's box would have it; 64x64."""
    x, y, w, h = box
    half = max(w, h) * rng.uniform(0.52, 0.72)
    cx = x + w / 2 + rng.normal(0, 0.04) * w
    cy = y + h / 2 + rng.normal(0, 0.04) * h
    top, bottom = max(0, int(cy - half)), min(picture.shape[0], int(cy + half) + 2)
    left, right = max(0, int(cx - half)), min(picture.shape[1], int(cx + half) + 2)
    if right - left < 2 or bottom - top < 2:
        return np.zeros((64, 64, 3), np.uint8)
    return cv2.resize(picture[top:bottom, left:right], (64, 64), interpolation=cv2.INTER_AREA)


def camera(image: Any, label: int, rng: Generator) -> Any:
    """What lens, light, sensor and encoder do to a picture; and what a blob's box does to an object's place in it."""
    side = image.shape[0]
    if label == 1 and rng.random() < 0.3:
        image = np.ascontiguousarray(np.rot90(image, int(rng.integers(4))))
    if rng.random() < 0.5:
        image = image[:, ::-1]
    zoom = rng.uniform(0.78, 1.15)
    half = side / 2 * min(zoom, 1.0)
    cx, cy = side / 2 + rng.normal(0, 0.05, 2) * side
    window = [max(0, int(cy - half)), int(cy + half), max(0, int(cx - half)), int(cx + half)]
    image = np.ascontiguousarray(image[window[0] : window[1], window[2] : window[3]])
    if label == 1 and rng.random() < 0.25:  # a vehicle that enters or leaves the picture
        part = int(image.shape[0] * rng.uniform(0.5, 0.9))
        image = image[-part:] if rng.random() < 0.5 else image[:part]
    small = int(rng.uniform(14, 60))
    image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (SIDE, SIDE))
    real = image.astype(np.float32)
    if rng.random() < 0.3:
        real = cv2.GaussianBlur(real, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.2:
        real = np.repeat(real.mean(axis=2, keepdims=True), 3, axis=2)  # infrared at night
    real = (real - 128) * rng.uniform(0.5, 1.3) + 128 + rng.normal(0, 22) + rng.normal(0, 5, 3)
    real += rng.normal(0, rng.uniform(0, 9), real.shape)
    image = np.clip(real, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return image


def plain(image: Any) -> Any:
    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def build(keras: Any) -> Any:
    """Depthwise separable convolutions (arXiv:1704.04861): about 60,000 weights."""
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    for width, stride in ((32, 1), (48, 2), (64, 1), (96, 2), (128, 1), (160, 2)):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
        x = layers.Conv2D(width, 1, use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(len(LABELS), activation="softmax")(x))


def quantise(tf: Any, model: Any, calibration: Any) -> bytes:
    """Whole-integer: int8 weights and activations, a uint8 picture in, uint8 shares out."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def confusion(tf: Any, file: bytes, images: Any, labels: Any) -> Any:
    """Rows: what it is; columns: what the int8 model says."""
    net = tf.lite.Interpreter(model_content=file)
    net.allocate_tensors()
    give, take = net.get_input_details()[0]["index"], net.get_output_details()[0]["index"]
    table = np.zeros((len(LABELS), len(LABELS)), int)
    for image, label in zip(images, labels, strict=True):
        net.set_tensor(give, image[None])
        net.invoke()
        table[label, int(net.get_tensor(take)[0].argmax())] += 1
    return table


def main() -> None:
    import tensorflow as tf  # noqa: PLC0415 - the rest of this file is of use without it

    rng = np.random.default_rng(20261101)
    tf.keras.utils.set_random_seed(20261101)
    learn: list[Sample] = []
    test: list[Sample] = []
    empty: list[Any] = []
    for film in FILMS:
        for into, part in zip((learn, test, empty), gather(film, rng), strict=True):
            into.extend(part)  # type: ignore[arg-type]
    print("real:", {LABELS[k]: sum(label == k for _, label in learn) for k in range(4)}, "kept:", len(test))
    for label, count in DRAWN.items():
        learn += [(synthetic.sample(LABELS[label], rng, empty), label) for _ in range(count)]
    held = [(synthetic.sample(LABELS[k], rng, empty), k) for k in range(4) for _ in range(150)]
    labels = np.array([label for _, label in learn])
    weights = len(labels) / np.bincount(labels, minlength=4) / 4
    model = build(tf.keras)
    model.compile(tf.keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    print("weights:", model.count_params(), "samples:", len(learn))
    epochs = int(os.environ.get("EPOCHS", "24"))
    for epoch in range(epochs):
        model.optimizer.learning_rate.assign(2e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)) + 2e-5)
        order = rng.permutation(len(learn))
        images = np.stack([camera(learn[place][0], learn[place][1], rng) for place in order])
        model.fit(images, labels[order], batch_size=64, verbose=2, class_weight=dict(enumerate(weights)), shuffle=False)
    calibration = np.stack([camera(*learn[place], rng) for place in rng.permutation(len(learn))[:400]])
    file = quantise(tf, model, calibration)
    (OUT / "crops.tflite").write_bytes(file)
    print("bytes:", len(file), "sha256:", hashlib.sha256(file).hexdigest())
    for name, part in (("kept stretches", test), ("drawn", held)):
        print(name, LABELS)
        print(confusion(tf, file, np.stack([plain(image) for image, _ in part]), [label for _, label in part]))


if __name__ == "__main__":
    main()
