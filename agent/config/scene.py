"""The settings of cameras: what each looks at, what it looks for, and what of it may be kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config.table import KIB, MIB, Table

Point = tuple[float, float]
"""x to the right, y down: pixels of ``frame_size``, or shares of the frame's width and height where it is not set."""


class CountingLine(Table, frozen=True, kw_only=True):
    """A line on the ground; an object is counted when its foot point has crossed it."""

    a: Annotated[Point, Meta(description="one end, [x, y]")]
    b: Annotated[Point, Meta(description="the other end; 'plus' goes from the left of a->b to its right")]
    labels: Annotated[tuple[str, ...], Meta(description="classes that are counted, default all")] = ()
    each: Annotated[bool, Meta(description="true sends every crossing as an event, in addition to the summary")] = False


class Zone(Table, frozen=True, kw_only=True):
    """A polygon on the ground, for occupancy and for the rules whose limits are set."""

    points: Annotated[tuple[Point, ...], Meta(min_length=3, max_length=64, description="corners, [[x, y], ...]")]
    labels: Annotated[tuple[str, ...], Meta(description="classes the zone is about, default all")] = ()
    settle_s: Annotated[float, Meta(ge=0, le=60, description="an object is in or out after this long, in seconds")] = (
        0.5
    )
    loiter_s: Annotated[float, Meta(gt=0, description="loitering: a person stays longer, in seconds")] | None = None
    park_s: (
        Annotated[float, Meta(gt=0, description="parking: a vehicle stands still for longer, in seconds")] | None
    ) = None
    crowd: Annotated[int, Meta(ge=1, description="crowding: this many persons or more at once")] | None = None
    crowd_s: Annotated[float, Meta(ge=0, description="crowding: for at least this long, in seconds")] = 5.0
    way: Annotated[
        Point | None, Meta(description="wrong way: the allowed direction in the frame, [dx, dy], y down")
    ] = None
    way_angle: Annotated[
        float, Meta(gt=90, le=180, description="wrong way: degrees off the allowed direction that are wrong")
    ] = 120.0
    way_s: Annotated[float, Meta(gt=0, description="wrong way: for at least this long, in seconds")] = 1.0


class Gauge(Table, frozen=True, kw_only=True):
    """A line drawn upright on a wall or kerb on which the water's edge is looked for."""

    marks: Annotated[
        tuple[tuple[float, float, float], ...],
        Meta(min_length=2, max_length=16, description="known heights, [[x, y, metres], ...], lowest first"),
    ]
    wet_m: Annotated[float, Meta(ge=0, description="less than this is dry, in metres")] = 0.02
    flood_m: Annotated[float, Meta(gt=0, description="from here on it is flooded, in metres")] = 0.10
    step_m: Annotated[float, Meta(gt=0, description="a change of depth that is reported, in metres")] = 0.02


class SceneSettings(Table, frozen=True, kw_only=True):
    """What is looked for in a frame, and with what. ``replay --scene`` reads a file with exactly these options."""

    frame_size: Annotated[
        tuple[int, int] | None,
        Meta(description="[width, height] that coordinates refer to; without it they are shares from 0 to 1"),
    ] = None
    model: Annotated[
        str, Meta(description="folder with a model.toml; default the crop classifier that comes with the agent")
    ] = ""
    score: Annotated[float, Meta(ge=0, le=1, description="least score, default the model's own")] | None = None
    fps: Annotated[float, Meta(gt=0, le=60, description="frames looked at per second")] = 10.0
    budget: Annotated[
        float,
        Meta(gt=0, le=60, description="frames per second that a detector looks at, at most; tracks bridge others"),
    ] = 10.0
    threads: Annotated[int, Meta(ge=1, le=16, description="threads of the interpreter")] = 1
    crops: Annotated[
        Literal["auto", "never"],
        Meta(description="'auto': square crops where objects are small; 'never': always the whole frame"),
    ] = "auto"
    crops_max: Annotated[
        int, Meta(ge=1, le=32, description="crops looked at per frame, the rest take turns; four share an inference")
    ] = 8
    window_s: Annotated[float, Meta(ge=1, le=86400, description="length of a counting window, in seconds")] = 60.0
    line: Annotated[dict[str, CountingLine], Meta(max_length=16, description="counting lines by name")] = {}
    zone: Annotated[dict[str, Zone], Meta(max_length=16, description="zones by name")] = {}
    gauge: Annotated[dict[str, Gauge], Meta(max_length=8, description="virtual water gauges by name")] = {}


EVIDENCE_FOLDER = "/var/lib/poleagent/evidence"


class EvidenceSettings(Table, frozen=True, kw_only=True):
    """Snapshots of incidents, kept on the pole, pixelated and encrypted. Off unless this table stands."""

    purpose: Annotated[
        str, Meta(min_length=10, max_length=500, description="what the snapshots are for, in a sentence")
    ]
    keep_days: Annotated[float, Meta(gt=0, le=30, description="deleted after this many days")]
    key_file: Annotated[str, Meta(description="PEM file of the X25519 public key that alone can open them")]
    rules: Annotated[
        tuple[Literal["loitering", "wrong_way", "parking", "crowding", "tamper"], ...],
        Meta(min_length=1, description="what a still is kept of"),
    ]
    folder: Annotated[str, Meta(description="where they are kept")] = EVIDENCE_FOLDER
    max_bytes: Annotated[int, Meta(ge=64 * KIB, le=1024 * MIB, description="bound; the oldest goes first")] = 16 * MIB


class CameraSettings(SceneSettings, frozen=True, kw_only=True):
    """One camera, looked at on the pole by a process of its own; only results leave it."""

    source: Annotated[
        str,
        Meta(
            min_length=1,
            description="/dev/v4l/by-id/..., rtsp://..., http://... (MJPEG), or the full path of a video file",
        ),
    ]
    password_file: Annotated[
        str | None, Meta(description="file that holds the password of the source's user, or credential:NAME")
    ] = None
    purpose: Annotated[
        str, Meta(max_length=500, description="what the camera is for, in a sentence; without it, it does not start")
    ] = ""
    signage: Annotated[
        str, Meta(max_length=500, description="where the sign hangs that tells passers-by; required as well")
    ] = ""
    open_s: Annotated[float, Meta(ge=1, le=60, description="longest wait for a connection, in seconds")] = 8.0
    read_s: Annotated[float, Meta(ge=1, le=60, description="longest wait for a frame, in seconds")] = 5.0
    memory_mib: Annotated[int, Meta(ge=32, description="the vision process is started anew beyond this, in MiB")] = 400
    loop: Annotated[bool, Meta(description="a video file starts again at its end")] = True
    evidence: Annotated[EvidenceSettings | None, Meta(description="snapshots of incidents, default none")] = None
