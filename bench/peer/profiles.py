"""What is measured, and the targets."""

from __future__ import annotations

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """``registers`` are polled every ``every_s``; 0 registers is an agent with nothing to do."""

    name: str
    registers: int
    every_s: float
    sides: tuple[str, ...]

    @property
    def readings_per_s(self) -> float:
        return self.registers / self.every_s


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one side: the broker's port, and where to read how many registers how often.

    ``place`` is a serial port, or HOST:PORT.
    """

    broker: int
    place: str
    registers: int
    every_s: float


PEER, ANCHOR, RAW, WINDOWS = "peer", "collectd", "raw", "windows"
"""The peer; collectd, where it is installed; ours with every reading delivered; ours as it comes, with 60 s windows."""

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="pole", registers=20, every_s=1.0, sides=(PEER, ANCHOR, RAW, WINDOWS)),
        Profile(name="fast", registers=100, every_s=0.1, sides=(PEER, RAW)),
        Profile(name="idle", registers=0, every_s=1.0, sides=(PEER, RAW)),
    )
}


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one side did. Sums are over the measured seconds, ``produced`` and ``delivered`` over the whole run."""

    name: str
    seconds: float
    cpu_s: float
    readings: int
    """Readings that reached the subscriber in the measured seconds; in windows: that were read in these seconds."""
    rss_mb: float
    pss_mb: float
    disk_bytes: int
    upstream_bytes: int
    produced: int
    """Values that the slave gave out, warm-up and end included."""
    delivered: int
    """Of these, those that reached the subscriber; each counts once."""
    first_stored_s: float | None = None
    imports_s: float | None = None
    first_delivered_s: float | None = None

    @property
    def cpu_per_1000(self) -> float | None:
        return 1000 * self.cpu_s / self.readings if self.readings else None

    @property
    def cpu_percent(self) -> float:
        return 100 * self.cpu_s / self.seconds

    @property
    def upstream_per_reading(self) -> float | None:
        return self.upstream_bytes / self.readings if self.readings else None

    @property
    def disk_per_day(self) -> float:
        return self.disk_bytes / self.seconds * 86400

    def share(self, profile: Profile) -> float:
        """Percent: what the schedule asks for in the measured seconds may be lost on the way, or never be polled."""
        return 100 * self.readings / (profile.readings_per_s * self.seconds)

    @property
    def missing(self) -> int:
        return self.produced - self.delivered


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: both sides, what is asked, and whether it holds (None where nothing is asked)."""

    profile: str
    text: str
    ours: float | None
    peers: float | None
    target: str = ""
    holds: bool | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peers if self.ours is not None and self.peers else None


def figures(profile: Profile, sides: dict[str, Side]) -> list[Figure]:
    """The table of one profile."""
    peer, raw = sides[PEER], sides[RAW]
    rows = _Rows(profile.name)
    if not profile.registers:
        rows.limit("idle CPU, % of a core", raw.cpu_percent, peer.cpu_percent, 0.3)
        rows.limit("resident MiB, idle", raw.rss_mb, peer.rss_mb, 45)
        return rows.rows
    share = {"pole": 0.1, "fast": 0.25}[profile.name]
    rows.ratio("CPU s per 1,000 readings delivered", raw.cpu_per_1000, peer.cpu_per_1000, share)
    if ANCHOR in sides:
        anchor = sides[ANCHOR]
        rows.ratio("the same next to collectd, in C, without a store", raw.cpu_per_1000, anchor.cpu_per_1000, 1.0)
        rows.plain("readings not delivered, next to collectd's", raw.missing, anchor.missing)
    rows.plain("CPU, % of a core", raw.cpu_percent, peer.cpu_percent)
    rows.limit("readings produced and not delivered", raw.missing, peer.missing, 0)
    rows.plain("readings delivered, % of those due", raw.share(profile), peer.share(profile))
    rows.limit("resident MiB", raw.rss_mb, peer.rss_mb, 45)
    rows.plain("proportional MiB (PSS)", raw.pss_mb, peer.pss_mb)
    rows.plain("bytes upstream per reading, each delivered", raw.upstream_per_reading, peer.upstream_per_reading)
    rows.plain("MB written per day, each delivered", raw.disk_per_day / 1e6, peer.disk_per_day / 1e6)
    if raw.first_stored_s is not None:
        rows.ratio("s from start to first reading stored, by bare imports", raw.first_stored_s, raw.imports_s, 2.0)
    rows.plain("s from start to first reading delivered", raw.first_delivered_s, peer.first_delivered_s)
    if WINDOWS in sides:
        ours = sides[WINDOWS]
        rows.ratio("bytes upstream per reading, default", ours.upstream_per_reading, peer.upstream_per_reading, 0.1)
        rows.ratio("MB written per day, default", ours.disk_per_day / 1e6, peer.disk_per_day / 1e6, 0.05)
        rows.ratio("CPU s per 1,000 readings, default", ours.cpu_per_1000, peer.cpu_per_1000, 0.1)
        rows.limit("resident MiB, default", ours.rss_mb, peer.rss_mb, 45)
    return rows.rows


class _Rows:
    def __init__(self, profile: str) -> None:
        self._profile = profile
        self.rows: list[Figure] = []

    def plain(self, text: str, ours: float | None, peers: float | None) -> None:
        self.rows.append(Figure(profile=self._profile, text=text, ours=ours, peers=peers))

    def limit(self, text: str, ours: float | None, peers: float | None, most: float) -> None:
        holds = ours is not None and ours <= most
        row = Figure(profile=self._profile, text=text, ours=ours, peers=peers, target=f"<= {most:g}", holds=holds)
        self.rows.append(row)

    def ratio(self, text: str, ours: float | None, peers: float | None, most: float) -> None:
        holds = ours is not None and bool(peers) and ours / (peers or 1) <= most
        target = f"ratio <= {most:g}"
        self.rows.append(Figure(profile=self._profile, text=text, ours=ours, peers=peers, target=target, holds=holds))
