"""The scene of the checks: programs, definitions, secrets, feeds, and what happens to them."""

import pathlib
import time

import yaml

from check import ROOT, Failed, must
from cluster import FEEDS, Cluster
from processes import ControlPlane, Operator, Prometheus, Vendors, until

ROWS = yaml.safe_load((pathlib.Path(__file__).parent / "feeds.yaml").read_text())
ENCLAVE = "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65"
REQUESTED_AT = "flashpoint-operator.dev/requested-at"


class Stage:
    """All that runs. It is set up step by step, by the checks."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []
        self.control_plane = self.start(ControlPlane, folder)
        self.vendors = self.start(Vendors, folder)
        self.cluster = Cluster(self.control_plane.kubeconfig)
        self.operator = self.prometheus = None

    def start(self, kind, *arguments):
        process = kind(*arguments)
        self.running.append(process)
        return process

    def stop(self):
        for process in reversed(self.running):
            process.stop()

    def start_operator(self, name):
        self.operator = self.start(Operator, self.folder, name, self.control_plane, self.vendors)

    def stop_operator(self):
        self.running.remove(self.operator)
        return self.operator.stop()

    def start_prometheus(self, endpoint, rules):
        self.prometheus = self.start(Prometheus, self.folder, self.operator.address, endpoint, rules)

    def define(self):
        """Applies our definitions and waits until they are served."""
        collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for file in sorted((ROOT / "crds").glob("flashpoint-operator.dev_*.yaml")):
            definition = yaml.safe_load(file.read_text())
            self.cluster.apply(collection, definition)
            path = f"{collection}/{definition['metadata']['name']}"
            until(f"{path} is established", lambda: condition(self.cluster.ask("GET", path), "Established").get("status") == "True")

    def create_feeds(self):
        """Creates the secrets and a feed for each row. Flashpoint fails for the one that is to back off."""
        self.cluster.apply("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "intel"}})
        flashpoint, trustar = self.vendors.told["flashpoint"], self.vendors.told["trustar"]
        keys = {"flashpoint-api-key": flashpoint["api_key"], "trustar-api-key": trustar["api_key"], "trustar-api-secret": trustar["api_secret"]}
        for name, data in (("flashpoint-credentials", keys), ("wrong", keys | {"flashpoint-api-key": "wrong"})):
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
            self.cluster.apply("/api/v1/namespaces/intel/secrets", secret)
        self.vendors.ask("flashpoint", "POST", "/_sim/faults", {"query_contains": "limit=13", "reply": {"instead": {"status": 503, "body": "down"}}})
        for row in ROWS:
            spec = {"secretRef": {"name": "flashpoint-credentials"}, "enclaveId": ENCLAVE, "interval": "1h"} | row.get("spec", {})
            metadata = {"name": row["feed"]} | row.get("metadata", {})
            feed = {"apiVersion": "flashpoint-operator.dev/v1alpha1", "kind": "FlashpointFeed", "metadata": metadata, "spec": spec}
            self.cluster.ask("POST", FEEDS, feed)

    def in_its_state(self, row):
        """A row's feed once it is in the state that the row is about."""
        if row["feed"] == "deleting":
            self.reached(row)
            self.cluster.ask("DELETE", f"{FEEDS}/{row['feed']}")
            feed = self.cluster.feed(row["feed"])
            must(feed["metadata"].get("deletionTimestamp"), "it is not being deleted")
            return feed
        return self.reached(row)

    def reached(self, row):
        """A row's feed once its Ready condition has the row's reason."""
        found = {}

        def reached():
            found["feed"] = self.cluster.feed(row["feed"])
            return ready(found["feed"]).get("reason") == row["reason"]

        try:
            until(f"the reason {row['reason']}", reached)
        except Failed as error:
            raise Failed(f"{error}, but {ready(found['feed'])}") from None
        return found["feed"]

    def sync_with_changes(self):
        """A forced sync of the feed `ready` with new reports, two edited ones, and one of all these that TruSTAR refuses; gives its counts."""
        held = self.vendors.ask("trustar", "GET", f"/_sim/enclaves/{ENCLAVE}")
        listed = [report["id"] for report in self.vendors.ask("flashpoint", "GET", "/_sim/reports")]
        for known in [report for report in listed if report in str(held)][:2]:
            self.vendors.ask("flashpoint", "PATCH", f"/_sim/reports/{known}", {"title": "Another title"})
        self.vendors.ask("flashpoint", "POST", "/_sim/reports", {"generate": 10})
        refusal = {"instead": {"status": 422, "headers": [["content-type", "application/json"]], "body": '{"message": "refused"}'}}
        self.vendors.ask("trustar", "POST", "/_sim/faults", {"method": "POST", "path_prefix": "/api/1.3/reports/upsert", "calls": {"nth": 1}, "reply": refusal})
        requested = str(time.time())
        self.cluster.merge("ready", {"metadata": {"annotations": {REQUESTED_AT: requested}}})
        handled = lambda: self.cluster.feed("ready")["status"].get("lastHandledReconcileAt") == requested
        until("the forced sync is handled", handled)
        return self.cluster.feed("ready")["status"]["lastSync"]


def condition(thing, kind):
    """An object's condition of this type."""
    conditions = thing.get("status", {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == kind), {})


def ready(feed):
    """A feed's Ready condition."""
    return condition(feed, "Ready")
