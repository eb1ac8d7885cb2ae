"""Help texts on terminals of several widths: nothing is cut, nothing is broken, and what they show can be typed."""

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from connector_build.cli.examples import FIRST, VERBS, of_build
from connector_build.cli.main import main

NAMES = [*main.commands, "fts", ""]
EXAMPLES = [command for each in (FIRST, *VERBS.values(), of_build("fts")) for command, _ in each]


def helped(name: str, width: int) -> list[str]:
    done = CliRunner().invoke(main, [*([name] if name else []), "--help"], terminal_width=width)
    assert done.exit_code == 0
    return done.output.splitlines()


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_too_long_and_none_is_cut(name: str, width: int) -> None:
    lines = helped(name, width)
    assert [line for line in lines if len(line) > width and line.strip() not in EXAMPLES] == []
    assert [line for line in lines if line.endswith(("...", "…")) and not line.startswith("Usage:")] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_broken(name: str) -> None:
    """But behind a hyphen of its own, where text may break."""
    whole, folded = (set(re.split(r"[\s-]+", " ".join(helped(name, width)))) for width in (1000, 60))
    assert folded <= whole


def test_every_verb_has_an_example_here_and_in_its_own_help() -> None:
    shown = {command.split()[1] for command, _ in FIRST}
    assert set(main.commands) <= shown
    assert set(VERBS) == set(main.commands)
    for name, examples in VERBS.items():
        text = "\n".join(helped(name, 80))
        assert all(command in text for command, _ in examples)


@pytest.mark.parametrize("typed", EXAMPLES)
def test_examples_are_commands_with_options_that_there_are(typed: str) -> None:
    program, first, *rest = shlex.split(typed)
    assert program == "connector-build"
    context = click.Context(main)
    if first.startswith("-"):
        assert first in {option for each in main.get_params(context) for option in each.opts}
        return
    command = main.get_command(context, first)
    assert command is not None
    command.make_parser(click.Context(command)).parse_args(rest)  # raises for an option that is none


def test_the_examples_of_the_command_fit_beside_each_other_on_a_usual_terminal() -> None:
    text = helped("", 80)
    assert all(any(command in line and what in line for line in text) for command, what in FIRST)
