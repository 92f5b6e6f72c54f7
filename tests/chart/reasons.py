"""Which alert each reason of a feed's Ready condition fires: one, the one whose section of docs/alerts.md says what to do about it."""

import pathlib
import re
import tempfile

import yaml

import monitoring
from check import ROOT, must, run

MISCONFIGURED = {"SecretNotFound", "SecretUnavailable", "LedgerFull", "UnexpectedResponse"}


def section(page, heading):
    """A page's text below a heading, to the next one of its level."""
    level = re.match("#+", heading)[0]
    _, _, rest = page.partition(f"\n{heading}\n")
    must(rest, f"there is no {heading!r}")
    return re.split(f"^{level} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def reasons():
    """Each reason with the conditions beside Ready, by the reference, which a test holds against the program."""
    text = section((ROOT / "docs/feed-reference.md").read_text(), "### Reasons")
    parts = re.split(r"^Ready is (True|False(?:, \w+ is True)?)", text, flags=re.MULTILINE)[1:]
    for state, rows in zip(parts[::2], parts[1::2], strict=True):
        for row in re.findall(r"^\| (`[^|]+)\|", rows, re.MULTILINE):
            for reason in re.findall(r"`(\w+)`", row):
                yield reason, state


def alert_of(reason, state):
    if state == "True":
        return None
    if "Stalled" in state:
        return "FlashpointFeedStalled"
    return "FlashpointFeedMisconfigured" if reason in MISCONFIGURED else "FlashpointFeedNotReady"


def series(reason, state):
    """A feed that synced before, and has had this reason for two hours; one that is ready syncs on."""
    labels = f'namespace="intel",name="{reason}",release="{monitoring.OWN}"'
    ready = state == "True"
    yield f"flashpoint_operator_feed_ready{{{labels}}}", f"{int(ready)}x130"
    yield f"flashpoint_operator_feed_stalled{{{labels}}}", f"{int('Stalled' in state)}x130"
    yield f"flashpoint_operator_feed_suspended{{{labels}}}", f"{int(reason == 'Suspended')}x130"
    yield f'flashpoint_operator_feed_reason{{{labels},reason="{reason}",destination="misp"}}', "1x130"
    yield f"flashpoint_operator_feed_interval_seconds{{{labels}}}", "900x130"
    yield f"flashpoint_operator_feed_last_sync_timestamp_seconds{{{labels}}}", "0+60x130" if ready and reason != "Suspended" else "0x130"


def series_of_all(reason, state):
    """The same of all feeds together."""
    word = "Suspended" if reason == "Suspended" else "Ready" if state == "True" else "Stalled" if "Stalled" in state else "Reconciling"
    labels = f'state="{word}",reason="{reason}",destination="misp",release="{monitoring.OWN}"'
    yield f"flashpoint_operator_feeds{{{labels}}}", "2x130"
    if state == "True":
        yield f"flashpoint_operator_feeds_oldest_sync_intervals{{{labels}}}", "1x130"
    else:
        yield f"flashpoint_operator_feeds_unready_timestamp_seconds{{{labels}}}", "0x130"


def one_alert_each(feeds):
    """After two hours every reason that is not Ready has fired one alert, and no other has fired any."""
    known = list(reasons())
    must(len(known) >= 24, f"only {known}")
    series_with, label = (series, "name") if feeds else (series_of_all, "reason")
    alerts = [(alert, reason) for reason, state in known if (alert := alert_of(reason, state))]
    if not feeds:
        # One for all: a feed may have one reason and another in turns.
        alerts = [one for one in alerts if one[0] != "FlashpointFeedNotReady"] + [("FlashpointFeedNotReady", "")]
    named = [(alert, f',{label}="{reason}"' if reason else "") for alert, reason in alerts]
    fired = [{"labels": f'{{alertname="{alert}"{reason}}}', "value": 1} for alert, reason in named]
    expression = f'count by (alertname, {label}) (ALERTS{{alertstate="firing",alertname=~"FlashpointFeed.*",alertname!~".*(Stale|BacklogStuck)"}})'
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for reason, state in known for name, values in series_with(reason, state)],
        "promql_expr_test": [{"expr": expression, "eval_time": "2h", "exp_samples": fired}],
    }
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "rules.yaml").write_text(yaml.safe_dump(monitoring.alert_rules(feeds)))
        (place / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}))
        run("promtool", "test", "rules", "test.yaml", cwd=folder)


def each_has_its_step():
    """Whom an alert wakes finds what to do about the reason: in the alert's section, or for a stalled feed in the feed's message and reference."""
    page = (ROOT / "docs/alerts.md").read_text()
    for reason, state in reasons():
        alert = alert_of(reason, state)
        if alert in ("FlashpointFeedMisconfigured", "FlashpointFeedNotReady"):
            must(f"`{reason}`" in section(page, f"### {alert}"), f"the section of {alert} says nothing of {reason}")


def each_command_names_what_there_is():
    """The commands of the page are of the release and the resource that there are."""
    page = (ROOT / "docs/alerts.md").read_text()
    found = re.findall(r"`(kubectl [^`]+)`", page)
    must(len(found) >= 7, f"only {found}")
    for command in found:
        of_one, of_all = r"-n (flashpoint-operator|NAMESPACE) (get|describe|logs|events)\b", "get flashpoint(feeds|ledgers) --all-namespaces "
        must(re.match(f"kubectl ({of_one}|{of_all})", command), command)
        if "deployment" in command:
            must("deployment/flashpoint-operator" in command, command)
