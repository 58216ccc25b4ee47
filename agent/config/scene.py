"""The settings of cameras: what each looks at, what it looks for, and what of it may be kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config import sentences_watching as watched
from agent.config.table import KIB, MIB, Table

Point = tuple[float, float]
"""x to the right, y down: pixels of ``frame_size``, or shares of the frame's width and height where it is not set."""


class CountingLine(Table, frozen=True, kw_only=True):
    """A line on the ground; an object is counted when its foot point has crossed it."""

    a: Annotated[Point, Meta(description=watched.ONE_END_X_Y())]
    b: Annotated[Point, Meta(description=watched.OTHER_END_PLUS_GOES())]
    labels: Annotated[tuple[str, ...], Meta(description=watched.CLASSES_COUNTED_DEFAULT_ALL())] = ()
    each: Annotated[bool, Meta(description=watched.TRUE_SENDS_EVERY_CROSSING())] = False


class Zone(Table, frozen=True, kw_only=True):
    """A polygon on the ground, for occupancy and for the rules whose limits are set."""

    points: Annotated[tuple[Point, ...], Meta(min_length=3, max_length=64, description=watched.CORNERS_X_Y())]
    labels: Annotated[tuple[str, ...], Meta(description=watched.CLASSES_ZONE_ABOUT_DEFAULT())] = ()
    settle_s: Annotated[float, Meta(ge=0, le=60, description=watched.OBJECT_OR_OUT_AFTER())] = 0.5
    loiter_s: Annotated[float, Meta(gt=0, description=watched.LOITERING_PERSON_STAYS_LONGER())] | None = None
    park_s: Annotated[float, Meta(gt=0, description=watched.PARKING_VEHICLE_STANDS_STILL())] | None = None
    crowd: Annotated[int, Meta(ge=1, description=watched.CROWDING_MANY_PERSONS_OR())] | None = None
    crowd_s: Annotated[float, Meta(ge=0, description=watched.CROWDING_LEAST_LONG_SECONDS())] = 5.0
    way: Annotated[Point | None, Meta(description=watched.WRONG_WAY_ALLOWED_DIRECTION())] = None
    way_angle: Annotated[float, Meta(gt=90, le=180, description=watched.WRONG_WAY_DEGREES_OFF())] = 120.0
    way_s: Annotated[float, Meta(gt=0, description=watched.WRONG_WAY_LEAST_LONG())] = 1.0


class Gauge(Table, frozen=True, kw_only=True):
    """A line drawn upright on a wall or kerb on which the water's edge is looked for."""

    marks: Annotated[
        tuple[tuple[float, float, float], ...],
        Meta(min_length=2, max_length=16, description=watched.KNOWN_HEIGHTS_X_Y()),
    ]
    wet_m: Annotated[float, Meta(ge=0, description=watched.LESS_THAN_DRY_METRES())] = 0.02
    flood_m: Annotated[float, Meta(gt=0, description=watched.FROM_FLOODED_METRES())] = 0.10
    step_m: Annotated[float, Meta(gt=0, description=watched.CHANGE_DEPTH_REPORTED_METRES())] = 0.02


class SceneSettings(Table, frozen=True, kw_only=True):
    """What is looked for in a frame, and with what. ``replay --scene`` reads a file with exactly these options."""

    frame_size: Annotated[
        tuple[int, int] | None,
        Meta(description=watched.WIDTH_HEIGHT_COORDINATES_REFER()),
    ] = None
    model: Annotated[str, Meta(description=watched.FOLDER_MODEL_TOML_DEFAULT())] = ""
    score: Annotated[float, Meta(ge=0, le=1, description=watched.LEAST_SCORE_DEFAULT_MODELS())] | None = None
    fps: Annotated[float, Meta(gt=0, le=60, description=watched.FRAMES_LOOKED_PER_SECOND())] = 10.0
    budget: Annotated[
        float,
        Meta(gt=0, le=60, description=watched.FRAMES_PER_SECOND_DETECTOR()),
    ] = 10.0
    threads: Annotated[int, Meta(ge=1, le=16, description=watched.THREADS_INTERPRETER())] = 1
    crops: Annotated[
        Literal["auto", "never"],
        Meta(description=watched.AUTO_SQUARE_CROPS_WHERE()),
    ] = "auto"
    crops_max: Annotated[int, Meta(ge=1, le=32, description=watched.CROPS_LOOKED_PER_FRAME())] = 8
    window_s: Annotated[float, Meta(ge=1, le=86400, description=watched.LENGTH_COUNTING_WINDOW_SECONDS())] = 60.0
    line: Annotated[dict[str, CountingLine], Meta(max_length=16, description=watched.COUNTING_LINES_NAME())] = {}
    zone: Annotated[dict[str, Zone], Meta(max_length=16, description=watched.ZONES_NAME())] = {}
    gauge: Annotated[dict[str, Gauge], Meta(max_length=8, description=watched.VIRTUAL_WATER_GAUGES_NAME())] = {}


EVIDENCE_FOLDER = "/var/lib/poleagent/evidence"


class EvidenceSettings(Table, frozen=True, kw_only=True):
    """Snapshots of incidents, kept on the pole, pixelated and encrypted. Off unless this table stands."""

    purpose: Annotated[str, Meta(min_length=10, max_length=500, description=watched.WHAT_SNAPSHOTS_SENTENCE())]
    keep_days: Annotated[float, Meta(gt=0, le=30, description=watched.DELETED_AFTER_MANY_DAYS())]
    key_file: Annotated[str, Meta(description=watched.PEM_FILE_X_PUBLIC())]
    rules: Annotated[
        tuple[Literal["loitering", "wrong_way", "parking", "crowding", "tamper"], ...],
        Meta(min_length=1, description=watched.WHAT_STILL_KEPT()),
    ]
    folder: Annotated[str, Meta(description=watched.WHERE_THEY_KEPT())] = EVIDENCE_FOLDER
    max_bytes: Annotated[int, Meta(ge=64 * KIB, le=1024 * MIB, description=watched.BOUND_OLDEST_GOES_FIRST())] = (
        16 * MIB
    )


class CameraSettings(SceneSettings, frozen=True, kw_only=True):
    """One camera, looked at on the pole by a process of its own; only results leave it."""

    source: Annotated[
        str,
        Meta(
            min_length=1,
            description=watched.DEV_V_L_ID(),
        ),
    ]
    password_file: Annotated[str | None, Meta(description=watched.FILE_HOLDS_PASSWORD_SOURCES())] = None
    purpose: Annotated[str, Meta(max_length=500, description=watched.WHAT_CAMERA_SENTENCE_WITHOUT())] = ""
    signage: Annotated[str, Meta(max_length=500, description=watched.WHERE_SIGN_HANGS_TELLS())] = ""
    open_s: Annotated[float, Meta(ge=1, le=60, description=watched.LONGEST_WAIT_CONNECTION_SECONDS())] = 8.0
    read_s: Annotated[float, Meta(ge=1, le=60, description=watched.LONGEST_WAIT_FRAME_SECONDS())] = 5.0
    memory_mib: Annotated[int, Meta(ge=32, description=watched.VISION_PROCESS_STARTED_ANEW())] = 400
    loop: Annotated[bool, Meta(description=watched.VIDEO_FILE_STARTS_AGAIN())] = True
    evidence: Annotated[EvidenceSettings | None, Meta(description=watched.SNAPSHOTS_INCIDENTS_DEFAULT_NONE())] = None
