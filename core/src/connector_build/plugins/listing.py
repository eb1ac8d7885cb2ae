"""What is installed: every dataset, by the metadata of its distribution and the text of its modules. Nothing is imported."""

from collections import Counter
from importlib.metadata import EntryPoint, entry_points

from attrs import evolve

from connector_build.plugins.reading import modules_below, needed_by, options_of, source_of_module, summary_of, tree_of
from connector_build.plugins.references import NAME, VERBS
from connector_build.plugins.sources import DATASETS, OPTIONS, Installed, distribution_name, parts_of
from connector_core.basics.names import one_line


def installed() -> list[Installed]:
    """Every installed dataset, sorted by name, with what is wrong with its entry."""
    options = _options()
    points = entry_points(group=DATASETS)
    several = Counter(distribution_name(point) for point in points)
    found = [_installed(point, options, alone=several[distribution_name(point)] == 1) for point in points]
    owners: dict[str, list[str]] = {}
    for dataset in found:
        owners.setdefault(dataset.name, []).append(dataset.distribution)
    checked = [_with_problem(dataset, sorted(owners[dataset.name])) for dataset in found]
    return sorted(checked, key=lambda dataset: (dataset.name, dataset.distribution))


def _installed(point: EntryPoint, options: dict[str, list[str]], *, alone: bool) -> Installed:
    """What is known of one dataset; *alone*: whether its distribution has no other, so that what that says is about it."""
    distribution = point.dist
    name, version, summary = ("?", "?", "")
    if distribution is not None:
        name, version, summary = distribution.name, distribution.version, str(distribution.metadata.json.get("summary", ""))
    offered = options.get(point.name, ())
    if not (alone and offered) and (read := _read(point)):
        summary = summary if alone else read[0] or summary
        offered = offered or read[1]
    return Installed(point.name, name, version, summary, point.value, tuple(sorted(offered)))


def _read(point: EntryPoint) -> tuple[str, list[str]] | None:
    """The summary and the options of a dataset, from the text of its modules; None where they cannot be found."""
    module, attribute = parts_of(point)
    found = source_of_module(module)
    if found is None:
        return None
    file, root = found
    tree = tree_of(file.read_bytes())
    options = options_of(tree, attribute)
    if file.name == "__init__.py" or file.parent != root.parent:
        known = modules_below(root)
        own = needed_by(module, known) - {module}
        options = options.union(*(options_of(tree_of(known[each].read_bytes())) for each in own if not attribute))
    return summary_of(tree, attribute), sorted(options)


def _options() -> dict[str, list[str]]:
    """Dataset → the option names that its metadata declares, as ``dataset.option``."""
    found: dict[str, list[str]] = {}
    for point in entry_points(group=OPTIONS):
        dataset, _, option = point.name.partition(".")
        if option:
            found.setdefault(dataset, []).append(option)
    return found


def _with_problem(dataset: Installed, owners: list[str]) -> Installed:
    problem = None
    if not NAME.fullmatch(dataset.name):
        problem = (
            f"{dataset.distribution} names its dataset {one_line(dataset.name, 60)!r}. "
            "A dataset's name is lower-case letters, digits and underscores: change the entry point."
        )
    elif dataset.name in VERBS:
        problem = (
            f"{dataset.distribution} names its dataset {dataset.name}, which is a verb of connector-build. "
            "Rename the entry point in its pyproject.toml."
        )
    elif len(owners) > 1:
        problem = (
            f"The dataset {dataset.name} is claimed by several distributions, {' and '.join(owners)}. Uninstall all but one."
        )
    return evolve(dataset, problem=problem)
