"""Where releases come from: a folder on a web server, or one on a stick. Bytes only; who is trusted is another matter.

A server may lie, stall, break off or send without end: each answer has a size that it may have and a time that it may
take, and a download goes on where it broke off, in this run or in the next.
"""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from agent import VERSION
from agent.errors import Retry
from agent.update import sentences as say
from agent.update.moment import Moments

SILENCE_S = 30.0
"""A server that sends nothing for so long has stalled."""
SMALL_S = 120.0
"""What a small answer may take in all: 16 KiB at 2G speed take 5 s."""
_PIECE = 16 * 1024
_SYNC_BYTES = 256 * 1024
"""A power cut costs at most so much of a download."""


class NotPublished(Retry):
    """There is no such file."""


class ReleaseSource(Protocol):
    """A published folder."""

    def read(self, path: str, most: int) -> bytes:
        """All of a small file. NotPublished: there is none; Retry: it cannot be had, or is larger than ``most``."""

    def pieces(self, path: str, start: int) -> Iterator[bytes]:
        """A file from its byte ``start`` on. NotPublished, Retry as above."""


class FolderSource:
    """A stick, or any folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, most: int) -> bytes:
        with self._open(path) as file:
            data = os.read(file, most + 1)
        if len(data) > most:
            raise Retry(say.LARGER_THAN_BYTES(path=path, most=most))
        return data

    def pieces(self, path: str, start: int) -> Iterator[bytes]:
        with self._open(path) as file:
            os.lseek(file, start, os.SEEK_SET)
            while piece := _read(file, path):
                yield piece

    @contextmanager
    def _open(self, path: str) -> Iterator[int]:
        if not self._folder.is_dir():
            raise Retry(say.NO_FOLDER(folder=self._folder))
        try:
            handle = os.open(self._folder / path, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise NotPublished(say.NO_2(path=path, folder=self._folder)) from exc
        except OSError as exc:
            raise Retry(say.CANNOT_READ_2(folder=self._folder / path, strerror=exc.strerror)) from exc
        try:
            yield handle
        except OSError as exc:  # the stick was pulled
            raise Retry(say.CANNOT_READ_2(folder=self._folder / path, strerror=exc.strerror)) from exc
        finally:
            os.close(handle)


class WebSource:
    """A folder behind HTTP or HTTPS; one connection for all that is asked."""

    def __init__(self, address: str, moments: Moments) -> None:
        parts = urlsplit(address)
        self._moments = moments
        self._path = parts.path.rstrip("/")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._connection: http.client.HTTPConnection | None = None

    def read(self, path: str, most: int) -> bytes:
        until = self._moments.monotonic() + SMALL_S
        with self._asked(path, 0) as answer:
            data = b""
            while len(data) <= most:
                piece = _receive(answer, path, min(_PIECE, most + 1 - len(data)))
                if not piece:
                    return data
                data += piece
                if self._moments.monotonic() > until:
                    raise Retry(say.TOOK_MORE_THAN(path=path, small_s=SMALL_S))
        raise Retry(say.LARGER_THAN_BYTES(path=path, most=most))

    def pieces(self, path: str, start: int) -> Iterator[bytes]:
        with self._asked(path, start) as answer:
            left = (
                start if answer.status == http.HTTPStatus.OK else 0
            )  # the server begins at the beginning, come what may
            while piece := _receive(answer, path, _PIECE):
                fresh = piece[left:]
                left = max(0, left - len(piece))
                if fresh:
                    yield fresh

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _asked(self, path: str, start: int) -> Iterator[http.client.HTTPResponse]:
        """The answer to one request; the connection stays for the next where the answer was read to its end."""
        answer = self._ask(path, start)
        try:
            self._check(answer, path, start)
            yield answer
        finally:
            if not answer.isclosed():
                self.close()

    def _check(self, answer: http.client.HTTPResponse, path: str, start: int) -> None:
        status = answer.status
        if status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.FORBIDDEN):
            _receive(answer, path, _PIECE)
            raise NotPublished(say.NO(host=self._host, path=path))
        if status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise NotPublished(say.LESS_THAN_BYTES(path=path, host=self._host, start=start))
        if status == http.HTTPStatus.PARTIAL_CONTENT:
            if not answer.getheader("Content-Range", "").startswith(f"bytes {start}-"):
                raise Retry(say.SENDS_ANOTHER_PART_THAN(host=self._host, path=path))
        elif status != http.HTTPStatus.OK:
            raise Retry(say.ANSWERS(host=self._host, status=status, path=path))

    def _ask(self, path: str, start: int) -> http.client.HTTPResponse:
        headers = {"User-Agent": f"poleagent/{VERSION}"} | ({"Range": f"bytes={start}-"} if start else {})
        reused = self._connection is not None
        try:
            return self._once(path, headers)
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            if not reused:
                raise Retry(say.CANNOT_REACHED(host=self._host, exc=_why(exc))) from exc
        try:  # a server may close a connection that waited
            return self._once(path, headers)
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            raise Retry(say.CANNOT_REACHED(host=self._host, exc=_why(exc))) from exc

    def _once(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self._connection is None:
            make: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
            if self._secure:
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=SILENCE_S, context=context
                )
            else:
                self._connection = make(self._host, self._port, timeout=SILENCE_S)
        self._connection.request("GET", f"{self._path}/{quote(path)}", headers=headers)
        return self._connection.getresponse()


class Download:
    """One bundle on its way into ``path``; what is there already is not fetched again."""

    def __init__(self, source: ReleaseSource, moments: Moments, bytes_per_s: int) -> None:
        self._source = source
        self._moments = moments
        self._pace = bytes_per_s
        self.received = 0
        """Bytes that came in this run."""

    def fetch(self, name: str, path: Path, size: int) -> None:
        """Go on until ``path`` has ``size`` bytes. Retry: it broke off, and what came is kept."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            have = os.fstat(handle).st_size
            if have < size:
                self._append(handle, name, have, size)
        except OSError as exc:
            raise Retry(say.CANNOT_WRITTEN(name=path.name, strerror=exc.strerror)) from exc
        finally:
            os.close(handle)

    def _append(self, handle: int, name: str, have: int, size: int) -> None:
        unsynced, began, started = 0, self._moments.monotonic(), self.received
        try:
            for piece in self._source.pieces(name, have):
                if have + len(piece) > size:
                    raise Retry(say.LONGER_THAN_BYTES_SIGNATURE(name=name, size=size))
                os.write(handle, piece)
                have += len(piece)
                unsynced += len(piece)
                self.received += len(piece)
                if unsynced >= _SYNC_BYTES:
                    os.fsync(handle)
                    unsynced = 0
                if self._pace:
                    ahead = (self.received - started) / self._pace - (self._moments.monotonic() - began)
                    if ahead > 0:
                        self._moments.sleep(ahead)
        finally:
            os.fsync(handle)
        if have < size:
            raise Retry(say.BROKE_OFF_AFTER_BYTES(name=name, have=have, size=size))


def open_source(address: str, moments: Moments) -> ReleaseSource:
    """The folder at an address of the settings."""
    return FolderSource(Path(address)) if address.startswith("/") else WebSource(address, moments)


def _receive(answer: http.client.HTTPResponse, path: str, most: int) -> bytes:
    """What has come; at once, so that nothing that came is lost where the connection breaks."""
    try:
        return answer.read1(most)
    except (OSError, http.client.HTTPException) as exc:
        raise Retry(say.BROKE_OFF(path=path, exc=_why(exc))) from exc


def _read(handle: int, path: str) -> bytes:
    try:
        return os.read(handle, _PIECE)
    except OSError as exc:
        raise Retry(say.CANNOT_READ(path=path, strerror=exc.strerror)) from exc


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return say.SILENT(silence_s=SILENCE_S)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
