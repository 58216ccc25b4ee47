"""The status as Prometheus text: one row per metric."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.status.advice import advice
from contract.exposition import Metric, Sample, exposition
from contract.health import PoleStatus, UplinkHealth
from contract.types import Quality


def text(status: PoleStatus) -> str:
    """All metrics that have a sample, in the order of the table."""
    return exposition("poleagent", METRICS, status)


def _one(value: Callable[[PoleStatus], float]) -> Callable[[PoleStatus], Iterable[Sample]]:
    return lambda status: [({}, value(status))]


def _device(value: Callable[..., float]) -> Callable[[PoleStatus], Iterable[Sample]]:
    return lambda status: [({"device": device.name}, value(device)) for device in status.devices]


def _line(value: Callable[..., float]) -> Callable[[PoleStatus], Iterable[Sample]]:
    return lambda status: [({"line": line.name}, value(line)) for line in status.lines]


def _camera(value: Callable[..., float]) -> Callable[[PoleStatus], Iterable[Sample]]:
    return lambda status: [({"camera": camera.name}, value(camera)) for camera in status.cameras]


def _uplink(value: Callable[[UplinkHealth], float]) -> Callable[[PoleStatus], Iterable[Sample]]:
    return lambda status: [] if status.uplink is None else [({}, value(status.uplink))]


def _faults(status: PoleStatus) -> Iterable[Sample]:
    for device in status.devices:
        for code, count in device.faults.items():
            yield {"device": device.name, "code": str(code)}, count


def _readings(status: PoleStatus) -> Iterable[Sample]:
    for device in status.devices:
        for last in device.last:
            if not isinstance(last.value, str):  # labels are no numbers
                yield {"device": device.name, "quantity": last.quantity, "unit": str(last.unit)}, last.value


def _reading_ages(status: PoleStatus) -> Iterable[Sample]:
    for device in status.devices:
        for last in device.last:
            yield {"device": device.name, "quantity": last.quantity}, last.age_s


def _store_states(status: PoleStatus) -> Iterable[Sample]:
    for state in ("ok", "full", "blocked"):
        yield {"state": state}, status.store.state == state


def _unsent(status: PoleStatus) -> Iterable[Sample]:
    for name, lane in status.store.lanes.items():
        yield {"lane": name}, lane.unsent


def _oldest(status: PoleStatus) -> Iterable[Sample]:
    for name, lane in status.store.lanes.items():
        if lane.oldest_utc is not None:
            yield {"lane": name}, max(0.0, (status.clock.now.utc - lane.oldest_utc).total_seconds())


def _acknowledged_age(status: PoleStatus) -> Iterable[Sample]:
    if status.uplink is not None and status.uplink.last_acknowledged is not None:
        yield {}, max(0.0, (status.clock.now.utc - status.uplink.last_acknowledged).total_seconds())


def _episodes(status: PoleStatus) -> Iterable[Sample]:
    for severity in ("info", "warning", "alarm"):
        yield {"severity": severity}, sum(one.severity == severity for one in status.episodes)


def _qualities(status: PoleStatus) -> Iterable[Sample]:
    for device in status.devices:
        for last in device.last:
            yield {"device": device.name, "quantity": last.quantity}, last.quality is Quality.GOOD


def _certificates(status: PoleStatus) -> Iterable[Sample]:
    for one in status.certificates:
        if one.not_after is not None:
            yield {"role": one.role}, one.not_after.timestamp()


def _about(status: PoleStatus) -> Iterable[Sample]:
    yield {"pole": status.pole, "version": status.version, "settings": status.revision}, 1


METRICS: tuple[Metric[PoleStatus], ...] = (
    Metric("info", "gauge", "Always 1; who this is.", _about),
    Metric("uptime_seconds", "gauge", "Time since the agent started.", _one(lambda s: s.uptime_s)),
    Metric("stale_parts", "gauge", "Parts that have stopped making progress.", _one(lambda s: len(s.stale))),
    Metric("settings_problems", "gauge", "Problems of settings that were refused.", _one(lambda s: len(s.problems))),
    Metric("settings_pending", "gauge", "Options that wait for a restart.", _one(lambda s: len(s.pending))),
    Metric(
        "things_to_look_at", "gauge", "What the status advises; 0 when all is well.", _one(lambda s: len(advice(s)))
    ),
    Metric("open_episodes", "gauge", "Alerts, anomalies, faults that have begun and not ended.", _episodes),
    Metric("certificate_expires_seconds", "gauge", "When a certificate expires, in Unix time.", _certificates),
    Metric("resident_memory_bytes", "gauge", "Memory in use.", _one(lambda s: s.box.resident_bytes)),
    Metric("cpu_seconds_total", "counter", "Processor time used.", _one(lambda s: s.box.cpu_s)),
    Metric("disk_free_bytes", "gauge", "Free on the database's disk.", _one(lambda s: s.box.disk_free_bytes)),
    Metric("disk_size_bytes", "gauge", "Size of the database's disk.", _one(lambda s: s.box.disk_bytes)),
    Metric("device_up", "gauge", "1 while the device answers.", _device(lambda d: d.state == "up")),
    Metric("device_readings_total", "counter", "Readings since start.", _device(lambda d: d.readings)),
    Metric("device_faults_total", "counter", "Missing measurements since start.", _faults),
    Metric("device_missed_rounds_total", "counter", "Rounds left out on a busy line.", _device(lambda d: d.missed)),
    Metric("device_error_ratio", "gauge", "Share of the last rounds that failed.", _device(lambda d: d.error_share)),
    Metric("reading", "gauge", "The last value; its UCUM unit is a label.", _readings),
    Metric("reading_good", "gauge", "1 while the last value is marked good.", _qualities),
    Metric("reading_age_seconds", "gauge", "Age of the last value.", _reading_ages),
    Metric("line_up", "gauge", "1 while the port is open.", _line(lambda li: li.state == "up")),
    Metric("line_utilization_ratio", "gauge", "Share of the last minute in use.", _line(lambda li: li.load)),
    Metric("line_received_bytes_total", "counter", "Bytes that came in.", _line(lambda li: li.bytes_in)),
    Metric("line_sent_bytes_total", "counter", "Bytes that went out.", _line(lambda li: li.bytes_out)),
    Metric("line_garbage_bytes_total", "counter", "Bytes of no frame.", _line(lambda li: li.garbage_bytes)),
    Metric("line_reopened_total", "counter", "Times the port came back.", _line(lambda li: li.reopened)),
    Metric("camera_up", "gauge", "1 while the camera gives frames.", _camera(lambda c: c.state == "ok")),
    Metric("camera_frames_total", "counter", "Frames looked at since start.", _camera(lambda c: c.frames)),
    Metric("camera_frames_per_second", "gauge", "Frames looked at now.", _camera(lambda c: c.frames_per_s)),
    Metric("camera_tracks", "gauge", "Objects followed now.", _camera(lambda c: c.tracks)),
    Metric("camera_reconnects_total", "counter", "Times the source was opened anew.", _camera(lambda c: c.reconnects)),
    Metric("camera_restarts_total", "counter", "Times its process was started anew.", _camera(lambda c: c.restarts)),
    Metric("camera_memory_bytes", "gauge", "Memory of its process.", _camera(lambda c: c.memory_bytes)),
    Metric("store_state", "gauge", "1 for the state the store is in.", _store_states),
    Metric("store_bytes", "gauge", "Disk used by the database.", _one(lambda s: s.store.bytes)),
    Metric("store_limit_bytes", "gauge", "Disk it may use.", _one(lambda s: s.store.max_bytes)),
    Metric("store_ring_bytes", "gauge", "Disk used by raw readings.", _one(lambda s: s.store.ring_bytes)),
    Metric("store_waiting_events", "gauge", "Events not yet on disk.", _one(lambda s: s.store.waiting)),
    Metric("store_unsent_events", "gauge", "Events that wait for delivery.", _unsent),
    Metric("store_oldest_unsent_age_seconds", "gauge", "Age of the oldest of them.", _oldest),
    Metric("store_committed_events_total", "counter", "Put on disk so far.", _one(lambda s: s.store.committed)),
    Metric("store_acknowledged_events_total", "counter", "Delivered so far.", _one(lambda s: s.store.acknowledged)),
    Metric("store_evicted_events_total", "counter", "Deleted unsent so far.", _one(lambda s: s.store.evicted)),
    Metric("uplink_up", "gauge", "1 while connected to the broker.", _uplink(lambda u: u.state == "up")),
    Metric("uplink_connects_total", "counter", "Connections made.", _uplink(lambda u: u.connects)),
    Metric("uplink_messages_total", "counter", "Messages acknowledged.", _uplink(lambda u: u.messages)),
    Metric("uplink_events_total", "counter", "Events acknowledged.", _uplink(lambda u: u.events)),
    Metric("uplink_payload_bytes_total", "counter", "Payload bytes sent.", _uplink(lambda u: u.payload_bytes)),
    Metric("uplink_in_flight_messages", "gauge", "Messages without answer yet.", _uplink(lambda u: u.in_flight)),
    Metric("uplink_acknowledged_age_seconds", "gauge", "Since the last acknowledgement.", _acknowledged_age),
    Metric("clock_synced", "gauge", "1 when the clock has been set.", _one(lambda s: s.clock.now.synced)),
    Metric("clock_steps_total", "counter", "Jumps of the clock since start.", _one(lambda s: s.clock.steps)),
)
