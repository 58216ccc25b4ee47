"""A parser of Prometheus' text format (version 0.0.4) that forgives nothing."""

from __future__ import annotations

import re

HEAD = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Labels = tuple[tuple[str, str], ...]


def parsed_labels(raw: str) -> Labels:
    labels = []
    while raw:
        match = LABEL.match(raw)
        assert match, raw
        labels.append((match[1], re.sub(r'\\[\\"n]', lambda found: UNESCAPED[found[0]], match[2])))
        raw = raw[match.end() :]
    return tuple(labels)


def parsed(page: str) -> dict[tuple[str, Labels], float]:
    """Every sample; fails on what a Prometheus server would refuse or OpenMetrics would blame."""
    assert page.endswith("\n")
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    samples: dict[tuple[str, Labels], float] = {}
    family = ""
    for line in page[:-1].split("\n"):
        if head := HEAD.fullmatch(line):
            if head[1] == "HELP":
                assert head[2] not in helped, "a family must stand in one piece"
                helped.add(head[2])
                family = head[2]
            else:
                assert head[2] == family
                assert head[3] in ("gauge", "counter", "histogram")
                kinds[family] = head[3]
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        behind = ("_bucket", "_sum", "_count") if kinds[family] == "histogram" else ("",)
        assert sample[1].removeprefix(family) in behind, "a sample belongs to the family above it"
        assert (kinds[family] == "counter") == family.endswith("_total")
        key = (sample[1], parsed_labels(sample[2] or ""))
        assert key not in samples, "a sample stands once"
        samples[key] = float(sample[3])
    return samples
