"""Starts each server, has the client send to it, and judges what is stored. One line a check."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter

import stix2
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Collection, as_pages

HERE = pathlib.Path(__file__).parent
COLLECTION = "6f5e1c3a-0d52-4a7e-9b1f-2f4f8f0f6a11"
USER, PASSWORD = "operator", "password-of-the-test"
# 103: ids are version 5 UUIDs; 302: references have no digest of the page; 303: indicators have no description.
ALLOWED = ("103", "302", "303")
failed = False


def check(name, holds, detail=""):
    global failed
    failed |= not holds
    print(f"{'ok  ' if holds else 'FAIL'} {name}{'' if holds else ': ' + str(detail)}", flush=True)


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(url, process):
    for _ in range(150):
        if process.poll() is not None:
            sys.exit(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"nothing answers at {url} within 30 s")


def client(test, **environment):
    """Runs a test of the client; whether it passed."""
    command = ["cargo", "test", "--quiet", "--locked", "--test", "clients", test, "--", "--ignored"]
    return subprocess.run(command, cwd=HERE.parent.parent, env=os.environ | environment, check=False).returncode == 0


def send(root, collection, sent):
    return client(
        "reports_reach_a_real_server", TAXII_ROOT=root, TAXII_COLLECTION=collection, TAXII_USERNAME=USER, TAXII_PASSWORD=PASSWORD,
        TAXII_SENT=str(sent), TAXII_REPORTS=os.environ.get("TAXII_REPORTS", "100"),
    )


def validate(name, objects):
    """What the OASIS validator and stix2 find wrong with objects."""
    problems = Counter()
    options = ValidationOptions(strict=True, version="2.1", disabled=",".join(ALLOWED))
    for one in objects:
        result = validate_instance(one, options)
        problems.update(str(error) for error in result.errors)
        stix2.parse(one)
    check(f"{name}: the OASIS validator and stix2 take all {len(objects)} objects", not problems, problems.most_common(3))


def generated(directory):
    """More reports than the servers take in time, without a server."""
    count = os.environ.get("TAXII_VALIDATED", "1000")
    file = directory / "objects"
    check(f"{count} generated reports: mapped", client("generated_reports_as_objects", TAXII_VALIDATED=count, TAXII_OBJECTS=str(file)))
    objects = [json.loads(line) for line in file.read_text().split("\n")]
    reports = sum(one["type"] == "report" for one in objects)
    check(f"{count} generated reports: each is there", reports == int(count), reports)
    validate(f"{count} generated reports", objects)


def judge(name, objects, sent):
    """What is stored, against what was sent."""
    stored = Counter(f"{one['id']}\t{one['modified']}" for one in objects)
    expected = set(sent.read_text().split("\n"))
    missing, more = expected - set(stored), set(stored) - expected
    check(f"{name}: holds all {len(expected)} versions that were sent", not missing, sorted(missing)[:3])
    check(f"{name}: holds nothing else, and nothing twice", not more and max(stored.values()) == 1, sorted(more)[:3])
    check(f"{name}: an indicator is revoked", any(one.get("revoked") for one in objects))
    ids = {one["id"] for one in objects}
    dangling = {ref for one in objects for ref in one.get("object_refs", []) if ref not in ids}
    check(f"{name}: every report refers to what is there", not dangling, sorted(dangling)[:3])
    validate(name, objects)


def medallion(directory):
    port = free_port()
    data = directory / "data.json"
    data.write_text((HERE / "medallion-data.json").read_text())
    config = directory / "config.json"
    config.write_text((HERE / "medallion.json").read_text().replace("DATA", str(data)))
    command = [pathlib.Path(sys.executable).parent / "medallion", "--host", "127.0.0.1", "--port", str(port), str(config)]
    with open(directory / "log", "w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            root = f"http://127.0.0.1:{port}/root/"
            wait_for(root, server)
            sent = directory / "sent"
            check("medallion: the client delivers everything", send(root, COLLECTION, sent))
            collection = Collection(f"{root}collections/{COLLECTION}/", user=USER, password=PASSWORD)
            pages = as_pages(collection.get_objects, per_request=1000, version="all")
            objects = [one for page in pages for one in page.get("objects", [])]
            judge("medallion", objects, sent)
        finally:
            server.terminate()


def opentaxii(directory):
    port = free_port()
    command = [sys.executable, HERE / "opentaxii_serve.py", directory, str(port), USER, PASSWORD]
    with open(directory / "log", "w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/taxii2/", server)
            where = json.loads((directory / "where.json").read_text())
            root = f"http://127.0.0.1:{port}/taxii2/{where['root']}/"
            sent = directory / "sent"
            check("OpenTAXII: the client delivers everything", send(root, where["collection"], sent))
            collection = Collection(f"{root}collections/{where['collection']}/", user=USER, password=PASSWORD)
            pages = as_pages(collection.get_objects, per_request=1000, version="all")
            # It shows the version of its own object, not that of the one it was sent.
            objects = [one | {"spec_version": "2.1"} for page in pages for one in page.get("objects", [])]
            judge("OpenTAXII", objects, sent)
        finally:
            server.terminate()


for serve in (generated, medallion, opentaxii):
    with tempfile.TemporaryDirectory() as directory:
        serve(pathlib.Path(directory))
sys.exit(failed)
