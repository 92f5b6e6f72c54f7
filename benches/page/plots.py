"""The plots of the page, as SVG that is the same for the same figures; none where nothing was measured."""

import io

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

from rows import Section  # noqa: E402
from subjects import COLOURS  # noqa: E402

plt.rcParams.update(
    {
        "axes.grid": True,
        "axes.prop_cycle": matplotlib.cycler(color=list(COLOURS.values())),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "white",
        "font.size": 9,
        "grid.alpha": 0.3,
        "legend.frameon": False,
        "lines.marker": "o",
        "lines.markersize": 4,
        # The same ids in each run, and text that can be searched.
        "svg.fonttype": "none",
        "svg.hashsalt": "flashpoint-operator",
    }
)

PLAIN = FuncFormatter(lambda value, _: f"{value:,.10g}")


def rendered(figure):
    """The text of a plot."""
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    # Lines of a path end with a space.
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def curve(axes, rows, x, y, **style):
    points = sorted((row[x], row[y]) for row in rows if row.get(y) is not None)
    if points:
        axes.plot(*zip(*points, strict=True), **style)
    return bool(points)


def by_feeds(name, title, label, log=True):
    section = Section("scale")
    figure, axes = plt.subplots(figsize=(6, 3.2))
    drawn = [
        curve(axes, [row for row in section.where(subject=subject) if row["feeds"] > 0], "feeds", name, label=subject, color=colour)
        for subject, colour in COLOURS.items()
    ]
    if not any(drawn):
        plt.close(figure)
        return None
    axes.set(title=title, xlabel="feeds", ylabel=label, xscale="log")
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(PLAIN)
    else:
        axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.legend()
    return figure


def memory():
    return by_feeds("rss_mib", "Resident memory, steady", "MiB")


def processor():
    return by_feeds("cpu_s_per_1000", "Processor time of 1,000 quiet syncs", "seconds", log=False)


def apply():
    return by_feeds("apply_p99_ms", "From apply to the first report, 99th percentile", "ms")


def limit():
    section = Section("limit")
    destinations = section.values("destination")
    if not destinations:
        return None
    figure, panels = plt.subplots(1, len(destinations), figsize=(3 * len(destinations), 3), sharey=True, squeeze=False)
    for axes, destination in zip(panels[0], destinations, strict=True):
        for latency in section.values("latency_ms"):
            rows = [dict(row, percent=row["ratio_median"] * 100) for row in section.where(destination=destination, latency_ms=latency)]
            curve(axes, rows, "feeds", "percent", label=f"{latency} ms")
        axes.set(title=destination, xlabel="feeds at once", xscale="log", ylim=(0, 110))
        axes.xaxis.set_major_formatter(PLAIN)
    panels[0][0].set_ylabel("% of the bare loop")
    panels[0][-1].legend(title="latency", loc="lower right")
    return figure


def growth(of, xlabel, figures):
    rows = Section("growth").where(curve=of)
    if not rows:
        return None
    figure, panels = plt.subplots(1, len(figures), figsize=(3 * len(figures), 3), squeeze=False)
    for axes, (name, title) in zip(panels[0], figures.items(), strict=True):
        curve(axes, rows, "x", name)
        axes.set(title=title, xlabel=xlabel, xscale="log", ylim=(0, None))
        axes.xaxis.set_major_formatter(PLAIN)
    figure.tight_layout()
    return figure


def reports():
    return growth(
        "reports",
        "reports in the window",
        {"cpu_s": "CPU s until nothing is left", "quiet_cpu_s": "CPU s of a quiet sync", "peak_mib": "peak memory, MiB"},
    )


def body():
    return growth(
        "body",
        "bytes of a report",
        {"cpu_s_a_mb": "CPU s a MB", "peak_over_rest_mib": "peak memory over one short report's, MiB"},
    )
