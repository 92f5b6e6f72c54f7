"""What Helm makes of the chart."""

import functools
import pathlib
import re

import yaml

from check import ROOT, run

HERE = pathlib.Path(__file__).parent
CHART = ROOT / "charts/flashpoint-operator"


def helm(values, *options, chart=CHART):
    return run("helm", "template", "release", chart, "--namespace", "flashpoint", "--values", values, *options)


def objects(manifests):
    return [document for document in yaml.safe_load_all(manifests) if document]


def case_names():
    return sorted(file.stem for file in (HERE / "cases").glob("*.yaml"))


@functools.cache
def rendered(case):
    """A case's manifests. A comment `# helm: …` in its file gives further options."""
    file = HERE / f"cases/{case}.yaml"
    options = re.findall(r"^# helm: (.*)$", file.read_text(), re.MULTILINE)
    return helm(file, *" ".join(options).split())


def of_kind(case, *kinds):
    return [item for item in objects(rendered(case)) if item["kind"] in kinds]
