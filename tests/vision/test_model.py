"""Models by their description: read by name and shape, and refused with a sentence where they do not fit."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from agent.errors import ConfigError
from agent.models.describe import VisionModel, read_model, shipped_folder
from agent.models.interpreter import Interpreter, Tensor
from agent.vision.detector import Classifier, Detector, square_round
from agent.vision.heads import make_head, shares
from agent.vision.letterbox import fit
from contract.model import CLASSES, ModelDescription, ModelInput, ModelOutput
from tests.vision.stage import DATA, ROOT, needs_data, street

LABELS = ("person", "bicycle", "car")
COCO = {"person": "person", "bicycle": "two_wheeler", "car": "vehicle"}


def model(head: str, size: tuple[int, int] = (320, 320), **output: object) -> VisionModel:
    about = ModelDescription(
        name="test",
        task="detect",
        file="test.tflite",
        sha256="0" * 64,
        licence="none",
        source="a test",
        input=ModelInput(size=size),
        output=ModelOutput(head=head, **output),  # type: ignore[arg-type]
        classes=COCO,
    )
    return VisionModel(about=about, path=Path("test.tflite"), labels=LABELS, classes=(0, 2, 1))


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(0, name, shape, np.dtype(np.float32), 0.0, 0)


SSD = {
    "boxes": np.array([[[0.1, 0.2, 0.5, 0.6], [0, 0, 1, 1]]], np.float32),
    "classes": np.array([[2.0, 0.0]], np.float32),
    "scores": np.array([[0.9, 0.2]], np.float32),
    "count": np.array([2.0], np.float32),
}
ORDERS = [
    (
        ("boxes", "TFLite_Detection_PostProcess"),
        ("classes", "TFLite_Detection_PostProcess:1"),
        ("scores", "TFLite_Detection_PostProcess:2"),
        ("count", "TFLite_Detection_PostProcess:3"),
    ),
    (
        ("scores", "StatefulPartitionedCall:1"),
        ("boxes", "StatefulPartitionedCall:3"),
        ("count", "StatefulPartitionedCall:0"),
        ("classes", "StatefulPartitionedCall:2"),
    ),
    (("count", "number of detections"), ("scores", "score"), ("classes", "category"), ("boxes", "location")),
]


@pytest.mark.parametrize("order", ORDERS)
def test_ssd_outputs_are_distinguished_by_name_in_any_order(order: tuple[tuple[str, str], ...]) -> None:
    shapes = {"boxes": (1, 2, 4), "classes": (1, 2), "scores": (1, 2), "count": (1,)}
    read = make_head(model("ssd", units="share"), [tensor(name, *shapes[part]) for part, name in order])
    raw = read([SSD[part] for part, _ in order], 0.5)
    assert raw.boxes.tolist() == [pytest.approx([64, 32, 192, 160])]
    assert raw.scores.tolist() == [pytest.approx(0.9)]
    assert raw.labels.tolist() == [2]


def test_ssd_outputs_of_other_names_are_read_once_they_are_named() -> None:
    outputs = [tensor("a", 1, 2), tensor("b", 1, 2, 4), tensor("c", 1, 2), tensor("d", 1)]
    with pytest.raises(ConfigError, match=r"name them in \[output.names\]"):
        make_head(model("ssd"), outputs)
    named = model("ssd", units="share", names={"scores": "a", "boxes": "b", "classes": "c"})
    raw = make_head(named, outputs)([SSD["scores"], SSD["boxes"], SSD["classes"], SSD["count"]], 0.5)
    assert raw.labels.tolist() == [2]


def row(cx: float, cy: float, w: float, h: float, *scores: float) -> list[float]:
    return [cx, cy, w, h, *scores]


def test_yolox_rows_are_centre_size_objectness_and_labels() -> None:
    table = np.array([[row(100, 80, 40, 20, 0.9, 0.1, 0.2, 0.8), row(10, 10, 5, 5, 0.1, 0.9, 0.9, 0.9)]], np.float32)
    raw = make_head(model("yolox"), [tensor("out", 1, 2, 8)])([table], 0.5)
    assert raw.boxes.tolist() == [[80, 70, 120, 90]]
    assert raw.scores.tolist() == [pytest.approx(0.72)]
    assert raw.labels.tolist() == [2]


def test_yolox_offsets_are_placed_on_their_grid() -> None:
    count = 8 * 8 + 4 * 4 + 2 * 2
    table = np.zeros((1, count, 8), np.float32)
    table[0, 64 + 5] = row(0.5, 0.5, np.log(2), np.log(4), 1.0, 0.0, 0.0, 0.9)  # stride 16, cell 1, 1
    raw = make_head(model("yolox", (64, 64), decoded=False), [tensor("out", 1, count, 8)])([table], 0.5)
    assert raw.boxes.tolist() == [pytest.approx([24 - 16, 24 - 32, 24 + 16, 24 + 32])]
    with pytest.raises(ConfigError, match="84 rows"):
        make_head(model("yolox", (64, 64), decoded=False), [tensor("out", 1, 99, 8)])


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("objectness", [False, True])
def test_yolo_tables_are_read_either_way_up_with_or_without_objectness(flip: bool, objectness: bool) -> None:
    scores = (1.0, 0.0, 0.7, 0.1) if objectness else (0.0, 0.7, 0.1)
    table = np.array([[row(0.5, 0.5, 0.25, 0.5, *scores)] * 20], np.float32)
    shape = table.transpose(0, 2, 1) if flip else table
    raw = make_head(model("yolo", units="share"), [tensor("out", *shape.shape)])([shape], 0.5)
    assert raw.boxes[0].tolist() == [120, 80, 200, 240]
    assert raw.labels[0] == 1


@pytest.mark.parametrize(
    ("head", "outputs"),
    [
        ("yolox", [tensor("out", 1, 10, 9)]),
        ("yolox", [tensor("out", 1, 10, 8), tensor("more", 1)]),
        ("yolo", [tensor("out", 1, 10, 9)]),
        ("ssd", [tensor("location", 1, 10, 4), tensor("category", 1, 11), tensor("score", 1, 10)]),
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_what_there_is(head: str, outputs: list[Tensor]) -> None:
    with pytest.raises(ConfigError, match=r"does not fit its model.toml: head '.*' needs .*; it has .*\[1"):
        make_head(model(head), outputs)


def test_shares_are_made_of_raw_outputs_where_they_must_be() -> None:
    raw = [np.array([[1.0, 1.0, 1.0]], np.float32)]
    about = model("classes", softmax=True)
    assert shares(about, [tensor("out", 1, 3)])(raw).tolist() == pytest.approx([1 / 3] * 3)
    with pytest.raises(ConfigError, match="a score for each label"):
        shares(about, [tensor("out", 1, 4)])


@pytest.mark.parametrize("how", ["stretch", "letterbox", "letterbox-top-left"])
@pytest.mark.parametrize("shape", [(100, 200), (300, 120), (64, 64)])
def test_a_box_goes_into_the_input_and_back_to_where_it_was(how: str, shape: tuple[int, int]) -> None:
    region = np.zeros((*shape, 3), np.uint8)
    image, placed = fit(region, (30, 40), (96, 64), how, 114)  # type: ignore[arg-type]
    assert image.shape == (64, 96, 3)
    whole = np.array([[30, 40, 30 + shape[1], 40 + shape[0]]], np.float32)
    scale, shift = np.array(placed.scale * 2), np.array(placed.shift * 2)
    inside = (whole - np.array(placed.origin * 2)) * scale + shift
    assert inside.min() >= -0.5
    assert (inside[0, [0, 2]] <= 96.5).all()
    assert placed.back(inside.astype(np.float32)).tolist() == [pytest.approx(whole[0].tolist(), abs=0.01)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model that a test may spoil."""
    return Path(shutil.copytree(shipped_folder(), tmp_path / "crops"))


def spoiled(folder: Path, old: str, new: str) -> Path:
    page = folder / "model.toml"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_the_shipped_classifier_is_small_and_loads() -> None:
    it = read_model(shipped_folder())
    assert it.path.stat().st_size <= 400 * 1024
    assert set(it.about.classes.values()) == set(CLASSES)
    reported = Classifier(it).name(street(), np.array([100, 100, 160, 160], np.float32))
    assert reported.shape == (3,)
    assert 0 <= reported.sum() <= 1.01


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('sha256 = "', 'sha256 = "0000', "Expected `str` matching regex"),
        ('file = "crops.tflite"', 'file = "other.tflite"', "cannot be read: No such file"),
        ("[48, 48]", "[40, 40]", r"its input is \[1, 48, 48, 3\], described is \[1, 40, 40, 3\]"),
        ('"two_wheeler", "background"', '"two_wheeler"', "needs one output"),
        ('vehicle = "vehicle"', 'vehicle = "tank"', "is none of person, vehicle, two_wheeler"),
        ('vehicle = "vehicle"', 'lorry = "vehicle"', "'lorry', which is no label"),
        ('task = "classify"', 'task = "guess"', "Invalid enum value 'guess'"),
        ('licence = "MIT"', "", "missing required field `licence`"),
        ('colour = "bgr"', 'colour = "bgr"\ncolor = "rgb"', "unknown field `color`"),
        ("labels = [", 'labels = "metadata"\n#', "carries no labels of its own"),
    ],
)
def test_a_model_that_is_not_as_described_is_refused(folder: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Classifier(read_model(spoiled(folder, old, new)))


def test_a_file_that_was_changed_is_refused(folder: Path) -> None:
    file = folder / "crops.tflite"
    file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(ConfigError, match=r"is not the file that model\.toml describes: its SHA-256 begins with"):
        read_model(folder)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tflite").write_bytes(b"not a model at all, whatever it is called")
    with pytest.raises(ConfigError, match="cannot be loaded as a LiteRT model"):
        Interpreter(tmp_path / "x.tflite")


def test_labels_come_from_the_files_own_metadata(folder: Path) -> None:
    file = folder / "crops.tflite"
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("labelmap.txt", "person\nvehicle\ntwo_wheeler\nbackground\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    page = folder / "model.toml"
    lines = [
        line for line in page.read_text(encoding="utf-8").splitlines() if not line.startswith(("labels", "sha256"))
    ]
    at = next(number for number, line in enumerate(lines) if line.startswith("file"))
    lines[at:at] = [f'sha256 = "{digest}"']
    page.write_text("\n".join(lines), encoding="utf-8")
    assert read_model(folder).labels == ("person", "vehicle", "two_wheeler", "background")
    Classifier(read_model(folder))


def test_a_classifier_is_no_detector_and_says_so() -> None:
    with pytest.raises(ConfigError, match="described as a classifier"):
        Detector(read_model(shipped_folder()))


def test_the_square_round_a_box_stays_in_the_frame() -> None:
    for box in ([0, 0, 10, 60], [600, 300, 640, 360], [-5, -5, 700, 500], [10, 10, 10, 10]):
        x1, y1, x2, y2 = square_round(np.array(box, np.float32), 640, 360)
        assert 0 <= x1 < x2 <= 640
        assert 0 <= y1 < y2 <= 360


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("name", ["coco-ssd", "yolox-nano"])
def test_a_real_detector_finds_persons_where_they_are(name: str, tmp_path: Path) -> None:
    import cv2  # noqa: PLC0415

    for file in [ROOT / "models" / name / "model.toml", *(DATA / "models").iterdir()]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    detector = Detector(read_model(tmp_path))
    video = cv2.VideoCapture(str(DATA / "video/people-one-by-one.mp4"))
    video.set(cv2.CAP_PROP_POS_FRAMES, 300)
    frame = video.read()[1]
    seen = detector.look(frame, [(0, 0, frame.shape[1], frame.shape[0])])[0]
    best = seen.boxes[seen.scores.argmax()]
    assert CLASSES[seen.classes[seen.scores.argmax()]] == "person"
    assert 440 < (best[0] + best[2]) / 2 < 530
    assert best[3] - best[1] > 300
    shared = detector.look(frame, [(0, 0, 200, 200), (100, 100, 300, 300), (300, 0, 732, 432)])[2]
    again = shared.boxes[shared.scores.argmax()]
    assert np.abs(again - best).max() < 60, "in a quarter of the input it stands where it stands in the whole"


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ('head = "classes"', 'head = "ssd"', "task 'classify' goes with head classes, not 'ssd'"),
        ('task = "classify"', 'task = "detect"', "task 'detect' goes with head ssd or yolox or yolo, not 'classes'"),
        ("[output]", "[output]\nscore = 0.9\nsure = 0.2", "sure = 0.2 is less than score = 0.9"),
        ("[input]", "[input]\nscale = inf", "scale and offset must be finite"),
        ("[input]", "[input]\noffset = nan", "scale and offset must be finite"),
        ('file = "crops.tflite"', 'file = "a\\u0000b"', "is no name of a file"),
        ('file = "crops.tflite"', 'file = "."', "is no file"),
        ('file = "crops.tflite"', 'file = "fifo"', "is no file"),
        ('file = "crops.tflite"', 'file = "endless"', "is no file"),
        ('file = "crops.tflite"', 'file = "huge"', "a model for a pole has at most 256"),
        ("name =", "n\u00e4me =", "model.toml"),
    ],
)
def test_each_way_to_describe_a_model_wrongly_ends_in_a_sentence(
    folder: Path, old: str, new: str, reported: str
) -> None:
    os.mkfifo(folder / "fifo")
    (folder / "endless").symlink_to("/dev/zero")
    with (folder / "huge").open("wb") as file:
        file.truncate(300 << 20)
    page = (folder / "model.toml").read_text(encoding="utf-8")
    if old == "[output]":
        page = re.sub(r"^(score|sure) = .*\n", "", page, flags=re.MULTILINE)
    if old == "[input]":
        page = re.sub(rf"^{new.split()[-3]} = .*\n", "", page, flags=re.MULTILINE)
    assert old in page
    (folder / "model.toml").write_text(page.replace(old, new, 1), encoding="latin-1")
    with pytest.raises(ConfigError, match=re.escape(reported)):
        read_model(folder)


def test_labels_that_are_no_text_are_no_traceback(folder: Path) -> None:
    page = (folder / "model.toml").read_text(encoding="utf-8")
    page = re.sub(r"^labels = .*\n", 'labels = "labels.txt"\n', page, flags=re.MULTILINE)
    (folder / "model.toml").write_text(page, encoding="utf-8")
    (folder / "labels.txt").write_bytes(b"\xff\xfeperson\n")
    with pytest.raises(ConfigError, match="which is no label of"):
        read_model(folder)
