"""The tables of the page; each gives its texts, none where nothing was measured."""

from figures import COMPARED, FOOTPRINT, GROWTH, SCALE, SCRIPT
from goals import all_goals
from rows import Section, comparable, counted, ratio, shown
from subjects import COLOURS, OURS, PEERS
from words import REASONS


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


def goals():
    yield table(["figure", "goal", "measured", ""], [[goal.what, goal.wanted, goal.said, goal.verdict] for goal in all_goals()])


def ahead():
    """Each figure in which a peer is ahead of the operator, and what was not compared."""
    scale = Section("scale")
    if not scale.rows:
        return
    behind = [found for feeds in scale.values("feeds") for found in behind_with(scale, feeds)]
    if behind:
        yield table(["figure", "feeds", "operator", "best peer", "its figure", "operator / peer"], behind)
        yield REASONS
    else:
        yield "Nowhere."
    missing = [f"{', '.join(names)} with {counted(feeds, 'feed')}" for feeds in scale.values("feeds") if (names := unmeasured(scale, feeds))]
    if missing:
        yield f"Not measured, and so not compared: {'; '.join(missing)}."


def behind_with(scale, feeds):
    ours = scale.row(subject=OURS, feeds=feeds)
    words = {figure.name: figure.words for figure in SCALE}
    for name in COMPARED if ours else ():
        figures = {peer: comparable(scale.row(subject=peer, feeds=feeds), name) for peer in PEERS}
        figures = {peer: figure for peer, figure in figures.items() if figure is not None}
        if not figures:
            continue
        peer, own = min(figures, key=figures.get), comparable(ours, name)
        if own is None or figures[peer] < own:
            share = ratio(own, figures[peer]) if figures[peer] > 0 else None
            yield [words[name], f"{feeds:,}", shown(own), peer, shown(figures[peer]), "–" if share is None else f"{shown(share)} ×"]


def unmeasured(scale, feeds):
    return [subject for subject in COLOURS if not scale.where(subject=subject, feeds=feeds)]


def scale():
    section = Section("scale")
    for feeds in section.values("feeds"):
        rows = {subject: section.row(subject=subject, feeds=feeds) for subject in COLOURS}
        lines = [
            [figure.words, *cells(rows.values(), figure)]
            for figure in SCALE
            if any(row.get(figure.name) is not None for row in rows.values())
        ]
        lines.append(["measured at", *(f"{row['revision']}, {row['measured']}" if row else "–" for row in rows.values())])
        yield f"### {counted(feeds, 'feed')}\n\n" + table([counted(feeds, "feed"), *rows], lines)
        if names := unmeasured(section, feeds):
            yield f"Not measured: {', '.join(names)}."


def cells(rows, figure):
    """A figure of each subject; where they are ranked and differ, the best is bold."""
    texts = [shown(row.get(figure.name)) for row in rows]
    ranks = [comparable(row, figure.name) for row in rows]
    ranked = [rank for rank in ranks if rank is not None]
    if not figure.ranked or len({shown(rank) for rank in ranked}) < 2:
        return texts
    best = shown(min(ranked))
    return [f"**{text}**" if shown(rank) == best else text for text, rank in zip(texts, ranks, strict=True)]


def limit():
    rows = [
        [
            row["destination"],
            row["latency_ms"],
            row["feeds"],
            shown(row["reports"]),
            shown(row["reports_per_s"], 0),
            shown(row["loop_reports_per_s"], 0),
            shown(row["cpu_ms_per_report"]),
            shown(row["loop_cpu_ms_per_report"]),
            f"{row['ratio_median'] * 100:.0f} ({row['ratio_low'] * 100:.0f}–{row['ratio_high'] * 100:.0f})",
        ]
        for row in Section("limit").rows
    ]
    case, speed, cost = ["destination", "latency, ms", "feeds", "reports"], ["reports/s", "the loop's"], ["CPU a report, ms", "the loop's CPU, ms"]
    if rows:
        yield table([*case, *speed, *cost, "reports/s, % of the loop's"], rows)


def script():
    rows = [
        [row["subject"], shown(row["reports"]), shown(row["submitted"]), shown(row["submitted_by_this_alone"]), *(spread(row, name) for name in SCRIPT)]
        for row in Section("script").rows
    ]
    if rows:
        yield table(["", "reports listed", "sent", "sent by this alone", *SCRIPT.values()], rows)


def spread(row, name):
    """A median with its range; nothing where the row has no such figure."""
    median = row.get(f"{name}_median")
    return "" if median is None else f"{shown(median)} ({shown(row[f'{name}_low'])}–{shown(row[f'{name}_high'])})"


def growth():
    section = Section("growth")
    for curve, (title, varied, figures) in GROWTH.items():
        if rows := section.where(curve=curve):
            lines = [[shown(row["x"]), *(shown(row.get(name)) for name in figures)] for row in rows]
            yield f"### {title}\n\n" + table([varied, *figures.values()], lines)


def footprint():
    row = Section("footprint").row(subject=OURS)
    if row:
        yield table(["", OURS], [[words, shown(row.get(name))] for name, words in FOOTPRINT.items()])


def instructions():
    rows = [
        [row["case"], shown(row["instructions"]), shown(row["instructions"] / row["items"], 0), row["per"]]
        for row in Section("instructions").rows
    ]
    if rows:
        yield table(["path", "instructions", "for each", "of these"], rows)
