"""What GitOps tools make of a feed: kstatus, which Helm and Flux link, and Argo CD's Lua."""

import functools
import json
import os
import pathlib
import tempfile

import yaml

from check import ROOT, must, run
from rendering import HERE, objects

GROUP = "flashpoint-operator.dev"


@functools.cache
def gitops():
    """The small Go program that links what Helm and Flux link."""
    binary = pathlib.Path(os.environ["TOOLS"]) / "bin/gitops"
    run("nice", "-n", "10", "go", "build", "-trimpath", "-o", binary, ".", cwd=HERE / "gitops")
    return binary


def kstatus(things):
    """For each object, kstatus's verdict and message."""
    return [line.split("\t") for line in run(gitops(), "health", stdin=json.dumps(things)).splitlines()]


def lua_value(value):
    """A value of YAML as a Lua expression."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua_value(key)}] = {lua_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua_value, value)) + "}"
    return json.dumps(value, ensure_ascii=False)


def lua(script, thing, printed):
    """What a script says of an object, run with no more of Lua's libraries than Argo CD opens."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "script.lua"
        file.write_text(script)
        harness = f"""
            local load, show = loadfile({lua_value(str(file))}), print
            package.preload.os = nil
            package.loaded.os = {{ date = os.date, time = os.time }}
            debug.setmetatable("", nil)
            string, math, io, os, coroutine, debug, channel, dofile, loadfile = nil
            obj = {lua_value(thing)}
            local result = load()
            show({printed})
        """
        (pathlib.Path(folder) / "harness.lua").write_text(harness)
        return run("glua", pathlib.Path(folder) / "harness.lua").strip()


@functools.cache
def customizations():
    """What the kustomization makes for Argo CD's ConfigMap."""
    config = objects(run("kustomize", "build", ROOT / "examples/argocd/customizations"))[0]
    must(config["metadata"]["name"] == "argocd-cm", f"it makes {config['metadata']}")
    key = f"{GROUP}_FlashpointFeed"
    return config["data"][f"resource.customizations.health.{key}"], yaml.safe_load(config["data"][f"resource.customizations.actions.{key}"])


def argo_health(thing):
    """Argo CD's verdict on an object, and its message."""
    script, _ = customizations()
    return lua(script, thing, 'result.status .. "\\t" .. tostring(result.message)').split("\t")
