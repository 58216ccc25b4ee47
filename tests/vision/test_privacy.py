"""Conditions of a camera, passwords that stay hidden, snapshots that nobody but the key's holder can see."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from agent.config.cameras import why_not
from agent.config.scene import CameraSettings, EvidenceSettings, SceneSettings
from agent.errors import ConfigError
from agent.vision.boxes import Floats, Frame
from agent.vision.evidence import Keeper, coarse, encode, pixelated, seal, to_hide, unseal
from agent.vision.pipe import open_body, said
from agent.vision.pipeline import Seen, make_finder
from agent.vision.privacy import plain
from bench.vision.data import PETS_SCALE, frames, model, truth
from tests.vision.stage import needs_data, street, track, with_car

if TYPE_CHECKING:
    from agent.vision.finder import Finder

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC


@pytest.mark.parametrize(
    ("purpose", "signage", "missing"),
    [("", "", "no purpose and no signage"), ("counting", "", "no signage"), ("  ", "on the pole", "no purpose")],
)
def test_a_camera_without_purpose_or_sign_may_not_start_and_the_reason_is_reported(
    purpose: str, signage: str, missing: str
) -> None:
    reason = why_not("gate", CameraSettings(source="/dev/video0", purpose=purpose, signage=signage))
    assert reason.startswith(f"[camera.gate] does not start: it says {missing}.")
    assert "PIPL art. 26, GDPR art. 5" in reason
    assert "signage = " in reason or "purpose = " in reason


def test_a_camera_with_both_may_start() -> None:
    assert why_not("gate", CameraSettings(source="x", purpose="counting cyclists", signage="on the pole, 2 m")) == ""


def test_words_of_the_vision_process_forge_no_line_of_the_log() -> None:
    assert plain("lost\nERROR agent: \x1b[2J rtsp://a:b@c/1") == "lost ERROR agent:  [2J rtsp://***"


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=4, max_size=20), st.text(max_size=20))
def test_a_secret_that_is_known_is_in_no_text_whatever_surrounds_it(secret: str, words: str) -> None:
    marked = f"Zq7x{secret}"
    for form in (marked, quote(marked), quote(marked, safe="")):
        assert "Zq7x" not in plain(f"{words} {form} {words}", [marked]) or not marked.isprintable()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[X25519PrivateKey, Path]:
    private = X25519PrivateKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, path


def settings(keys: tuple[X25519PrivateKey, Path], tmp_path: Path, **more: object) -> EvidenceSettings:
    options = {"purpose": "proof of illegal parking", "keep_days": 2.0, "rules": ("parking",), "max_bytes": 65536}
    return EvidenceSettings(key_file=str(keys[1]), folder=str(tmp_path / "snapshots"), **{**options, **more})  # type: ignore[arg-type]


def test_a_snapshot_opens_with_the_private_key_and_with_no_other(keys: tuple[X25519PrivateKey, Path]) -> None:
    data = seal(b"a frame", keys[0].public_key())
    assert b"a frame" not in data
    assert unseal(data, keys[0]) == b"a frame"
    for wrong in (data[:-1] + bytes([data[-1] ^ 1]), b"JPEG" + data[4:]):
        with pytest.raises(ValueError, match="snapshot"):
            unseal(wrong, keys[0])
    with pytest.raises(ValueError, match="another key"):
        unseal(data, X25519PrivateKey.generate())


def test_what_is_hidden_is_a_few_blocks_before_it_is_encoded(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path
) -> None:
    keeper = Keeper("gate", settings(keys, tmp_path))
    frame = with_car(street(), 300, 270)
    rng = np.random.default_rng(1)
    frame[245:295, 255:345] = rng.integers(0, 255, (50, 90, 3))  # something fine, like a face or a plate
    reported = keeper.keep(frame, [(255.0, 245.0, 345.0, 295.0)], "parking", NOON)
    assert [body.type for body in reported] == ["kept"]
    file = next((tmp_path / "snapshots").glob("*.still"))
    assert file.name == reported[0].file
    assert file.stat().st_mode & 0o077 == 0
    shown: Any = cv2.imdecode(np.frombuffer(unseal(file.read_bytes(), keys[0]), np.uint8), cv2.IMREAD_COLOR)
    inner = shown[245:295, 255:345].astype(int)
    colours = {tuple(block) for block in (inner[3::9, 3::16] // 8).reshape(-1, 3)}
    assert len(colours) <= 36
    assert np.abs(np.diff(inner, axis=1)).mean() < 5, "no fine structure is left"
    assert np.abs(np.diff(frame[245:295, 255:345].astype(int), axis=1)).mean() > 50


def test_pixelating_leaves_the_rest_and_the_original_alone() -> None:
    frame = street().copy()
    before = frame.copy()
    out = pixelated(frame, [(100, 100, 140, 180), (-5, -5, -1, -1), (630, 350, 700, 400)])
    assert (frame == before).all()
    assert (out[:60, :60] == before[:60, :60]).all()
    assert (out[110:170, 105:135] != before[110:170, 105:135]).any()


def test_where_nobody_can_tell_where_persons_are_the_whole_snapshot_is_blocks(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path
) -> None:
    keeper = Keeper("gate", settings(keys, tmp_path))
    frame = with_car(street(), 300, 270)
    keeper.keep(frame, None, "parking", NOON)
    file = next((tmp_path / "snapshots").glob("*.still"))
    shown: Any = cv2.imdecode(np.frombuffer(unseal(file.read_bytes(), keys[0]), np.uint8), cv2.IMREAD_COLOR)
    rough = coarse(frame)
    assert {len(np.unique(block)) for block in rough[:10, :640, 0].reshape(10, 64, 10).swapaxes(0, 1)} == {1}
    assert np.abs(shown.astype(int) - rough).mean() < 4, "the blocks, and nothing finer, were encoded"


@pytest.mark.parametrize("wrong", [(), ("turned",)])
def test_a_snapshot_hides_what_a_detector_finds_and_all_of_it_where_the_view_is_wrong(wrong: tuple[str, ...]) -> None:
    class Eyes:
        """Finds one thing that neither moves nor is followed."""

        def everything(self, frame: Frame) -> Floats | None:
            return np.array([[1, 2, 3, 4]], np.float32)

    moving = np.array([[5, 6, 7, 8]], np.float32)
    seen = Seen([], [track("a", (100, 200))], moving, detected=True, dark=False, wrong=wrong)
    hidden = to_hide(street(), seen, cast("Finder", Eyes()))
    assert hidden == (None if wrong else [(90.0, 150.0, 110.0, 200.0), (5.0, 6.0, 7.0, 8.0), (1.0, 2.0, 3.0, 4.0)])


def test_the_shipped_classifier_cannot_tell_who_stands_still() -> None:
    assert make_finder(SceneSettings()).everything(street()) is None


@needs_data
def test_heads_of_people_who_are_not_followed_are_hidden(tmp_path: Path) -> None:
    finder = make_finder(SceneSettings(model=str(model("coco-ssd", tmp_path))))
    truth_of = truth("PETS09-S2L1", 240, PETS_SCALE)
    covered = []
    for number, frame in zip(range(240), frames("pets09-s2l1.mp4"), strict=False):
        if number % 20:
            continue
        found = finder.everything(frame)
        assert found is not None
        blank = pixelated(np.full_like(frame, 255), [])
        for x1, y1, x2, y2 in found.astype(int):
            grow = int(0.15 * max(x2 - x1, y2 - y1))  # as pixelated() does
            blank[max(0, y1 - grow) : y2 + grow, max(0, x1 - grow) : x2 + grow] = 0
        for x1, y1, x2, y2 in truth_of[number].values():
            head = blank[int(y1) : int(y1 + (y2 - y1) / 4) + 1, int(x1) : int(x2) + 1]
            covered.append(head.mean() < 0.2 * 255)
    assert len(covered) > 40
    assert np.mean(covered) > 0.93, "the rest is found by its motion"


def test_only_the_rules_that_are_named_leave_a_snapshot(keys: tuple[X25519PrivateKey, Path], tmp_path: Path) -> None:
    keeper = Keeper("gate", settings(keys, tmp_path))
    assert keeper.keep(street(), [], "loitering", NOON) == []
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_snapshots_go_for_want_of_room_and_every_end_is_reported(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path
) -> None:
    size = len(encode(street()))
    keeper = Keeper("gate", settings(keys, tmp_path, max_bytes=max(65536, int(size * 2.5))))
    reported = [body for hour in range(4) for body in keeper.keep(street(), [], "parking", NOON + hour * 3600)]
    deleted = [body.file for body in reported if body.type == "deleted"]
    left = [path.name for path in (tmp_path / "snapshots").iterdir()]
    assert deleted
    assert sorted([*deleted, *left]) == sorted(body.file for body in reported if body.type == "kept")
    assert sum(path.stat().st_size for path in (tmp_path / "snapshots").iterdir()) <= max(65536, int(size * 2.5))


def test_one_camera_never_takes_the_room_of_another_whose_name_ends_alike(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path
) -> None:
    tight = settings(keys, tmp_path, max_bytes=65536)
    Keeper("front-gate", tight).keep(street(), None, "parking", NOON)
    reported = [body for hour in range(12) for body in Keeper("gate", tight).keep(street(), [], "parking", NOON + hour)]
    assert any(body.type == "deleted" for body in reported)
    assert not any("front-gate" in body.file for body in reported)


def test_a_disk_that_takes_no_snapshot_is_reported_and_leaves_no_part(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    (reported,) = Keeper("gate", settings(keys, tmp_path)).keep(street(), [], "parking", NOON)
    assert (reported.type, reported.bytes) == ("failed", 0)
    assert "No space left on device" in reported.reason
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_what_a_power_cut_left_of_a_snapshot_is_swept(keys: tuple[X25519PrivateKey, Path], tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "20261123T120000-gate-0123abcd.part").touch()
    (tmp_path / "snapshots" / "20261123T120000-front-gate-0123abcd.part").touch()
    Keeper("gate", settings(keys, tmp_path))
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == ["20261123T120000-front-gate-0123abcd.part"]


def test_a_camera_with_the_longest_name_can_report_its_snapshots(
    keys: tuple[X25519PrivateKey, Path], tmp_path: Path
) -> None:
    (reported,) = Keeper("g" * 63, settings(keys, tmp_path)).keep(street(), None, "parking", NOON)
    assert open_body(said(reported, 1.0)) == reported


def test_a_key_that_is_none_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    options = EvidenceSettings(
        purpose="proof of parking",
        keep_days=1,
        key_file=str(tmp_path / "key.pem"),
        rules=("parking",),
        folder=str(tmp_path),
    )
    with pytest.raises(ConfigError, match="no PEM public key"):
        Keeper("gate", options)
