"""pymisp against the simulator, and against what the operator sends to it; misp-stix, which makes events of STIX, beside it."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import warnings

import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser
from pymisp import MISPEvent, PyMISP
from pymisp.abstract import describe_types

failures = 0
passes = 0


def check(name, actual, expected=True):
    """Prints one line; the check passes if both values are equal."""
    global failures, passes
    if actual == expected:
        passes += 1
        print(f"ok    {name}")
    else:
        failures += 1
        print(f"FAIL  {name}: {actual!r}, not {expected!r}")


class Simulator:
    """A simulated MISP in a process of its own."""

    def __init__(self):
        command = ["cargo", "run", "--quiet", "--locked", "--package", "simulators", "--example", "misp"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the simulator did not start (see above)")
        settings = json.loads(line)
        self.url, self.key = settings["url"], settings["key"]

    def admin(self, path):
        """What a call of the admin API answers."""
        with urllib.request.urlopen(f"{self.url}/_sim/{path}") as answer:
            return json.loads(answer.read())

    def client(self):
        """A pymisp client; it warns of nothing."""
        return PyMISP(self.url, self.key, ssl=False)

    def stop(self):
        """Stops the process."""
        self.process.terminate()
        self.process.wait()


def client(simulator):
    """A life of an event by pymisp's own client: the simulator is a MISP to it."""
    misp = simulator.client()
    check("client: version", misp.misp_instance_version["version"], "2.5.1")
    event = MISPEvent()
    event.info = "By pymisp"
    event.add_attribute("domain", "EVIL.example")
    event.add_attribute("ip-dst", "198.51.100.7")
    event.add_tag("tlp:green")
    added = misp.add_event(event, pythonify=True)
    check("client: add", [one.value for one in added.attributes], ["evil.example", "198.51.100.7"])
    check("client: tags", [tag.name for tag in added.tags], ["tlp:green"])
    again = misp.add_event(event)
    check("client: add again is a 404", again["errors"][0], 404)
    check("client: it exists", misp.event_exists(added.uuid))
    added.info = "Changed"
    added.attributes[0].delete()
    changed = misp.update_event(added, pythonify=True)
    check("client: update", (changed.info, [one.value for one in changed.attributes]), ("Changed", ["198.51.100.7"]))
    misp.publish(changed)
    check("client: publish", misp.get_event(added.uuid, pythonify=True).published)
    check("client: delete", misp.delete_event(added.uuid)["message"], "Event deleted.")
    check("client: then it is blocked", misp.add_event(event)["errors"][0], 403)


def deliver(simulator, test, **environment):
    """Runs a test that delivers to the simulator; the calls that write."""
    since = len(simulator.admin("record"))
    command = ["cargo", "test", "--quiet", "--locked", "--package", "flashpoint-operator", "--test", "clients", test, "--", "--ignored"]
    environment = {**os.environ, "MISP_URL": simulator.url, "MISP_KEY": simulator.key, **environment}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        print(ran.stdout)
    check(f"{test}: delivers", ran.returncode, 0)
    return [call for call in simulator.admin("record")[since:] if call["method"] == "POST"]


def operator(simulator):
    """What the operator sends: each body is an event to pymisp, and what was sent is what is there."""
    writes = deliver(simulator, "pymisp_reads_what_is_sent")
    check("operator: two events, one edit", [call["target"].split("/")[2] for call in writes], ["add", "edit", "add"])
    check("operator: no write fails", {call["status"] for call in writes}, {200})
    mappings = describe_types["category_type_mappings"]
    sent = {}
    for number, call in enumerate(writes):
        body = json.loads(call["body"])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            event = MISPEvent(strict_validation=True)
            event.from_dict(**body)
        check(f"operator: body {number} is an event", event.uuid, body["uuid"])
        read = json.loads(event.to_json())
        check(f"operator: body {number} loses no key", sorted(key for key in body if key not in read), [])
        check(f"operator: body {number} keeps its attributes", len(event.attributes), len(body.get("Attribute", [])))
        wrong = [one.type for one in event.attributes if one.type not in mappings[one.category]]
        check(f"operator: body {number} has types of their categories", wrong, [])
        held = sent.setdefault(event.uuid, {})
        held.update({one.uuid: getattr(one, "deleted", False) for one in event.attributes})
    misp = simulator.client()
    for uuid, attributes in sent.items():
        event = misp.get_event(uuid, deleted=True, pythonify=True)
        stored = {one.uuid for one in event.attributes if not getattr(one, "deleted", False)}
        live = {one for one, deleted in attributes.items() if not deleted}
        check(f"operator: event {uuid}: what is sent is there ({len(live)} attributes)", stored, live)
        check(f"operator: event {uuid}: one report", len(event.event_reports), 1)


# What MISP makes of our STIX is no attribute: a CVE and a name of malware become galaxies; a Bitcoin address stands in the
# description, which becomes the event report; the link stands in an external reference, which is not read.
ONLY_OURS = {"btc", "link", "malware-type", "vulnerability"}


def as_stix_writes_it(value):
    """STIX wants the hives of registry keys written out (STIX 2.1, section 6.15); MISP gets keys as they were found."""
    return value.replace("HKLM\\", "HKEY_LOCAL_MACHINE\\", 1)


def converter(simulator):
    """A report's STIX bundle, converted by misp-stix, beside the event that the operator sends of it."""
    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "bundle.json")
        [write] = deliver(simulator, "misp_stix_reads_what_is_sent", STIX_BUNDLE=file)
        with open(file) as text:
            bundle = json.load(text)
    parser = ExternalSTIX2toMISPParser()
    parser.load_stix_bundle(stix2.parse(bundle))
    parser.parse_stix_bundle(single_event=True)
    check("misp-stix: reads it without errors or warnings", [dict(parser.errors), dict(parser.warnings)], [{}, {}])
    converted, ours = json.loads(parser.misp_event.to_json()), json.loads(write["body"])
    for field in ("uuid", "info", "distribution"):
        check(f"misp-stix: the same {field}", converted[field], ours[field])
    tags = [{tag["name"] for tag in event["Tag"]} for event in (converted, ours)]
    check("misp-stix: the same tags, and the author's", tags[0] - tags[1], {'misp-galaxy:producer="Flashpoint"'})
    check("misp-stix: no tag is missing", tags[1] - tags[0], set())
    form = lambda one: (one["type"], one["category"], one["to_ids"], as_stix_writes_it(one["value"]))
    theirs = {form(one) for one in converted["Attribute"]}
    shared = {form(one) for one in ours["Attribute"] if one["type"] not in ONLY_OURS}
    check("misp-stix: the same types, categories, flags and values", theirs, shared)
    check("misp-stix: what is an attribute of ours alone", {one["type"] for one in ours["Attribute"]} - {one[0] for one in theirs}, ONLY_OURS)
    ids = {one["id"].partition("--")[2] for one in bundle["objects"] if one["type"] == "indicator"}
    check("misp-stix: attributes keep the indicators' uuids", {one["uuid"] for one in converted["Attribute"]}, ids)
    check("misp-stix: ours follow from type and value, so that both can stand in one MISP", ids & {one["uuid"] for one in ours["Attribute"]}, set())
    clusters = {cluster["value"].lower() for galaxy in converted["Galaxy"] for cluster in galaxy["GalaxyCluster"]}
    named = {one["value"].lower() for one in ours["Attribute"] if one["type"] in ("vulnerability", "malware-type")}
    check("misp-stix: CVEs and malware are galaxies", clusters, named)
    [text] = [report["content"] for report in converted["EventReport"]]
    wallets = [one["value"] for one in ours["Attribute"] if one["type"] == "btc"]
    check("misp-stix: Bitcoin addresses stand in the description", [wallet for wallet in wallets if wallet not in text], [])


def main():
    """Runs all checks."""
    simulator = Simulator()
    try:
        for part in (client, operator, converter):
            try:
                part(simulator)
            except Exception as error:
                check(f"{part.__name__}: runs to its end", repr(error), "no exception")
    finally:
        simulator.stop()
    print(f"{passes} passed, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
