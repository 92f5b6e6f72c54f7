"""Releases on a real API server: what an upgrade, a rollback or another tool does to feeds and definitions, and whether every name is taken.

There is no controller and no node, so that nothing ever gets ready: what waits, fails, which is one more thing that feeds have to survive."""

import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

import values
from check import ROOT, Failed, must, run
from cluster import Cluster
from processes import ControlPlane, until
from rendering import CHART, HERE, objects

GROUP = "flashpoint-operator.dev"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FEED_DEFINITION = f"flashpointfeeds.{GROUP}"
WINDOW = {"coveredTo": "2026-11-24T21:42:14Z"}
FEEDS = {"replicaCount": 0, "feeds": [{"name": "one", "spec": {"secretRef": {"name": "s"}, "enclaveId": "e"}}]}
# The API server refuses it, so that an upgrade fails halfway.
REFUSED = FEEDS | {"log": {"format": "text"}, "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Not_A_Name"}}]}
ON_FAILURE = {"helm": "--rollback-on-failure", "helm3": "--atomic"}


@functools.cache
def control_plane():
    """It ends with this process."""
    folder = pathlib.Path(tempfile.mkdtemp())
    return ControlPlane(folder)


@functools.cache
def cluster():
    return Cluster(control_plane().kubeconfig)


class Release:
    """A release in a namespace of its own, on a cluster that does not know the kinds yet."""

    count = 0

    def __init__(self, helm):
        self.helm = helm
        Release.count += 1
        self.namespace = f"release-{Release.count}"
        cluster().ask("POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        undefine()

    def run(self, command, *arguments, **chosen):
        """Exit code and what it said."""
        chart, given = chosen.get("chart", CHART), chosen.get("values", FEEDS)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(given, file)
            file.flush()
            with_chart = [chart, "--values", file.name] if command in ("install", "upgrade") else []
            line = [self.helm, command, "r", *with_chart, "--namespace", self.namespace, *arguments]
            environment = os.environ | {"KUBECONFIG": control_plane().kubeconfig}
            done = subprocess.run(list(map(str, line)), capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout + done.stderr

    def do(self, command, *arguments, **chosen):
        code, said = self.run(command, *arguments, **chosen)
        must(code == 0, f"{self.helm} {command} {' '.join(arguments)}: {said}")
        return said

    def fail(self, command, *arguments, **chosen):
        code, said = self.run(command, *arguments, **chosen)
        must(code != 0, f"{self.helm} {command} {' '.join(arguments)} succeeds")
        return said

    def install_earlier(self, chart, **chosen):
        """Its hook may come before the API server serves the definition that it has just got."""
        for _ in range(5):
            code, said = self.run("install", chart=chart, **chosen)
            if code == 0:
                return
            self.run("uninstall")
            undefine()
        raise Failed(said)

    def keep_what_a_hook_made(self):
        """Which Helm 3 would take over as it is, so that the chart asks for it."""
        if self.helm == "helm3":
            said = self.fail("upgrade")
            must("annotate flashpointfeed one helm.sh/resource-policy=keep" in said, said)
            cluster().ask("PATCH", self.path, {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}}, "application/merge-patch+json")

    @property
    def path(self):
        return f"/apis/{GROUP}/v1alpha1/namespaces/{self.namespace}/flashpointfeeds/one"

    def feed(self):
        return cluster().ask("GET", self.path)

    def has_synced(self):
        """As the operator leaves it; what must not change from now on is kept."""
        cluster().ask("PATCH", f"{self.path}/status", {"status": {"observedGeneration": 1, "window": WINDOW}}, "application/merge-patch+json")
        self.uid = self.feed()["metadata"]["uid"]

    def same_feed(self, after):
        feed = self.feed()
        must(feed["metadata"]["uid"] == self.uid, f"after {after} it is another feed")
        must(feed["status"].get("window") == WINDOW, f"after {after} the window is {feed['status'].get('window')}")
        hooks = [name for name in feed["metadata"].get("annotations", {}) if name.startswith("helm.sh/hook")]
        return hooks


def undefine():
    for item in cluster().ask("GET", CRDS)["items"]:
        cluster().ask("DELETE", f"{CRDS}/{item['metadata']['name']}")
    until("the definitions are gone", lambda: not cluster().ask("GET", CRDS)["items"])


def definition():
    return cluster().ask("GET", f"{CRDS}/{FEED_DEFINITION}")


def knows(field):
    return field in definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]


def earlier(folder):
    """The chart as it was, with the definitions among the templates and feeds that are hooks until their kind is known."""
    chart = pathlib.Path(folder) / "earlier"
    if given := os.environ.get("EARLIER_CHART"):
        return given
    shutil.copytree(CHART, chart)
    (chart / "files/crds").mkdir()
    for file in (chart / "charts/definitions/crds").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        del document["metadata"]["annotations"]
        (chart / "files/crds" / file.name).write_text(yaml.safe_dump(document))
    shutil.rmtree(chart / "charts")
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    del about["dependencies"]
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about))
    for name in ("values.yaml", "files/defaults.yaml"):
        file = chart / name
        file.write_text(file.read_text().replace("\ncrds:\n", "\ncrds:\n  keep: true\n"))
    schema = chart / "values.schema.json"
    schema.write_text(schema.read_text().replace('"keep": {"const": true', '"keep": {"type": "boolean"'))
    for file in (HERE / "earlier").glob("*.yaml"):
        shutil.copy(file, chart / "templates")
    return chart


def later(folder):
    """The chart as it may be: with a field that today's definition lacks."""
    chart = pathlib.Path(folder) / "later"
    shutil.copytree(CHART, chart)
    (file,) = (chart / "charts/definitions/crds").glob("*feeds.yaml")
    document = yaml.safe_load(file.read_text())
    document["metadata"]["annotations"][f"{GROUP}/digest"] = "later"
    document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["later"] = {"type": "string"}
    file.write_text(yaml.safe_dump(document))
    values = chart / "values.schema.json"
    schema = json.loads(values.read_text())
    schema["definitions"]["feedSpec"]["properties"]["later"] = {"type": "string"}
    values.write_text(json.dumps(schema))
    return chart


LATER_FEEDS = FEEDS | {"feeds": [{"name": "one", "spec": FEEDS["feeds"][0]["spec"] | {"later": "x"}}]}


# Feeds.


def feeds_survive(helm):
    """Made with the first revision, on a cluster that does not know them."""
    release = Release(helm)
    release.do("install")
    release.has_synced()
    release.do("upgrade", values=FEEDS | {"log": {"format": "text"}})
    release.same_feed("an upgrade")
    release.do("rollback", "1")
    release.same_feed("a rollback to 1")
    # Its own rollback waits for what is never ready, and fails as well.
    release.fail("upgrade", ON_FAILURE[helm], "--timeout=3s", values=REFUSED)
    release.same_feed(ON_FAILURE[helm])
    release.fail("upgrade", "--wait", "--timeout=3s", "--cleanup-on-fail", values=REFUSED)
    release.run("rollback", "--wait", "--cleanup-on-fail", "--timeout=3s")
    release.same_feed("a rollback as Flux does it")
    release.fail("upgrade", values=REFUSED)
    release.do("rollback")
    release.same_feed("the rollback of a failed upgrade")
    release.do("upgrade", values={"replicaCount": 0})
    release.same_feed("an upgrade without it")
    # Helm 3 says that there is no such feed, since the last revision has none; it does so after it has rolled back the rest.
    release.run("rollback", "1")
    release.same_feed("the rollback of that")
    release.do("upgrade")
    release.same_feed("an upgrade with it again")
    release.do("uninstall")
    release.same_feed("an uninstall")
    release.do("install")
    must(not release.same_feed("an install"), "it is a hook")
    release.do("upgrade", values=FEEDS | {"keepFeeds": False})
    release.do("upgrade", values={"replicaCount": 0, "keepFeeds": False})
    must(not cluster().ask("GET", release.path.removesuffix("/one"))["items"], "keepFeeds=false keeps it")


def feeds_of_earlier_charts_survive(helm):
    """Hooks in revision 1, and so in no revision's manifest before the upgrade."""
    with tempfile.TemporaryDirectory() as folder:
        old = earlier(folder)
        for between in (False, True):
            release = Release(helm)
            release.install_earlier(old)
            release.has_synced()
            if between:
                release.do("upgrade", chart=old)
                release.same_feed("an upgrade of the earlier chart")
            release.keep_what_a_hook_made()
            release.fail("upgrade", ON_FAILURE[helm], "--timeout=3s")
            release.same_feed("an upgrade that failed and was rolled back")
            if between:
                # The revision that it went back to knows the feed, and nothing of keeping it.
                release.keep_what_a_hook_made()
            release.do("upgrade")
            release.same_feed("the upgrade")
            # Revision 1 makes its feeds by a hook, at which Helm 3 gives up where they are there already.
            release.do("rollback", "1", *(["--no-hooks"] if helm == "helm3" else []))
            release.same_feed("a rollback to 1")
            release.do("upgrade")
            release.same_feed("one more upgrade")
            must(definition()["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep", "the definition would go with the release")
            release.do("uninstall")
            release.same_feed("an uninstall")


def never_hooks():
    """However it is rendered: Argo CD takes hooks of Helm for its own."""
    for options in ([], ["--include-crds"], ["--api-versions", f"{GROUP}/v1alpha1/FlashpointFeed"]):
        for helm in ("helm", "helm3"):
            code, manifests, said = values.template(FEEDS, helm, "release", *options)
            must(code == 0, said)
            things = objects(manifests)
            feeds = [item for item in things if item["kind"] == "FlashpointFeed"]
            must(len(feeds) == 1, f"{options}: {len(feeds)} feeds")
            must(feeds[0]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}, f"{options}: {feeds[0]['metadata']}")
            definitions = [item["metadata"] for item in things if item["kind"] == "CustomResourceDefinition"]
            must(len(definitions) == (2 if "--include-crds" in options else 0), f"{options}: {len(definitions)} definitions")
            for item in definitions:
                must("helm.sh/hook" not in item["annotations"], f"{options}: {item['name']} is a hook")


def kustomize():
    """helmCharts, with the definitions."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(CHART, pathlib.Path(folder) / "charts/flashpoint-operator")
        chart = {"name": "flashpoint-operator", "releaseName": "r", "namespace": "intel", "includeCRDs": True, "kubeVersion": "1.36.3", "valuesInline": FEEDS}
        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump({"helmCharts": [chart]}))
        kinds = [item["kind"] for item in objects(run("kustomize", "build", "--enable-helm", "--helm-command", shutil.which("helm3"), folder))]
    must(kinds.count("CustomResourceDefinition") == 2 and kinds.count("FlashpointFeed") == 1 and "Deployment" in kinds, f"it gives {kinds}")


# Definitions.


def apply_definitions(chart, manager, force=False):
    """As kubectl, Flux and Argo CD do it."""
    for file in (chart / "charts/definitions/crds").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        cluster().ask("PATCH", f"{CRDS}/{document['metadata']['name']}?fieldManager={manager}&force={str(force).lower()}", document, "application/apply-patch+yaml")


def served():
    until("the definition is served", lambda: any(c["type"] == "Established" and c["status"] == "True" for c in definition().get("status", {}).get("conditions", [])))


def definitions_are_upgraded(helm):
    """By Helm itself where it has written them, by server-side apply; otherwise it says what to do, and changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        next_chart = later(folder)
        release = Release(helm)
        release.do("install")
        release.has_synced()
        must(not knows("later"), "it knows the field already")
        if helm == "helm":
            release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
        else:
            said = release.fail("upgrade", chart=next_chart, values=LATER_FEEDS)
            must("kubectl apply --server-side --force-conflicts" in said, said)
            apply_definitions(next_chart, "kubectl", force=True)
            release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
        must(knows("later"), "the field is missing")
        release.same_feed("the upgrade of its definition")
        must(release.feed()["spec"]["later"] == "x", "the new field is lost")
        release.do("rollback", "1")
        release.same_feed("the rollback")
        must(knows("later"), "the rollback takes the field from the definition")


def definitions_come_later(helm):
    """With an upgrade, as where the chart becomes a part of an umbrella chart that is installed already."""
    release = Release(helm)
    release.do("install", values={"replicaCount": 0, "crds": {"enabled": False}})
    release.do("upgrade", values={"replicaCount": 0})
    served()
    release.do("upgrade")
    release.has_synced()
    release.do("rollback", "1")
    release.same_feed("a rollback to a revision without definitions")


def definitions_change_hands(helm):
    with tempfile.TemporaryDirectory() as folder:
        next_chart = later(folder)
        # kubectl or Flux first, then Helm.
        for manager in ("kubectl", "kustomize-controller"):
            release = Release(helm)
            apply_definitions(CHART, manager)
            served()
            release.do("install")
            release.has_synced()
            said = release.fail("upgrade", chart=next_chart)
            must(manager in said and "kubectl apply --server-side --force-conflicts" in said, said)
            apply_definitions(next_chart, "kubectl", force=True)
            release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
            release.same_feed(f"{manager}'s definitions, then Helm's release")
            release = Release(helm)
            apply_definitions(CHART, manager)
            served()
            said = release.fail("install", chart=next_chart)
            must(manager in said, said)
            apply_definitions(next_chart, "kubectl", force=True)
            release.do("install", chart=next_chart, values=LATER_FEEDS)
        # Helm first, then kubectl or Flux.
        for manager in ("kubectl", "kustomize-controller"):
            release = Release(helm)
            release.do("install")
            release.has_synced()
            apply_definitions(next_chart, manager, force=True)
            must(knows("later"), f"{manager} does not bring the field")
            release.do("upgrade", values=FEEDS | {"crds": {"enabled": False}})
            release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
            release.do("uninstall")
            release.same_feed(f"Helm's definitions, then {manager}'s")


def definitions_of_earlier_charts(helm):
    """They stay in the release, and outlive it, whatever its values said."""
    with tempfile.TemporaryDirectory() as folder:
        old, next_chart = earlier(folder), later(folder)
        release = Release(helm)
        release.install_earlier(old, values=FEEDS | {"crds": {"keep": False}})
        release.has_synced()
        release.keep_what_a_hook_made()
        said = release.fail("upgrade", values=FEEDS | {"crds": {"keep": False}})
        must("/crds/keep" in said, said)
        release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
        must(knows("later"), "the upgrade does not bring the field")
        # Flux's CreateReplace leaves nothing of what Helm wrote beside them.
        for file in (next_chart / "charts/definitions/crds").glob("*.yaml"):
            document = yaml.safe_load(file.read_text())
            path = f"{CRDS}/{document['metadata']['name']}"
            document["metadata"]["resourceVersion"] = cluster().ask("GET", path)["metadata"]["resourceVersion"]
            cluster().ask("PUT", path, document)
        release.do("upgrade", chart=next_chart, values=LATER_FEEDS)
        release.same_feed("definitions that left the release")
        release.do("uninstall")
        release.same_feed("an uninstall")


# Names.

COLLECTIONS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "Pod": "/api/v1/namespaces/{}/pods",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "Service": "/api/v1/namespaces/{}/services",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}
# Everything but what other projects define; the test's objects too.
EVERYTHING = {"replicaCount": 2, "networkPolicy": {"enabled": True}, "dashboard": {"enabled": True}}


def long_names():
    """Releases of each length, and overrides of each length for one of them; then names that are awkward otherwise."""
    text = "abcdefghi-" * 7
    for length in range(1, 54):
        yield text[:length].rstrip("-").ljust(length, "x"), {}
    for length in range(1, 64):
        name = text[:length].rstrip("-").ljust(length, "x")
        yield "release", {"nameOverride": name}
        yield "release", {"fullnameOverride": name}
    for release in ("1", "1st", "a.b", "a-b", "9.9", "x" * 30 + "-" + "y" * 22, "x" * 43 + "-flashpoin", "release.with.dots." + "z" * 35):
        yield release, {}
    yield "release" + "x" * 46, {"nameOverride": "y" * 63}
    yield "release", {"fullnameOverride": "1" + "x" * 62}


def names_are_taken():
    """By the API server, and no two of a kind are the same for two releases."""
    namespace = "names"
    cluster().ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    cluster().ask("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "default"}})

    def refusals(row):
        release, names = row
        code, manifests, said = values.template(EVERYTHING | names, "helm", release, "--namespace", namespace)
        if code:
            return [said], set()
        found, taken = [], set()
        for thing in objects(manifests):
            kind, name = thing["kind"], thing["metadata"]["name"]
            taken.add((kind, name))
            if kind == "Pod":
                # No admission, which asks for its account.
                thing["spec"]["serviceAccountName"] = "default"
            try:
                cluster().ask("POST", COLLECTIONS[kind].format(namespace) + "?dryRun=All", thing)
            except Failed as error:
                found.append(f"{row}: {kind} {name}: {error}")
        return found, taken

    rows = list(long_names())
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        results = list(pool.map(refusals, rows))
    refused = [line for found, _ in results for line in found]
    must(not refused, f"{len(refused)} refused:\n" + "\n".join(refused[:10]))
    # Two releases of one namespace must share nothing; an override says that they shall, so only names of releases count.
    owners = {}
    for (release, names), (_, taken) in zip(rows, results, strict=True):
        for name in taken if not names else ():
            must(owners.setdefault(name, release) == release, f"{name} is of {owners[name]} and {release}")


def names_across_namespaces():
    """What is not in the release's namespace carries its name, in a way that no other pair of names gives."""
    names = {}
    for namespace, release in (("a", "b-flashpoint-operator"), ("a-b", "flashpoint-operator"), ("a-b", "c"), ("a", "b-c")):
        dashboards = {"dashboard": {"enabled": True, "namespace": "monitoring"}}
        _, manifests, _ = values.template(EVERYTHING | dashboards, "helm", release, "--namespace", namespace)
        for thing in objects(manifests):
            if thing["metadata"].get("namespace") != namespace:
                key = thing["kind"], thing["metadata"]["name"]
                must(key not in names, f"{key} is of {names.get(key)} and of {namespace}/{release}")
                names[key] = f"{namespace}/{release}"
