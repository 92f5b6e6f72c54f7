"""Calls of the TruSTAR Python SDK against the simulator; what the SDK parses is compared with what was sent."""

import base64
import json
import logging
import subprocess
import sys
import time
import urllib.request
from datetime import datetime

from requests import HTTPError
from trustar import Report, TruStar

OTHER_ENCLAVE = "11111111-2222-4333-8444-555555555555"
BODY = json.dumps({"summary": "Ünïcode “quoted”", "id": "VsYw1x9QTkK0", "ip": "45.1.2.3"})
BEGAN = "2026-11-20T08:15:30.123+00:00"
BEGAN_MS = 1795162530123

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


def refused(call):
    """The HTTP status with which a call is refused, and its text; none if it is not."""
    try:
        call()
    except HTTPError as error:
        return error.response.status_code, str(error)
    return None, ""


class Simulator:
    """A TruSTAR simulator in a process of its own."""

    def __init__(self):
        command = ["cargo", "run", "--quiet", "--locked", "--package", "simulators", "--", "trustar"]
        command += ["--enclave", "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65", "--enclave", OTHER_ENCLAVE]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the simulator did not start (see above)")
        settings = json.loads(line)["trustar"]
        self.url = settings["url"]
        self.key = settings["api_key"]
        self.secret = settings["api_secret"]
        self.enclave = settings["enclave_ids"][0]

    def admin(self, path, body=None):
        """Calls the admin API: POST with a body, else GET."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sim/{path}", data)) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def requests(self):
        """Method, path and status of every request so far."""
        record = self.admin("record")
        return [(call["method"], call["target"].split("?")[0], call["status"]) for call in record]

    def client(self, **changes):
        """An SDK client for this simulator."""
        config = {
            "user_api_key": self.key,
            "user_api_secret": self.secret,
            "enclave_ids": [self.enclave],
            "auth_endpoint": f"{self.url}/oauth/token",
            "api_endpoint": f"{self.url}/api/1.3",
            "client_metatag": "flashpoint-operator tests",
            "max_wait_time": 5,
        }
        return TruStar(config={**config, **changes})

    def stop(self):
        """Stops the process."""
        self.process.terminate()
        self.process.wait()


def new_report(external_id, title="FP: Ünïcode"):
    """A report as the operator would send it."""
    return Report(
        title=title,
        body=BODY,
        time_began=BEGAN,
        external_id=external_id,
        external_url=f"https://fp.tools/home/intelligence/reports/report/{external_id}#detail",
    )


def access(simulator):
    """Token, ping, version, enclaves, quotas, and the headers every call carries."""
    client = simulator.client()
    check("ping", client.ping(), "pong")
    check("version", client.get_version(), "1.3")
    calls = simulator.admin("record")
    check("token: one call before the first", [call["target"] for call in calls], ["/oauth/token", "/api/1.3/ping", "/api/1.3/version"])
    basic = base64.b64encode(f"{simulator.key}:{simulator.secret}".encode()).decode()
    check("token: basic credentials and a form", (calls[0]["headers"]["authorization"], calls[0]["body"]), (f"Basic {basic}", "grant_type=client_credentials"))
    check("headers: client type", calls[1]["headers"]["client-type"], "PYTHON_SDK")
    check("trace id", calls[2]["status"] == 200 and len(client._client.get_last_trace_id()) > 0)
    enclave, other = client.get_user_enclaves()
    check("enclaves: ids", (enclave.id, other.id), (simulator.enclave, OTHER_ENCLAVE))
    check("enclaves: rights", (enclave.read, enclave.create, enclave.update), (True, True, True))
    check("enclaves: type and name", (enclave.type, enclave.name), ("INTERNAL", "Enclave 1"))
    (quota,) = client.get_request_quotas()
    check("request quotas", (quota.max_requests, quota.time_window), (3000, 86_400_000))
    status, _ = refused(simulator.client(user_api_secret="wrong").ping)
    check("token: a wrong secret is refused", status, 401)
    status, text = refused(simulator.client(client_metatag=None).ping)
    check("headers: no metatag is refused", (status, "client-metatag" in text.lower()), (400, True))


def reports(simulator):
    """Submission, update, details, deletion."""
    client = simulator.client()
    submitted = client.submit_report(new_report("VsYw1x9QTkK0"))
    check("submit: the guid", len(submitted.id), 36)
    (stored,) = simulator.admin(f"enclaves/{simulator.enclave}")
    check("submit: title", stored["title"], submitted.title)
    check("submit: body", stored["body"], BODY)
    check("submit: external id", stored["external_id"], "VsYw1x9QTkK0")
    check("submit: deeplink", stored["external_url"], submitted.external_url)
    began = datetime.fromisoformat(stored["time_began"].replace("Z", "+00:00"))
    check("submit: time begun", round(began.timestamp() * 1000), BEGAN_MS)
    status, _ = refused(lambda: client.submit_report(new_report("VsYw1x9QTkK0")))
    check("submit: the same external id again is refused", status, 409)
    elsewhere = new_report("elsewhere")
    elsewhere.enclave_ids = ["no-such-enclave"]
    check("submit: a foreign enclave is refused", refused(lambda: client.submit_report(elsewhere))[0], 403)

    details = client.get_report_details("VsYw1x9QTkK0", id_type=Report.ID_TYPE_EXTERNAL)
    check("details: id", details.id, submitted.id)
    check("details: title and body", (details.title, details.body), (submitted.title, BODY))
    check("details: time begun in milliseconds", details.time_began, BEGAN_MS)
    check("details: enclave", (details.is_enclave, details.enclave_ids), (True, [simulator.enclave]))
    check("details: times are milliseconds", abs(details.created / 1000 - time.time()) < 60 and details.updated >= details.created)
    raw = simulator_get(client, f"reports/{submitted.id}")
    check("details: the external id reads back as externalId", raw["externalId"], "VsYw1x9QTkK0")
    check("details: so that the SDK does not see it", details.external_id, None)

    details.title, details.external_id = "Changed", "VsYw1x9QTkK0"
    client.update_report(details)
    changed = client.get_report_details(submitted.id)
    check("update: by guid", (changed.title, changed.body, changed.time_began), ("Changed", BODY, BEGAN_MS))
    again = new_report("VsYw1x9QTkK0", title="Changed again")
    check("update: without an enclave is refused", refused(lambda: client.update_report(again))[0], 400)
    again.enclave_ids = [simulator.enclave]
    client.update_report(again)
    check("update: by external id", client.get_report_details(submitted.id).title, "Changed again")
    check("update: still one report", len(simulator.admin(f"enclaves/{simulator.enclave}")), 1)
    check("status", simulator_get(client, f"reports/{submitted.id}/status")["status"], "SUBMISSION_SUCCESS")
    tags(client, submitted.id)
    client.delete_report("VsYw1x9QTkK0", id_type=Report.ID_TYPE_EXTERNAL)
    check("delete", simulator.admin(f"enclaves/{simulator.enclave}"), [])
    check("delete: then there is no such report", refused(lambda: client.get_report_details(submitted.id))[0], 404)


def tags(client, guid):
    """Tags, added and altered."""
    check("tags: add", client.add_enclave_tag(guid, "Cyber Threats"), "Cyber Threats")
    altered = client.alter_report_tags("VsYw1x9QTkK0", ["b", "a"], ["cyber threats", "absent"], id_type="external")
    check("tags: alter", altered, guid)
    found = client.get_enclave_tags("VsYw1x9QTkK0", id_type="external")
    check("tags: get", [(tag.name, tag.id) for tag in found], [("a", "a"), ("b", "b")])
    check("tags: add one of 91 characters is refused", refused(lambda: client.add_enclave_tag(guid, "x" * 91))[0], 400)
    check("tags: delete", client.delete_enclave_tag(guid, "b"), guid)
    check("tags: of a report that is not there", refused(lambda: client.get_enclave_tags("none"))[0], 404)


def paging(simulator):
    """The listing, walked by time, and the search."""
    client = simulator.client()
    for number in range(60):
        client.submit_report(new_report(f"page-{number}", title=f"Paged {number}"))
        # The walk goes on a millisecond before the last report seen: none may share it.
        time.sleep(0.002)
    marked = client.get_report_details("page-7", id_type="external")
    client.alter_report_tags(marked.id, ["marked"], [])
    # Left to itself, the SDK leaves out the current second.
    window = {"is_enclave": True, "to_time": int(time.time() * 1000) + 1000}

    def titles(**selection):
        return [report.title for report in client.get_reports(**window, **selection)]

    listed = titles()
    check("paging: every report once", sorted(listed), sorted(f"Paged {number}" for number in range(60)))
    check("paging: the last changed first", listed[:2], ["Paged 7", "Paged 59"])
    check("paging: by tag", titles(tag="marked"), ["Paged 7"])
    check("paging: other enclaves", titles(enclave_ids=[OTHER_ENCLAVE]), [])
    found = list(client.search_reports("paged 5"))
    check("search: all pages", (len(found), found[0].body), (11, None))


def tokens(simulator):
    """Expired tokens are replaced and the call replayed."""
    client = simulator.client()
    client.ping()
    simulator.admin("expire-tokens", {})
    before = len(simulator.requests())
    check("expired token: the call succeeds", client.ping(), "pong")
    replay = [("GET", "/api/1.3/ping", 400), ("POST", "/oauth/token", 200), ("GET", "/api/1.3/ping", 200)]
    check("expired token: refused, renewed, replayed", simulator.requests()[before:], replay)


def limits(simulator):
    """Call limits: the SDK waits as long as it is told, or gives up."""
    simulator.admin("settings", {"calls_per_minute": 1})
    client = simulator.client()
    client.ping()
    status, text = refused(client.ping)
    check("call limit: a long wait is raised", (status, "Request limit exceeded" in text), (429, True))
    simulator.admin("clock", {"skew_seconds": 58})
    before = len(simulator.requests())
    check("call limit: a short wait is waited", client.ping(), "pong")
    statuses = [status for _, _, status in simulator.requests()[before:]]
    check("call limit: one early call, then the answer", statuses, [429, 200])
    simulator.admin("settings", {"calls_per_minute": 0})


def simulator_get(client, path):
    """What the API answers, as it is."""
    return client._client.get(path).json()


def main():
    """Runs all checks."""
    logging.disable(logging.CRITICAL)
    simulator = Simulator()
    try:
        for part in (access, reports, paging, tokens, limits):
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
