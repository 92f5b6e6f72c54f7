"""Makes docs/performance.md and its plots from benches/results, and prints the goals beside what was measured."""

import sys

from goals import all_goals
from plots import all_plots
from rows import ROOT, Section, shown
from words import LEAD, NOTES

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
COLOURS = {"met": "\033[32m", "missed": "\033[31m", "not measured": "\033[33m"}


def table(head, rows):
    """A table whose columns align in the text too; figures stand to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))) + " |"
        for row in [head, *rows]
    ]
    rule = "|" + "|".join("-" * (width + 2) if at == 0 else "-" * (width + 1) + ":" for at, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def scale_tables():
    scale = Section("scale")
    figures = {
        "rss_mib": "RSS, MiB",
        "pss_mib": "PSS, MiB",
        "peak_mib": "peak with a scrape, MiB",
        "cpu_s_per_1000": "CPU s of 1,000 quiet syncs",
        "get_per_sync": "GETs to the API server a sync",
        "patch_per_sync": "PATCHes to the API server a sync",
        "other_per_sync": "other requests to the API server a sync",
        "wire_per_sync": "calls to Flashpoint and TruSTAR a sync",
        "ready_ms": "start to ready, ms",
        "first_sync_s": "start until all are synced first, s",
        "restart_s": "restart until all are synced, s",
        "syncs": "syncs in the window",
        "lateness_p50_s": "lateness p50, s",
        "lateness_p99_s": "lateness p99, s",
        "early_max_s": "earliest before its time, s",
        "spread": "busiest second / mean",
        "apply_p50_ms": "apply to first report p50, ms",
        "apply_p99_ms": "apply to first report p99, ms",
    }
    for feeds in scale.values("feeds"):
        subjects = [row["subject"] for row in scale.where(feeds=feeds)]
        rows = [
            [what, *(shown(scale.figure(name, subject=subject, feeds=feeds)) for subject in subjects)]
            for name, what in figures.items()
            if any(scale.figure(name, subject=subject, feeds=feeds) is not None for subject in subjects)
        ]
        yield f"### {feeds:,} feeds\n\n" + table([f"{feeds:,} feeds", *subjects], rows)


def limit_table():
    limit = Section("limit")
    rows = [
        [
            row["destination"],
            row["latency_ms"],
            row["feeds"],
            f"{row['reports']:,}",
            shown(row["reports_per_s"], 0),
            shown(row["loop_reports_per_s"], 0),
            f"{row['ratio_median'] * 100:.0f} ({row['ratio_low'] * 100:.0f}–{row['ratio_high'] * 100:.0f})",
        ]
        for row in limit.rows
    ]
    return table(["destination", "latency, ms", "feeds", "reports", "reports/s", "the loop's", "% (range)"], rows) if rows else None


def script_table():
    rows = [
        [
            row["subject"],
            f"{row['reports']:,}",
            *(spread(row, name) for name in ("reports_per_s", "cpu_s", "reports_per_cpu_s", "peak_mib", "times_script_per_cpu_s")),
        ]
        for row in Section("script").rows
    ]
    return table(["", "reports", "reports/s", "CPU s", "reports/CPU s", "peak, MiB", "× the script's"], rows) if rows else None


def spread(row, name):
    """A median with its range; nothing where the row has no such figure."""
    median = row.get(f"{name}_median")
    return "" if median is None else f"{shown(median)} ({shown(row[f'{name}_low'])}–{shown(row[f'{name}_high'])})"


def growth_tables():
    growth = Section("growth")
    names = {"reports": "Reports in the window", "body": "Bytes of a report", "backfill": "Backfill into a running operator"}
    for curve, title in names.items():
        rows = growth.where(curve=curve)
        if not rows:
            continue
        figures = [name for name in rows[0] if name not in ("curve", "x", "measured", "revision", "machine")]
        cells = [[f"{row['x']:,}", *(shown(row.get(name)) for name in figures)] for row in rows]
        yield f"### {title}\n\n" + table([curve, *figures], cells)


def instruction_table():
    rows = [
        [row["case"], f"{row['instructions']:,}", shown(row["instructions"] / row["items"]), row["per"]]
        for row in Section("instructions").rows
    ]
    return table(["path", "instructions", "each", "for each"], rows) if rows else None


def page(plots):
    """The page's text, with these plots."""
    goals = list(all_goals())
    sections = {
        "Goals": [table(["figure", "goal", "measured", ""], [[goal.what, goal.wanted, goal.said, goal.verdict] for goal in goals])],
        "Beside other operators": [*scale_tables()],
        "Against a bare loop": [limit_table()],
        "Beside a script": [script_table()],
        "How it grows": [*growth_tables()],
        "Instructions": [instruction_table()],
    }
    drawn = {
        "Beside other operators": ["memory", "processor", "apply"],
        "Against a bare loop": ["limit"],
        "How it grows": ["reports", "body"],
    }
    measured = {
        "Beside other operators": "scale",
        "Against a bare loop": "limit",
        "Beside a script": "script",
        "How it grows": "growth",
    }
    parts = [LEAD]
    for title, texts in sections.items():
        texts = [text for text in texts if text]
        if not texts:
            continue
        parts.append(f"## {title}")
        if title in NOTES:
            parts.append(NOTES[title])
        if title in measured:
            parts.append(Section(measured[title]).measured)
        parts += [f"![{name}](performance/{name}.svg)" for name in drawn.get(title, []) if name in plots]
        parts += texts
    return "\n\n".join(part.strip() for part in parts) + "\n"


def print_goals():
    goals = list(all_goals())
    width = max(len(goal.what) for goal in goals)
    coloured = sys.stdout.isatty()
    for goal in goals:
        verdict = COLOURS[goal.verdict] + goal.verdict + "\033[0m" if coloured else goal.verdict
        print(f"{goal.what:{width}}  {goal.wanted:>10}  {goal.said:>12}  {verdict}")


def main():
    plots = dict(all_plots())
    wanted = {PLOTS / f"{name}.svg": text for name, text in plots.items()}
    wanted[PAGE] = page(plots)
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
