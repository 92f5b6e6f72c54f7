"""The calls of Flashpoint and of TruSTAR."""

import asyncio
import datetime
import json
import time

import aiohttp

LISTING = "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256"
UPSERT = "/api/1.3/reports/upsert?idType=external&mode=OVERRIDE"
# How many reports of a sync are written at the same time.
WRITES_AT_ONCE = 4
# How long before its end a token is given up, in seconds.
TOKEN_MARGIN = 60


class Vendors:
    """Both services; one session, so that connections are kept."""

    def __init__(self, flashpoint, trustar):
        self.flashpoint, self.trustar = flashpoint, trustar
        self.session = aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=30))
        # By key and secret: a token, and until when it is good.
        self.tokens = {}
        self.asking = asyncio.Lock()

    async def close(self):
        await self.session.close()

    async def reports(self, key):
        """The reports of a day, and how many Flashpoint says there are."""
        headers = {"Authorization": f"Bearer {key}"}
        async with self.session.get(self.flashpoint + LISTING, headers=headers) as answer:
            page = await answer.json()
        return page["data"], page["total"]

    async def submit(self, credential, enclave, reports):
        """Writes reports to an enclave, the first failure ending it."""
        waiting = iter(reports)

        async def write():
            for report in waiting:
                await self._upsert(credential, enclave, report)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(WRITES_AT_ONCE, len(reports))):
                group.create_task(write())

    async def _upsert(self, credential, enclave, report):
        posted = datetime.datetime.fromisoformat(report["posted_at"]).astimezone(datetime.UTC)
        submission = {
            "title": report["title"],
            "reportBody": json.dumps(report, ensure_ascii=False, separators=(",", ":")),
            "enclaveIds": [enclave],
            "externalTrackingId": report["id"],
            "externalUrl": report.get("platform_url"),
            "timeBegan": posted.isoformat(timespec="milliseconds"),
            "distributionType": "ENCLAVE",
        }
        headers = {
            "Authorization": await self._token(credential),
            "Client-Type": "API",
            "Client-Version": "1.3",
            "Client-Metatag": "peer",
        }
        async with self.session.post(self.trustar + UPSERT, json=submission, headers=headers) as answer:
            await answer.read()

    async def _token(self, credential):
        """The one in use for a credential, or a new one; one task at a time asks for it."""
        async with self.asking:
            bearer, good_until = self.tokens.get(credential, (None, 0))
            if time.monotonic() >= good_until:
                headers = {"Authorization": aiohttp.encode_basic_auth(*credential)}
                form = {"grant_type": "client_credentials"}
                async with self.session.post(f"{self.trustar}/oauth/token", data=form, headers=headers) as answer:
                    grant = await answer.json()
                bearer = f"Bearer {grant['access_token']}"
                good_until = time.monotonic() + grant["expires_in"] - TOKEN_MARGIN
                self.tokens[credential] = bearer, good_until
            return bearer
