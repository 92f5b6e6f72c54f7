"""The rows of benches/results, which `benches/run` and `benches/instructions/run` store."""

import json
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benches" / "results"


class Section:
    """What one section measured last; without its file, nothing."""

    def __init__(self, name):
        path = RESULTS / f"{name}.json"
        self.stored = json.loads(path.read_text()) if path.exists() else {}
        self.rows = self.stored.get("rows", [])

    @property
    def measured(self):
        """When, at which revision and on what the rows were measured; in parts where an earlier run's stand among them."""
        told = Counter(f"{row['measured']} at {row['revision']} ({row['machine']})" for row in self.rows)
        return "Measured on " + "; ".join(f"{when}: {counted(count, 'row')}" for when, count in sorted(told.items())) + "."

    @property
    def machines(self):
        """What the rows were measured on; their day and revision stand elsewhere."""
        return "Measured on " + "; ".join(self.values("machine")) + "."

    @property
    def compiled(self):
        """When counts were taken, and by which compiler, which they depend on."""
        return f"Counted on {self.stored['measured']}, compiled by {self.stored['compiler']}."

    def where(self, **members):
        """The rows with these members."""
        return [row for row in self.rows if all(row.get(name) == value for name, value in members.items())]

    def row(self, **members):
        """The one row with these members; an empty one where it was not measured."""
        rows = self.where(**members)
        return rows[0] if len(rows) == 1 else {}

    def figure(self, name, **members):
        """A figure of the one row with these members; none where it was not measured."""
        return self.row(**members).get(name)

    def values(self, name):
        """The values that a member has, in the order of their size where they are numbers, else of the rows."""
        values = list(dict.fromkeys(row[name] for row in self.rows if row.get(name) is not None))
        return sorted(values) if all(isinstance(value, (int, float)) for value in values) else values


# Of the syncs that came: where feeds were not synced in the window, they say nothing.
OF_SYNCS = ("lateness_p50_s", "lateness_p99_s", "early_max_s", "spread")


def comparable(row, name):
    """A figure of a row of `scale`, where others can be compared with it."""
    if name in OF_SYNCS and (row.get("syncs") or 0) < row.get("feeds", 0):
        return None
    return row.get(name)


def ratio(one, other):
    """One beside the other; none where either was not measured."""
    return None if one is None or not other else one / other


def shown(value, digits=None):
    """A number as people read it; a dash where it was not measured."""
    if value is None:
        return "–"
    if digits is None:
        digits = 0 if isinstance(value, int) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def counted(count, what):
    """So many of something."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
