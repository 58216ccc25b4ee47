"""What the QR code of a pole's doctor says."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from contract.diagnosis import Diagnosis
from contract.diagnosis_code import CODE_BYTES, BadCode, read_code
from fleet.errors import Wrong


class DiagnosisAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of the code; it begins with ``POLE1.``"""

    code: Annotated[str, Meta(max_length=CODE_BYTES)]


def diagnosis(asked: DiagnosisAsked) -> Diagnosis:
    """Raises ``Wrong`` where the text is none."""
    try:
        return read_code(asked.code)
    except BadCode as reason:
        raise Wrong(str(reason)) from None
