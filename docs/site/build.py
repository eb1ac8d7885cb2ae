"""The documentation as a site, in build/site/html: `tox run -e docs`.

The pages are the Markdown files of the repository, under the paths that they have there, so that a link between two of them is
the same link in both places. A link to anything else leads to the repository where its address is known, and is plain text where
not.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from links import dead

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).parent
PATTERNS: Final = ("README.md", "CONTRIBUTING.md", "AGENTS.md", "docs/**/*.md", "core/*.md", "plugins/*/*.md")
"""The pages of the site."""
IMAGES: Final = ("docs/**/*.svg", "docs/**/*.png")
FENCED: Final = re.compile(r"(^ *```.*?^ *```$)", re.M | re.S)
LINK: Final = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
REFERENCE: Final = "reference"
"""The folder of the pages that are made of docstrings."""


def pages() -> list[Path]:
    """The Markdown files of the repository that are pages of the site."""
    return [page for pattern in PATTERNS for page in sorted(ROOT.glob(pattern)) if HERE not in page.parents]


def rewritten(text: str, page: Path, repository: str | None) -> str:
    """*text* of *page* with each link that leads out of the site rewritten; blocks of code stay as they are.

    repository: the address behind which the paths of the repository stand, None if it has none.
    """

    def link(found: re.Match[str]) -> str:
        path, _, anchor = found["target"].partition("#")
        if re.match(r"[a-z]+:", found["target"]) or not path or found["picture"]:
            return found[0]
        target = (page.parent / path).resolve()
        if target.suffix in (".md", ".png", ".svg"):
            return found[0]
        if (target / "README.md").is_file():
            return f"[{found['text']}]({path.rstrip('/')}/README.md)"
        if repository is None:
            return found["text"]
        return f"[{found['text']}]({repository}/{target.relative_to(ROOT).as_posix()}{'#' * bool(anchor)}{anchor})"

    parts = FENCED.split(text)
    return "".join(part if FENCED.fullmatch(part) else LINK.sub(link, part) for part in parts)


def groups() -> Iterator[tuple[str, list[str]]]:
    """The names that connector_core offers, in the groups in which docs/hooks.md has them."""
    _, _, rest = (ROOT / "docs/hooks.md").read_text(encoding="utf-8").partition("## What connector_core offers")
    for group in re.split(r"^### ", rest.partition("\n## ")[0], flags=re.M)[1:]:
        yield group.partition("\n")[0], re.findall(r"^\| `(\w+)` \|", group, re.M)


def reference() -> Iterator[tuple[str, str]]:
    """Name and text of each page of the API reference, which mkdocstrings fills with docstrings."""
    for title, names in groups():
        listed = "\n".join(f"::: connector_core.{name}\n" for name in names)
        yield _file(title), f"# {title}\n\nImported from `connector_core`.\n\n{listed}"
    about = "The kit of a plugin's tests: [Test a plugin](../docs/testing.md) says how to use it."
    yield (
        "testing.md",
        f"# connector_build.testing\n\n{about}\n\n::: connector_build.testing\n    options:\n      show_root_heading: false\n",
    )


def _file(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()) + ".md"


def version() -> str:
    """The release that the pages are about."""
    about = tomllib.loads((ROOT / "core/pyproject.toml").read_text(encoding="utf-8"))
    return str(about["project"]["version"])


def settings(repository: str | None) -> str:
    """The settings of the site: those of zensical.toml, with what only a build knows."""
    listed = ", ".join(f'{{ "{title}" = "{REFERENCE}/{_file(title)}" }}' for title, _ in groups())
    text = (HERE / "zensical.toml").read_text(encoding="utf-8").replace("@VERSION@", version()).replace('"@GROUPS@"', listed)
    text = text.replace("@SOURCE@", str(ROOT / "core/src")).replace("@HERE@", str(HERE))
    if repository is None:
        return text
    home, _, branch = repository.partition("/blob/")
    return text.replace("# @REPOSITORY@", f'repo_url = "{home}"\nedit_uri = "edit/{branch or "main"}"')


def stage(folder: Path, repository: str | None) -> Path:
    """Write what the site is built from into *folder*; the file of settings."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages():
        _write(folder / "pages" / page.relative_to(ROOT), rewritten(page.read_text(encoding="utf-8"), page, repository))
    for image in (found for pattern in IMAGES for found in sorted(ROOT.glob(pattern))):
        target = folder / "pages" / image.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(image, target)
    for name, text in reference():
        _write(folder / "pages" / REFERENCE / name, text)
    shutil.copyfile(HERE / "style.css", folder / "pages" / "style.css")
    _write(folder / "zensical.toml", settings(repository))
    return folder / "zensical.toml"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build(config: Path) -> list[str]:
    """Build what *config* says, and print what the builder prints; a line for each link that leads nowhere."""
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--config-file", str(config)]
    done = subprocess.run(command, cwd=config.parent, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, check=False)
    click.echo(done.stdout.partition("Traceback")[0], nl=False)
    return list(dead(config.parent / "html")) if done.returncode == 0 else ["The pages above have to be mended first."]


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "build/site", help="The folder; the site is its html.")
@click.option(
    "--repository",
    envvar="DOCS_REPOSITORY",
    help="The address behind which the files of this repository stand, such as https://github.com/OWNER/NAME/blob/main."
    " Without it there are no links to source files and none to edit a page.",
)
def main(output: Path, repository: str | None) -> None:
    """Build the documentation as a site. A link or an anchor that leads nowhere ends it with exit code 1."""
    wrong = build(stage(output.resolve(), repository.rstrip("/") if repository else None))
    click.echo("\n".join(wrong or [f"{output / 'html' / 'index.html'}: the site"]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
