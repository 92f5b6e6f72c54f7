"""Both vendors, as simulators in Pods: what they have, what they hold, and what reached them."""

import collections
import functools
import json
import pathlib
import urllib.request

import cluster

ENCLAVE = "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65"
URLS = {vendor: f"http://{vendor}.vendors.svc:8080" for vendor in ("flashpoint", "trustar")}
# For Helm, whoever calls it.
SETTINGS = [f"--set={vendor}.url={url}" for vendor, url in URLS.items()]


def start():
    """Starts them anew."""
    manifest = pathlib.Path(__file__).parent / "vendors.yaml"
    cluster.kubectl("delete", "--ignore-not-found", "--wait", "--timeout=60s", "pod", "--namespace=vendors", "--all")
    cluster.kubectl("apply", "-f", manifest)
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod", "--all", "--namespace=vendors")
    for vendor in URLS:
        cluster.until(f"{vendor}'s Service leads to it", 30, lambda vendor=vendor: ask(vendor, "record?since=0") is not None)


def address(vendor):
    """The address of a vendor's Service: this process is beside the node, but does not use its DNS."""
    service = cluster.get("service", vendor, "--namespace=vendors")
    return f"http://{service['spec']['clusterIP']}:8080"


@functools.cache
def credentials():
    """As the simulators print them when they start."""
    told = {}
    for vendor in URLS:
        told |= json.loads(cluster.kubectl("logs", vendor, "--namespace=vendors").splitlines()[0])
    return {
        "flashpoint-api-key": told["flashpoint"]["api_key"],
        "trustar-api-key": told["trustar"]["api_key"],
        "trustar-api-secret": told["trustar"]["api_secret"],
    }


def ask(vendor, path, body=None, method=None):
    """A call of a simulator's admin API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address(vendor)}/_sim/{path}", data=data, method=method, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None


def slow_writes(milliseconds):
    fault = {"method": "POST", "path_prefix": "/api/1.3/reports/upsert", "calls": "all", "delay_ms": milliseconds, "reply": "as-is"}
    ask("trustar", "faults", fault)


def add_reports(count):
    ask("flashpoint", "reports", {"generate": count})


def expected():
    """The ids of the reports that hold indicators."""
    return sorted(report["id"] for report in ask("flashpoint", "reports") if report["planted"])


def held():
    """The external ids of what the enclave holds, each as often as it is there."""
    return sorted(report["external_id"] for report in ask("trustar", "reports") if report["enclave_id"] == ENCLAVE)


def writes():
    """Those of whole reports."""
    return [write for write in ask("trustar", "writes") if write["operation"] in ("create", "update")]


def created_twice():
    created = collections.Counter(write["external_id"] for write in writes() if write["operation"] == "create")
    return [report for report, times in created.items() if times > 1]


def listings():
    return [call for call in ask("flashpoint", "record?since=0") if call["target"].startswith("/api/v4/reports/?")]
