"""The goals, each beside what was measured."""

from dataclasses import dataclass

from rows import Section, comparable, ratio, shown
from subjects import OURS

GO, KUBE_RS = "controller-runtime", "kube-rs"


@dataclass(frozen=True)
class Goal:
    """A figure, what it is to be, and what it is."""

    what: str
    limit: float
    measured: float | None
    unit: str = ""
    at_least: bool = False

    @property
    def verdict(self):
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.limit if self.at_least else self.measured <= self.limit
        return "met" if met else "missed"

    @property
    def wanted(self):
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g}{self.unit}"

    @property
    def said(self):
        return shown(self.measured) + ("" if self.measured is None else self.unit)


def all_goals():
    yield from scale_goals(Section("scale"))
    limit, script = Section("limit"), Section("script")
    growth, footprint = Section("growth"), Section("footprint")

    def worst(latency):
        ratios = [row["ratio_median"] for row in limit.where(latency_ms=latency)]
        return min(ratios) * 100 if ratios else None

    for latency, share in ((1, 85), (5, 95), (50, 98)):
        yield Goal(f"reports a second beside the bare loop's, {latency} ms, the worst row", share, worst(latency), " %", True)
    per_cpu = script.figure("times_script_per_cpu_s_median", subject=OURS, reports=500)
    yield Goal("reports a CPU second beside the Python script's", 50, per_cpu, " ×", True)
    over_rest = growth.figure("peak_over_rest_mib", curve="backfill", x=20000)
    yield Goal("peak of a backfill of 20,000 reports over rest", 20, over_rest, " MiB")
    yield Goal("binary of the image, static", 10, footprint.figure("binary_mib", subject=OURS), " MiB")
    yield Goal("image", 12, footprint.figure("image_mib", subject=OURS), " MiB")


def scale_goals(scale):
    def ours(name, feeds):
        return scale.figure(name, subject=OURS, feeds=feeds)

    def beside(name, peer, feeds):
        return ratio(ours(name, feeds), scale.figure(name, subject=peer, feeds=feeds))

    def total(*names, feeds):
        """As it is shown: one request of the watches among thousands of syncs is none of a sync's."""
        figures = [ours(name, feeds) for name in names]
        return None if None in figures else round(sum(figures), 2)

    def over_steady(feeds):
        peak, steady = ours("peak_mib", feeds), ours("rss_mib", feeds)
        return None if peak is None or steady is None else peak - steady

    def slowest(name):
        """Of the rows with up to 1,000 feeds beside."""
        figures = [row[name] for row in scale.where(subject=OURS) if row["feeds"] <= 1000]
        return None if not figures or None in figures else max(figures)

    yield Goal("RSS without feeds", 8.5, ours("rss_mib", 0), " MiB")
    yield Goal("RSS with 1,000 feeds", 16, ours("rss_mib", 1000), " MiB")
    yield Goal("RSS with 10,000 feeds", 45, ours("rss_mib", 10000), " MiB")
    yield Goal("peak of a scrape over that, 10,000 feeds", 15, over_steady(10000), " MiB")
    for feeds, share in ((100, 1 / 3), (1000, 1 / 2), (10000, 2 / 3)):
        yield Goal(f"RSS beside controller-runtime's, {feeds:,} feeds", round(share, 3), beside("rss_mib", GO, feeds), " ×")
    yield Goal("CPU seconds of 1,000 quiet syncs, 1,000 feeds", 0.6, ours("cpu_s_per_1000", 1000), " s")
    yield Goal("the same beside kube-rs's", 1.2, beside("cpu_s_per_1000", KUBE_RS, 1000), " ×")
    yield Goal("GETs to the API server in a quiet sync", 2, total("get_per_sync", feeds=1000))
    yield Goal("other requests to it in a quiet sync: one PATCH", 1, total("patch_per_sync", "other_per_sync", feeds=1000))
    yield Goal("series of a feed", 20, ours("series", 1000))
    yield Goal("apply to first report, p50, the worst of up to 1,000 feeds", 20, slowest("apply_p50_ms"), " ms")
    yield Goal("apply to first report, p99, the worst of up to 1,000 feeds", 200, slowest("apply_p99_ms"), " ms")
    yield Goal("apply to first report, p99, beside 10,000 feeds", 1000, ours("apply_p99_ms", 10000), " ms")
    yield Goal("lateness, p99, 10,000 feeds of 5 minutes", 2, comparable(scale.row(subject=OURS, feeds=10000), "lateness_p99_s"), " s")
    yield Goal("restart with 10,000 feeds due, beside kube-rs's", 1.1, beside("restart_s", KUBE_RS, 10000), " ×")
