"""Prometheus' text format (exposition format 0.0.4): one row per metric, names as OpenMetrics wants them; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Literal, TypeVar

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
T = TypeVar("T")
Sample = tuple[Mapping[str, str], float] | tuple[Mapping[str, str], float, str]
"""Labels, value, and of a histogram what stands behind the name: ``_bucket``, ``_sum``, ``_count``."""


class Metric(msgspec.Struct, Generic[T], frozen=True):
    """``name`` is without the prefix; ``samples`` reads them out of what is known now."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    text: str
    samples: Callable[[T], Iterable[Sample]]


def exposition(prefix: str, metrics: Iterable[Metric[T]], known: T) -> str:
    """All metrics that have a sample, in their order."""
    return "".join(_render(f"{prefix}_{metric.name}", metric, known) for metric in metrics)


def _render(name: str, metric: Metric[T], known: T) -> str:
    samples = [
        f"{name}{''.join(behind)}{_labels(labels)} {_number(value)}" for labels, value, *behind in metric.samples(known)
    ]
    if not samples:
        return ""
    return "\n".join((f"# HELP {name} {metric.text}", f"# TYPE {name} {metric.kind}", *samples, ""))


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
