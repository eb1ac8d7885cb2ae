"""From the name of a dataset to the app that runs over its rows."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from connector_build.api.simulated import Dataset
from connector_build.apps.kit import kit
from connector_build.apps.running import Running, run_app
from connector_build.apps.warehouses import chosen
from connector_build.errors import UsageProblem
from connector_build.local.demo import demo_project, run_demo
from connector_build.plugins.discovery import app, named, sample
from connector_build.project.making import dictionary, everything
from connector_build.project.output import write_project
from connector_build.screen.printing import line


def open_app(
    dataset: str, console: Console, *, port: int | None, browser: bool, warehouse: Path | None, script: Path | None
) -> None:
    """Run the app of *dataset*, the standard explorer where it has none, or *script*, until Ctrl-C. Raises BuildError."""
    kit()
    if script is not None and not (script.suffix == ".py" and script.is_file()):
        raise UsageProblem(f"--run {script}: there is no such Python file. Give the path of a Streamlit app.")
    point = app(dataset)
    name = named(dataset)
    file = chosen(name, warehouse, _demo(dataset, console))
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder:
        known = Path(folder, "dictionary.json")
        known.write_text(json.dumps(everything(dataset).as_json()), encoding="utf-8")
        title = script.name if script else f"The app of {name}" if point else f"The explorer of {name}"
        running = Running(title, file, known, point.value if point else "", script and script.absolute(), port, browser)
        run_app(running, lambda said: line(console, said))


def _demo(dataset: str, console: Console) -> Callable[[Path], None]:
    """What makes a warehouse where there is none: a demo with everything enabled, so that no page is empty."""

    def make(folder: Path) -> None:
        line(console, f"There is no warehouse of {named(dataset)} yet, so a demo makes one.")
        every = [option.name for option in dictionary(dataset).options]
        project = demo_project(dataset, console, enable=every)
        run_demo(
            Dataset(named(dataset), project.assembly, sample(dataset)),
            table_names=project.tables,
            build=lambda target: write_project(project, target, force=True),
            project=folder,
            console=console,
            typed=dataset,
        )

    return make
