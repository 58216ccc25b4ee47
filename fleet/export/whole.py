"""An archive that is whole or not there."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.errors import FleetError


@contextmanager
def whole_archive(path: Path, compression: int = zipfile.ZIP_DEFLATED) -> Iterator[zipfile.ZipFile]:
    """A ZIP file for its owner alone, in the place of ``path`` once all went well. Raises ``FleetError``."""
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as raw, zipfile.ZipFile(raw, "w", compression) as archive:
            yield archive
        part.replace(path)
    except OSError as reason:
        raise FleetError(f"{path} cannot be written: {reason.strerror}") from reason
    finally:
        part.unlink(missing_ok=True)
