"""The image's files, the scripts and the workflows."""

import pathlib
import re
import shutil
import tempfile

import yaml

from check import ROOT, must, run
from rendering import CHART, HERE


def versions():
    """The crate, the chart and the image go by one version."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    found = {
        "Cargo.toml": re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1),
        "Chart.yaml, version": chart["version"],
        "Chart.yaml, appVersion": chart["appVersion"],
        "Dockerfile": re.search(r"^ARG VERSION=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE).group(1),
    }
    must(len(set(found.values())) == 1, f"they differ: {found}")


def hadolint():
    run("hadolint", ROOT / "Dockerfile")


def build_context():
    """What .dockerignore lets through is all that Cargo and the sources ask for."""
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    with tempfile.TemporaryDirectory() as folder:
        for name in kept:
            source, target = ROOT / name, pathlib.Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("target"))
            else:
                shutil.copy(source, target)
        # Unlike `cargo metadata`, it looks for every target that the manifests declare, as a build does.
        run("cargo", "fetch", "--locked", cwd=folder)
        sources = [file for root in ("src", "crates") for file in pathlib.Path(folder, root).rglob("*.rs")]
        for file in sources:
            # Unit tests are no part of the image.
            if "tests" in file.parent.parts or file.name == "tests.rs":
                continue
            for included in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', file.read_text()):
                # What lies under tests/ is compiled in for unit tests only.
                found = "tests" in pathlib.Path(included).parts or (file.parent / included).exists()
                must(found, f"{file.name} includes {included}, which .dockerignore leaves out")


def scripts():
    """Every file of the repository that a shell runs."""
    files = [ROOT / name for name in run("git", "ls-files").splitlines()]
    shell = [file for file in files if file.is_file() and file.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh"))]
    must(shell, "there is no script")
    run("shellcheck", *shell)


def workflows():
    files = sorted((ROOT / ".github/workflows").glob("*.yaml"))
    must(files, "there is no workflow")
    run("actionlint", *files)


def pinned_actions():
    for file in (ROOT / ".github/workflows").glob("*.yaml"):
        for action in re.findall(r"uses: (\S+)", file.read_text()):
            must(re.fullmatch(r"\./.*|[^@]+@[0-9a-f]{40}", action), f"{file.name}: {action} is not pinned to a commit")
