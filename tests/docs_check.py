"""Every page that is made from the code: `python -m tests.docs_check` compares, `--write` rewrites.

A page is a file and a function that returns its text, so what is written cannot drift from what is done.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES: dict[str, str] = {
    "docs/reference/drivers.md": "tests.drivers.page:page",
    "docs/reference/settings.md": "tests.config.pages:settings_page",
    "docs/reference/settings.schema.json": "tests.config.pages:schema_page",
    "packaging/poleagent.toml": "tests.config.pages:sample_page",
    "docs/reference/cli.md": "tests.test_cli_page:page",
    "docs/reference/polefleet.md": "tests.test_cli_page:fleet_page",
    "docs/reference/openapi.json": "fleet.api.openapi:text",
    "docs/reference/metrics.md": "tests.fleet.metrics_page:page",
    "docs/reference/polerelease.md": "tests.test_cli_page:release_page",
    "docs/man/poleagent.1": "tests.man_pages:poleagent",
    "docs/man/polefleet.1": "tests.man_pages:polefleet",
    "docs/man/polerelease.1": "tests.man_pages:polerelease",
    "packaging/completions/poleagent": "tests.completions:poleagent",
    "packaging/completions/polefleet": "tests.completions:polefleet",
    "packaging/completions/polerelease": "tests.completions:polerelease",
    "docs/faults.md": "tests.faults_page:page",
    "docs/technician.md": "tests.test_cli_technician:page",
    "docs/reference/causes.md": "tests.doctor.page:page",
    "docs/reference/events.md": "tests.contract.page:page",
    "docs/wire/asyncapi.json": "contract.documents:asyncapi",
    "docs/wire/schema/event.json": "contract.documents:event",
    "docs/wire/schema/batch.json": "contract.documents:batch",
    "docs/wire/schema/status.json": "contract.documents:status",
    "docs/wire/schema/command.json": "contract.documents:command",
    "docs/wire/schema/reply.json": "contract.documents:reply",
    "docs/wire/schema/watermark.json": "contract.documents:watermark",
}
"""File, from the project's root -> ``module:function``."""


def main(arguments: list[str]) -> int:
    drifted = []
    for name, source in PAGES.items():
        module, _, function = source.partition(":")
        text = getattr(importlib.import_module(module), function)()
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        drifted.append(name)
        if "--write" in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    verb = "rewrote" if "--write" in arguments else "differs from the code (make docs rewrites it):"
    for name in drifted:
        print(verb, name)
    return 1 if drifted and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
