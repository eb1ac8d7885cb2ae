"""What it was measured on, and with which versions."""

import os
import platform
from pathlib import Path

from speed.environments import pinned

SHOWN = {
    "grpc": ("fivetran-connector-sdk", "grpcio", "protobuf", "requests", "urllib3"),
    "singer": ("singer-sdk", "requests"),
    "dlt": ("dlt", "pyarrow", "requests"),
    "airbyte": ("airbyte-cdk", "requests"),
    "command": ("fivetran-connector-sdk", "click", "rich"),
}
"""Of each environment, the packages whose versions the page names; all of them stand in benchmarks/requirements."""


def processor() -> str:
    """The model of the processor, as the kernel calls it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def about(command: str, minutes: float) -> str:
    """The machine, the versions and the command, as a list."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    lines = [
        f"Command: `{command}`, {minutes:.0f} minutes.",
        f"Machine: {os.cpu_count()} cores of {processor()}, {memory:.0f} GB of memory, {platform.system()}.",
        f"Python {platform.python_version()}.",
        *(f"`requirements/{name}.txt`: {_versions(name)}." for name in SHOWN),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _versions(name: str) -> str:
    versions = pinned(name)
    return ", ".join(f"{package} {versions[package]}" for package in SHOWN[name] if package in versions)
