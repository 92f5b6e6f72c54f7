"""What holds whatever the values are: rights, security, selectors, one writer."""

from check import must
from rendering import objects, of_kind, rendered
from verdicts import GROUP

# All that the operator may do, and so all that a role of the chart may say.
WATCH = {
    (GROUP, "flashpointfeeds"): {"get", "list", "watch"},
    (GROUP, "flashpointfeeds/status"): {"patch"},
    (GROUP, "flashpointledgers"): {"get", "create", "update", "delete"},
    ("", "secrets"): {"get"},
    ("events.k8s.io", "events"): {"create", "patch"},
}
LEASE = {("coordination.k8s.io", "leases", ""): {"create"}, ("coordination.k8s.io", "leases", "flashpoint-operator"): {"get", "update"}}


def grants(rules):
    """Each (group, resource, name) of some rules with its verbs."""
    found = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    found.setdefault((group, resource, name), set()).update(rule["verbs"])
    return found


def least_privilege(case):
    watch = {(group, resource, ""): verbs for (group, resource), verbs in WATCH.items()}
    bound = {(binding["roleRef"]["kind"], binding["roleRef"]["name"]) for binding in of_kind(case, "RoleBinding", "ClusterRoleBinding")}
    for role in of_kind(case, "Role", "ClusterRole"):
        if (role["kind"], role["metadata"]["name"]) in bound:
            must(grants(role["rules"]) in (watch, LEASE), f"{role['kind']} {role['metadata']['name']} grants {grants(role['rules'])}")
        else:
            labels = role["metadata"]["labels"]
            must(any(key.startswith("rbac.authorization.k8s.io/aggregate-to-") for key in labels), f"nobody uses {role['metadata']['name']}")
            ledgers = {(GROUP, "flashpointledgers", ""): {"get"}} if role["metadata"]["name"].endswith(":view") else {}
            others = {place: verbs for place, verbs in grants(role["rules"]).items() if place != (GROUP, "flashpointfeeds", "")}
            must(others == ledgers, f"{role['metadata']['name']} grants {others} beside feeds")


def namespaced_mode():
    kinds = {item["kind"] for item in objects(rendered("namespaced"))}
    must(not kinds & {"ClusterRole", "ClusterRoleBinding"}, f"there is a cluster-wide role: {kinds}")
    roles = [role["metadata"]["namespace"] for role in of_kind("namespaced", "Role")]
    must(roles == ["intel", "fraud"], f"the roles are in {roles}")


def pods(case):
    for item in of_kind(case, "Deployment", "Pod"):
        yield item["spec"]["template"]["spec"] if item["kind"] == "Deployment" else item["spec"]


def restricted(case):
    """The Pod Security Standard `restricted`, and a root file system that is read-only."""
    for pod in pods(case):
        must(pod["securityContext"]["runAsNonRoot"] is True, "it may run as root")
        must(pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, "it has another seccomp profile")
        must(not pod.get("hostNetwork") and not pod.get("hostPID") and not pod.get("hostIPC"), "it shares the host's namespaces")
        for container in pod["containers"]:
            context = container["securityContext"]
            must(context["allowPrivilegeEscalation"] is False, "it may gain privileges")
            must(context["capabilities"] == {"drop": ["ALL"]}, "it keeps capabilities")
            must(context["readOnlyRootFilesystem"] is True, "its root file system is writable")


def selectors(case):
    """Services, budgets and policies select the operator's Pods, and not the test's."""
    workloads = of_kind(case, "Deployment")
    labels = workloads[0]["spec"]["template"]["metadata"]["labels"]
    test = of_kind(case, "Pod")[0]["metadata"]["labels"]
    for item in of_kind(case, "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"):
        selector = item["spec"].get("podSelector") or item["spec"]["selector"]
        wanted = selector.get("matchLabels", selector)
        must(wanted.items() <= labels.items(), f"{wanted} is not part of {labels}")
        must(not wanted.items() <= test.items(), f"{wanted} takes in the test's Pod")


def one_writer():
    """One replica is replaced, several elect."""
    for case, kind, elects in (("default", "Recreate", False), ("high-availability", "RollingUpdate", True)):
        spec = of_kind(case, "Deployment")[0]["spec"]
        must(spec["strategy"]["type"] == kind, f"{case}: {spec['strategy']}")
        # A server-side apply takes away what it has set, and no default of the API server's, which Recreate is refused with.
        must(("rollingUpdate" in spec["strategy"]) == elects, f"{case}: {spec['strategy']}")
        names = {item["name"]: item.get("value") for item in spec["template"]["spec"]["containers"][0]["env"]}
        must((names.get("LEADER_ELECT") == "true") == elects, f"{case}: LEADER_ELECT is {names.get('LEADER_ELECT')}")
        must(bool(of_kind(case, "PodDisruptionBudget")) == elects, f"{case}: a budget where there should be none, or none")
        leases = [role for role in of_kind(case, "Role") if grants(role["rules"]) == LEASE]
        must(bool(leases) == elects, f"{case}: rights on the Lease where there should be none, or none")
