"""Finds the drivers: every module of ``drivers`` without a leading underscore, and entry points of others."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points

import drivers
from agent.acquire import sentences as say
from agent.api import Driver
from agent.errors import ConfigError

log = logging.getLogger(__name__)

GROUP = "poleagent.drivers"


def find_drivers() -> dict[str, Driver]:
    """All drivers by name, ours first; two of one name are a ConfigError.

    A third party's driver that cannot be imported is logged and left out: it must not stop the others.
    """
    found: dict[str, Driver] = {}
    for origin, driver in (*_ours(), *_theirs()):
        if driver.name in found:
            raise ConfigError(say.DRIVER_ALREADY_REMOVE_ONE(name=driver.name, origin=origin))
        found[driver.name] = driver
    return found


def _ours() -> Iterator[tuple[str, Driver]]:
    for module in pkgutil.iter_modules(drivers.__path__):
        if not module.name.startswith("_"):
            yield "drivers", importlib.import_module(f"drivers.{module.name}").DRIVER


def _theirs() -> Iterator[tuple[str, Driver]]:
    for point in entry_points(group=GROUP):
        try:
            driver = point.load()
        except Exception:  # whatever a stranger's import raises
            log.exception("driver '%s' of %s cannot be loaded", point.name, point.value)
            continue
        if isinstance(driver, Driver):
            yield point.value, driver
        else:
            log.error("driver '%s': %s is no agent.api.Driver", point.name, point.value)
