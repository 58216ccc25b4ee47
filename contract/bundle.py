"""A bundle: the one file of a release. A zip archive of ``manifest.json`` and of plain files next to it.

It is written the same, byte for byte, from the same contents. It is read with bounds: nothing outside of its manifest
is unpacked, and nothing larger than the manifest says. Names have no folders, so no path can lead anywhere.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec

from contract.release import BundleFile, Manifest

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 256 * 1024
MOST_BYTES = 512 << 20
"""Of all files of a bundle, unpacked."""
MOST_ENTRIES = 65
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip archive knows
_PIECE = 64 * 1024


class BundleError(ValueError):
    """The file is no bundle, or is not what its manifest says; ``str()`` is one sentence."""


def entry(data: bytes) -> BundleFile:
    """What a manifest says of a file with this content."""
    return BundleFile(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def write_bundle(target: IO[bytes], manifest: Manifest, contents: Mapping[str, bytes]) -> None:
    """The bundle of ``manifest`` with the files ``contents``; the same bytes for the same arguments."""
    page = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in [(MANIFEST, page), *sorted(contents.items())]:
            about = zipfile.ZipInfo(name, _EPOCH)
            about.create_system, about.external_attr = 3, 0o100644 << 16
            archive.writestr(about, data, zipfile.ZIP_DEFLATED, 9)


class Bundle:
    """An open bundle whose list of files agrees with its manifest; ``unpack`` checks their contents."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a file of the manifest. BundleError: it is not what the manifest says."""
        wanted = self.manifest.files[name]
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as source:
                while piece := source.read(_PIECE):
                    size += len(piece)
                    if size > wanted.size:
                        break
                    digest.update(piece)
                    yield piece
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as exc:
            raise BundleError(f"{name} in the bundle cannot be unpacked: {exc}") from exc
        if size != wanted.size or digest.hexdigest() != wanted.sha256:
            raise BundleError(f"{name} in the bundle is not the file that its manifest describes")

    def read(self, name: str) -> bytes:
        """The whole content of a file of the manifest."""
        return b"".join(self.pieces(name))


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """The bundle at ``path``. BundleError: it is none, or its list of files is not that of its manifest."""
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            bundle = Bundle(archive, _manifest(archive))
        except (FileNotFoundError, PermissionError, IsADirectoryError) as exc:
            raise BundleError(f"{path.name} cannot be read: {exc.strerror}") from exc
        except (zipfile.BadZipFile, OSError, NotImplementedError, OverflowError, UnicodeDecodeError) as exc:
            raise BundleError(f"{path.name} is no bundle: {exc}") from exc
        yield bundle  # outside of the try: an error of who uses it is none of the bundle


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    entries = archive.infolist()
    names = [each.filename for each in entries]
    if len(names) > MOST_ENTRIES or len(set(names)) != len(names) or MANIFEST not in names:
        raise BundleError(f"a bundle has one {MANIFEST} and at most {MOST_ENTRIES - 1} files, each once")
    if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST_BYTES:
        raise BundleError(f"{MANIFEST} has more than {MOST_MANIFEST_BYTES} bytes")
    try:
        with archive.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(MOST_MANIFEST_BYTES + 1), type=Manifest)
    except (
        msgspec.DecodeError,
        msgspec.ValidationError,
        zlib.error,
        EOFError,
        RuntimeError,
        UnicodeDecodeError,
    ) as exc:
        raise BundleError(f"{MANIFEST} of the bundle: {exc}") from exc
    if strangers := sorted({*names} - {MANIFEST} ^ {*manifest.files}):
        raise BundleError(f"the bundle and its manifest differ in what files there are: {', '.join(strangers)[:200]}")
    for each in entries:
        mode = each.external_attr >> 16
        if mode & 0o170000 not in {0, 0o100000}:  # type of the file, stat(2); 0: not said
            raise BundleError(f"{each.filename} in the bundle is no plain file")
    if sum(file.size for file in manifest.files.values()) > MOST_BYTES:
        raise BundleError(f"the bundle would unpack to more than {MOST_BYTES >> 20} MiB")
    for sample in manifest.golden:
        if missing := {sample.input, sample.output} - {*manifest.files}:
            raise BundleError(f"a golden sample names {min(missing)}, which is not in the bundle")
    return manifest
