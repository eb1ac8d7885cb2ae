"""What can happen to a connector, and whole histories of that."""

from collections.abc import Callable, Mapping, Sequence

from connector_build.api.messages import Asked, Reply
from fuzz.connector import DERIVED
from fuzz.faults import Faulty
from fuzz.keeping import Case
from fuzz.lies import NO_ORDER
from fuzz.line import Honest
from fuzz.play import Play


def append(play: Play, number: int) -> None:
    _move(play, play.world.come, number)


def change(play: Play, number: int) -> None:
    _move(play, play.world.turn, number)


def delete(play: Play, number: int) -> None:
    _move(play, play.world.go, number)


def _move(play: Play, move: Callable[[int], None], number: int) -> None:
    play.moved |= play.pending
    move(number)


def size(play: Play, number: int) -> None:
    """Pages have another size. Keys in no order can be told from a page of many alone: a few may be sorted by chance."""
    play.page_size = max(number, 5) if play.lie and play.lie.name == NO_ORDER else number


def switch(play: Play, name: str) -> None:
    """Another build has an extra table more, or less."""
    if name not in DERIVED:
        play.on ^= {name}


def redeploy(play: Play, name: str) -> None:
    """Another build has a derived field or a filter more, or less; what was synced before is synced again."""
    play.on ^= {name}
    play.forget()


def clean(play: Play) -> None:
    play.succeed()


def crash(play: Play, number: int, after: bool, rolled_back: bool, kind: str | None = None) -> None:
    play.warehouse.crash_at(number, after=after, kind=kind)
    play.sync()
    if rolled_back and play.pending:
        play.warehouse.roll_back()


def die(play: Play, request: int, rolled_back: bool) -> None:
    """In the middle of an answer."""
    play.sync(half=request)
    if rolled_back and play.pending:
        play.warehouse.roll_back()


def move_meanwhile(play: Play, request: int, number: int) -> None:
    """Records come, change and go while a sync reads."""
    spec = play.spec
    if play.lie or spec.pages not in ("cursor", "link") or not spec.follows or spec.strategy == "since":
        return

    def trouble(at: int, asked: Asked, honest: Honest) -> Reply:
        if at == request:
            play.world.turn(number)
            play.world.come(number)
            play.world.go(1 if spec.gone != "no" else 0)
        return honest()

    play.sync(trouble)
    assert play.error is None, repr(play.error)
    play.check()


def misbehave(play: Play, faults: Sequence[tuple[int, str, int]]) -> None:
    """The API has faults: at which request, of which kind, and how many times."""
    surely = play.sure
    play.sync(Faulty(play, faults))
    if play.error is None:
        play.check(rows=surely)


STEPS: Mapping[str, Callable[..., None]] = {
    step.__name__: step for step in (append, change, delete, size, switch, redeploy, clean, crash, die, move_meanwhile, misbehave)
}


def histories(case: Case) -> None:
    """Play a history to its end."""
    play = Play.begun(case)
    for name, *arguments in case["history"]:
        STEPS[name](play, *arguments)
    if play.lie:
        play.succeed()
        play.come_clean()
    play.settle()
