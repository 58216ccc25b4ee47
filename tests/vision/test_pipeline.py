"""From frames to what is reported: the real pipeline with the shipped classifier, on drawn and on real videos."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.config.scene import CountingLine, SceneSettings, Zone
from agent.errors import AgentError
from agent.models.describe import read_model, shipped_folder
from agent.vision.boxes import Detections, Frame, join
from agent.vision.crops import CropOptions, packed, plan, tiles, uncut
from agent.vision.detector import Classifier, Eye
from agent.vision.finder import BlobFinder, SearchPlaces
from agent.vision.pipeline import VisionPipeline, make_finder
from agent.vision.replay import lines, steps
from agent.vision.scene import Scene
from agent.vision.source import Source
from contract.events import Counts, Crossing, Incident
from contract.types import Body
from tests.vision.stage import DATA, Sensor, drive, found, names, needs_data, street, track, with_car, write_video

ROAD = SceneSettings(
    frame_size=(640, 360),
    line={"gate": CountingLine(a=(320, 190), b=(320, 350))},
    zone={"road": Zone(points=((0, 190), (640, 190), (640, 350), (0, 350)))},
)


class FoundAsScripted:
    """A finder with a script: what it finds at which call; it remembers where it was asked to look."""

    sees_still = True

    def __init__(self, script: dict[int, Detections]) -> None:
        self.eye: Eye = Classifier(read_model(shipped_folder()))
        self._script = script
        self.asked: list[SearchPlaces] = []

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        self.asked.append(places)
        return self._script.get(len(self.asked), join([]))

    def everything(self, frame: Frame) -> None:
        """It cannot tell."""


class SeesTheCar(FoundAsScripted):
    """A finder that sees the drawn car wherever it is."""

    def __init__(self) -> None:
        super().__init__({})

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        self.asked.append(places)
        rows, columns = np.nonzero((frame[..., 2] > 150) & (frame[..., 0] < 60))
        if len(rows) < 200:
            return join([])
        return found(("vehicle", 0.9, columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))


def test_a_car_that_drives_through_is_counted_once_with_its_class(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(110))
    reported = [msgspec.json.decode(line) for line in lines(Source(str(video)), ROAD)]
    crossings = [row for row in reported if row["kind"] == "crossing"]
    assert [(row["line"], row["direction"]) for row in crossings] == [("gate", -1)]
    assert crossings[0]["at_s"] == pytest.approx(1.0 + 380 / 80, abs=1.0)
    counts = [row for row in reported if row["kind"] == "counts"]
    assert sum(row["minus"] for part in counts for row in part["lines"]) == 1


def test_a_video_gives_the_same_answer_every_time(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(80))
    assert list(lines(Source(str(video)), ROAD)) == list(lines(Source(str(video)), ROAD))


def test_an_empty_street_is_never_given_to_the_model() -> None:
    sensor, finder = Sensor(), make_finder(ROAD)
    pipeline = VisionPipeline(ROAD, (640, 360), finder=finder)
    for frame in range(100):
        pipeline.frame(sensor.see(street()), frame / 10)
    assert finder.eye.runs <= 3


def test_an_object_at_rest_is_looked_at_only_now_and_then_and_stays() -> None:
    parked = found(("vehicle", 0.9, 255, 248, 345, 300))
    finder = FoundAsScripted(dict.fromkeys(range(1000), parked))
    sensor, frame = Sensor(), with_car(street(), 300, 270)
    pipeline = VisionPipeline(ROAD, (640, 360), finder=finder)
    seen = [pipeline.frame(sensor.see(frame), number / 10) for number in range(300)]
    assert all([one.label for one in each.tracks] == ["vehicle"] for each in seen[30:])
    assert len({one.id for each in seen for one in each.tracks}) == 1
    assert len(finder.asked) < 40


def test_an_object_at_rest_that_the_detector_no_longer_finds_is_gone() -> None:
    parked = found(("vehicle", 0.9, 255, 248, 345, 300))
    finder = FoundAsScripted(dict.fromkeys(range(8), parked))
    sensor, frame = Sensor(), with_car(street(), 300, 270)
    pipeline = VisionPipeline(ROAD, (640, 360), finder=finder)
    seen = [pipeline.frame(sensor.see(frame), number / 10) for number in range(400)]
    assert seen[40].tracks
    assert not seen[-1].tracks


def test_a_car_that_leaves_the_frame_does_not_rest_at_its_edge() -> None:
    finder = SeesTheCar()
    pipeline = VisionPipeline(ROAD, (640, 360), finder=finder)
    seen = [pipeline.frame(frame, number / 10) for number, frame in enumerate(drive(140, speed=8.0))]
    left = 10 + (640 + 60 + 45) // 8
    assert seen[left - 20].tracks
    assert not any(each.tracks for each in seen[left + 5 :])


@pytest.mark.parametrize("fps", [10, 15, 25, 30])
@pytest.mark.parametrize("budget", [10.0, 5.0])
def test_looks_are_saved_and_frames_never_are(fps: int, budget: float) -> None:
    sensor, empty = Sensor(), street()
    script: dict[int, Detections] = {}
    finder = FoundAsScripted(script)
    pipeline = VisionPipeline(msgspec.structs.replace(ROAD, budget=budget), (640, 360), finder=finder, seed=1)
    reported: list[Crossing] = []
    for frame in range(4 * fps):
        x = -60 + frame * 200 / fps
        script[len(finder.asked) + 1] = found(("vehicle", 0.9, x - 45, 248, x + 45, 300))
        seen = pipeline.frame(sensor.see(with_car(empty, x, 270)), frame / fps)
        reported += [body for _, body in seen.events if isinstance(body, Crossing)]
    assert len(finder.asked) == pytest.approx(4 * budget, abs=6)
    assert [body.direction for body in reported] == [-1]


@pytest.mark.fault("a group stood there before the camera looked", "sweeps find it; loitering and crowding see it")
def test_a_group_that_stands_from_the_start_loiters_and_crowds() -> None:
    group = [("person", 0.5, x, 240, x + 20, 300) for x in range(100, 400, 60)]
    yard = Zone(points=((0, 180), (640, 180), (640, 360), (0, 360)), loiter_s=20, crowd=5, crowd_s=5)
    scene = SceneSettings(frame_size=(640, 360), zone={"yard": yard})
    finder = FoundAsScripted(dict.fromkeys(range(1000), found(*group)))
    sensor, frame = Sensor(), street()
    pipeline = VisionPipeline(scene, (640, 360), finder=finder, seed=1)
    reported = [
        (number / 5, body)
        for number in range(200)
        for _, body in pipeline.frame(sensor.see(frame), number / 5).events
        if isinstance(body, Incident)
    ]
    assert sorted(body.type for _, body in reported) == ["crowding", *["loitering"] * 5]
    assert all(body.phase == "begin" for _, body in reported)
    assert all(5 <= at_s <= 9 for at_s, body in reported if body.type == "crowding"), "after 3 s, and crowd_s"
    assert all(20 <= at_s <= 25 for at_s, body in reported if body.type == "loitering")
    assert len(finder.asked) < 20, "it stands: a sweep now and then is enough"


def test_at_midnight_a_parked_car_is_no_new_offence_and_no_second_car() -> None:
    parked = found(("vehicle", 0.9, 255, 248, 345, 300))
    sensor, frame = Sensor(), with_car(street(), 300, 270)
    road = Zone(points=((0, 180), (640, 180), (640, 360), (0, 360)), park_s=10)
    scene = SceneSettings(frame_size=(640, 360), zone={"road": road})
    finder = FoundAsScripted(dict.fromkeys(range(1000), parked))
    pipeline = VisionPipeline(scene, (640, 360), finder=finder, seed=1, aligned_s=86400 - 20.0)
    reported = [body for number in range(200) for _, body in pipeline.frame(sensor.see(frame), number / 5).events]
    reported += [body for _, body in pipeline.end(40.0)]
    assert [body.phase for body in reported if isinstance(body, Incident)] == ["begin", "end"]
    assert max(zone.max for body in reported if isinstance(body, Counts) for zone in body.zones) == 1


def test_track_names_are_random_and_new_every_day() -> None:
    parked = found(("vehicle", 0.9, 255, 248, 345, 300))
    sensor, frame = Sensor(), with_car(street(), 300, 270)
    reported = []
    for _ in range(2):
        finder = FoundAsScripted(dict.fromkeys(range(1000), parked))
        pipeline = VisionPipeline(ROAD, (640, 360), finder=finder, aligned_s=86400 - 5.0)
        seen = [pipeline.frame(sensor.see(frame), number / 10) for number in range(100)]
        reported.append([each.tracks[0].id for each in seen if each.tracks])
    assert len(set(reported[0])) == 2
    assert set(reported[0]).isdisjoint(reported[1])


def test_a_covered_camera_counts_nothing_and_says_how_long_it_saw() -> None:
    sensor = Sensor()
    scene = msgspec.structs.replace(ROAD, window_s=60.0)
    pipeline = VisionPipeline(scene, (640, 360), finder=make_finder(scene), aligned_s=0.0)
    reported: list[Body] = []
    for number in range(4 * 61):
        covered = number >= 4 * 20
        frame = np.full_like(street(), 35) if covered else street()
        reported += [body for _, body in pipeline.frame(sensor.see(frame), number / 4).events]
    counts = [body for body in reported if isinstance(body, Counts)]
    assert counts[0].duration_s == 60.0
    assert counts[0].seen_s == pytest.approx(26, abs=2)
    assert [body.kind for body in reported] == ["tamper", "counts"]


def test_windows_are_aligned_to_the_wall_clock_and_the_last_one_is_closed() -> None:
    scene = Scene(ROAD, (640, 360), names(), aligned_s=30.0)
    reported: list[tuple[float, Body]] = []
    for second in range(200):
        reported += scene.update([track("0000000a", (100, 300), now_s=second)], float(second))
    reported += scene.end(199.0)
    starts = [(at_s, body.duration_s) for at_s, body in reported if isinstance(body, Counts)]
    assert starts == [(0.0, 30.0), (30.0, 60.0), (90.0, 60.0), (150.0, 49.0)]


def test_every_crossing_is_reported_only_where_it_is_wanted() -> None:
    each = msgspec.structs.replace(ROAD, line={"gate": CountingLine(a=(0, 0), b=(1, 1), each=True)})
    assert Scene(each, (640, 360), names()).each("gate")
    assert not Scene(ROAD, (640, 360), names()).each("gate")


def test_crops_hold_their_objects_with_room_and_share_where_they_can() -> None:
    boxes = np.array([[100, 100, 120, 150], [130, 105, 150, 155], [500, 200, 520, 250]], np.float32)
    crops = plan(boxes, (640, 360), 300, CropOptions())
    assert len(crops) == 2
    for box in boxes:
        assert any(x1 <= box[0] and y1 <= box[1] and box[2] <= x2 and box[3] <= y2 for x1, y1, x2, y2 in crops)
    assert all(x2 - x1 == y2 - y1 for x1, y1, x2, y2 in crops)


def test_a_large_object_is_looked_at_in_the_whole_frame() -> None:
    boxes = np.array([[100, 50, 400, 340]], np.float32)
    assert plan(boxes, (640, 360), 300, CropOptions()) == [(0, 0, 640, 360)]
    assert plan(boxes[:0], (640, 360), 300, CropOptions()) == []


def test_four_crops_share_an_inference_and_the_whole_frame_has_its_own() -> None:
    crops = [(0, 0, side, side) for side in range(80, 85)]
    assert packed([(0, 0, 640, 360), *crops], (640, 360)) == [[(0, 0, 640, 360)], crops[:4], crops[4:]]
    assert packed([], (640, 360)) == []


def test_tiles_cover_every_pixel() -> None:
    seen = np.zeros((360, 640), bool)
    for x1, y1, x2, y2 in tiles((640, 360), 150)[1:]:
        seen[y1:y2, x1:x2] = True
    assert seen.all()


def test_what_a_crops_edge_has_cut_is_left_to_others_but_not_at_the_frames_edge() -> None:
    seen = found(
        ("person", 0.9, 100, 120, 130, 180), ("person", 0.9, 140, 120, 160, 180), ("person", 0.9, 120, 0, 140, 50)
    )
    assert uncut(seen, (100, 0, 300, 200), (640, 360)).boxes[:, 0].tolist() == [140, 120]


def test_two_tracks_in_one_blob_are_looked_at_one_by_one_and_pieces_of_one_together() -> None:
    class Named(BlobFinder):
        def __init__(self) -> None:
            super().__init__(Classifier(read_model(shipped_folder())), 6)

    nobody = np.empty((0, 4), np.float32)
    left, right = [100, 100, 140, 180], [150, 100, 190, 180]
    finder = Named()
    blob = np.array([[98, 98, 192, 182]], np.float32)
    finder.find(street(), SearchPlaces(blob, np.array([left, right], np.float32), nobody))
    assert finder.eye.runs == 3  # whether the whole is one vehicle, and each
    pieces = np.array([[102, 100, 138, 130], [104, 150, 136, 178]], np.float32)
    finder.find(street(), SearchPlaces(pieces, np.array([left], np.float32), nobody))
    assert finder.eye.runs == 4


def test_a_video_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.avi").write_bytes(b"no video")
    with pytest.raises(AgentError, match="no video that can be decoded"):
        list(steps(Source(str(tmp_path / "x.avi")), ROAD))


@needs_data
@pytest.mark.data
def test_cars_seen_from_straight_above_are_two_up_and_two_down() -> None:
    scene = SceneSettings(frame_size=(768, 432), line={"middle": CountingLine(a=(0, 216), b=(768, 216))}, fps=12.5)
    reported = [
        body for step in steps(Source(str(DATA / "video/cars-from-above.mp4")), scene) for _, body in step.seen.events
    ]
    crossings = [body for body in reported if isinstance(body, Crossing)]
    assert sorted(body.direction for body in crossings) == [-1, -1, 1, 1]
    assert {body.label for body in crossings} == {"vehicle"}
    assert not [body for body in reported if body.kind == "tamper"]
