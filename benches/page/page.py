"""Makes docs/performance.md and its plots from benches/results, and prints the goals beside what was measured."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import plots
import tables
import words
from goals import all_goals
from rows import ROOT, Section

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
COLOURS = {"met": "\033[32m", "missed": "\033[31m", "not measured": "\033[33m"}


@dataclass(frozen=True)
class Part:
    """A part of the page: left out where its tables give nothing."""

    title: str
    tables: Callable
    note: str = ""
    # Whose rows it shows, and what of it says when and on what they were measured.
    section: str | None = None
    told: str = "measured"
    # What draws its plots, each in a file of its name.
    plots: tuple[Callable, ...] = ()


PARTS = (
    Part("Goals", tables.goals),
    Part("Where a peer is ahead", tables.ahead, words.AHEAD),
    Part("Terms", lambda: [words.TERMS]),
    Part("Beside other operators", tables.scale, words.SCALE, "scale", "machines", (plots.memory, plots.processor, plots.apply)),
    Part("Against a bare loop", tables.limit, words.LIMIT, "limit", plots=(plots.limit,)),
    Part("Beside a script", tables.script, words.SCRIPT, "script"),
    Part("How it grows", tables.growth, words.GROWTH, "growth", plots=(plots.reports, plots.body)),
    Part("Size and start", tables.footprint, section="footprint"),
    Part("Instructions", tables.instructions, words.INSTRUCTIONS, "instructions", "compiled"),
)


def drawn():
    """The text of each plot by its name, those for which nothing was measured left out."""
    figures = {draw.__name__: draw() for part in PARTS for draw in part.plots}
    return {name: plots.rendered(figure) for name, figure in figures.items() if figure is not None}


def page(drawn):
    """The page's text, with these plots."""
    return "\n\n".join(text.strip() for text in [words.LEAD, *(text for part in PARTS for text in texts(part, drawn))]) + "\n"


def texts(part, drawn):
    shown = list(part.tables())
    if not shown:
        return
    yield f"## {part.title}"
    if part.note:
        yield part.note
    if part.section:
        yield getattr(Section(part.section), part.told)
    names = [draw.__name__ for draw in part.plots]
    yield from (f"![{name}](performance/{name}.svg)" for name in names if name in drawn)
    yield from shown


def print_goals():
    goals = list(all_goals())
    width = max(len(goal.what) for goal in goals)
    coloured = sys.stdout.isatty()
    for goal in goals:
        verdict = COLOURS[goal.verdict] + goal.verdict + "\033[0m" if coloured else goal.verdict
        print(f"{goal.what:{width}}  {goal.wanted:>10}  {goal.said:>12}  {verdict}")


def main():
    plotted = drawn()
    wanted = {PLOTS / f"{name}.svg": text for name, text in plotted.items()}
    wanted[PAGE] = page(plotted)
    if "--check" in sys.argv[1:]:
        differ = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        differ += [path for path in PLOTS.glob("*") if path not in wanted]
        for path in differ:
            print(f"{path.relative_to(ROOT)} is not what benches/results say: run benches/page/run", file=sys.stderr)
        return 1 if differ else 0
    PLOTS.mkdir(exist_ok=True)
    for path in PLOTS.glob("*.svg"):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    print_goals()
    return 0


if __name__ == "__main__":
    sys.exit(main())
