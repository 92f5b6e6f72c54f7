"""The checks of `tests/observe/run`, in the order in which they are printed: each goes on where the one before ended."""

import functools
import math
import pathlib
import re
import signal
import sys
import tempfile

import monitoring
import verdicts
from check import must, report, run
from processes import Prometheus, until
from rendering import of_kind
from stage import ROWS, Stage, ready

PREFIX = "flashpoint_operator_"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


# Endpoints.


def not_ready(stage):
    """A missing definition is a reason not to be ready, never one to be killed."""
    stage.start_operator("operator-1")
    must(stage.operator.get("/livez")[0] == 200, "it is not alive")
    code, body = stage.operator.get("/readyz")
    must(code == 503 and "CRDs" in body, f"/readyz answers {code} {body}")


def ends_in_order(stage):
    code = stage.stop_operator()
    must(code == 0, f"it exits with {code}:\n{stage.operator.logged()[-2000:]}")


def becomes_ready(stage):
    stage.start_operator("operator-2")
    until("it is ready", lambda: stage.operator.get("/readyz")[0] == 200)
    must(stage.operator.get("/livez")[0] == 200, "it is not alive")
    endpoint = of_kind("monitoring", "ServiceMonitor")[0]["spec"]["endpoints"][0]
    stage.start_prometheus(endpoint, monitoring.alert_rules())


# States.


def judged(feed, kstatus, argo):
    """Whether kstatus and Argo CD's health check make of a live object what they have to."""
    (verdict, message), (health, said) = verdicts.kstatus([feed])[0], verdicts.argo_health(feed)
    must(verdict == kstatus, f"kstatus: {verdict}, {message}")
    must(health == argo, f"Argo CD: {health}, {said}")
    if health in ("Healthy", "Degraded", "Suspended"):
        must(said == ready(feed)["message"], f"Argo CD says {said!r}")


def new(stage):
    stage.define()
    stage.create_feeds()
    for name, feed in stage.cluster.feeds().items():
        must(feed["status"] == {"observedGeneration": -1}, f"{name}: {feed['status']}")
        judged(feed, "InProgress", "Progressing")


def state(stage, row):
    judged(stage.in_its_state(row), row["kstatus"], row["argo"])


def edited(stage):
    """With no operator there, an edit shows as not yet seen."""
    must(stage.stop_operator() == 0, "the operator does not end in order")
    stage.cluster.merge("draining", {"spec": {"interval": "2h"}})
    judged(stage.cluster.feed("draining"), "InProgress", "Progressing")


# Metrics.


def changes(stage):
    counts = stage.sync_with_changes()
    must(counts["created"] and counts["updated"] and counts["failed"] == 1, f"it counted {counts}")
    feed = stage.cluster.feed("ready")
    must(ready(feed)["reason"] == "SyncedWithFailures", f"it is {ready(feed)}")
    judged(feed, "Current", "Healthy")


def families(text):
    return {name.removeprefix(PREFIX) for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}


def samples(text):
    """The names of the series."""
    return {re.match(r"\w+", line)[0].removeprefix(PREFIX) for line in text.splitlines() if line and line[0] != "#"}


def clean_names(stage):
    code, text = stage.operator.get("/metrics")
    must(code == 200, f"/metrics answers {code}")
    run("promtool", "check", "metrics", stdin=text)


def both_formats(stage):
    texts = [stage.operator.get("/metrics", accept=types)[1] for types in ("text/plain", OPENMETRICS)]
    must([text.endswith("# EOF\n") for text in texts] == [False, True], "not the format asked for")
    must(samples(texts[0]) == samples(texts[1]), f"they differ in {samples(texts[0]) ^ samples(texts[1])}")


def served(stage):
    text = stage.operator.get("/metrics")[1]
    known = {name.removesuffix("_bucket") for name in monitoring.METRICS}
    must(families(text) == known, f"not served: {known - families(text)}; not known: {families(text) - known}")
    must(monitoring.METRICS <= samples(text), f"without a series: {monitoring.METRICS - samples(text)}")


def series_of(stage, feed):
    return [line for line in stage.operator.get("/metrics")[1].splitlines() if f'name="{feed}"' in line]


def vanishing(stage):
    """The feed that another's finalizer held is let go."""
    must(series_of(stage, "deleting"), "there were none")
    stage.cluster.merge("deleting", {"metadata": {"finalizers": None}})
    until("its series are gone", lambda: not series_of(stage, "deleting"))
    query = '{name="deleting"}'
    until("Prometheus has none either", lambda: not stage.prometheus.values(query, instant=True), within=10)
    must(series_of(stage, "ready"), "those of another feed are gone too")


# Prometheus.


def scraped(stage):
    def up():
        targets = stage.prometheus.ask("targets")["activeTargets"]
        return [(target["health"], target["lastError"]) for target in targets] == [("up", "")]

    until("the target is up", up)


def rules(stage):
    """Prometheus evaluates every alert, and those of feeds in trouble are on their way."""

    def evaluated():
        found = [rule for group in stage.prometheus.ask("rules")["groups"] for rule in group["rules"]]
        return all(rule["health"] != "unknown" for rule in found) and {rule["name"]: rule for rule in found}

    found = until("the rules are evaluated", evaluated)
    defined = {rule["alert"] for rule in monitoring.alert_rules()["groups"][0]["rules"]}
    must(set(found) == defined, f"it has {set(found)}")
    for name, rule in found.items():
        must(rule["health"] == "ok", f"{name}: {rule.get('lastError')}")
    expected = {
        "FlashpointFeedStalled": {"stalled"},
        "FlashpointFeedNotReady": {"backing-off", "waiting"},
        "FlashpointFeedMisconfigured": {"backing-off", "waiting"},
        "FlashpointReportsFailing": {"ready"},
    }
    # Whether most calls fail depends on how often the feed that backs off has called by now.
    until(f"pending: {expected}", lambda: pending(stage, "FlashpointVendorFailing") == expected)


def pending(stage, ignored):
    """The alerts on their way, with the feeds that they are about."""
    found = {}
    for alert in stage.prometheus.ask("alerts")["alerts"]:
        found.setdefault(alert["labels"]["alertname"], set()).add(alert["labels"].get("name"))
    found.pop(ignored, None)
    return found


# The dashboard.


def rate_interval():
    """What Grafana makes of $__rate_interval on a dashboard whose steps are as long as the scrape interval."""
    step = scrape = Prometheus.INTERVAL
    return f"{max(step + scrape, 4 * scrape)}s"


def filled_in(query, **variables):
    """A query as Grafana sends it."""
    for name, value in (variables | {"__rate_interval": rate_interval()}).items():
        query = query.replace(f"${name}", value)
    must("$" not in query, f"a variable of nobody's in {query}")
    return query


def has_data(stage, target):
    """Numbers, and not only zeros: a panel that stays at zero whatever happens shows nothing."""
    query = filled_in(target["expr"], release=".*", namespace=".*", name=".*")

    def shown():
        values = stage.prometheus.values(query, target.get("instant", False))
        return any(math.isfinite(value) and value != 0 for value in values)

    # A rate takes two scrapes.
    until(f"other values than none, 0 and NaN of {query}", shown, within=8 * Prometheus.INTERVAL)


def variables(stage):
    """Those that a user chooses from list what there is."""
    chosen = {}
    for variable in monitoring.dashboard_json()["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = filled_in(variable["query"]["query"], **chosen)
        series, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
        values = stage.prometheus.ask(f"label/{label}/values", **{"match[]": series})
        expected = {"release": [monitoring.OWN], "namespace": ["intel"], "name": sorted(row["feed"] for row in ROWS)}[variable["name"]]
        must(values == expected, f"{variable['name']}: {values}")
        chosen[variable["name"]] = "(" + "|".join(values) + ")"


def one_feed(stage):
    """The choice of one feed leaves the others out."""
    for title, target in monitoring.dashboard_targets():
        if "$name" not in target["expr"]:
            continue
        query = filled_in(target["expr"], release=".*", namespace="intel", name="none")
        must(not stage.prometheus.values(query, instant=True), f"{title}: data of no feed at all: {query}")


def checks(stage):
    """Each check with the line that names it."""
    here = functools.partial(functools.partial, stage=stage)
    yield "endpoints: without the definitions it is alive, and not ready", here(not_ready)
    yield "endpoints: asked to stop, it exits with 0", here(ends_in_order)
    yield "states: new", here(new)
    yield "endpoints: with the definitions it is ready", here(becomes_ready)
    for row in ROWS:
        yield f"states: {row['feed']}", here(state, row=row)
    yield "prometheus: scrapes it as the ServiceMonitor says", here(scraped)
    yield "metrics: a sync creates, updates and fails", here(changes)
    yield "metrics: promtool check metrics", here(clean_names)
    yield "metrics: the same series in both formats", here(both_formats)
    yield "metrics: those served are those on the dashboard and in the alerts", here(served)
    yield "prometheus: evaluates the alerts, and the right ones are pending", here(rules)
    for title, target in monitoring.dashboard_targets():
        yield f"dashboard: {title}: {shortened(target['expr'])}", here(has_data, target=target)
    yield "dashboard: its variables", here(variables)
    yield "dashboard: a choice of feeds", here(one_feed)
    yield "metrics: a feed's series end with it", here(vanishing)
    yield "states: edited, and not seen yet", here(edited)


def shortened(query):
    return query.replace(PREFIX, "").replace('{release=~"$release",namespace=~"$namespace",name=~"$name"}', "")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="flashpoint-observe-") as folder:
        stage = Stage(pathlib.Path(folder))
        try:
            return report(checks(stage))
        finally:
            stage.stop()


if __name__ == "__main__":
    sys.exit(main())
