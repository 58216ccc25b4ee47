"""Every sentence of the agent has a Chinese column that says the same, and is found again from what it looks like."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from agent.cli import main
from agent.cli._language import chosen, split
from agent.spoken import Catalogue, dated, rows, spoken, tables, tidy
from agent.status.table import Terminal, table
from agent.status.words import width, wrapped
from contract.words import Language, Sentence
from tests.status.canned import TROUBLED

ROWS = [(module, row) for module in tables() for row in rows(vars(importlib.import_module(module)))]
CHINESE = re.compile(r"[\u3400-\u9fff]")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:?!](?![\w.-])|[\u3400-\u9fff]\(")
"""Stops that Chinese writes in full width."""


def fields(text: str) -> dict[str, str]:
    """Name -> format specification."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(text) if name is not None}


def sample(name: str, spec: str, number: int) -> object:
    if "%Y" in spec or "%H" in spec:
        return datetime(2026, 11, 30, 15, 4, tzinfo=UTC)
    return 12 + number if spec else f"<{name}>"


def filled(row: Sentence) -> tuple[str, str]:
    """The sentence in both languages, with the same words in its fields."""
    words = {name: sample(name, spec, at) for at, (name, spec) in enumerate(fields(row.en).items())}
    shown = {}
    for _, name, spec, conversion in Formatter().parse(row.en):
        if name is not None:
            value = repr(words[name]) if conversion == "r" else words[name]
            shown[name] = dated(format(value, spec or ""))
    chinese = "".join(
        literal + (shown[name] if name is not None else "") for literal, name, *_ in Formatter().parse(row.zh)
    )
    return row.en.format(**words), chinese


def test_there_are_tables() -> None:
    assert len(ROWS) > 300


def test_each_sentence_says_the_same_in_chinese() -> None:
    for module, row in ROWS:
        about = f"{module}: {row}"
        assert fields(row.en) == fields(row.zh), about
        assert CHINESE.search(row.zh) or not re.search(r"[A-Za-z]{2}", re.sub(r"{[^}]*}", "", row.en)), about
        assert not HALF_WIDTH.search(row.zh), about


def test_one_english_sentence_is_one_chinese_sentence() -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for _, row in ROWS:
        found[row.en].add(row.zh)
    assert {en: zh for en, zh in found.items() if len(zh) > 1} == {}


def test_each_sentence_is_found_again_by_what_it_looks_like() -> None:
    for module, row in ROWS:
        english, chinese = filled(row)
        if re.search(r"[A-Za-z]", re.sub(r"{[^}]*}", "", row.en)):  # a comma is no sentence
            assert spoken(english, "zh").strip() == tidy(chinese), module
        assert spoken(english, "en") == english


def test_what_no_table_has_stays_as_it_is() -> None:
    assert spoken("a newer agent says what nobody knows", "zh") == "a newer agent says what nobody knows"


def test_sentences_that_are_put_together_are_read_in_parts() -> None:
    book = Catalogue([Sentence("{who} does not answer.", "{who} 无应答。"), Sentence("check its power", "请检查供电")])
    assert (
        book.chinese("/dev/ttyS1: unit 3 does not answer. check its power") == "/dev/ttyS1：unit 3 无应答。请检查供电"
    )


def test_a_date_is_written_as_in_china() -> None:
    assert spoken("2026-11-30 15:04", "zh") == "2026年11月30日 15:04"


@pytest.mark.parametrize(
    ("asked", "environment", "encoding", "language"),
    [
        (None, {"LANG": "zh_CN.UTF-8"}, "utf-8", "zh"),
        (None, {"LANG": "zh"}, "utf-8", "zh"),
        (None, {"LANG": "zh_CN.GB18030"}, "gb18030", "zh"),
        (None, {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "utf-8", "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "utf-8", "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "ascii", "en"),
        (None, {"LANG": "zh_CN.UTF-8", "TERM": "linux"}, "utf-8", "en"),
        (None, {"LANG": "zha_XX"}, "utf-8", "en"),
        (None, {}, "utf-8", "en"),
        ("zh", {"LANG": "C"}, "utf-8", "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "utf-8", "en"),
    ],
)
def test_the_language_is_that_of_the_option_else_of_the_environment(
    asked: str | None, environment: dict[str, str], encoding: str, language: str
) -> None:
    assert chosen(asked, environment, encoding) == language


def test_the_option_may_stand_anywhere() -> None:
    assert split(["status", "--lang", "zh", "--watch"]) == ("zh", ["status", "--watch"])
    assert split(["--lang=zh", "status"]) == ("zh", ["status"])
    assert split(["status"]) == (None, ["status"])


def test_a_language_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["status", "--lang", "fr"])
    assert end.value.code == 2
    assert "--lang" in capsys.readouterr().err


def test_help_and_refusals_are_in_chinese(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help", "--lang", "zh"])
    shown = capsys.readouterr().out
    assert "用法" in shown
    assert "检查配置文件" in shown
    assert all(width(row) <= 80 for row in shown.splitlines())
    assert main(["status", "--lang", "zh", "--socket", str(tmp_path / "none")]) == 3
    assert "没有运行" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_columns_of_the_status_stand_under_their_heads(language: Language) -> None:
    lines = table(TROUBLED, Terminal(language=language)).splitlines()
    assert all(width(line) <= 80 for line in lines)
    heads = {"en": ("DEVICES", "STATE", "VALUES"), "zh": ("设备", "状态", "数值")}[language]
    head = next(line for line in lines if line.startswith(heads[0]))
    row = next(line for line in lines if line.startswith("roof"))
    for name, value in ((heads[1], {"en": "up", "zh": "正常"}[language]), (heads[2], "temperature")):
        assert width(head[: head.index(name)]) == width(row[: row.index(value)])


def test_no_row_begins_with_a_stop() -> None:
    rows_ = wrapped("设备已 12 min 无应答，线路上其他设备正常。请检查其地址、供电和 A/B 接线。", 20)
    assert all(width(row) <= 20 for row in rows_)
    assert not any(row[0] in "，。、" for row in rows_)
    assert "".join(rows_).replace(" ", "") == "设备已12min无应答，线路上其他设备正常。请检查其地址、供电和A/B接线。"
