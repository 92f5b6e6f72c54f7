"""The peer in Python: kopf doing the operator's work."""

import asyncio
import base64
import contextlib
import datetime
import math
import os
import time

import aiohttp
import kopf
from aiohttp import web

import status
import vendors

FEEDS = ("flashpoint-operator.dev", "v1alpha1", "flashpointfeeds")
PATH = "/apis/flashpoint-operator.dev/v1alpha1"
# How many feeds are synced at the same time, as the operator does by default: kopf bounds only what runs in threads.
at_once = asyncio.Semaphore(16)


class Cluster:
    """The API server, by the session that kopf itself uses."""

    server: str
    session: aiohttp.ClientSession | None = None

    async def call(self, method, path, **parameters):
        async with self.session.request(method, self.server + path, raise_for_status=True, **parameters) as answer:
            return await answer.json()


class Readiness:
    """Whether the watch has shown the feeds: kopf does not tell, so those that it showed are counted against all."""

    def __init__(self):
        self.ready = False
        self.seen = set()
        self.there = None
        self.counted_at = -math.inf

    async def answer(self, _):
        if not self.ready and cluster.session:
            # Once a second: whoever waits asks far more often.
            if time.monotonic() - self.counted_at > 1:
                self.counted_at = time.monotonic()
                page = await cluster.call("GET", f"{PATH}/flashpointfeeds?limit=1")
                self.there = len(page["items"]) + page["metadata"].get("remainingItemCount", 0)
            self.ready = self.there is not None and len(self.seen) >= self.there
        if not self.ready:
            return web.Response(status=503)
        self.seen.clear()
        return web.Response()


cluster = Cluster()
readiness = Readiness()


@kopf.on.startup()
async def start(settings, memo, **_):
    settings.posting.enabled = False
    # A large listing comes in parts.
    settings.watching.chunk_size = 500
    # The definition is there before the operator and does not change.
    settings.scanning.disabled = True
    # A stop takes it some time for each daemon; what is left of it then is killed. In seconds.
    settings.process.ultimate_exiting_timeout = 7
    memo.vendors = vendors.Vendors(os.environ["FLASHPOINT_URL"], os.environ["TRUSTAR_URL"])
    app = web.Application()
    app.router.add_get("/readyz", readiness.answer)
    memo.http = web.AppRunner(app, access_log=None)
    await memo.http.setup()
    host, port = os.environ["HTTP_ADDR"].rsplit(":", 1)
    await web.TCPSite(memo.http, host, int(port)).start()


@kopf.on.cleanup()
async def stop(memo, **_):
    await memo.http.cleanup()
    await memo.vendors.close()


@kopf.on.login()
async def login(**parameters):
    """One session for kopf's own calls and ours, as kopf's documentation on custom sessions has it."""
    info = kopf.login_with_kubeconfig(**parameters)
    cluster.server = info.server
    cluster.session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
        headers=info.as_http_headers(),
    )
    return kopf.AiohttpSession(server=info.server, aiohttp_session=cluster.session)


@kopf.on.event(*FEEDS)
async def look(meta, memo, uid, **_):
    """Wakes the feed's daemon at a new generation. Such a handler keeps nothing in annotations, unlike those for changes."""
    if not readiness.ready:
        readiness.seen.add(uid)
    if memo.get("generation") != meta["generation"]:
        memo.generation = meta["generation"]
        memo.setdefault("edited", asyncio.Event()).set()


# A daemon, not a timer: a timer's interval is the same for all resources. What fails is tried again after the backoff.
@kopf.daemon(*FEEDS, backoff=5.0, cancellation_timeout=1.0)
async def feed(namespace, name, body, memo, **_):
    # The answer to our own write is newer than what the watch showed.
    told = body.get("status", {})
    # At a stop the daemon is cancelled, and one that passes that on is warned of.
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            memo.edited.clear()
            wait = status.due_in(told, body["metadata"]["generation"])
            if wait <= 0:
                async with at_once:
                    told = await sync(namespace, name, body, told, memo.vendors)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await memo.edited.wait()


async def sync(namespace, name, body, told, services):
    """Does the work of one sync, and gives the status that the API server holds then."""
    started = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    generation, spec = body["metadata"]["generation"], body["spec"]
    secret = await cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{spec['secretRef']['name']}")
    keys = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    reports, total = await services.reports(keys["flashpoint-api-key"])
    # The status holds whole seconds.
    posted = [datetime.datetime.fromisoformat(report["posted_at"]).replace(microsecond=0) for report in reports]
    last = status.time(told.get("lastPostedTime"))
    new = [report for report, when in zip(reports, posted) if last is None or when > last]
    credential = keys["trustar-api-key"], keys["trustar-api-secret"]
    await services.submit(credential, spec["enclaveId"], new)
    newest = max(posted, default=last) if new else last
    after = status.after(told, generation, spec["interval"], started, len(reports), total, len(new), newest)
    stored = await cluster.call(
        "PATCH",
        f"{PATH}/namespaces/{namespace}/flashpointfeeds/{name}/status",
        json={"status": after},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    return stored["status"]
