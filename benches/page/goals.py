"""The goals, each beside what was measured."""

from dataclasses import dataclass

from rows import Section, ratio, shown

OURS, GO, KUBE_RS = "operator", "controller-runtime", "kube-rs"


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
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"

    @property
    def said(self):
        return shown(self.measured) + ("" if self.measured is None else self.unit)


def all_goals():
    scale, limit, script = Section("scale"), Section("limit"), Section("script")
    growth, footprint = Section("growth"), Section("footprint")

    def ours(name, feeds):
        return scale.figure(name, subject=OURS, feeds=feeds)

    def beside(name, peer, feeds):
        return ratio(ours(name, feeds), scale.figure(name, subject=peer, feeds=feeds))

    def over_rest(feeds):
        peak, steady = ours("peak_mib", feeds), ours("rss_mib", feeds)
        return None if peak is None or steady is None else peak - steady

    def worst(latency):
        ratios = [row["ratio_median"] for row in limit.where(latency_ms=latency)]
        return min(ratios) * 100 if ratios else None

    def lateness():
        """That of feeds which are synced: where some were not, it says nothing."""
        syncs = ours("syncs", 10000)
        return None if syncs is None or syncs < 10000 else ours("lateness_p99_s", 10000)

    def requests():
        kinds = [ours(f"{kind}_per_sync", 1000) for kind in ("get", "patch", "other")]
        return None if None in kinds else sum(kinds)

    per_cpu = script.figure("times_script_per_cpu_s_median", subject=OURS, reports=500)
    yield Goal("RSS without feeds", 8.5, ours("rss_mib", 0), " MiB")
    yield Goal("RSS with 1,000 feeds", 16, ours("rss_mib", 1000), " MiB")
    yield Goal("RSS with 10,000 feeds", 45, ours("rss_mib", 10000), " MiB")
    yield Goal("peak of a scrape over that, 10,000 feeds", 15, over_rest(10000), " MiB")
    for feeds, share in ((100, 1 / 3), (1000, 1 / 2), (10000, 2 / 3)):
        yield Goal(f"RSS beside controller-runtime's, {feeds:,} feeds", round(share, 3), beside("rss_mib", GO, feeds), " ×")
    yield Goal("CPU seconds of 1,000 syncs with nothing new, 1,000 feeds", 0.6, ours("cpu_s_per_1000", 1000), " s")
    yield Goal("the same beside kube-rs's", 1.2, beside("cpu_s_per_1000", KUBE_RS, 1000), " ×")
    yield Goal("requests to the API server in such a sync", 3, requests())
    yield Goal("series of a feed", 20, ours("series", 1000))
    yield Goal("apply to first report, p50", 20, ours("apply_p50_ms", 0), " ms")
    yield Goal("apply to first report, p99", 200, ours("apply_p99_ms", 0), " ms")
    yield Goal("apply to first report, p99, beside 10,000 feeds", 1000, ours("apply_p99_ms", 10000), " ms")
    yield Goal("lateness, p99, 10,000 feeds of 5 minutes", 2, lateness(), " s")
    yield Goal("restart with 10,000 feeds due, beside kube-rs's", 1.1, beside("restart_s", KUBE_RS, 10000), " ×")
    for latency, share in ((1, 85), (5, 95), (50, 98)):
        yield Goal(f"reports a second beside the bare loop's, {latency} ms, the worst of all destinations", share, worst(latency), " %", True)
    yield Goal("reports a CPU second beside the Python script's", 50, per_cpu, " ×", True)
    yield Goal("peak of a backfill of 20,000 reports over rest", 20, growth.figure("peak_over_rest_mib", curve="backfill", x=20000), " MiB")
    yield Goal("binary of the image, static", 10, footprint.figure("binary_mib", subject=OURS), " MiB")
    yield Goal("image", 12, footprint.figure("image_mib", subject=OURS), " MiB")
