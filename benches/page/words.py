"""What the page says besides figures."""

LEAD = """
# Performance
What the operator takes and how fast it is, beside what else one could run, on one machine. `make bench` measures all of it again and
writes this page; `benches/run SECTION` measures a part, and `benches/page/run` then writes the page. How each figure is taken:
[benches/README.md](../benches/README.md).

The operator's own limit on calls to TruSTAR (60 a minute) is off in all of them: with it, it alone would decide. The services are
simulators on the same machine, so that the figures compare programs, not networks. The speed of the extractor alone beside other tools is
printed by `python3 benches/indicators/compare.py` and kept nowhere.
"""

AHEAD = """
With each number of feeds, each of these in which a peer is better than the operator: memory, CPU time, first sync, restart, start, apply and
lateness.
"""

REASONS = """
What is known of the reasons:

- The first sync of a feed stores its ledger, an object of its own, before the reports and after them. So it takes more calls to the API
  server than a peer, which keeps nothing of what it sent.
- A quiet sync has two GETs: the Secret, and the ledger. A peer has the first alone.
- The peers keep no ledger. After a crash, a peer sends again all that a sync sent before its status told of it. It does not see a report that was
  edited, or that is listed late: [what they leave out](../benches/peers/README.md#what-they-leave-out).
"""

TERMS = """
- **RSS**, resident set: the memory of the process that is in RAM. **PSS**, proportional set: the same, with pages that processes share
  counted in parts.
- **Quiet sync**: a sync that finds nothing new, and sends nothing.
- **The window**: what is observed, from half a minute after a restart: two intervals of 1 minute, or 6 minutes where the interval is 5, with
  10,000 feeds. Each feed is due in it; nothing is new.
- **Lateness**: the time from one sync of a feed to its next, less the interval. **Early**: how much sooner than an interval the earliest of all
  came: a peer counts the interval from the whole second in which a sync began.
- **Busiest second / mean**: the most syncs in a second of the window, as a multiple of the mean. 1 would be an even load; it is far more, since
  all feeds were due at once after the restart.
- **Apply to first report**: from the apply of a further feed to its first report at TruSTAR.
- **p50**, **p99**: half of all are below it; 99 in a hundred are.
"""

SCALE = """
The same FlashpointFeed resources of five reports each on the same API server, etcd with fsync, one subject after the other. The others are small
programs that were written for this comparison, tuned as their frameworks' documentation recommends
([benches/peers](../benches/peers)): they fetch the Secret and the reports, submit what is new and patch the status; they have no ledger and no
extractor. *controller-runtime* is Go, *kopf* is Python, *kube-rs* is a bare Rust `Controller`.

Each column is one run, not a median of several. Its p99 of apply is of 100 applies, so that two of them decide it: it varies from run to
run. The best of a row is bold where less is better and they differ. An en dash: not measured, not reached in its time, or not there: kopf and
kube-rs serve no metrics, and only ours has series of each feed. Lateness and load are not ranked where some feeds were not synced in the window.
`+` after a revision: files differed from it.
"""

LIMIT = """
A first sync against a loop of nothing but HTTP calls, which makes the very same ones with bodies encoded beforehand; both have four writes
under way for each feed. What is missing to 100 % is parsing, extraction, mapping and the ledger. Simulators, operator and loop share the machine's
cores. Reports are those listed; six in ten hold indicators, and are sent. The last column is the median of the runs, with the range.
"""

SCRIPT = """
The same ingest as one would write it in Python with requests, ioc-finder and TruSTAR's SDK, four submissions at once
([benches/peers/script](../benches/peers/script)), beside `flashpoint-operator sync`: whole processes, start included. Reports a second, and a CPU
second, are those listed; six in ten hold indicators, and are sent. One extractor finds an indicator in a few reports where the other finds
none: these are sent by one alone. Medians, with the range.
"""

GROWTH = """
One feed. A window of more than 500 reports takes several syncs. A quiet sync finds nothing new. Calls are those to Flashpoint and TruSTAR; the
state file is what `sync` keeps of the reports between its runs.

Why the curves bend: a report costs more the more are known, as each sync of 500 reads the whole ledger before its reports and stores it after them.
A MB of small bodies costs more, since each report has its calls; from 100 KB on the cost is that of the text. Memory follows the largest
report, which is held several times over while it is mapped.
"""

INSTRUCTIONS = """
Counted by valgrind, so that they are the same on a busy machine. `benches/instructions/run` prints them beside the last ones, and fails where one
grew by more than 5 %.
"""
