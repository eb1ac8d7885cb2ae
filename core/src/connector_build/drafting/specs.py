"""The kinds of specifications that a plugin can be drafted from: which option names each, and what reads it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from attrs import evolve, frozen

from connector_build.drafting.documents import MOST_BYTES
from connector_build.drafting.draft import Draft
from connector_build.errors import BuildError, UsageProblem
from connector_core.basics.names import one_line

SpecKind = Literal["openapi", "airbyte", "singer", "dlt"]


@frozen
class Spec:
    """A kind of specification.

    option: what names its file on the command line, without dashes. about: what the file is, for help texts and messages.
    draft:  name of the dataset, text, path of the file, what alone is wanted → a draft.
    """

    option: SpecKind
    about: str
    draft: Callable[[str, str, Path, Sequence[str]], Draft]


def drafted_from(kind: SpecKind, path: Path, name: str, only: Sequence[str] = ()) -> Draft:
    """The dataset *name*, drafted from the file at *path*, as far as it can be assembled. The file is read, and nothing is run.

    only: what alone is wanted: paths or tags of an OpenAPI description, names of streams or resources of the others.
    Raises UsageProblem for a file that cannot be read, BuildError for one that is no specification of that kind, that has
    nothing to draft, or of which no table can be built; both name the file.
    """
    from connector_build.drafting.made import kept

    spec = SPECS[kind]
    text = _text(path, spec.about)
    try:
        draft = spec.draft(name, text, path, only)
        return kept(draft)
    except BuildError as error:
        raise type(error)(f"{one_line(path)}: {error}") from None
    except RecursionError:
        raise BuildError(f"{one_line(path)}: it is nested too deep to be read.") from None


def _text(path: Path, about: str) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageProblem(
                f"{one_line(path)}: it has more than {MOST_BYTES:,} bytes. Cut {about} to the part that is needed."
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageProblem(f"{one_line(path)}: {error.strerror or error}. Name the file of {about}.") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{one_line(path)}: it is no text in UTF-8. Name the file of {about}.") from None


def _openapi(name: str, text: str, path: Path, only: Sequence[str]) -> Draft:  # noqa: ARG001  (as each of SPECS)
    from connector_build.drafting.openapi.drafting import openapi_draft

    return openapi_draft(name, text, only)


def _airbyte(name: str, text: str, path: Path, only: Sequence[str]) -> Draft:
    from connector_build.drafting.airbyte.drafting import airbyte_draft

    return narrowed(airbyte_draft(name, text, beside(path)), only)


def _singer(name: str, text: str, path: Path, only: Sequence[str]) -> Draft:  # noqa: ARG001  (as each of SPECS)
    from connector_build.drafting.singer import singer_draft

    return narrowed(singer_draft(name, text), only)


def _dlt(name: str, text: str, path: Path, only: Sequence[str]) -> Draft:  # noqa: ARG001  (as each of SPECS)
    from connector_build.drafting.dlt import dlt_draft

    return narrowed(dlt_draft(name, text), only)


def beside(path: Path) -> Callable[[str], Mapping[str, Any] | None]:
    """Reads schemas of a manifest at *path*, which stand in the folder ``schemas`` beside it. No name leads out of that."""

    def read(name: str) -> Mapping[str, Any] | None:
        file = path.parent / "schemas" / Path(name).name
        try:
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                return None
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    return read


def narrowed(draft: Draft, only: Sequence[str]) -> Draft:
    """*draft* with the tables that *only* names, and those that they are children of. Raises UsageProblem for a name of none."""
    from connector_build.drafting.made import parent_of

    known = {table.name: table for table in draft.tables}
    if unknown := [each for each in only if each not in known]:
        raise UsageProblem(f"it has no {', '.join(map(repr, unknown))}. There are {', '.join(known)}.")
    wanted = set(only or known)
    for name in list(wanted):
        while name and (name := parent_of(known[name])):
            wanted.add(name)
    return evolve(draft, tables=tuple(table for table in draft.tables if table.name in wanted))


SPECS: Final[Mapping[SpecKind, Spec]] = {
    "openapi": Spec("openapi", "an OpenAPI description (3.x or Swagger 2.0, YAML or JSON)", _openapi),
    "airbyte": Spec("airbyte", "a low-code manifest of Airbyte (YAML)", _airbyte),
    "singer": Spec("singer", "a catalog of Singer (JSON)", _singer),
    "dlt": Spec("dlt", "a REST API configuration of dlt (a dict in Python, JSON or YAML)", _dlt),
}
