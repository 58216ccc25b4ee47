"""Files that cannot be read, and settings spread over several."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.load import check, load
from agent.config.problem import render
from tests.config.fakes import DRIVERS

POLE = '[pole]\nid = "p1"\n'


def _said(file: Path) -> str:
    return "\n".join(map(str, check(file, DRIVERS)))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    assert _said(file) == f"{file}: there is no such file; 'poleagent sample' writes one to begin with"


def test_a_folder(tmp_path: Path) -> None:
    assert _said(tmp_path) == f"{tmp_path}: this is a folder; give the settings file itself"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert _said(pipe) == f"{pipe}: this is not a plain file"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path, __: str) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    file = tmp_path / "poleagent.toml"
    file.write_text(POLE)
    monkeypatch.setattr(Path, "open", refuse)  # root, who runs these tests in CI, may read every file
    assert _said(file) == (
        f"{file}: the file cannot be read by this user; try as the agent's own: sudo -u poleagent poleagent check FILE"
    )


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_bytes(b"#" * (1 << 18) + b"\n")
    assert _said(file) == (
        f"{file}: settings may have 262144 bytes in all their files, and these have more; is this the right file?"
    )


def test_files_that_are_too_large_together(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE)
    more = tmp_path / "conf.d"
    more.mkdir()
    for name in ("a.toml", "b.toml", "c.toml"):
        (more / name).write_bytes(b"#" * (100 << 10))
    assert _said(file).startswith(f"{more}/c.toml: settings may have 262144 bytes in all their files")


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_bytes(POLE.encode() + b'name = "Stra\xdfe"\n')
    assert _said(file) == f"{file}:3: byte 0xDF is not UTF-8 text; save the file as UTF-8"


def test_an_editor_s_byte_order_mark_and_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_bytes(b"\xef\xbb\xbf" + POLE.replace("\n", "\r\n").encode())
    assert load(file, DRIVERS).pole.id == "p1"


def test_lists_without_end(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text("a = " + "[" * 4_900)
    assert _said(file) == f"{file}: lists or tables are nested too deeply"


def test_lists_within_lists(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE + "[device.roof]\nx = " + "[" * 40 + "]" * 40)
    assert _said(file) == f"{file}:4: [device.roof] x: tables or lists are nested too deeply"


def test_conf_d_adds_lines_and_devices(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE)
    more = tmp_path / "conf.d"
    more.mkdir()
    (more / "20-roof.toml").write_text('[device.roof]\ndriver = "weather"\nline = "mast"\n')
    (more / "10-mast.toml").write_text('[line.mast]\nport = "/dev/serial/by-id/x"\n')
    (more / "notes.txt").write_text("not settings")
    settings = load(file, DRIVERS)
    assert list(settings.lines) == ["mast"]
    assert list(settings.devices) == ["roof"]
    assert settings.devices["roof"].common.every_s == 1.0
    before = settings.revision
    assert len(before) == 12
    (more / "20-roof.toml").write_text('[device.roof]\ndriver = "weather"\nline = "mast"\nunit = 2\n')
    assert load(file, DRIVERS).revision != before


def test_a_table_in_two_files_names_both_places(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE + '[line.mast]\nport = "/dev/serial/by-id/x"\n')
    more = tmp_path / "conf.d"
    more.mkdir()
    (more / "a.toml").write_text('[line.mast]\nport = "/dev/serial/by-id/y"\n\n[pole]\nid = "p2"\n')
    assert _said(file) == (
        f"{more}/a.toml:1: [line.mast] stands twice; the other is in {file}, line 3: keep one\n"
        f"{more}/a.toml:4: [pole] stands twice; the other is in {file}, line 1: keep one"
    )


def test_a_mistake_in_conf_d_is_reported_with_its_own_file(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE + "nam = 1\n")
    more = tmp_path / "conf.d"
    more.mkdir()
    (more / "a.toml").write_text('\n[line.mast]\nport = "/dev/serial/by-id/y"\nbuad = 9600\n')
    assert render(check(file, DRIVERS)) == (
        f"{file}:3: [pole] has no option 'nam'; did you mean 'name'?\n"
        f"{more}/a.toml:4: [line.mast] has no option 'buad'; did you mean 'baud'?\n"
        "2 problems"
    )


@pytest.mark.fault("a driver is misspelt and other options are wrong as well", "each mistake is named at once")
def test_a_misspelt_driver_hides_no_other_mistake(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    device = '[device.roof]\ndriver = "weathr"\nline = "mast"\nevery_s = "often"\n'
    file.write_text(POLE + '[line.mast]\nport = "/dev/x"\nbuad = 9600\n' + device + "[report]\nwindow_s = -1\n")
    said = render(check(file, DRIVERS))
    for words in ("'weathr'", "'buad'", "every_s", "window_s"):
        assert words in said


VALUES = st.recursive(
    st.sampled_from(['"x"', '""', "1", "-1", "1.5", "nan", "true", "2026-11-01", "99999999999999999999", '"weather"']),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["a", "temperature", "address", "unit"]), inner, max_size=2).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=5,
)
OPTIONS = [
    *("id", "name", "path", "tls", "host", "port", "tcp", "driver", "line", "report", "limits", "offsets"),
    *("unit", "registers", "heated", "every_s", "mode", "nonsense"),
]
HEADS = ("pole", "store", "uplink", "report", "line.a", "device.b", "device.b.report", "line", "device", "else")


@given(
    st.dictionaries(
        st.sampled_from(HEADS), st.dictionaries(st.sampled_from(OPTIONS), VALUES, max_size=4), min_size=1, max_size=4
    )
)
def test_whatever_stands_there_is_loaded_or_explained(
    tmp_path_factory: pytest.TempPathFactory, tables: dict[str, dict[str, str]]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    file = folder / "poleagent.toml"
    text = "".join(
        f"[{head}]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
        for head, options in sorted(tables.items())
    )
    file.write_text(text)
    problems = check(file, DRIVERS)
    for problem in problems:
        assert "$" not in problem.text
        assert "`" not in problem.text
    if all(problem.warning for problem in problems):
        load(file, DRIVERS)
