"""The documentation as a site, in build/site/html: `tox run -e docs`.

The pages are the Markdown files of the repository, under the paths that they have there, so that a link between two of them is
the same link in both places. A file that a page links to becomes a page too; a link to a folder leads to the repository where its
address is known, and is plain text where not.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
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
MADE: Final = "---\nmade: true\n---\n"
"""What begins a page that nobody has written, so that nobody is asked to edit it."""
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
        target = _meant(found, page)
        if target is None:
            return found[0]
        if target.is_file():
            return f"[{found['text']}]({_shown(path)})"
        if (target / "README.md").is_file():
            return f"[{found['text']}]({path.rstrip('/')}/README.md)"
        if repository is None:
            return found["text"]
        return f"[{found['text']}]({repository}/{target.relative_to(ROOT).as_posix()}{'#' * bool(anchor)}{anchor})"

    parts = FENCED.split(text)
    return "".join(part if FENCED.fullmatch(part) else LINK.sub(link, part) for part in parts)


def _meant(found: re.Match[str], page: Path) -> Path | None:
    """What of the repository a link means that is no page and no picture of the site."""
    path = found["target"].partition("#")[0]
    if re.match(r"[a-z]+:", found["target"]) or not path or found["picture"]:
        return None
    target = (page.parent / path).resolve()
    return None if target.suffix in (".md", ".png", ".svg") else target


def _shown(path: str) -> str:
    """The page that shows the file at *path*; one with a dot in front would be no page."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.lstrip('.')}.md"


def sources(texts: Iterable[tuple[Path, str]]) -> Iterator[tuple[str, str]]:
    """Name and text of a page for each file that one of the pages *texts* links to: the file as it is."""
    found = {_meant(link, page) for page, text in texts for link in LINK.finditer(FENCED.sub("", text))}
    for file in sorted(each for each in found if each is not None and each.is_file()):
        name = file.relative_to(ROOT).as_posix()
        kind = {".py": "python", ".yml": "yaml", ".tf": "terraform"}.get(file.suffix, file.suffix.removeprefix(".") or "text")
        yield _shown(name), f"{MADE}# {file.name}\n\n`{name}`\n\n````{kind}\n{file.read_text(encoding='utf-8')}````\n"


def groups() -> Iterator[tuple[str, list[str]]]:
    """The names that connector_core offers, in the groups in which docs/hooks.md has them."""
    _, _, rest = (ROOT / "docs/hooks.md").read_text(encoding="utf-8").partition("## What connector_core offers")
    for group in re.split(r"^### ", rest.partition("\n## ")[0], flags=re.M)[1:]:
        yield group.partition("\n")[0], re.findall(r"^\| `(\w+)` \|", group, re.M)


def reference() -> Iterator[tuple[str, str]]:
    """Name and text of each page of the API reference, which mkdocstrings fills with docstrings."""
    for title, names in groups():
        listed = "\n".join(f"::: connector_core.{name}\n" for name in names)
        yield _file(title), f"{MADE}# {title}\n\nImported from `connector_core`.\n\n{listed}"
    about = "The kit of a plugin's tests: [Test a plugin](../docs/testing.md) says how to use it."
    options = "    options:\n      show_root_heading: false\n"
    yield "testing.md", f"{MADE}# connector_build.testing\n\n{about}\n\n::: connector_build.testing\n{options}"


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
    texts = [(page, page.read_text(encoding="utf-8")) for page in pages()]
    for page, text in texts:
        _write(folder / "pages" / page.relative_to(ROOT), rewritten(text, page, repository))
    for name, text in sources(texts):
        _write(folder / "pages" / name, text)
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
