"""What Helm prints after an install: the commands that the given values need, and those alone."""

import json
import re
import subprocess
import tempfile

import yaml

from check import ROOT, must, run
from rendering import CHART

SERVERS = {"taxii": {"opencti": "https://opencti.example.org/taxii2/root/"}, "misp": {"main": "https://misp.example.org"}}


def printed(values):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        command = ["helm", "install", "fpo", CHART, "--namespace", "operators", "--dry-run=client", "--values", file.name]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    must(done.returncode == 0, done.stderr)
    return done.stdout.partition("\nNOTES:\n")[2]


def feed(name, secret, **destination):
    where = {"destination": destination} if destination else {"enclaveId": "e"}
    return {"name": name, "namespace": "intel", "spec": {"secretRef": {"name": secret}} | where}


def keys(*names):
    return "".join(f" --from-literal={name}=…" for name in names)


CASES = [
    ({}, ["THE IMAGE", "kubectl create namespace intel", "-n intel create secret generic flashpoint-credentials" + keys("flashpoint-api-key", "trustar-api-key", "trustar-api-secret"), "enclaveId: …", "flashpoint.api=ignite", "--all-namespaces -o wide --watch", "-n operators logs deployment/fpo-flashpoint-operator"], ["NOTHING SYNCS", "get lease", "THE ALERTS", "The Pods start"]),
    ({"image": {"repository": "registry.example/flashpoint-operator"}, "flashpoint": {"api": "ignite"}}, ["with a key of Ignite, and a feed"], ["THE IMAGE"]),
    ({"destinations": SERVERS}, [keys("flashpoint-api-key", "taxii-token"), "destination: {taxii: {server: opencti, collection: …}}"], ["trustar", "enclave"]),
    ({"destinations": {"misp": SERVERS["misp"]}}, [keys("flashpoint-api-key", "misp-auth-key"), "destination: {misp: {server: main}}"], ["trustar", "taxii"]),
    ({"watchNamespaces": ["fraud", "intel"]}, ["-n fraud create secret", "namespace: fraud", "kubectl -n intel get flashpointfeeds -o wide --watch"], ["--all-namespaces", "create namespace"]),
    ({"replicaCount": 2}, ["kubectl -n operators get lease flashpoint-operator"], []),
    ({"replicaCount": 0}, ["NOTHING SYNCS while replicaCount is 0"], []),
    ({"crds": {"enabled": False}}, ["helm show crds CHART | kubectl apply --server-side"], []),
    ({"prometheusRule": {"enabled": True}}, ["THE ALERTS go by all releases"], []),
    ({"prometheusRule": {"enabled": True}, "metrics": {"serviceMonitor": {"enabled": True}}}, [], ["THE ALERTS"]),
    ({"proxy": {"https": "http://proxy:3128", "existingSecret": "corporate"}}, ["-n operators create secret generic corporate" + keys("username", "password"), "percent-encoded (%2F for /)"], []),
    ({"customCA": {"configMap": "authorities"}}, ["-n operators create configmap authorities --from-file=ca.crt=FILE"], []),
    ({"customCA": {"secret": "authorities", "key": "a.pem"}}, ["-n operators create secret generic authorities --from-file=a.pem=FILE"], []),
    (
        {"destinations": SERVERS, "feeds": [feed("a", "one"), feed("b", "one", misp={"server": "main"}), feed("c", "two", taxii={"server": "opencti", "collection": "c", "secretRef": {"name": "three"}})]},
        ["intel/a, intel/b, intel/c", "generic one" + keys("flashpoint-api-key", "trustar-api-key", "trustar-api-secret", "misp-auth-key") + "\n", "generic two" + keys("flashpoint-api-key") + "\n", "generic three" + keys("taxii-token") + "\n"],
        ["kubectl apply -f - <<EOF"],
    ),
]


def commands():
    for values, there, absent in CASES:
        said = printed(values)
        for text in there:
            must(text in said, f"{values}: no {text!r} in\n{said}")
        for text in absent:
            must(text not in said, f"{values}: {text!r} is in\n{said}")


def documented():
    """Helm takes what the pages have it set, and asks for the keys and the feed that they go on with."""
    for page in ("README.md", "docs/getting-started.md"):
        text = (ROOT / page).read_text()
        [command] = [found for found in re.findall(r"^helm install (?:.*\\\n)*.*$", text, re.MULTILINE) if "misp" in found]
        settings = [word for setting in re.findall(r"--set (\S+)", command) for word in ("--set", setting)]
        said = run("helm", "install", "flashpoint-operator", CHART, "--dry-run=client", *settings)
        must("with a key of Ignite" in said and 'value: "main=https://misp.example.org"' in said, said)
        named = re.search(r"generic flashpoint-credentials( --from-literal=.*)", said)[1].split()
        must(re.search(r"generic flashpoint-credentials \\\n +" + " ".join(named) + "$", text, re.MULTILINE), f"{page} has not {named}")
        feed = yaml.safe_load((ROOT / "examples/misp/feed.yaml").read_text())
        values = {"feeds": [{"name": feed["metadata"]["name"], "spec": feed["spec"]}]}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(values, file)
            file.flush()
            run("helm", "template", "flashpoint-operator", CHART, "--values", file.name, *settings)
        must(f"flashpointfeed/{feed['metadata']['name']}" in text, f"{page} waits for another feed")
