"""The rows of benches/results, which `benches/run` stores."""

import json
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benches" / "results"


class Section:
    """What one section of `benches/run` measured last; without its file, nothing."""

    def __init__(self, name):
        path = RESULTS / f"{name}.json"
        stored = json.loads(path.read_text()) if path.exists() else {}
        self.name = name
        self.rows = stored.get("rows", [])

    @property
    def measured(self):
        """When, at which revision and on what the rows were measured; in parts where an earlier run's stand among them."""
        told = Counter(f"{row['measured']} at {row['revision']} ({row['machine']})" for row in self.rows)
        return "Measured on " + "; ".join(f"{when}: {count} rows" for when, count in sorted(told.items())) + "."

    def where(self, **members):
        """The rows with these members."""
        return [row for row in self.rows if all(row.get(name) == value for name, value in members.items())]

    def figure(self, name, **members):
        """A figure of the one row with these members; none where it was not measured."""
        rows = self.where(**members)
        return rows[0].get(name) if len(rows) == 1 else None

    def values(self, name):
        """The values that a member has, in the order of their size where they are numbers, else of the rows."""
        values = list(dict.fromkeys(row[name] for row in self.rows if row.get(name) is not None))
        return sorted(values) if all(isinstance(value, (int, float)) for value in values) else values


def ratio(one, other):
    """One beside the other; none where either was not measured."""
    return None if one is None or not other else one / other


def shown(value, digits=None):
    """A number as people read it; a dash where it was not measured."""
    if value is None:
        return "–"
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
