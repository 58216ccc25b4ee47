"""A bundle from outside: whatever its bytes are, it is read within bounds or refused with a sentence."""

from __future__ import annotations

import errno
import io
import os
import tempfile
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.bundle import MANIFEST, BundleError, entry, open_bundle, write_bundle
from contract.release import Manifest, ReleaseId
from contract.settings import forbidden

CONTENTS = {"a.toml": b"x = 1\n" * 40, "b.toml": b"y = 2\n"}


def manifest(contents: dict[str, bytes]) -> Manifest:
    return Manifest(
        release=ReleaseId(kind="settings", name="street", number=1),
        licence="MIT",
        files={name: entry(data) for name, data in contents.items()},
    )


def packed() -> bytes:
    target = io.BytesIO()
    write_bundle(target, manifest(CONTENTS), CONTENTS)
    return target.getvalue()


def by_hand(page: bytes, entries: list[tuple[zipfile.ZipInfo, bytes]], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, page)
        for about, data in entries:
            archive.writestr(about, data)
    return path


def test_what_was_packed_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed())
    with open_bundle(tmp_path / "a.zip") as bundle:
        assert {name: bundle.read(name) for name in bundle.manifest.files} == CONTENTS


@pytest.mark.parametrize("name", ["../a.toml", "/etc/a.toml", "a/b.toml", "", ".hidden", "a\x00b", "a" * 200])
def test_a_name_that_leads_elsewhere_is_no_name_of_a_file(name: str, tmp_path: Path) -> None:
    page = msgspec.json.encode(manifest({"x.toml": b"x"})).replace(b'"x.toml"', msgspec.json.encode(name))
    path = by_hand(page, [(zipfile.ZipInfo(name or "_"), b"x")], tmp_path / "a.zip")
    with pytest.raises(BundleError), open_bundle(path):
        pass


def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("x.toml")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    path = by_hand(msgspec.json.encode(manifest({"x.toml": b"/etc/passwd"})), [(link, b"/etc/passwd")], tmp_path / "a")
    with pytest.raises(BundleError, match="no plain file"), open_bundle(path):
        pass


def test_a_bomb_is_left_where_it_is_larger_than_said(tmp_path: Path) -> None:
    data = bytes(50 << 20)
    page = msgspec.json.encode(manifest({"x.toml": b"x"}))
    path = by_hand(page, [(zipfile.ZipInfo("x.toml"), data)], tmp_path / "a.zip")
    with open_bundle(path) as bundle:
        seen = 0
        with pytest.raises(BundleError, match="not the file"):  # noqa: PT012 - the pieces before the end are counted
            for piece in bundle.pieces("x.toml"):
                seen += len(piece)
    assert seen <= 64 * 1024


def test_a_file_that_is_missing_or_too_many_is_named(tmp_path: Path) -> None:
    page = msgspec.json.encode(manifest({"x.toml": b"x"}))
    path = by_hand(page, [(zipfile.ZipInfo("y.toml"), b"y")], tmp_path / "a.zip")
    with pytest.raises(BundleError, match=r"x\.toml, y\.toml"), open_bundle(path):
        pass


@given(
    changes=st.lists(st.tuples(st.integers(0, len(packed()) - 1), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 400),
)
@settings(max_examples=300)
def test_a_damaged_bundle_gives_its_contents_or_a_sentence(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(packed())
    for place, value in changes:
        data[place] = value
    with tempfile.NamedTemporaryFile() as file:
        file.write(data[: len(data) - cut] if cut > 300 else data)
        file.flush()
        try:
            with open_bundle(Path(file.name)) as bundle:
                for name in bundle.manifest.files:
                    assert entry(bundle.read(name)) == bundle.manifest.files[name]
        except BundleError as reason:
            assert str(reason)  # noqa: PT017 - either outcome will do


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)
    )
)
def test_any_table_may_travel_or_not(value: object) -> None:
    assert isinstance(forbidden({"camera": value}), str)


def test_an_error_of_who_uses_an_open_bundle_is_no_error_of_the_bundle(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    (tmp_path / "a.zip").write_bytes(packed())
    with pytest.raises(OSError, match="No space left") as seen, open_bundle(tmp_path / "a.zip"):
        raise full
    assert seen.value is full
