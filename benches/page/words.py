"""What the page says besides figures."""

LEAD = """
# Performance
What the operator takes and how fast it is, beside what else one could run, on one machine. `make bench` measures all of it again and
writes this page; `benches/run SECTION` measures a part. What each figure is and how it is taken: [benches/README.md](../benches/README.md).
The operator's own limit on calls to TruSTAR (60 a minute) is off in all of them: with it, it alone would decide.
The services are simulators on the same machine, so that the figures compare programs, not networks.
"""

NOTES = {
    "Beside other operators": """
The same FlashpointFeed resources of five reports each on the same API server, etcd with fsync, one subject after the other. The others are small
programs that were written for this comparison, tuned as their frameworks' documentation recommends
([benches/peers](../benches/peers)): they fetch the Secret and the reports, submit what is new and patch the status; they have no ledger and no
extractor. *controller-runtime* is Go, *kopf* is Python, *kube-rs* is a bare Rust `Controller`.
""",
    "Against a bare loop": """
A first sync against a loop of nothing but HTTP calls, which makes the very same ones with bodies encoded beforehand; both have four writes
under way for each feed. What is missing to 100 % is parsing, extraction, mapping and the ledger. Simulators, operator and loop share the machine's
cores.
""",
    "Beside a script": """
The same ingest as one would write it in Python with requests, ioc-finder and TruSTAR's SDK, four submissions at once
([benches/peers/script](../benches/peers/script)), beside `flashpoint-operator sync`: whole processes, start included.
""",
    "How it grows": """
One feed. A window of more than 500 reports takes several syncs. A quiet sync finds nothing new.
""",
    "Instructions": """
Counted by valgrind, so that they are the same on a busy machine. `benches/instructions` prints them beside the last ones, and fails where one grew
by more than 5 %.
""",
}
