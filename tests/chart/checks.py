"""The checks of `tests/chart/run`, in the order in which they are printed."""

import difflib
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

import files
import monitoring
import network
import notes
import reasons
import releases
import rights
import schemas
import values
import verdicts
from check import ROOT, Failed, must, report, run
from rendering import CHART, HERE, case_names, helm, objects, of_kind, rendered
from verdicts import GROUP, customizations, gitops, lua

UPDATE = "--update" in sys.argv[1:]


def without_definitions(manifests):
    """The golden manifests leave out the definitions, which have a check of their own."""
    parts = re.split(r"^---\n", manifests, flags=re.MULTILINE)
    return "---\n".join(part.rstrip("\n") + "\n" for part in parts if part.strip() and "\nkind: CustomResourceDefinition\n" not in part)


def compare(file, fresh):
    if UPDATE:
        file.write_text(fresh)
        return
    old = file.read_text() if file.exists() else ""
    if old != fresh:
        difference = difflib.unified_diff(old.splitlines(), fresh.splitlines(), str(file.relative_to(ROOT)), "now", lineterm="", n=1)
        raise Failed("\n".join(list(difference)[:40]) + "\nif that is meant: tests/chart/run --update")


# The chart.


def lint():
    run("helm", "lint", "--strict", CHART)


def golden(case):
    compare(HERE / f"golden/{case}.yaml", without_definitions(rendered(case)))


def refused(file):
    """A file of values that says in its first line how Helm has to refuse it."""
    expected = file.read_text().splitlines()[0].removeprefix("# refused: ")
    done = subprocess.run(["helm", "template", "release", CHART, "--values", file], capture_output=True, text=True)
    must(done.returncode != 0, "Helm takes it")
    must(expected in done.stderr, f"expected {expected!r} in\n{done.stderr}")


def flashpoint_addresses():
    """`flashpoint.api` alone says where the API is; v4's addresses, left over from an earlier release's values, are none of Ignite's."""
    v4 = ("https://docs.fp.tools", "/api/v4/reports/")
    ignite = ("https://api.flashpoint.io", "/finished-intelligence/v1/reports")
    for flashpoint, expected in (
        ({}, v4),
        ({"api": "v4", "url": "", "path": ""}, v4),
        ({"api": "ignite"}, ignite),
        ({"api": "ignite", "url": v4[0], "path": v4[1]}, ignite),
        ({"api": "ignite", "url": "https://mirror.example", "path": "/reports"}, ("https://mirror.example", "/reports")),
        ({"url": ignite[0], "path": ignite[1]}, ignite),
    ):
        code, found, said = values.template({"flashpoint": flashpoint})
        must(code == 0, said)
        deployment = next(item for item in objects(found) if item["kind"] == "Deployment")
        variables = {item["name"]: item.get("value") for item in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
        is_set = variables["FLASHPOINT_API"], variables["FLASHPOINT_URL"], variables["FLASHPOINT_PATH"]
        must(is_set == (flashpoint.get("api", "v4"), *expected), f"{flashpoint}: {is_set}")


def umbrella():
    """The chart as a part of another one, with a condition and globals."""
    with tempfile.TemporaryDirectory() as folder:
        parent = pathlib.Path(folder)
        (parent / "charts").mkdir()
        shutil.copytree(CHART, parent / "charts/flashpoint-operator")
        dependency = {"name": "flashpoint-operator", "version": "*", "condition": "flashpoint-operator.enabled"}
        (parent / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "umbrella", "version": "1.0.0", "dependencies": [dependency]}))
        values = parent / "values.yaml"
        values.write_text(yaml.safe_dump({"global": {"any": "thing"}, "flashpoint-operator": {"enabled": True, "replicaCount": 2}}))
        must("kind: Deployment" in helm(values, chart=parent), "the part is not rendered")
        values.write_text(yaml.safe_dump({"flashpoint-operator": {"enabled": False}}))
        must("kind: Deployment" not in helm(values, chart=parent), "the condition does not leave it out")


def definitions():
    """The chart's definitions are those of crds/, there where Helm installs them before everything else."""
    run(HERE / "sync", "--check")
    own = {}
    for file in crd_files():
        own |= {document["metadata"]["name"]: document for document in objects(file.read_text())}
    must(own, "crds/ holds no definition")
    for helm3 in ("helm", "helm3"):
        must({item["metadata"]["name"]: item for item in objects(run(helm3, "show", "crds", CHART))} == own, f"`{helm3} show crds` shows others")
        for case, expected in (("default", own), ("bare", {})):
            everything = objects(run(helm3, "template", "release", CHART, "--include-crds", "--kube-version", "1.36.3", "--values", HERE / f"cases/{case}.yaml"))
            found = {item["metadata"]["name"]: item for item in everything if item["kind"] == "CustomResourceDefinition"}
            must(found == expected, f"{helm3}, {case}: it gives the definitions {set(found)}")


def kubernetes_accepts(version, case):
    run(*kubeconform(version), "-", stdin=rendered(case))


def readme():
    fresh = run("helm-docs", "--dry-run", "--chart-search-root", CHART, "--chart-to-generate", CHART, "--log-level", "error")
    compare(CHART / "README.md", fresh)


# Around the chart.


def crd_files():
    return sorted((ROOT / "crds").glob("*.yaml"))


@functools.cache
def schema_folder():
    folder = pathlib.Path(os.environ["TOOLS"]) / "schemas-2"
    schemas.write(folder, crd_files())
    return folder


def kubeconform(version):
    name = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json"
    folder = schema_folder()
    return [
        *("kubeconform", "-strict", "-summary", "-kubernetes-version", version),
        *("-schema-location", f"{folder}/{{{{ .NormalizedKubernetesVersion }}}}/{name}", "-schema-location", f"{folder}/custom/{name}"),
    ]


# GitOps.


@functools.cache
def states():
    """The table of states, each with the object that it is about."""
    rows = yaml.safe_load((HERE / "states.yaml").read_text())
    for row in rows:
        row["object"] = {
            "apiVersion": f"{GROUP}/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": "feed", "namespace": "intel", "generation": 2} | row.get("metadata", {}),
            "spec": row.get("spec", {}),
            "status": row["status"],
        }
    return rows


def kstatus():
    found = verdicts.kstatus([row["object"] for row in states()])
    for row, (verdict, message) in zip(states(), found, strict=True):
        must(verdict == row["kstatus"], f"{row['state']}: {verdict}, {message}")


def argo_health():
    for row in states():
        verdict, said = verdicts.argo_health(row["object"])
        must(verdict == row["argo"], f"{row['state']}: {verdict}")
        message = next((c["message"] for c in row["status"].get("conditions", []) if row["kstatus"] in ("Current", "Failed")), None)
        must(message in (None, said), f"{row['state']}: says {said!r}")


def argo_refresh():
    _, actions = customizations()
    refresh = {item["name"]: item["action.lua"] for item in actions["definitions"]}["refresh"]
    annotation = f'result.metadata.annotations["{GROUP}/requested-at"]'
    for annotations in ({}, {"annotations": {"other": "kept"}}):
        thing = {"metadata": {"name": "feed"} | annotations, "spec": {}}
        stamp = lua(refresh, thing, annotation)
        must(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp), f"it stamps {stamp!r}")
    must(lua(refresh, thing, "result.metadata.annotations.other") == "kept", "it drops other annotations")
    for suspend in (True, False):
        disabled = lua(actions["discovery.lua"], {"spec": {"suspend": suspend}}, "result.refresh.disabled")
        must(disabled == str(suspend).lower(), f"suspend={suspend}: disabled is {disabled}")


def example_files(*folders):
    return [file for folder in folders for file in sorted((ROOT / "examples" / folder).glob("*.yaml"))]


def examples():
    # HelmRelease and Kustomization come next: their definitions are in no Go module.
    for version in schemas.KUBERNETES:
        run(*kubeconform(version), "-skip", "HelmRelease,Kustomization", *example_files("kubectl", "argocd", "flux"))


def flux():
    run(gitops(), "flux", *example_files("flux"))


def base():
    """crds/ as a kustomize base gives all definitions."""
    built = {item["metadata"]["name"] for item in objects(run("kustomize", "build", ROOT / "crds"))}
    own = {item["metadata"]["name"] for file in crd_files() for item in objects(file.read_text())}
    must(built == own, f"it gives {built}, not {own}")


def checks():
    """Each check with the line that names it."""
    yield "chart: lint", lint
    for case in case_names():
        yield f"chart: golden manifests of {case}", functools.partial(golden, case)
    for file in sorted((HERE / "refused").glob("*.yaml")):
        yield f"chart: refuses {file.stem}", functools.partial(refused, file)
    yield "chart: Flashpoint's addresses by its API", flashpoint_addresses
    yield "chart: as a part of an umbrella chart", umbrella
    yield "chart: the definitions are those of crds/", definitions
    for helm in ("helm", "helm3"):
        yield f"values: each key empty is its default, or refused by name, with {helm}", functools.partial(values.empty_keys, helm)
        yield f"values: all keys empty, with {helm}", functools.partial(values.all_empty, helm)
        yield f"values: empty keys in an umbrella chart, with {helm}", functools.partial(values.in_an_umbrella, helm)
    yield "values: an alert in extraObjects", values.foreign_braces
    yield "chart: README is generated from the values", readme
    for version in schemas.KUBERNETES:
        for case in case_names():
            yield f"kubeconform: {case} on Kubernetes {version}", functools.partial(kubernetes_accepts, version, case)
    for case in case_names():
        yield f"rights: {case} grants what the operator needs and no more", functools.partial(rights.least_privilege, case)
    yield "rights: watchNamespaces needs no cluster-wide role", rights.namespaced_mode
    for case in case_names():
        if case != "bare":
            yield f"security: the Pods of {case} are restricted", functools.partial(rights.restricted, case)
        yield f"labels: the selectors of {case}", functools.partial(rights.selectors, case)
    yield "network: without a proxy", network.without_proxy
    yield "network: behind a proxy", network.behind_a_proxy
    yield "network: no way around a proxy", network.no_way_around
    yield "network: a proxy's credentials from a Secret", network.credentials
    yield "network: examples by host names", network.by_host_names
    yield "notes: the commands that the values need", notes.commands
    yield "notes: the installation for a MISP that the pages have", notes.documented
    yield "replicas: one is replaced, several elect a leader", rights.one_writer
    yield "feeds: never a hook, however they are rendered", releases.never_hooks
    yield "feeds: kustomize's helmCharts", releases.kustomize
    yield "names: what lies in other namespaces carries the release's", releases.names_across_namespaces
    if not UPDATE:
        yield "names: the API server takes those of every release and override", releases.names_are_taken
        for helm in ("helm", "helm3"):
            yield f"feeds: upgrades, rollbacks and an uninstall keep them, with {helm}", functools.partial(releases.feeds_survive, helm)
            yield f"feeds: those that an earlier chart made, with {helm}", functools.partial(releases.feeds_of_earlier_charts_survive, helm)
            yield f"definitions: an upgrade brings them, with {helm}", functools.partial(releases.definitions_are_upgraded, helm)
            yield f"definitions: an upgrade makes them, with {helm}", functools.partial(releases.definitions_come_later, helm)
            yield f"definitions: from and to kubectl and Flux, with {helm}", functools.partial(releases.definitions_change_hands, helm)
            yield f"definitions: those of an earlier chart, with {helm}", functools.partial(releases.definitions_of_earlier_charts, helm)
    for told, served in (("one release", [monitoring.OWN]), ("two releases", [monitoring.OWN, monitoring.OTHER]), ("another release alone", [monitoring.OTHER])):
        for series, feeds in (("with", True), ("without", False)):
            check = functools.partial(monitoring.alerts, *served, feeds=feeds)
            yield f"alerts: promtool's checks and tests, {series} series of each feed, with {told}", check
    yield "alerts: severity, duration and links are values", monitoring.settings
    yield "alerts: a release's go by its own series", monitoring.selectors
    yield "alerts: those of two releases are told apart", monitoring.told_apart
    yield "alerts: each series is the release's", monitoring.every_selector
    yield "alerts: values.schema.json names them", monitoring.known_alerts
    yield "alerts: without series of each feed they are the same by name", monitoring.without_series_of_feeds
    for series, feeds in (("with", True), ("without", False)):
        yield f"alerts: each has a test in which it fires, {series} series of each feed", functools.partial(monitoring.each_alert_is_tested, feeds)
        yield f"alerts: each reason fires one, or none, {series} series of each feed", functools.partial(reasons.one_alert_each, feeds)
    yield "alerts: docs/alerts.md says what to do about each reason", reasons.each_has_its_step
    yield "alerts: docs/alerts.md names what there is", reasons.each_command_names_what_there_is
    yield "dashboard: each query is PromQL", monitoring.dashboard
    yield "dashboard: it links to the docs", monitoring.dashboard_links
    yield "dashboard: each panel says what it shows", monitoring.legible
    yield "metrics: those in use are those that the operator serves", monitoring.known_metrics
    yield "gitops: what kstatus makes of each state", kstatus
    yield "gitops: what Argo CD's health check makes of each state", argo_health
    yield "gitops: Argo CD's refresh action", argo_refresh
    yield "gitops: examples against their schemas", examples
    yield "gitops: Flux's own types take the examples", flux
    yield "gitops: crds/ is a kustomize base", base
    yield "versions: crate, chart and image agree", files.versions
    yield "image: hadolint", files.hadolint
    yield "image: .dockerignore keeps what the build needs", files.build_context
    yield "scripts: shellcheck", files.scripts
    yield "workflows: actionlint", files.workflows
    yield "workflows: each action is pinned to a commit", files.pinned_actions


if __name__ == "__main__":
    sys.exit(report(checks()))
