"""Requirements: what has to be there beside a project, and which Python all of it runs on.

What an index has is pinned to the version that is installed here, with which the plugins were tried. What was installed from
somewhere else ships with its source, by what the installer recorded about it (PEP 610): the index may have another distribution
of that name, or anybody may give it one. So does what builds on connector-core, such as what several datasets of one API share:
installed there it would ask an index for connector-core, which ships as source itself.
"""

import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from attrs import define, field, frozen
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source, never_ships

PREINSTALLED: Final = frozenset({"requests", "fivetran-connector-sdk"})
"""Distributions that Fivetran installs itself and that must not be listed in ``requirements.txt``."""

CORE_NEEDS: Final = ("attrs", "pluggy")
"""What ``connector_core`` needs beyond what Fivetran installs."""

PYTHONS: Final = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""The versions of Python that Fivetran has, or will have soon."""

_PATCHES: Final = 30


@frozen
class Helper:
    """A package or module of a distribution that no index is known to have, and that ships with its source.

    base: whether it builds on connector-core, as what several datasets share does. left_out: modules of it that do not ship.
    """

    name: str
    version: str
    root: Path
    needed_by: str
    base: bool = False
    left_out: tuple[str, ...] = ()


@frozen
class Requirements:
    """What a project needs.

    pins:    what pip is to install (``pyjwt[crypto]``) → exact version, in the order of the names.
    helpers: what ships along.
    pythons: the versions of Python that all of it allows, the lowest first.
    """

    pins: Mapping[str, str]
    helpers: Sequence[Helper]
    pythons: Sequence[str]


@define
class _Wanted:
    """A distribution that something needs: by whom, and with which extras."""

    by: str
    extras: set[str] = field(factory=set)
    seen: set[str] = field(factory=set)
    """The extras whose own needs have been looked at; an empty text stands for the distribution itself."""


def requirements(core: Source, sources: Iterable[Source]) -> Requirements:
    """All that *sources* need beside themselves and *core*.

    Raises BuildError when one is not installed, cannot be had there, or when no Python suits all of them.
    """
    sources = list(sources)
    own: set[str] = {canonicalize_name(source.name) for source in (core, *sources)}
    found = _closure(sources, own)
    installed = {name: _distribution(name, wanted.by) for name, wanted in found.items() if name not in PREINSTALLED}
    elsewhere = {name: each for name, each in sorted(installed.items()) if _is_from_elsewhere(name, each) or is_base(each)}
    helpers = [helper for name, each in elsewhere.items() for helper in _helpers(each, found[name].by)]
    _check_versions(sources, installed)
    pins = {_with_extras(name, found[name]): each.version for name, each in installed.items() if name not in elsewhere}
    distributions = [source.distribution for source in (core, *sources) if source.distribution]
    return Requirements(
        dict(sorted(pins.items())),
        helpers,
        pythons_of([*distributions, *installed.values()]),
    )


def _check_versions(sources: Iterable[Source], installed: Mapping[str, Distribution]) -> None:
    """Raise BuildError where a local file needs another version than is installed: of a distribution, pip has seen to that."""
    for source in sources:
        for need in _here(map(Requirement, source.requires), ""):
            found = installed.get(canonicalize_name(need.name))
            if found is not None and not need.specifier.contains(found.version, prereleases=True):
                raise BuildError(
                    f"{source.name} needs {need}, and {found.version} is installed here. Install what it needs: "
                    f"pip install '{need}'. Then build again."
                )


def _closure(sources: Sequence[Source], own: set[str]) -> dict[str, _Wanted]:
    """Name → what is wanted of it, for everything that *sources* need, directly or not."""
    found: dict[str, _Wanted] = {name: _Wanted("connector-core") for name in CORE_NEEDS}
    for source in sources:
        if source.distribution is not None:
            _want(found, own, _needs(source.distribution, ""), source.name)
        _want(found, own, _here(map(Requirement, source.requires), ""), source.name)
    while missing := [(name, extra) for name, each in found.items() for extra in {"", *each.extras} - each.seen]:
        for name, extra in missing:
            found[name].seen.add(extra)
            if extra or name not in PREINSTALLED:  # what that needs itself is there with it
                _want(found, own, _needs(_distribution(name, found[name].by), extra), name)
    return found


def _want(found: dict[str, _Wanted], own: set[str], needs: Iterable[Requirement], by: str) -> None:
    for need in needs:
        name = canonicalize_name(need.name)
        if name not in own:
            found.setdefault(name, _Wanted(by)).extras.update(canonicalize_name(extra) for extra in need.extras)


def _needs(distribution: Distribution, extra: str) -> Iterator[Requirement]:
    """What *distribution* needs on this Python; with an *extra*, what that adds."""
    return _here(map(Requirement, distribution.requires or ()), extra)


def _here(needs: Iterable[Requirement], extra: str) -> Iterator[Requirement]:
    """Those of *needs* that hold on this Python; with an *extra*, what that adds."""
    for need in needs:
        without = need.marker is None or need.marker.evaluate({"extra": ""})
        if without != bool(extra) and (without or (need.marker is not None and need.marker.evaluate({"extra": extra}))):
            yield need


def _distribution(name: str, needed_by: str) -> Distribution:
    try:
        return Distribution.from_name(name)
    except PackageNotFoundError:
        raise BuildError(
            f"{needed_by} needs {name}, which is not installed here. {_get(name, needed_by)} Then build again."
        ) from None


def _get(name: str, needed_by: str) -> str:
    if needed_by.endswith(".py"):
        return f"Install it: pip install {name}."
    return f"Install {needed_by} again, from where you have it: pip brings along what it needs."


def _with_extras(name: str, wanted: _Wanted) -> str:
    return f"{name}[{','.join(sorted(wanted.extras))}]" if wanted.extras else name


def _is_from_elsewhere(name: str, distribution: Distribution) -> bool:
    """Whether *distribution* was installed from a folder, a file, an address or a repository; never so for what we need."""
    return name not in CORE_NEEDS and distribution.read_text("direct_url.json") is not None


def is_base(distribution: Distribution) -> bool:
    """Whether *distribution* builds on connector-core."""
    return any(canonicalize_name(need.name) == "connector-core" for need in _needs(distribution, ""))


def _helpers(distribution: Distribution, needed_by: str) -> list[Helper]:
    roots = list(_roots(distribution, _recorded(distribution)))
    base = is_base(distribution)
    if not roots:
        raise BuildError(no_way(distribution.name, needed_by, "which of its packages are its own cannot be told", base=base))
    left_out = tuple(never_ships(distribution.name))
    return [Helper(distribution.name, distribution.version, root, needed_by, base, left_out) for root in roots]


def no_way(name: str, needed_by: str, why: str, *, base: bool = False) -> str:
    """What to say of a distribution that no index is known to have, and whose source cannot ship."""
    if base:
        return f"{needed_by} needs {name}, which builds on connector-core and so has to ship as source, and cannot: {why}."
    return (
        f"{needed_by} needs {name}, which was not installed from an index, so Fivetran could not install it, and cannot ship as "
        f"source: {why}. Publish it on an index that Fivetran can reach and install it from there, or put what is needed into "
        "the plugin."
    )


def _recorded(distribution: Distribution) -> str:
    try:
        return str(json.loads(distribution.read_text("direct_url.json") or "{}").get("url", ""))
    except (ValueError, AttributeError):
        return ""


def _roots(distribution: Distribution, url: str) -> Iterator[Path]:
    """The packages and modules of *distribution*, wherever they lie."""
    listed = {name for name in provides(distribution) if not name.startswith("__editable__")}
    for name in sorted(listed or _in_folder(distribution, url)):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)


def _in_folder(distribution: Distribution, url: str) -> set[str]:
    """What can be imported from the folder that an editable distribution was installed from: what is called like it, or the only
    package that there is."""
    folder = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
    places = [place for place in (folder / "src", folder) if place.is_dir()] if folder else []
    own = canonicalize_name(distribution.name).replace("-", "_")
    for place in places:
        found = {path.parent.name for path in place.glob("*/__init__.py")} | {path.stem for path in place.glob("*.py")}
        packages = found - {"setup", "conftest", "tests", "test", "docs", "examples"}
        if own in packages or len(packages) == 1:
            return {own} if own in packages else packages
    return set()


def provides(distribution: Distribution) -> set[str]:
    """The top-level names that an installed distribution can be imported by."""
    listed = (distribution.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    tops = (PurePosixPath(file).parts[0] for file in distribution.files or () if file.suffix == ".py")
    return {top.removesuffix(".py") for top in tops if not top.endswith(".dist-info") and top != ".."}


def pythons_of(distributions: Iterable[Distribution]) -> list[str]:
    """The versions in PYTHONS that every one of *distributions* allows. Raises BuildError when there is none."""
    asked = {f"{each.name} ({text})": _specifiers(each.name, text) for each in distributions if (text := _requires_python(each))}
    found = [version for version in PYTHONS if any(_all_allow(asked.values(), f"{version}.{patch}") for patch in range(_PATCHES))]
    if not found:
        raise BuildError(
            f"No Python of {', '.join(PYTHONS)} is allowed by all of {', '.join(sorted(asked))}. Loosen one of them."
        )
    return found


def _requires_python(distribution: Distribution) -> str:
    return str(distribution.metadata.json.get("requires_python", "") or "")


def _specifiers(name: str, text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise BuildError(
            f"{name} requires the Python {text!r}, which is no version specifier. Correct its pyproject.toml."
        ) from None


def _all_allow(asked: Iterable[SpecifierSet], version: str) -> bool:
    return all(each.contains(version, prereleases=True) for each in asked)
