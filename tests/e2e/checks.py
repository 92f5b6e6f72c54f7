"""The operator on a real node, as one story: what people install, look at, upgrade, break and take away. See README.md.

One line a check; the first that does not hold ends the story, since what comes after builds on it."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import previous
import process
import rights
import vendors
from cluster import CHART, ROOT, Failed, diagnose, get, kubectl, must, run, show, until

NAMESPACE = "flashpoint-operator"
RELEASE = "flashpoint-operator"
ACCOUNT = f"{NAMESPACE}:{RELEASE}"
FEED = ROOT / "examples/kubectl/feed.yaml"
IMAGE = "localhost/flashpoint-operator"
# The vendor's limit would make minutes of seconds; how it is kept is tested elsewhere.
VALUES = [f"--set=image.repository={IMAGE}", "--set=image.tag=e2e", "--set=trustar.callsPerMinute=0", *vendors.SETTINGS]
TAKEOVER = 25
INSTALL = 20
# What is measured, by name: the value and the goal, as text.
figures = {}
warnings = []


# Words of the story.


def helm(*arguments):
    """Helm, whose warnings from the API server are kept."""
    output, beside = run("helm", *arguments, f"--namespace={NAMESPACE}")
    warnings.extend(line for line in beside.splitlines() if "PodSecurity" in line or "Warning" in line or "level=WARN" in line)
    return output


def install(chart, *values):
    """Installs with --wait, and returns the seconds until everything was Ready."""
    started = time.monotonic()
    helm("install", RELEASE, chart, *VALUES, *values, "--wait", "--timeout=120s")
    return time.monotonic() - started


def upgrade(*values):
    helm("upgrade", RELEASE, CHART, "--reset-values", *VALUES, *values, "--wait", "--timeout=120s")


def pods():
    """The operator's Pods that are not about to end."""
    found = get("pods", f"--namespace={NAMESPACE}", f"--selector=app.kubernetes.io/name={RELEASE}")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def the_pod():
    """The name of the only Pod."""
    (pod,) = pods()
    return pod["metadata"]["name"]


def feed(namespace="intel", name="cybercrime"):
    return get("flashpointfeed", name, f"--namespace={namespace}")


def sync_now(namespace="intel", seconds=60):
    """Asks for a sync, and waits until it is done and the feed Ready."""
    before = feed(namespace)["status"].get("lastHandledReconcileAt")
    request_sync(namespace)
    until("the sync was asked for and is done", seconds, lambda: feed(namespace)["status"].get("lastHandledReconcileAt") != before)
    kubectl("wait", "--for=condition=Ready", f"--timeout={seconds}s", f"--namespace={namespace}", "flashpointfeed/cybercrime")


def request_sync(namespace="intel"):
    kubectl("annotate", "flashpointfeed", "cybercrime", f"--namespace={namespace}", "--overwrite", f"flashpoint-operator.dev/requested-at={time.time()}")


def apply_feed(namespace):
    """The example's feed and its credentials."""
    kubectl("create", "namespace", namespace)
    literals = [f"--from-literal={key}={value}" for key, value in vendors.credentials().items()]
    kubectl("create", "secret", "generic", "flashpoint-credentials", f"--namespace={namespace}", *literals)
    kubectl("apply", "-f", "-", stdin=FEED.read_text().replace("namespace: intel", f"namespace: {namespace}"))


def enclave_is_complete():
    held, expected = vendors.held(), vendors.expected()
    must(held == expected, f"the enclave holds {len(held)} reports, expected {len(expected)}: {sorted(set(held) ^ set(expected))}")
    must(not vendors.created_twice(), f"created twice: {vendors.created_twice()}")


def same(found, expected, what):
    must(found == expected, f"{what}: {found!r}, expected {expected!r}")


# The story.


def node():
    show("get", "nodes")
    kubectl("create", "namespace", NAMESPACE)
    levels = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn", "audit")]
    kubectl("label", "namespace", NAMESPACE, *levels)


def simulators():
    vendors.start()
    must(vendors.expected(), "no report holds indicators")


def previous_install():
    with tempfile.TemporaryDirectory() as folder:
        seconds = install(previous.chart(pathlib.Path(folder)), "--set=image.tag=previous")
    figures["helm install --wait, the previous chart"] = (f"{seconds:.1f} s", f"<= {INSTALL} s")
    must(seconds <= INSTALL, f"{seconds:.1f} s")


def first_feed():
    """By kubectl, from the example."""
    apply_feed("intel")
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", "--namespace=intel", "flashpointfeed/cybercrime")
    enclave_is_complete()


def previous_definition():
    """Otherwise the upgrade would change nothing."""
    patch = json.dumps({"spec": {previous.FIELD: {"ignore": ["ignored.example"]}}})
    refused = subprocess.run(["kubectl", "patch", "flashpointfeed", "cybercrime", "-n", "intel", "--type=merge", "-p", patch], capture_output=True, text=True)
    must(previous.FIELD not in feed()["spec"], f"the previous definition takes {previous.FIELD}: {refused.stdout}{refused.stderr}")
    must(previous.COLUMN.upper() not in kubectl("get", "flashpointfeeds", "--namespace=intel"), f"it has the column {previous.COLUMN}")


def upgrade_from_previous():
    before, written = feed(), vendors.writes()
    upgrade()
    (pod,) = pods()
    same(pod["spec"]["containers"][0]["image"], f"{IMAGE}:e2e", "the image after the upgrade")
    after = feed()
    same(after["metadata"]["uid"], before["metadata"]["uid"], "the feed's uid")
    for field in ("totals", "window", "lastPostedTime"):
        same(after["status"][field], before["status"][field], f"status.{field}")
    kubectl("patch", "flashpointfeed", "cybercrime", "-n", "intel", "--type=merge", "-p", json.dumps({"spec": {previous.FIELD: {"ignore": ["ignored.example"]}}}))
    same(feed()["spec"][previous.FIELD]["ignore"], ["ignored.example"], f"the new field {previous.FIELD}")
    must(previous.COLUMN.upper() in kubectl("get", "flashpointfeeds", "--namespace=intel"), f"no column {previous.COLUMN}")
    until("the changed spec is synced", 30, lambda: feed()["status"]["observedGeneration"] == feed()["metadata"]["generation"])
    sync_now()
    same(vendors.writes(), written, "the writes after the upgrade")
    enclave_is_complete()


def looked_at():
    """What `kubectl get`, `describe` and `events` tell a person."""
    columns, row, *_ = show("get", "flashpointfeeds", "--namespace", "intel").splitlines()
    expected = ["NAME", "INTERVAL", "READY", "REASON", "SUBMITTED", "LAST POSTED", "LAST SYNC", "AGE"]
    same(re.split(r"\s{2,}", columns.strip()), expected, "the columns")
    cells = dict(zip(expected, re.split(r"\s{2,}", row.strip())))
    same([cells[name] for name in expected[:5]], ["cybercrime", "15m", "True", "Synced", str(len(vendors.expected()))], "the row")
    wide, row, *_ = show("get", "fpf", "--namespace", "intel", "--output", "wide").splitlines()
    for text, where in [("ENCLAVE", wide), ("SUSPENDED", wide), ("MESSAGE", wide), (vendors.ENCLAVE, row), ("reports considered", row)]:
        must(text in where, f"{text} is not in {where}")
    described = show("describe", "flashpointfeed", "cybercrime", "--namespace", "intel")
    for text in (r"Enclave Id: +" + vendors.ENCLAVE, r"Type: +Ready", r"Reason: +Synced", r"Last Posted Time: +20", r"Events:", r"Normal +Synced"):
        must(re.search(text, described), f"`kubectl describe` does not say {text}")
    events = show("events", "--namespace", "intel", "--for", "flashpointfeed/cybercrime")
    must(re.search(rf"Normal +Submitted +FlashpointFeed/cybercrime +wrote {len(vendors.expected())} reports to the enclave", events), "no event Submitted")
    must("Warning" not in events, "an event is a warning")


def new_report():
    vendors.add_reports(5)
    sync_now()
    enclave_is_complete()
    same(feed()["status"]["totals"]["submitted"], len(vendors.expected()), "status.totals.submitted")


def probes():
    """By way of the API server, and the metrics by the Service."""
    raw = f"/api/v1/namespaces/{NAMESPACE}"
    for path in ("livez", "readyz"):
        answer = kubectl("get", "--raw", f"{raw}/pods/{the_pod()}:8080/proxy/{path}")
        must(answer.strip(), f"/{path} answers nothing")
    metrics = kubectl("get", "--raw", f"{raw}/services/{RELEASE}-metrics:http/proxy/metrics")
    must(re.search(r'flashpoint_operator_feed_ready\{[^}]*name="cybercrime"[^}]*\} 1', metrics), "the metrics do not say that the feed is Ready")
    (pod,) = pods()
    same(pod["status"]["containerStatuses"][0]["restartCount"], 0, "restarts")


def restricted():
    """No warning in any shape of the chart, and the kernel holds the process to it."""
    trial = "restricted-trial"
    kubectl("create", "namespace", trial)
    kubectl("label", "namespace", trial, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")

    def said(*values):
        rendered = run("helm", "template", "trial", CHART, f"--namespace={trial}", "--set=crds.enabled=false", *VALUES, *values)[0]
        done = subprocess.run(["kubectl", "create", "--dry-run=server", "-f", "-"], input=rendered, capture_output=True, text=True)
        return done.stderr

    for values in ([], ["--set=replicaCount=2"], ["--set=watchNamespaces={intel}"], ["--set=networkPolicy.enabled=true"]):
        warnings.extend(said(*values).splitlines())
    without = said("--set-json=securityContext={\"allowPrivilegeEscalation\":null,\"capabilities\":null,\"readOnlyRootFilesystem\":null}", "--set-json=podSecurityContext={\"runAsNonRoot\":null,\"seccompProfile\":null}")
    must("Warning: would violate PodSecurity" in without and "is forbidden: violates PodSecurity" in without, f"nothing is enforced:\n{without}")
    kubectl("delete", "namespace", trial, "--wait=false")
    figures["restricted: warnings"] = (str(len(warnings)), "0")
    same(warnings, [], "warnings of the API server")
    expected = {"user": "65532", "capabilities": 0, "new privileges": "no", "seccomp": "filtered", "root": "ro", "written": "Read-only file system"}
    same(process.hardening(the_pod()), expected, "what the process is held to")


def permissions():
    found = rights.surplus(ACCOUNT, {"intel": rights.FEEDS, "kube-system": rights.FEEDS, NAMESPACE: rights.FEEDS})
    denied(found, "intel", "kube-system")
    must(rights.may(ACCOUNT, "get secrets", "intel"), "it may not get a secret")


def denied(found, *namespaces):
    """Adds up what is beyond the documentation, and fails if there is anything."""
    found += [f"{namespace}: {question}" for namespace in namespaces for question in rights.DENIED if rights.may(ACCOUNT, question, namespace)]
    total = int(figures.get("can-i: rights beyond the documented", ("0",))[0]) + len(found)
    figures["can-i: rights beyond the documented"] = (str(total), "0")
    same(found, [], "rights beyond the documented")


def no_credential_in_the_logs():
    log = kubectl("logs", f"--namespace={NAMESPACE}", f"deployment/{RELEASE}")
    must(log.strip(), "the log is empty")
    for key, value in vendors.credentials().items():
        must(value not in log, f"the log holds the {key}")


def leader():
    lease = get("lease", "flashpoint-operator", f"--namespace={NAMESPACE}")
    return lease["spec"].get("holderIdentity")


def two_replicas():
    upgrade("--set=replicaCount=2")
    same(len(pods()), 2, "Pods")
    until("one of them leads", 30, lambda: leader() in [pod["metadata"]["name"] for pod in pods()])
    sync_now()
    found = rights.surplus(ACCOUNT, {"intel": rights.FEEDS, NAMESPACE: rights.FEEDS | rights.LEASE})
    denied(found, NAMESPACE)
    show("get", "pods,lease", "--namespace", NAMESPACE)


def kill_the_leader():
    """Without a chance to say goodbye: it is frozen, its Pod taken away so that the kubelet does not start it again, its process killed.

    Returns its name and when that was."""
    killed = leader()
    moment = time.time()
    pid = process.freeze(killed)
    kubectl("delete", "pod", killed, f"--namespace={NAMESPACE}", "--grace-period=0", "--force", "--wait=false")
    process.kill(pid)
    return killed, moment


def idle_leader_killed():
    """Between two syncs: the next leader knows all that was sent."""
    written = vendors.writes()
    killed, moment = kill_the_leader()
    request_sync()
    until("another leads", TAKEOVER, lambda: leader() not in (killed, None, ""))
    seconds = time.time() - moment
    must(seconds <= TAKEOVER, f"{seconds:.1f} s")
    sync_now()
    same(vendors.writes(), written, "the writes of the new leader")
    figures["takeover, leader killed between syncs"] = (f"{seconds:.1f} s", f"<= {TAKEOVER} s")
    until("there are two Pods again", 60, two_ready)


def two_ready():
    states = [[condition["status"] for condition in pod["status"]["conditions"] if condition["type"] == "Ready"] for pod in pods()]
    return states == [["True"], ["True"]]


def busy_leader_killed():
    """In mid-sync: the next leader goes on, and the enclave holds each report once."""
    done = len(vendors.writes())
    vendors.add_reports(60)
    vendors.slow_writes(500)
    request_sync()
    until("the leader writes", 30, lambda: len(vendors.writes()) >= done + 6)
    killed, moment = kill_the_leader()
    at_death = len(vendors.writes())
    must(len(vendors.held()) < len(vendors.expected()), "it was done already")
    # What was under way when it died is answered within the simulator's delay.
    time.sleep(1)
    until("another leads and writes", TAKEOVER, lambda: leader() != killed and len(vendors.writes()) > at_death + 4)
    seconds = time.time() - moment
    vendors.ask("trustar", "faults", method="DELETE")
    figures["takeover, leader killed while it writes, to the next write"] = (f"{seconds:.1f} s", f"<= {TAKEOVER} s")
    must(seconds <= TAKEOVER, f"{seconds:.1f} s")
    sync_now()
    figures["reports duplicated by it"] = (str(len(vendors.created_twice()) + len(vendors.held()) - len(set(vendors.held()))), "0")
    enclave_is_complete()
    until("there are two Pods again", 60, two_ready)


def one_replica():
    upgrade("--set=replicaCount=1")
    until("one Pod is left", 30, lambda: len(pods()) == 1)
    vendors.add_reports(2)
    sync_now()
    enclave_is_complete()
    denied(rights.surplus(ACCOUNT, {NAMESPACE: rights.FEEDS}))


def some_namespaces():
    """With `watchNamespaces` there is no right anywhere else, and a feed there is left alone."""
    apply_feed("elsewhere")
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", "--namespace=elsewhere", "flashpointfeed/cybercrime")
    upgrade("--set=watchNamespaces={intel}")
    denied(rights.surplus(ACCOUNT, {"intel": rights.FEEDS, "elsewhere": rights.NOTHING, NAMESPACE: rights.NOTHING}), "intel", "elsewhere")
    must(not rights.may(ACCOUNT, "get secrets", "elsewhere"), "it may get secrets elsewhere")
    before = feed("elsewhere")["status"]
    request_sync("elsewhere")
    vendors.add_reports(2)
    sync_now()
    enclave_is_complete()
    same(feed("elsewhere")["status"], before, "the status of the feed that is not watched")
    must("forbidden" not in kubectl("logs", f"--namespace={NAMESPACE}", f"deployment/{RELEASE}").lower(), "the operator asks for what it may not")


def chart_test():
    """`helm test`."""
    upgrade()
    must("Succeeded" in helm("test", RELEASE, "--timeout=60s"), "helm test does not succeed")


def uninstall():
    """The definitions stay, and with them the feeds and what they know."""
    before = feed()
    helm("uninstall", RELEASE, "--wait", "--timeout=60s")
    until("the Pods are gone", 30, lambda: not get("pods", f"--namespace={NAMESPACE}"))
    left = kubectl("get", "all,serviceaccounts,roles,rolebindings", f"--namespace={NAMESPACE}", "--selector=app.kubernetes.io/managed-by=Helm", "--output=name")
    left += kubectl("get", "clusterroles,clusterrolebindings", "--selector=app.kubernetes.io/part-of=flashpoint-operator", "--output=name")
    same(left, "", "what is left")
    same(feed()["status"], before["status"], "the feed's status")


def reinstall():
    written = vendors.writes()
    seconds = install(CHART)
    figures["helm install --wait"] = (f"{seconds:.1f} s", f"<= {INSTALL} s")
    must(seconds <= INSTALL, f"{seconds:.1f} s")
    sync_now()
    same(vendors.writes(), written, "the writes after the new installation")


def definitions_change_hands():
    """From Helm to kubectl and back, by the commands of docs/operations.md. The feed has to outlive it."""
    before = feed()
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "crds/")
    upgrade("--set=crds.enabled=false")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "crds/")
    upgrade()
    kubectl("apply", "-f", "crds/")
    same(feed()["metadata"]["uid"], before["metadata"]["uid"], "the feed's uid")
    same(feed()["status"]["window"], before["status"]["window"], "status.window")


def feeds_of_the_release():
    """A feed of the values, made by one that fails and is rolled back, and taken out: the cluster keeps it."""
    listed = f'--set-json=feeds=[{{"name":"listed","namespace":"intel","spec":{{"secretRef":{{"name":"flashpoint-credentials"}},"enclaveId":"{vendors.ENCLAVE}"}}}}]'
    upgrade(listed)
    before = feed(name="listed")
    bad = subprocess.run(
        ["helm", "upgrade", RELEASE, CHART, f"--namespace={NAMESPACE}", "--reset-values", *VALUES, listed, "--set=image.tag=missing", "--rollback-on-failure", "--timeout=20s"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    must(bad.returncode != 0, "an image that is not there gets ready")
    same(feed(name="listed")["metadata"]["uid"], before["metadata"]["uid"], "the uid after a rollback on failure")
    helm("rollback", RELEASE, "1", "--wait", "--timeout=120s")
    after = feed(name="listed")
    same(after["metadata"]["uid"], before["metadata"]["uid"], "the uid after a rollback to a revision without it")
    same(after["status"]["window"], before["status"]["window"], "status.window after it")
    upgrade(listed)
    same(feed(name="listed")["metadata"]["uid"], before["metadata"]["uid"], "the uid after an upgrade with it")


def uninstall_all():
    """As docs/operations.md says: nothing is left."""
    helm("uninstall", RELEASE, "--wait", "--timeout=60s")
    kubectl("delete", "-f", "crds/")
    until("the definitions are gone", 30, lambda: "flashpoint" not in kubectl("get", "customresourcedefinitions", "--output=name"))
    kubectl("delete", "namespace", "intel", "elsewhere", NAMESPACE, "--timeout=90s")


def documented_commands():
    """They print how each ended."""
    done = subprocess.run([pathlib.Path(__file__).parent / "commands"])
    same(done.returncode, 0, "the exit code of tests/e2e/commands")


STORY = [
    ("a node, and a namespace that enforces `restricted`", node),
    ("both simulators run as Pods", simulators),
    ("the previous chart is installed", previous_install),
    ("a feed by kubectl: its reports are in the enclave", first_feed),
    ("the previous definition lacks a field and a column", previous_definition),
    ("an upgrade brings the new definition, and the feed keeps what it has", upgrade_from_previous),
    ("kubectl get, describe and events", looked_at),
    ("new reports, and a sync on demand", new_report),
    ("probes and metrics answer", probes),
    ("`restricted` without a warning, the root read-only", restricted),
    ("the service account may do what is documented and no more", permissions),
    ("no credential is in the logs", no_credential_in_the_logs),
    ("two replicas, one leads", two_replicas),
    ("the leader killed between syncs: another takes over, nothing is sent again", idle_leader_killed),
    ("the leader killed while it writes: another takes over, nothing is doubled", busy_leader_killed),
    ("from two replicas to one", one_replica),
    ("held to some namespaces", some_namespaces),
    ("helm test", chart_test),
    ("an uninstall keeps definitions and feeds", uninstall),
    ("a new installation takes them up", reinstall),
    ("feeds of the values: a failed upgrade, rollbacks and an upgrade keep them", feeds_of_the_release),
    ("the definitions change hands: Helm, kubectl, Helm", definitions_change_hands),
    ("without definitions all is gone", uninstall_all),
    ("every command of README.md and docs/getting-started.md", documented_commands),
]


def tell(story):
    """Returns how many held, and the name of the one that did not."""
    for passed, (name, check) in enumerate(story):
        started = time.monotonic()
        try:
            check()
        except Exception as error:  # pylint: disable=broad-except
            print(f"FAILED  {name}\n{error if isinstance(error, Failed) else repr(error)}", flush=True)
            diagnose()
            return passed, name
        print(f"ok      {name} ({time.monotonic() - started:.0f} s)", flush=True)
    return len(story), None


def main():
    bytes_of_image = int(sys.argv[1])
    figures["image"] = (f"{bytes_of_image / 1024 / 1024:.1f} MiB", "<= 12 MiB")
    passed, failed = tell(STORY)
    if figures:
        width = max(map(len, figures))
        print("\n" + f"{'figure':{width}}  measured   goal")
        for name, (value, goal) in figures.items():
            print(f"{name:{width}}  {value:9}  {goal}")
    if failed:
        print(f"\nFAILED  {failed}: see above")
    failures = 1 if failed else 0
    print(f"\n{passed} passed, {failures} failed, {len(STORY) - passed - failures} not run")
    return failures


if __name__ == "__main__":
    sys.exit(main())
