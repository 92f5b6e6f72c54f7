"""Writes the JSON schemas that kubeconform reads: Kubernetes' own kinds from its OpenAPI document, custom ones from their definitions."""

import json
import os
import pathlib
import subprocess

import yaml

KUBERNETES = ["1.35.4", "1.36.3"]

# The definitions of other projects' kinds that the chart and the examples use, in the Go modules that carry them.
FOREIGN = [
    ("github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/*_servicemonitors.yaml"),
    ("github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/*_prometheusrules.yaml"),
    ("github.com/fluxcd/source-controller@v1.7.3", "config/crd/bases/*_ocirepositories.yaml"),
    ("github.com/fluxcd/source-controller@v1.7.3", "config/crd/bases/*_gitrepositories.yaml"),
    ("github.com/argoproj/argo-cd/v3@v3.3.0", "manifests/crds/application-crd.yaml"),
]

INT_OR_STRING = {"oneOf": [{"type": "integer"}, {"type": "string"}]}


def module(path):
    """The folder of a Go module, downloaded when it is not there yet."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", path], capture_output=True, text=True, check=True, cwd="/", env=os.environ | {"GOFLAGS": "-mod=mod"}
    )
    return pathlib.Path(json.loads(answer.stdout)["Dir"])


def closed(schema):
    """The schema with unknown fields refused wherever the known ones are listed, and null taken for a field that may be left out."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string") is True:
        return INT_OR_STRING
    result = {key: closed(value) for key, value in schema.items()}
    if (
        isinstance(result.get("properties"), dict)
        and "additionalProperties" not in result
        and not result.get("x-kubernetes-preserve-unknown-fields")
        and result.get("type", "object") == "object"
    ):
        result["additionalProperties"] = False
        required = result.get("required", [])
        result["properties"] = {
            name: field if name in required else {"anyOf": [field, {"type": "null"}]} for name, field in result["properties"].items()
        }
    return result


def write_kubernetes(version, folder):
    """One file a kind under folder/v<version>, and the definitions that they share."""
    folder = folder / f"v{version}"
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    source = module(f"k8s.io/kubernetes@v{version}") / "api/openapi-spec/swagger.json"
    definitions = {}
    for name, definition in json.loads(source.read_text())["definitions"].items():
        kinds = definition.pop("x-kubernetes-group-version-kind", [])
        definitions[name] = closed(definition)
        if len(kinds) == 1:
            kind = kinds[0]
            file = file_name(kind["group"], kind["version"], kind["kind"])
            (folder / file).write_text(json.dumps({"$ref": f"definitions.json#/definitions/{name}"}))
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"oneOf": [{"type": "string"}, {"type": "number"}]}
    text = json.dumps({"definitions": definitions}).replace('"#/definitions/', '"definitions.json#/definitions/')
    (folder / "definitions.json").write_text(text)
    (folder / "complete").touch()


def write_custom(definition, folder):
    """One file a version of a CustomResourceDefinition under folder/custom."""
    (folder / "custom").mkdir(parents=True, exist_ok=True)
    spec = definition["spec"]
    for version in spec["versions"]:
        schema = version["schema"]["openAPIV3Schema"]
        # A definition may leave out what every object has.
        schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        file = folder / "custom" / file_name(spec["group"], version["name"], spec["names"]["kind"])
        file.write_text(json.dumps(closed(schema)))


def file_name(group, version, kind):
    # kubeconform calls the core group by its version.
    return f"{group or version}_{version}_{kind.lower()}.json"


def write(folder, own):
    """Everything under `folder`; `own` are the files with this project's definitions."""
    for version in KUBERNETES:
        write_kubernetes(version, folder)
    for path, pattern in FOREIGN:
        for file in module(path).glob(pattern):
            write_custom(yaml.safe_load(file.read_text()), folder)
    for file in own:
        for definition in yaml.safe_load_all(file.read_text()):
            write_custom(definition, folder)
