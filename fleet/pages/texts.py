"""Every text of the platform's pages, in each language."""

from __future__ import annotations

from ui.texts import read_texts

TEXTS = read_texts("fleet.pages")
