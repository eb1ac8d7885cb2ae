"""`connector-build new NAME --like github`: a plugin of the gallery, to begin with."""

from importlib.resources import files

from connector_build.errors import UsageProblem
from connector_core.basics.names import did_you_mean, one_line


def known() -> list[str]:
    """What the gallery has."""
    return sorted(each.name.removesuffix(".py") for each in files("connector_build.gallery").iterdir() if _is_plugin(each.name))


def _is_plugin(name: str) -> bool:
    return name.endswith(".py") and not name.startswith("_")


def like(name: str) -> str:
    """The text of a plugin of the gallery. Raises UsageProblem, with what there is, for another name."""
    wanted = name.strip().lower().replace("-", "_")
    if wanted not in known():
        raise UsageProblem(
            f"--like {one_line(name, 60)}: the gallery has no such plugin{did_you_mean(wanted, known())}. "
            f"It has {', '.join(known())}."
        )
    return files("connector_build.gallery").joinpath(f"{wanted}.py").read_text(encoding="utf-8")
