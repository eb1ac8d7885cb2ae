"""The rule about secrets: nothing that a plugin makes of a configuration shows one of them."""

import json
import re
import traceback
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping

from connector_build.api.messages import Asked, Reply
from connector_build.testing.contract.outcomes import Broken, NotChecked, no_network
from connector_build.testing.contract.subject import Subject
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_build.testing.warehouse.runs import CANARY, Run, configuration_for
from connector_core import ConnectorError
from connector_core.basics.names import one_line
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import Configuration, read_configuration
from connector_core.source.templates import parts_around

STATUSES = (200, 302, 400, 401, 403, 500)
"""Answers that a sync cannot go on from, the first because it holds no records."""

OF_EVERY_REQUEST = frozenset({"accept", "accept-encoding", "connection", "user-agent"})

_WORD = re.compile(r"[A-Za-z0-9+/_-]{12,}")


def check_secrets(subject: Subject) -> None:
    """Look for the canaries of a made-up configuration in every repr, error, log line and state, for each kind of auth."""
    assembly = subject.assembly_with_everything
    reasons = [_check_kind(assembly, choice) for choice in choices(assembly)]
    if None not in reasons:
        raise NotChecked(f"Its auth cannot be made from made-up settings: {one_line(reasons[0], 500)}")


def choices(assembly: Assembly) -> list[Mapping[str, str]]:
    """For each value of each setting that is a choice, that setting; one empty choice where there is none."""
    return [{setting.name: value} for setting in assembly.settings for value in setting.choices] or [{}]


def configured(assembly: Assembly, choice: Mapping[str, str]) -> Configuration:
    """A made-up configuration as a sync reads it."""
    return read_configuration(assembly.settings, {**configuration_for(assembly), **choice})


def _check_kind(assembly: Assembly, choice: Mapping[str, str]) -> str | None:
    """Why the auth cannot be made, or None if it can; Broken if a secret shows."""
    values = configured(assembly, choice)
    shown: list[tuple[str, object]] = [("the configuration", values)]
    reason = None
    try:
        with no_network(), make_client(assembly, values, ListLog()) as client:
            shown += [("the client", client), ("its auth object", assembly.auth(values))]
    except ConnectorError as error:
        reason = str(error)
        shown.append(("the error of its auth", _told(error)))
    shown += [("its auth factory", assembly.auth), ("the assembly", assembly), *_said(assembly, choice)]
    for what, value in shown:
        if _leaks(f"{value!r} {value}", values.hidden):
            raise Broken(
                f"{what.capitalize()} shows a secret. Keep it out of the repr, with field(repr=False) in an attrs class; write "
                "secret=True in its Setting; and give what is made of it to configuration.hidden.add(…)."
            )
    return reason


def _said(assembly: Assembly, choice: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """What syncs say whose API sends back all that it was sent, in answers that they cannot go on from."""
    paths = [re.compile("[^/]*".join(map(re.escape, parts_around(plan.table.path)))) for plan in assembly.tables]
    for status in STATUSES:

        def answer(asked: Asked, status: int = status) -> Reply:
            if asked.method == "POST" and not any(path.fullmatch(asked.path) for path in paths):  # for a token
                return Reply(200, {}, json.dumps(dict.fromkeys(("token", "access_token"), f"{CANARY}token")).encode())
            headers = {name: value for name, value in asked.headers.items() if name not in OF_EVERY_REQUEST}
            heard = json.dumps({**headers, **asked.params})  # credentials first: a message shows the beginning
            return Reply(status, {"Location": f"https://elsewhere.example.com/?{heard}"}, f'{{"heard": {heard}}}'.encode())

        log, warehouse = ListLog(), Warehouse(assembly)
        try:
            with no_network():
                Run(attempts=2, settings=choice).sync(assembly, warehouse, answer, log=log)
        except Exception as error:  # noqa: BLE001  (also what a plugin's auth raises)
            yield f"the error after an answer of {status}", _told(error)
        yield f"the log of a sync whose API answers {status}", (log.infos, log.warnings, warehouse.state)


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _leaks(text: str, secrets: Iterable[str]) -> bool:
    return CANARY in text or any(secret in text for secret in secrets) or any(map(_hides, _WORD.findall(text)))


def _hides(word: str) -> bool:
    """Whether *word* is the base64 of something with a secret in it."""
    try:
        return CANARY.encode() in b64decode(word + "=" * (-len(word) % 4), altchars=b"-_" if set("-_") & set(word) else None)
    except ValueError:
        return False
