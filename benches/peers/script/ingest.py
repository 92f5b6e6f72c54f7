"""What a user would write in place of the operator: lists Flashpoint's reports of the last day, and submits those with indicators to TruSTAR.

Addresses and credentials come by the environment, under the operator's names, and the enclave's id as ENCLAVE_ID.
"""

import html
import ipaddress
import json
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from ioc_finder import find_iocs
from trustar import Report, TruStar

PAGE = 500
AT_ONCE = 4
TIMEOUT_S = 30
LONGEST_TAG = 32
LONGEST_URL = 500
# Those of the operator's types that ioc-finder has.
TYPES = [
    "bitcoin_addresses",
    "cves",
    "domains",
    "ipv4s",
    "ipv6s",
    "registry_key_paths",
    "sha1s",
    "sha256s",
    "urls",
]
# Pyparsing, which ioc-finder is built on, fails where threads use a grammar for the first time at once.
FINDING = threading.Lock()
# What ioc-finder finds in most reports and nobody wants: resolvers, a version, a file.
IGNORED = {"1.1.1.1", "8.8.8.8", "11.0.0.1", "readme.md"}
# It takes MD5 digests for Bitcoin addresses.
MD5 = re.compile(r"[0-9a-f]{32}")
TAG = re.compile(r"<[^>]*>")


def pages(session, url):
    """Flashpoint's reports of the last day, a page at a time."""
    skip = 0
    while True:
        query = {"since": "-1d", "until": "now", "limit": PAGE, "skip": skip}
        answer = session.get(f"{url}/api/v4/reports/", params=query, timeout=TIMEOUT_S)
        answer.raise_for_status()
        page = answer.json()
        yield page["data"]
        skip += len(page["data"])
        if not page["data"] or skip >= page["total"]:
            return


def counts(kind, value):
    """Whether an indicator is worth a report: no address of a private or reserved range, nothing that is ignored."""
    if value in IGNORED or MD5.fullmatch(value):
        return False
    return kind not in ("ipv4s", "ipv6s") or ipaddress.ip_address(value).is_global


def has_indicators(report):
    """Whether ioc-finder finds any that counts in title, summary or body."""
    texts = (report.get(name) or "" for name in ("title", "summary", "body"))
    text = "\n".join(html.unescape(TAG.sub(" ", text)) for text in texts)
    with FINDING:
        found = find_iocs(text, included_ioc_types=TYPES)
    return any(counts(kind, value) for kind, values in found.items() for value in values)


def submit(trustar, report):
    """Submits a report, and sets its tags."""
    body = {"summary": report.get("summary"), **report} if "summary" in report else report
    deeplink = report.get("platform_url") or ""
    submission = Report(
        title=report.get("title") or report["id"],
        body=json.dumps(body, ensure_ascii=False),
        time_began=report["posted_at"],
        external_id=report["id"],
        external_url=deeplink if len(deeplink) <= LONGEST_URL else None,
    )
    guid = trustar.submit_report(submission).id.strip()
    tags = list(dict.fromkeys(tag for tag in report.get("tags") or [] if len(tag) <= LONGEST_TAG))
    if tags:
        trustar.alter_report_tags(guid, added_tags=tags, removed_tags=[])


def ingest(trustar, report):
    """One report; whether it was submitted, or why not."""
    try:
        if not has_indicators(report):
            return False
        submit(trustar, report)
        return True
    except (requests.RequestException, ValueError) as error:
        print(f"{report.get('id')}: {error}", file=sys.stderr)
        return None


def main():
    """Exit 1 if a report failed."""
    environment = os.environ
    trustar = TruStar(
        config={
            "user_api_key": environment["TRUSTAR_API_KEY"],
            "user_api_secret": environment["TRUSTAR_API_SECRET"],
            "enclave_ids": [environment["ENCLAVE_ID"]],
            "auth_endpoint": environment["TRUSTAR_URL"] + "/oauth/token",
            "api_endpoint": environment["TRUSTAR_URL"] + "/api/1.3",
            "client_metatag": "ingest",
        }
    )
    outcomes = []
    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as pool:
        session.headers["Authorization"] = f"Bearer {environment['FLASHPOINT_API_KEY']}"
        for page in pages(session, environment["FLASHPOINT_URL"]):
            outcomes += pool.map(lambda report: ingest(trustar, report), page)
    print(f"{len(outcomes)} reports, {outcomes.count(True)} submitted, {outcomes.count(None)} failed")
    sys.exit(1 if None in outcomes else 0)


if __name__ == "__main__":
    main()
