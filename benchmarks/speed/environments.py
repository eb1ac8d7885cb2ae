"""The environments of the runners: one for each peer, made once and kept, and the projects that connector-build writes."""

import subprocess
import sys
import venv
from pathlib import Path

from attrs import define, field

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "benchmarks" / "requirements"
OURS = ("./core", "./plugins/fts", "./plugins/mso")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@define
class Environments:
    """Interpreters by the name of their requirements, below *folder*; ``grpc`` is the one that this process runs on."""

    folder: Path
    _built: dict[tuple[str, tuple[str, ...]], Path] = field(factory=dict, init=False)

    def python(self, name: str) -> Path:
        """The interpreter of one environment, which is made if it is not there, or not as the requirements say."""
        if name == "grpc":
            return Path(sys.executable)
        folder = self.folder / name
        stamp = folder / "installed.txt"
        wanted = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            _say(f"Making the environment {name} ...")
            venv.create(folder, clear=True, with_pip=True)
            _pip(folder, "-r", str(REQUIREMENTS / f"{name}.txt"))
            if name == "command":
                _pip(folder, "--no-deps", "--no-build-isolation", *(word for path in OURS for word in ("-e", path)))
            stamp.write_text(wanted, encoding="utf-8")
        return folder / "bin" / "python"

    def built(self, dataset: str, enable: tuple[str, ...]) -> Path:
        """The project of a dataset or a plugin's file, with some options switched on, built anew in each run of the command."""
        if (dataset, enable) not in self._built:
            folder = self.folder / "built" / "-".join((Path(dataset).stem, *enable))
            command = [str(Path(sys.executable).with_name("connector-build")), dataset, "--force", "--output", str(folder)]
            options = ["--enable", ",".join(enable)] if enable else []
            folder.parent.mkdir(parents=True, exist_ok=True)
            _run([*command, *options])
            self._built[dataset, enable] = folder
        return self._built[dataset, enable]


def _pip(folder: Path, *arguments: str) -> None:
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> None:
    """Run *command* in the repository. Raises RuntimeError with what it said when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def pinned(name: str) -> dict[str, str]:
    """The versions that an environment is made of."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line)
    return {package.lower().replace("_", "-"): version for package, _, version in pairs}
