"""The chart as it may have been a release ago: another version, and definitions without a field and a column of today."""

import json
import shutil

from cluster import CHART, kubectl, must

VERSION = "0.0.9"
FIELD = "domains"
COLUMN = "Submitted"


def chart(folder):
    """Writes it to a folder."""
    old = folder / "flashpoint-operator"
    shutil.copytree(CHART, old)
    about = old / "Chart.yaml"
    today = about.read_text()
    lines = [f"version: {VERSION}" if line.startswith("version: ") else line for line in today.splitlines()]
    about.write_text("\n".join(lines) + "\n")
    must(about.read_text() != today, "the previous chart has today's version")
    file = old / "charts/definitions/crds/flashpoint-operator.dev_flashpointfeeds.yaml"
    definition = json.loads(kubectl("create", "--dry-run=client", "--output=json", "-f", file))
    (version,) = definition["spec"]["versions"]
    del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"][FIELD]
    columns = version["additionalPrinterColumns"]
    version["additionalPrinterColumns"] = [column for column in columns if column["name"] != COLUMN]
    must(len(columns) > len(version["additionalPrinterColumns"]), f"there is no column {COLUMN}")
    definition["metadata"]["annotations"]["flashpoint-operator.dev/digest"] = VERSION
    # JSON is YAML.
    file.write_text(json.dumps(definition))
    return old
