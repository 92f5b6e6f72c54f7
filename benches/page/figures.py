"""What the figures of the rows are called on the page, with their units."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure of a row of `scale`."""

    name: str
    words: str
    # Whether the least is the best, so that subjects can be ranked by it.
    ranked: bool = True


SCALE = (
    Figure("rss_mib", "RSS, MiB"),
    Figure("pss_mib", "PSS, MiB"),
    Figure("peak_mib", "peak RSS during a scrape, MiB"),
    Figure("after_scrape_mib", "RSS after it, MiB"),
    # What is served differs: only ours has series of each feed.
    Figure("scrape_ms", "time of a scrape, ms", ranked=False),
    Figure("scrape_mb", "text of a scrape, MB", ranked=False),
    Figure("series", "series of a feed", ranked=False),
    Figure("cpu_s_per_1000", "CPU time of 1,000 quiet syncs, s"),
    Figure("get_per_sync", "GETs to the API server a sync"),
    Figure("patch_per_sync", "PATCHes to the API server a sync"),
    Figure("other_per_sync", "other requests to the API server a sync"),
    Figure("wire_per_sync", "calls to Flashpoint and TruSTAR a sync"),
    Figure("ready_ms", "start to ready, ms"),
    Figure("first_sync_s", "start until all are synced first, s"),
    Figure("restart_s", "restart until all are synced, s"),
    Figure("syncs", "syncs in the window", ranked=False),
    Figure("lateness_p50_s", "lateness p50, s"),
    Figure("lateness_p99_s", "lateness p99, s"),
    Figure("early_max_s", "earliest before its time, s"),
    Figure("spread", "busiest second / mean"),
    Figure("apply_p50_ms", "apply to first report p50, ms"),
    Figure("apply_p99_ms", "apply to first report p99, ms"),
)

# By these a peer is told to be ahead.
COMPARED = ("rss_mib", "cpu_s_per_1000", "first_sync_s", "restart_s", "ready_ms", "apply_p50_ms", "apply_p99_ms", "lateness_p99_s")

SCRIPT = {
    "reports_per_s": "reports/s",
    "cpu_s": "CPU, s",
    "reports_per_cpu_s": "reports/CPU s",
    "peak_mib": "peak RSS, MiB",
    "times_script_per_cpu_s": "reports/CPU s, × the script's",
}

FOOTPRINT = {
    "binary_mib": "binary of the image, static and stripped, MiB",
    "image_mib": "image, its layers compressed, MiB",
    "ready_p50_ms": "start to ready without feeds, the median of ten, ms",
    "ready_max_ms": "the same, the slowest of ten, ms",
}

# Of each curve: its title, what is varied, and the figures.
GROWTH = {
    "reports": (
        "Reports in the window",
        "reports",
        {
            "syncs": "syncs until none is left",
            "wall_s": "time, s",
            "cpu_s": "CPU, s",
            "calls": "calls",
            "peak_mib": "peak RSS, MiB",
            "state_bytes": "state file, bytes",
            "quiet_wall_s": "quiet sync: time, s",
            "quiet_cpu_s": "its CPU, s",
            "quiet_calls": "its calls",
            "quiet_peak_mib": "its peak RSS, MiB",
        },
    ),
    "body": (
        "Size of a report",
        "bytes of a report",
        {
            "reports": "reports",
            "wall_s": "time, s",
            "cpu_s": "CPU, s",
            "cpu_s_a_mb": "CPU a MB, s",
            "calls": "calls",
            "peak_over_rest_mib": "peak RSS over one short report's, MiB",
        },
    ),
    "backfill": (
        "Backfill into a running operator",
        "reports",
        {
            "syncs": "syncs",
            "wall_s": "time, s",
            "rest_mib": "RSS at rest, MiB",
            "peak_over_rest_mib": "peak RSS over that, MiB",
        },
    ),
}
