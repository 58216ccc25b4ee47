"""One form for all models; a model is known by its content, and what it can count is said before it counts."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from agent import cli
from agent.config.contents import content
from agent.config.load import load
from agent.config.scene import CountingLine, SceneSettings
from agent.errors import ConfigError
from agent.models.counting import counting_advice, expectation
from agent.models.describe import VISION, describe, read_model, shipped_folder
from contract.model import ModelDescription, contradiction

OLD_SERIES = """
task = "anomaly"
name = "window-autoencoder"
sha256 = "{digest}"
step_s = 60.0
window = 24
quantities = ["noise", "pm2_5"]
mean = [50.0, 10.0]
std = [4.0, 3.0]
"""
SETTINGS = """
[pole]
id = "p-1"
[camera.gate]
source = "rtsp://10.0.0.5/stream"
purpose = "counting cyclists at the bridge"
signage = "a sign on the pole"
model = "{model}"
fps = {fps}
[camera.gate.line.road]
a = [0.1, 0.5]
b = [0.9, 0.5]
labels = ["vehicle"]
"""


@pytest.fixture
def series(tmp_path: Path) -> Path:
    data = b"a model of series"
    (tmp_path / "model.tflite").write_bytes(data)
    page = OLD_SERIES.format(digest=hashlib.sha256(data).hexdigest())
    (tmp_path / "model.toml").write_text(page, encoding="utf-8")
    return tmp_path


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_folder(), tmp_path / "crops"))


def test_a_series_model_of_the_version_before_is_read_as_today_s_form(series: Path) -> None:
    about = describe(series, ("series",)).about
    assert about.task == "series"
    assert about.series is not None
    assert about.series.quantities == ("noise", "pm2_5")
    assert contradiction(about) == ""


def test_a_model_for_another_use_is_refused(series: Path) -> None:
    with pytest.raises(ConfigError, match="task is 'series'"):
        read_model(series)
    with pytest.raises(ConfigError, match="task is 'classify'"):
        describe(shipped_folder(), ("series",))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"series": None}, "needs the table"),
        ({"mean": (1.0,)}, "as many"),
        ({"std": (0.0, 1.0)}, "above 0"),
        ({"mean": (float("nan"), 1.0)}, "finite"),
    ],
)
def test_a_series_model_that_contradicts_itself_says_how(series: Path, change: dict[str, object], says: str) -> None:
    about = describe(series, ("series",)).about
    if "series" in change:
        wrong = msgspec.structs.replace(about, series=None)
    else:
        assert about.series is not None
        wrong = msgspec.structs.replace(about, series=msgspec.structs.replace(about.series, **change))
    assert says in contradiction(wrong)


def test_a_model_counts_by_what_its_folder_holds_and_not_by_its_name(crops: Path) -> None:
    before = content(str(crops))
    assert len(before) == 12
    moved = crops.rename(crops.parent / "other")
    assert content(str(moved)) == before
    (moved / "crops.tflite").write_bytes(b"another model")
    assert content(str(moved)) not in ("", before)
    assert content(str(moved / "none")) == ""


@pytest.mark.fault("a model is replaced in its place", "it is another revision")
def test_another_content_is_another_revision(crops: Path, tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(SETTINGS.format(model=crops, fps=10), encoding="utf-8")
    before = load(file, {})
    assert before.models == {str(crops): content(str(crops))}
    assert load(file, {}).revision == before.revision
    (crops / "crops.tflite").write_bytes(b"another model")
    assert load(file, {}).revision != before.revision


def test_check_names_a_model_that_is_not_what_it_says(
    crops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(SETTINGS.format(model=crops, fps=5), encoding="utf-8")
    assert cli.main(["check", str(file)]) == 0
    out = capsys.readouterr().out
    assert f"content {content(str(crops))}" in out
    assert "line road counts vehicles at 5 frames per second" in out
    (crops / "crops.tflite").write_bytes(b"another model")
    assert cli.main(["check", str(file)]) != 0
    assert "is not the file that model.toml describes" in capsys.readouterr().err


def test_lines_that_a_model_or_a_frame_rate_cannot_count_are_named(crops: Path) -> None:
    page = crops / "model.toml"
    measured = '\n[[errors]]\nlabel = "person"\nlooks_per_s = 10\nwrong = 30\ncrossings = 100\n'
    page.write_text(page.read_text(encoding="utf-8").split("[[errors]]")[0] + measured, encoding="utf-8")
    line = CountingLine(a=(0, 0), b=(1, 1), labels=("person",))
    scene = SceneSettings(model=str(crops), line={"gate": line}, fps=10)
    assert [("30 of 100" in each) for each in counting_advice(scene)] == [True]
    everything = msgspec.structs.replace(scene, line={"gate": CountingLine(a=(0, 0), b=(1, 1))}, fps=5)
    assert ["5 frames per second" in each for each in counting_advice(everything)] == [True]
    assert [each.partition(":")[0] for each in expectation(scene, 10.0)] == ["person", "vehicle", "two_wheeler"]
    assert "not measured" in next(iter(expectation(scene, 3.0)))
    assert list(counting_advice(msgspec.structs.replace(scene, model=str(crops / "none")))) == []


def test_every_description_that_comes_with_the_project_is_sound() -> None:
    for page in sorted(shipped_folder().parent.glob("*/model.toml")):
        about = msgspec.toml.decode(page.read_bytes(), type=ModelDescription)
        assert about.task in {*VISION, "divide"}
        assert contradiction(about) == "", page


@pytest.mark.fault("a model.toml is made to be expensive", "it is refused with a sentence, and counts as no content")
@pytest.mark.parametrize(
    "text",
    [
        f"a = {'[' * 5000}",
        f"{'a.' * 20_000}a = 1",
        "\n".join(f"[{at:x}.a.b.c.d.e.f.g]" for at in range(50_138)),
    ],
    ids=["nested", "deep", "many"],
)
def test_a_description_that_is_made_to_be_expensive_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.toml").write_text(text)
    began_s = time.process_time()
    with pytest.raises(ConfigError):
        describe(tmp_path, ("detect",))
    assert content(str(tmp_path)) == ""
    assert time.process_time() - began_s < 2.0
