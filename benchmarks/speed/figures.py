"""What was measured, and what to make of several measurements: medians, and ratios within one round."""

from collections.abc import Mapping, Sequence
from statistics import median

from attrs import evolve, frozen


@frozen
class Run:
    """One thing to measure: a runner, and what it reads.

    records, size: of the feed and of a page; wait: milliseconds before each answer; threads: the setting, or a peer's workers, 0
    where there is none; tables: how many such feeds there are, each a table.
    """

    runner: str
    records: int
    size: int = 100
    wait: int = 0
    threads: int = 0
    tables: int = 1


@frozen
class Figure:
    """What one sync took: seconds on the clock and of the processor, and the largest resident memory in megabytes."""

    seconds: float
    cpu: float
    peak_mb: float


@frozen
class Spread:
    """Several measurements of one thing."""

    median: float
    low: float
    high: float
    rounds: int


def spread(values: Sequence[float]) -> Spread:
    """The median of *values*, with the least and the greatest. Raises ValueError when there is none."""
    if not values:
        raise ValueError("nothing was measured")
    return Spread(median(values), min(values), max(values), len(values))


@frozen
class Section:
    """Runs that take turns: each of them once in each round, so that the machine's noise falls on all of them.

    beside: the run that others are compared with, whatever the feed.
    """

    name: str
    title: str
    runs: Sequence[Run]
    rounds: int
    beside: Run = Run("handwritten", 0)

    def opponent(self, run: Run) -> Run:
        """The one that reads what *run* reads."""
        return evolve(run, runner=self.beside.runner, threads=self.beside.threads)


@frozen
class Measured:
    """A section, and the figures of each run, one a round."""

    section: Section
    figures: Mapping[Run, Sequence[Figure]]

    def of(self, run: Run, what: str = "seconds") -> Spread:
        """The spread of one kind of figure. Raises ValueError when *run* was not measured."""
        return spread([getattr(figure, what) for figure in self.figures.get(run, ())])

    def ratio(self, run: Run, other: Run, what: str = "seconds") -> Spread:
        """*run* over *other*, round by round."""
        pairs = zip(self.figures.get(run, ()), self.figures.get(other, ()), strict=True)
        return spread([getattr(one, what) / getattr(two, what) for one, two in pairs])

    def difference(self, run: Run, other: Run, what: str) -> Spread:
        """*run* less *other*, round by round."""
        pairs = zip(self.figures.get(run, ()), self.figures.get(other, ()), strict=True)
        return spread([getattr(one, what) - getattr(two, what) for one, two in pairs])
