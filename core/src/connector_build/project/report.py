"""What a build says when it is done: what it made, what is in it, and what to type next."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from connector_build.catalog.reading import reading
from connector_build.catalog.risks import risks
from connector_build.project.output import Written
from connector_build.project.writer import CONFIGURATION, Project
from connector_build.screen.reach import activation


def report(project: Project, folder: Path, written: Written, warnings: Sequence[str] = ()) -> str:
    """Say what was built, what is in it, and what to type next."""
    missing, before = written.missing_settings, activation()
    assembly = project.assembly
    made_of = ", ".join(f"{plugin.name} {plugin.version}".strip() for plugin in assembly.plugins)
    off = [option.name for option in assembly.options if not option.enabled]
    on = [option.name for option in assembly.options if option.enabled]
    lines = [
        f"{'Rebuilt' if written.rebuilt else 'Built'} {folder} from {made_of}",
        f"  tables        {', '.join(project.tables)}",
        f"  enabled       {', '.join(on) or 'nothing beyond the source tables'}",
        *([f"  can enable    {', '.join(off)}"] if off else []),
        f"  needs there   {', '.join(f'{name}=={version}' for name, version in project.requirements.items())}",
        *([f"  ships too     {', '.join(project.helpers)}: with the source"] if project.helpers else []),
        *(f"  each sync     {reading(plan).replace('`', '')}" for plan in assembly.tables),
        "  a month       connector-build cost says what it takes, and what each option changes",
        *(f"  risk          {plan.table.name}: {risk}" for plan in assembly.tables for risk in risks(plan)),
        *([f"  not set yet   {', '.join(missing)} in the configuration.json that was kept"] if missing else []),
        *(f"  warning       {warning}" for warning in warnings),
        "Next:",
        *([f"  fill in {folder / CONFIGURATION}"] if not written.rebuilt or missing or not written.filled_in else []),
        *([f"  {before}"] if before else []),
        f"  cd {quote(str(folder))} && ./debug_and_reset.sh",
        f"  cd {quote(str(folder))} && ./deploy.sh",
    ]
    return "\n".join(lines)
