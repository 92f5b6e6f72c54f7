"""The metrics, and the alerts and the dashboard that the chart makes of them."""

import json
import pathlib
import re
import tempfile

import yaml

from check import ROOT, must, run
from rendering import CHART, HERE, helm, objects, of_kind

# The series that the operator serves.
METRICS = {
    "build_info",
    "syncs_total",
    "sync_duration_seconds_bucket",
    "api_requests_total",
    "api_request_duration_seconds_bucket",
    "sync_lateness_seconds_bucket",
    "reports_total",
    "indicators_total",
    "feed_ready",
    "feed_stalled",
    "feed_suspended",
    "feed_last_sync_timestamp_seconds",
    "feed_last_posted_timestamp_seconds",
    "feed_last_submitted_timestamp_seconds",
    "feed_reason",
    "feed_failed_reports",
    "feed_interval_seconds",
    "feed_backlog",
    "feed_lateness_seconds",
    "feed_consecutive_failures",
    "ledger_entries",
    "feed_submitted_reports_total",
    "feeds",
    "feeds_unready_timestamp_seconds",
    "feeds_oldest_sync_intervals",
    "feeds_backlog",
    "feeds_failed_reports",
    "feeds_fullest_ledger_entries",
    "leader",
}


# The release whose rules are tested, and another one that the same Prometheus scrapes.
OWN, OTHER = "flashpoint/release-flashpoint-operator", "second/release-flashpoint-operator"


def prometheus_rule(*options):
    """The groups of rules of a release whose series carry its name."""
    options = ("--set", "prometheusRule.enabled=true,prometheusRule.nothingSubmittedDays=7,metrics.serviceMonitor.enabled=true", *options)
    return next(item["spec"] for item in objects(helm(HERE / "cases/default.yaml", *options)) if item["kind"] == "PrometheusRule")


def alert_rules(feeds=True):
    """The rules where each feed has series of its own, or none."""
    return prometheus_rule("--set", f"metrics.feeds={json.dumps(feeds)}")


def scripts(feeds):
    """The tests of those rules: the operator's own are the same."""
    return [HERE / "alerts/operator.yaml", HERE / ("alerts/feeds.yaml" if feeds else "alerts/without-feeds.yaml")]


def alerts(*releases, feeds=True):
    """The rendered rules, not their source, against scripted series of these releases: what fires is what the own one has."""
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.yaml"
        rules.write_text(yaml.safe_dump(alert_rules(feeds)))
        run("promtool", "check", "rules", rules)
        for file in scripts(feeds):
            # As texts: `0x30` is thirty-one times 0, and no number.
            scripted = yaml.load(file.read_text(), yaml.BaseLoader)
            for test in scripted["tests"]:
                of_releases(test, releases)
            (pathlib.Path(folder) / file.name).write_text(yaml.safe_dump(scripted))
            run("promtool", "test", "rules", file.name, cwd=folder)


def of_releases(test, releases):
    """Gives each of the releases the series of a test; without the own one nothing fires, but that it is away."""
    test["input_series"] = [
        row | {"series": row["series"].replace("{", f'{{release="{release}",', 1)} for row in test["input_series"] for release in releases
    ]
    checks = test["alert_rule_test"] if OWN in releases else [check for check in test["alert_rule_test"] if check["alertname"] != AWAY]
    for check in checks:
        check["exp_alerts"] = check["exp_alerts"] if OWN in releases else []
        for alert in check["exp_alerts"]:
            alert["exp_annotations"]["runbook_url"] = runbook(check["alertname"])
            alert["exp_labels"]["release"] = OWN
    if OWN not in releases:
        away = {"exp_labels": {"severity": "critical", "release": OWN}, "exp_annotations": annotations(AWAY)}
        checks.append({"alertname": AWAY, "eval_time": "30m", "exp_alerts": [away]})
    test["alert_rule_test"] = checks


# The one alert that series which are not there fire.
AWAY = "FlashpointOperatorAbsent"


def annotations(alert):
    return next(rule["annotations"] for rule in alert_rules()["groups"][0]["rules"] if rule["alert"] == alert)


def runbook(alert):
    return f"docs/alerts.md#{alert.lower()}"


def settings():
    """Severity and duration of one alert are values, an alert by its name before the labels of all; the links lead where the docs are."""
    options = [
        *("--set", "prometheusRule.alerts.FlashpointFeedStalled.severity=page,prometheusRule.alerts.FlashpointFeedStalled.for=2h"),
        *("--set", "prometheusRule.alertLabels.severity=ticket,docsUrl=https://git.example.com/docs/,prometheusRule.disabledAlerts={FlashpointFeedStale}"),
    ]
    found = {rule["alert"]: rule for rule in prometheus_rule(*options)["groups"][0]["rules"]}
    told = {name: (rule["labels"]["severity"], rule["for"]) for name, rule in found.items()}
    must(told["FlashpointFeedStalled"] == ("page", "2h"), f"{told}")
    must(told["FlashpointFeedNotReady"] == ("ticket", "1h"), f"{told}")
    must("FlashpointFeedStale" not in found, "one that is disabled is there")
    url = found["FlashpointFeedStalled"]["annotations"]["runbook_url"]
    must(url == "https://git.example.com/docs/alerts.md#flashpointfeedstalled", url)
    silent = {rule["alert"] for rule in prometheus_rule("--set", "prometheusRule.nothingSubmittedDays=0")["groups"][0]["rules"]}
    must("FlashpointNothingSubmitted" not in silent, "it is not off by default")


def selectors():
    """By which series of Prometheus the alerts go."""
    for options, expected in (
        (("metrics.serviceMonitor.enabled=false",), "absent(flashpoint_operator_build_info)"),
        (("metrics.serviceMonitor.enabled=true",), f'absent(flashpoint_operator_build_info{{release="{OWN}"}})'),
        (("metrics.serviceMonitor.enabled=true", 'prometheusRule.selector=job="intel"'), 'absent(flashpoint_operator_build_info{job="intel"})'),
    ):
        set_all = [word for option in options for word in ("--set", option)]
        rules = prometheus_rule(*set_all)
        must(rules["groups"][0]["rules"][0]["expr"] == expected, f"{options}: {rules['groups'][0]['rules'][0]['expr']}")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "rules.yaml"
            file.write_text(yaml.safe_dump(rules))
            run("promtool", "check", "rules", file)
    endpoint = of_kind("monitoring", "ServiceMonitor")[0]["spec"]["endpoints"][0]
    must(endpoint["relabelings"][0] == {"targetLabel": "release", "replacement": OWN}, f"the label is {endpoint['relabelings'][0]}")


def told_apart():
    """To Alertmanager alerts of the same labels are one: those of two releases differ, and none goes by another release's."""
    rules = {}
    for cluster in "ab":
        rules[cluster] = prometheus_rule("--set", f'prometheusRule.selector=cluster="{cluster}"')["groups"][0] | {"name": cluster}
    feed = 'cluster="%s",namespace="intel",name="cybercrime"'
    reason = f'flashpoint_operator_feed_reason{{{feed},reason="%s",destination="misp"}}'
    calls = 'flashpoint_operator_api_requests_total{cluster="%s",service="trustar",code="503"}'
    series = [{"series": reason % row, "values": "1x300"} for row in (("a", "SecretNotFound"), ("b", "LedgerUnavailable"))]
    for cluster in "ab":
        for name in (f"flashpoint_operator_feed_ready{{{feed}}}", 'flashpoint_operator_leader{cluster="%s"}'):
            series.append({"series": name % cluster, "values": "0x300"})
        series.append({"series": calls % cluster, "values": "0+4x300"})
    # The feed of cluster b is not ready for another reason than that of cluster a, and its own alert alone tells of that.
    expected = {"FlashpointFeedMisconfigured": "a", "FlashpointFeedNotReady": "b", "FlashpointOperatorWithoutLeader": "ab", "FlashpointVendorFailing": "ab"}
    queries = []
    for alert, clusters in expected.items():
        releases = [json.dumps(OWN + f'{{cluster="{cluster}"}}') for cluster in clusters]
        samples = [{"labels": f"{{release={release}}}", "value": 1} for release in releases]
        expression = f'count by (release) (ALERTS{{alertname="{alert}",alertstate="firing"}})'
        queries.append({"expr": expression, "eval_time": "3h", "exp_samples": samples})
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "rules.yaml").write_text(yaml.safe_dump({"groups": list(rules.values())}))
        test = {"interval": "1m", "input_series": series, "promql_expr_test": queries}
        (pathlib.Path(folder) / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}))
        run("promtool", "test", "rules", "test.yaml", cwd=folder)


def every_selector():
    """Each series in an alert is one of the release's."""
    for rule in [rule for feeds in (True, False) for rule in alert_rules(feeds)["groups"][0]["rules"]]:
        foreign = re.findall(rf'flashpoint_operator_\w+(?!\w)(?!{{release="{OWN}")', rule["expr"])
        must(not foreign, f"{rule['alert']} takes {foreign} of any release")


def known_alerts():
    """The schema of the values names the alerts that there are."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    defined = [rule["alert"] for rule in alert_rules()["groups"][0]["rules"]]
    must(sorted(schema["definitions"]["alert"]["enum"]) == sorted(defined), f"the schema knows {schema['definitions']['alert']['enum']}")


def without_series_of_feeds():
    """The alerts have the same names, and none goes by a series of one feed."""
    rules = {feeds: alert_rules(feeds)["groups"][0]["rules"] for feeds in (True, False)}
    names = {feeds: [rule["alert"] for rule in rules[feeds]] for feeds in rules}
    must(names[True] == names[False], f"{names}")
    by_feed = [rule["alert"] for rule in rules[False] if re.search(r"_feed_|_ledger_entries\{|\bname\b", rule["expr"].replace("feeds_fullest_ledger_entries", ""))]
    must(not by_feed, f"{by_feed} go by one feed")
    for feeds, expected in ((True, []), (False, ["false"])):
        made = objects(helm(HERE / "cases/default.yaml", "--set", f"metrics.feeds={json.dumps(feeds)}"))
        deployment = next(item for item in made if item["kind"] == "Deployment")
        settings = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        told = [setting["value"] for setting in settings if setting["name"] == "FEED_METRICS"]
        must(told == expected, f"with {feeds} the operator is told {told}")


def each_alert_is_tested(feeds):
    defined = {rule["alert"] for rule in alert_rules(feeds)["groups"][0]["rules"]}
    fired = set()
    for file in scripts(feeds):
        for test in yaml.safe_load(file.read_text())["tests"]:
            fired |= {check["alertname"] for check in test["alert_rule_test"] if check["exp_alerts"]}
    must(defined == fired, f"no test in which these fire: {defined - fired}; no such alerts: {fired - defined}")


def dashboard_json(*options):
    set_all = [word for option in options for word in ("--set", option)]
    made = objects(helm(HERE / "cases/monitoring.yaml", *set_all))
    return json.loads(next(item["data"] for item in made if item["metadata"]["name"].endswith("-dashboard"))["flashpoint-operator.json"])


def dashboard_targets():
    """Each query's panel and target."""
    for panel in dashboard_json()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target


def dashboard():
    """Each query is PromQL once Grafana has filled in its variables."""
    rules = []
    for number, (_, target) in enumerate(dashboard_targets()):
        query = target["expr"].replace("$__rate_interval", "5m").replace("$release", ".*").replace("$namespace", ".*").replace("$name", ".*")
        must("$" not in query, f"a variable of nobody's in {query}")
        rules.append({"record": f"query:{number}", "expr": query})
    must(len(rules) > 20, "hardly any query")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        run("promtool", "check", "rules", file)


def dashboard_links():
    """Where the docs can be read, the dashboard leads there."""
    must(dashboard_json("docsUrl=")["links"] == [], "there are links that lead nowhere")
    links = dashboard_json("docsUrl=https://git.example.com/docs")["links"]
    must(len(links) == 3, f"{links}")
    for link in links:
        page, _, anchor = link["url"].removeprefix("https://git.example.com/docs/").partition("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
        must(anchor in ("", *(heading.lower() for heading in headings)), f"{page} has no heading {anchor}")


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
    rules = [rule for feeds in (True, False) for rule in alert_rules(feeds)["groups"][0]["rules"]]
    text = "\n".join([target["expr"] for _, target in dashboard_targets()] + [rule["expr"] for rule in rules])
    used = set(re.findall(r"flashpoint_operator_([a-z_]+)", text))
    must(used <= METRICS, f"unknown: {used - METRICS}")
    unused = METRICS - used
    must(not unused, f"neither on the dashboard nor in an alert: {unused}")
