"""docs/reference/metrics.md, made from the table of the metrics."""

from __future__ import annotations

from fleet.api.metrics import METRICS, PREFIX

_HEAD = """# Metrics of the platform

What `GET /metrics` of `polefleet serve` says in Prometheus' text format;
[platform.md](../platform.md#prometheus-and-grafana) shows how to ask it.

| metric | kind | meaning |
|---|---|---|
"""


def page() -> str:
    return _HEAD + "".join(f"| `{PREFIX}_{each.name}` | {each.kind} | {each.text} |\n" for each in METRICS)
