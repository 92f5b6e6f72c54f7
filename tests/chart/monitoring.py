"""The metrics, and the alerts and the dashboard that the chart makes of them."""

import json
import pathlib
import re
import shutil
import tempfile

import yaml

from check import must, run
from rendering import HERE, helm, objects, of_kind

# The series that the operator serves.
METRICS = {
    "build_info",
    "syncs_total",
    "sync_duration_seconds_bucket",
    "api_requests_total",
    "api_request_duration_seconds_bucket",
    "reports_total",
    "indicators_total",
    "feed_ready",
    "feed_stalled",
    "feed_suspended",
    "feed_last_sync_timestamp_seconds",
    "feed_last_posted_timestamp_seconds",
    "feed_interval_seconds",
    "feed_backlog",
    "feed_lateness_seconds",
    "feed_consecutive_failures",
    "ledger_entries",
    "leader",
}


def alert_rules():
    return next(item["spec"] for item in objects(helm(HERE / "cases/default.yaml", "--set", "prometheusRule.enabled=true")) if item["kind"] == "PrometheusRule")


def alerts():
    """The rendered rules, not their source, against scripted series."""
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.yaml"
        rules.write_text(yaml.safe_dump(alert_rules()))
        run("promtool", "check", "rules", rules)
        for file in (HERE / "alerts").glob("*.yaml"):
            shutil.copy(file, folder)
            run("promtool", "test", "rules", file.name, cwd=folder)


def each_alert_is_tested():
    defined = {rule["alert"] for rule in alert_rules()["groups"][0]["rules"]}
    fired = set()
    for file in (HERE / "alerts").glob("*.yaml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            fired |= {check["alertname"] for check in test["alert_rule_test"] if check["exp_alerts"]}
    must(defined == fired, f"no test in which these fire: {defined - fired}; no such alerts: {fired - defined}")


def dashboard_json():
    return json.loads(of_kind("monitoring", "ConfigMap")[0]["data"]["flashpoint-operator.json"])


def dashboard_targets():
    """Each query's panel and target."""
    for panel in dashboard_json()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target


def dashboard():
    """Each query is PromQL once Grafana has filled in its variables."""
    rules = []
    for number, (_, target) in enumerate(dashboard_targets()):
        query = target["expr"].replace("$__rate_interval", "5m").replace("$namespace", ".*").replace("$name", ".*")
        must("$" not in query, f"a variable of nobody's in {query}")
        rules.append({"record": f"query:{number}", "expr": query})
    must(len(rules) > 20, "hardly any query")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        run("promtool", "check", "rules", file)


def legible():
    """Each panel says what it shows, in which unit and of what, and covers no other."""
    panels = dashboard_json()["panels"]
    must(len({panel["id"] for panel in panels}) == len(panels), "two panels share an id")
    covered = {}
    for panel in panels:
        title, place = panel["title"], panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = covered.setdefault((x, y), title)
                must(other == title and x < 24, f"{title} covers {other}, or is too wide")
        if panel["type"] == "row":
            continue
        must(panel.get("description"), f"{title} has no description")
        must(panel["fieldConfig"]["defaults"].get("unit"), f"{title} has no unit")
        for target in panel["targets"]:
            named = target.get("legendFormat") not in (None, "", "__auto") or panel["type"] in ("stat", "table")
            must(named, f"{title} shows series without a legend")


def known_metrics():
    text = "\n".join([target["expr"] for _, target in dashboard_targets()] + [rule["expr"] for rule in alert_rules()["groups"][0]["rules"]])
    used = set(re.findall(r"flashpoint_operator_([a-z_]+)", text))
    must(used <= METRICS, f"unknown: {used - METRICS}")
    unused = METRICS - used
    must(not unused, f"neither on the dashboard nor in an alert: {unused}")
