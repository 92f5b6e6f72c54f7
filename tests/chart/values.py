"""Values that are empty, and names of every length."""

import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

from check import must
from rendering import CHART, HERE

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
# These go to the API server as they are: in them Helm's way to take out a default, a null, stays one.
HANDED_ON = {("podSecurityContext",), ("securityContext",), ("resources",), ("dashboard", "labels")}
# Everything that is off by default, on, so that each key has something to be seen in.
ALL_ON = {
    "replicaCount": 2,
    "networkPolicy": {"enabled": True, "apiServerTo": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]},
    "metrics": {"serviceMonitor": {"enabled": True}},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
    "proxy": {"https": "http://proxy.example.com:3128", "existingSecret": "proxy-credentials"},
    "customCA": {"configMap": "authorities"},
    "feeds": [{"name": "one", "spec": {"secretRef": {"name": "s"}, "enclaveId": "e"}}],
}


def template(values, helm="helm", release="release", *options):
    """Exit code, manifests, and what is said beside them."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        command = [helm, "template", release, CHART, "--namespace", "flashpoint", "--kube-version", "1.36.3", "--values", file.name, *options]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def keys(section, path=()):
    """The path of each key of the values, sections and maps too."""
    for key, value in section.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from keys(value, (*path, key))


def without(values, path):
    """The values without a key."""
    first, *rest = path
    return {key: without(value, rest) if rest and key == first else value for key, value in values.items() if rest or key != first}


def with_null(values, path):
    first, *rest = path
    inner = values.get(first)
    return values | {first: with_null(inner if isinstance(inner, dict) else {}, rest) if rest else None}


def taken_out(path):
    return any(path[:length] in HANDED_ON for length in range(1, len(path)))


def judged(helm, base, path):
    """What is wrong with a null there, or nothing."""
    code, found, said = template(with_null(base, path), helm)
    name = ".".join(path)
    if code and said == template(without(base, path), helm)[2]:
        return None
    if code:
        plain = re.search(rf"at '/{'/'.join(path)}'|missing property '{path[-1]}'", said)
        return None if plain and "nil pointer" not in said else f"{name}: {said.strip()}"
    _, default, _ = template(without(base, path), helm)
    if "<nil>" in found:
        return f"{name}: <nil> in the manifests"
    if found != default and not taken_out(path):
        return f"{name}: it is neither the default nor refused"
    return None


def empty_keys(helm):
    """`key:` and nothing behind it, for every key alone."""
    asked = [(base, path) for base in ({}, ALL_ON) for path in keys(DEFAULTS)]
    must(len(asked) > 150, f"only {len(asked)} keys")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [line for line in pool.map(lambda row: judged(helm, *row), asked) if line]
    must(not wrong, "\n".join(wrong))


def all_empty(helm):
    """All keys of a level at once, and the text of values.yaml without any value."""
    _, default, _ = template({}, helm)
    for values in (
        dict.fromkeys(DEFAULTS),
        {key: dict.fromkeys(value) if isinstance(value, dict) and value and (key,) not in HANDED_ON else None for key, value in DEFAULTS.items()},
    ):
        code, found, said = template(values, helm)
        must(code == 0, said)
        must(found == default, "all empty is not the default")


def in_an_umbrella(helm):
    """The same as a part of another chart, whose own values hold the nulls."""
    with tempfile.TemporaryDirectory() as folder:
        parent = pathlib.Path(folder)
        shutil.copytree(CHART, parent / "charts/flashpoint-operator")
        (parent / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "umbrella", "version": "1.0.0", "dependencies": [{"name": "flashpoint-operator", "version": "*"}]}))
        for values in ({}, {"flashpoint-operator": {key: None for key in DEFAULTS}}):
            (parent / "values.yaml").write_text(yaml.safe_dump(values))
            done = subprocess.run([helm, "template", "release", parent, "--kube-version", "1.36.3"], capture_output=True, text=True)
            must(done.returncode == 0 or "got null" in done.stderr, f"{values}: {done.stderr}")
            must("<nil>" not in done.stdout and "nil pointer" not in done.stderr, f"{values}: {done.stdout}{done.stderr}")


RULE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "rule"}}


def foreign_braces():
    """An alert's text in extraObjects is no template of Helm's."""
    code, _, said = template({"extraObjects": [RULE | {"data": {"a": "{{ $labels.instance }} is down"}}]})
    must(code and "extraObjects: ConfigMap rule" in said and "{{ `{{ $labels.instance }}` }}" in said, said)
    for written in ("{{ `{{ $labels.instance }}` }} is down", '{{ "{{ $labels.instance }}" }} is down'):
        code, found, said = template({"extraObjects": [RULE | {"data": {"a": written}}]})
        must(code == 0 and "{{ $labels.instance }} is down" in found, f"{found}{said}")
    own = "{{ range $key, $value := .Values.nodeSelector }}{{ $key }}{{ end }}{{ $.Release.Name }}"
    code, found, said = template({"extraObjects": [RULE | {"data": {"a": own}}], "nodeSelector": {"linux": "yes"}})
    must(code == 0 and "linuxrelease" in found, f"{found}{said}")
    quoted = '{{ .Release.Name | replace "$a" "$b" }}'
    code, found, said = template({"extraObjects": [RULE | {"data": {"a": quoted}}]})
    must(code == 0, said)
    beside = "{{ $own := 1 }}{{ $own }} of {{ $labels.instance }}"
    code, _, said = template({"extraObjects": [RULE | {"data": {"a": beside}}]})
    must(code and "does not know $labels" in said, said)
