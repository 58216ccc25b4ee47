"""Pages made from the settings' types with the drivers that are there (see tests/docs_check.py)."""

from __future__ import annotations

from agent.acquire.registry import find_drivers
from agent.config.reference import reference
from agent.config.sample import sample
from agent.config.schema import schema_text


def settings_page() -> str:
    return reference()


def sample_page() -> str:
    return sample(find_drivers())


def schema_page() -> str:
    return schema_text(find_drivers())
