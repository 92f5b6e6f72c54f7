"""Who is compared, in the order of the page's columns, each with its colour in the plots: `benches/figures/src/scale/subject.rs` has the same."""

COLOURS = {
    "operator": "#0b5fa5",
    "controller-runtime": "#c2571a",
    "kopf": "#7a7a7a",
    "kube-rs": "#3a7d44",
}
OURS, *PEERS = COLOURS
