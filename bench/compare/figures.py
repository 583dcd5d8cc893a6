"""What a row hands back: figures with their samples, and whether their bar is met."""

import operator
import statistics
from dataclasses import asdict, dataclass, field

COMPARE = {">=": operator.ge, "<=": operator.le}
SIGNS = {">=": "≥", "<=": "≤"}


@dataclass
class Figure:
    """One line of the table.

    `finemix` and `peer` are the samples of the two sides, taken in turn. A bar ">=" is on how many
    times better finemix is; a bar "<=" is on finemix's figure over that of the reference.
    """
    what: str
    peer_name: str = ""
    finemix: list = field(default_factory=list)
    peer: list = field(default_factory=list)
    unit: str = "s"
    more_is_better: bool = False
    bar: tuple | None = None  # (">=", 2.0)
    same: bool | None = None  # whether the results agree; None: there is nothing to agree on
    missing: str = ""         # why it is not measured

    def of(self, finemix, peer):
        if self.bar and self.bar[0] == "<=" or self.more_is_better:
            return finemix / peer
        return peer / finemix

    def ratio(self):
        """The ratio of the medians, or None."""
        if self.missing or not self.finemix or not self.peer:
            return None
        return self.of(statistics.median(self.finemix), statistics.median(self.peer))

    def spread(self):
        """The smallest and the largest ratio of samples that were taken one after the other."""
        pairs = [self.of(a, b) for a, b in zip(self.finemix, self.peer)]
        return (min(pairs), max(pairs)) if len(pairs) > 1 else None

    def verdict(self):
        ratio = self.ratio()
        if ratio is None:
            return f"not measured: {self.missing}" if self.missing else "–"
        if self.same is False:
            return "**results differ**"
        if not self.bar:
            return "–"
        return "met" if COMPARE[self.bar[0]](ratio, self.bar[1]) else "**missed**"

    def bar_text(self):
        return f"{SIGNS[self.bar[0]]} {self.bar[1]:g}×" if self.bar else "–"


@dataclass
class Outcome:
    """Everything that one row found."""
    figures: list = field(default_factory=list)
    notes: list = field(default_factory=list)   # sentences below the table: checks, peer's settings
    tables: list = field(default_factory=list)  # {"title", "header": [], "rows": [[]]}
    plots: list = field(default_factory=list)   # {"file", "title", "x", "y", "series": {}}
    raw: dict = field(default_factory=dict)     # kept in the JSON alone

    def as_json(self):
        return asdict(self)

    @staticmethod
    def from_json(found):
        figures = [Figure(**{**figure, "bar": tuple(figure["bar"]) if figure["bar"] else None})
                   for figure in found["figures"]]
        return Outcome(**{**found, "figures": figures})


def number(value):
    """Three significant digits, thousands with commas; a count as it is."""
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def same_rate(first, second, total, sigmas=3.0):
    """Whether two shares of `total` differ by no more than chance would have it, and by how much.

    Two trainings with other random numbers give classifiers that err on other texts, so the shares
    are compared as those of independent samples.
    """
    middle = (first + second) / 2
    allowed = sigmas * (2 * middle * (1 - middle) / total) ** 0.5
    return abs(first - second) <= allowed, allowed
