"""What the operator's service account may do, beside what the documentation says that it may."""

import json
import subprocess

from cluster import kubectl, must

GROUP = "flashpoint-operator.dev"
# (group, resource, name or "" for all): verbs.
FEEDS = {
    (GROUP, "flashpointfeeds", ""): {"get", "list", "watch"},
    (GROUP, "flashpointfeeds/status", ""): {"patch"},
    (GROUP, "flashpointledgers", ""): {"get", "create", "update", "delete"},
    ("", "secrets", ""): {"get"},
    ("events.k8s.io", "events", ""): {"create", "patch"},
}
LEASE = {("coordination.k8s.io", "leases", ""): {"create"}, ("coordination.k8s.io", "leases", "flashpoint-operator"): {"get", "update"}}
NOTHING = {}

# What must never be possible, asked for as a person would.
DENIED = [
    "list secrets",
    "watch secrets",
    "delete secrets",
    "create secrets",
    "update flashpointfeeds",
    "delete flashpointfeeds",
    "list flashpointledgers",
    "get pods",
    "create pods",
    "create pods/exec",
    "get configmaps",
    "list nodes",
    "create serviceaccounts/token",
    "create clusterrolebindings",
    "impersonate users",
    "get customresourcedefinitions",
]


def granted(account, namespace):
    """All single rights of an account in a namespace: (group, resource, name, verb)."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    answer = kubectl("create", "--validate=false", "--output=json", f"--as=system:serviceaccount:{account}", "-f", "-", stdin=json.dumps(review))
    rules = json.loads(answer)["status"]["resourceRules"]
    return {
        (group, resource, name, verb)
        for rule in rules
        for group in rule.get("apiGroups", [])
        for resource in rule["resources"]
        for name in rule.get("resourceNames") or [""]
        for verb in rule["verbs"]
    }


def surplus(account, documented):
    """The rights of an account beyond those documented for each namespace, and beyond what every account has.

    What is documented and not granted is a failure."""
    beyond = []
    for namespace, rules in documented.items():
        everyone = granted("kube-system:default", namespace)
        may = granted(account, namespace) - everyone
        should = {(group, resource, name, verb) for (group, resource, name), verbs in rules.items() for verb in verbs}
        must(should <= may, f"{account} lacks in {namespace}: {sorted(should - may)}")
        beyond += [f"{namespace}: {right}" for right in sorted(may - should)]
    return beyond


def may(account, question, namespace):
    """`kubectl auth can-i`, which answers by words and by its exit code."""
    command = ["kubectl", "auth", "can-i", *question.split(), f"--as=system:serviceaccount:{account}", f"--namespace={namespace}"]
    done = subprocess.run(command, capture_output=True, text=True)
    answer = done.stdout.strip().splitlines()[:1]
    must(answer and answer[0].split()[0] in ("yes", "no"), f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return answer[0].startswith("yes")
