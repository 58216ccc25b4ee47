"""H.264 without an encoder: every frame an IDR of I_PCM macroblocks, its samples as they are (ITU-T H.264, 7.3).

Samples must not be 0, so that no start code can be in them.
"""

from __future__ import annotations

import numpy as np

from agent.vision.boxes import Frame

_PCM = 25  # mb_type of an I slice: I_PCM


def _ue(value: int) -> str:
    """Exp-Golomb, unsigned; 0 is the same signed."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _nal(head: int, bits: str) -> bytes:
    bits = f"{head:08b}{bits}"
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def parameters(width: int, height: int) -> tuple[bytes, bytes]:
    """SPS and PPS of the baseline profile, level 4."""
    wide, high = -(-width // 16), -(-height // 16)
    crop = _ue(0) + _ue((wide * 16 - width) // 2) + _ue(0) + _ue((high * 16 - height) // 2)
    sequence = f"{66:08b}{0xC0:08b}{40:08b}" + _ue(0) + _ue(0) + _ue(2) + _ue(0) + "0"
    sequence += _ue(wide - 1) + _ue(high - 1) + "11" + "1" + crop + "0" + "1"
    pps = _ue(0) + _ue(0) + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "100" + "1"
    return _nal(0x67, sequence), _nal(0x68, pps)


def idr(grey: Frame, turn: int) -> bytes:
    """A slice with the whole frame; two in a row need a ``turn`` of their own."""
    height, width = grey.shape
    wide, high = -(-width // 16), -(-height // 16)
    whole = np.pad(grey, ((0, high * 16 - height), (0, wide * 16 - width)), mode="edge")
    luma = whole.reshape(high, 16, wide, 16).swapaxes(1, 2).reshape(-1, 256)
    blocks = np.full((wide * high, 2 + 256 + 128), 128, np.uint8)
    blocks[:, :2] = list(_nal(0, _ue(_PCM))[1:])
    blocks[:, 2:258] = luma
    # first_mb, slice type I, PPS, frame_num, idr_pic_id, two flags of marking, qp, no deblocking
    slice_head = _ue(0) + _ue(7) + _ue(0) + "0000" + _ue(turn % 2) + "00" + _ue(0) + _ue(1)
    return _nal(0x65, slice_head + _ue(_PCM)) + blocks.tobytes()[2:] + b"\x80"
