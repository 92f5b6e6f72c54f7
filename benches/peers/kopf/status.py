"""When a feed is due, and what its status says after a sync."""

import datetime
import re

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def time(text):
    """A time of the status."""
    return datetime.datetime.fromisoformat(text) if text else None


def text(time):
    """A time as the status holds it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def due_in(told, generation):
    """For how many seconds a feed is left alone; zero or less where a sync is due."""
    due = time(told.get("nextSyncTime"))
    if due is None or told.get("observedGeneration") != generation:
        return 0
    return (due - datetime.datetime.now(datetime.UTC)).total_seconds()


def interval(text):
    """spec.interval, such as 15m, 1h30m or 1d; the definition's rules leave no other form."""
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum((datetime.timedelta(**{UNITS[unit]: int(number)}) for number, unit in parts), datetime.timedelta())


def after(told, generation, every, started, considered, total, created, newest):
    """The status after a sync that began at a whole second, with all of its fields."""
    began = text(started)
    totals = told.get("totals", {})
    ready = next((known for known in told.get("conditions", []) if known["status"] == "True"), None)
    after = {
        "observedGeneration": generation,
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Synced",
                "message": f"{considered} reports considered: {created} created, 0 updated, "
                f"{considered - created} unchanged, 0 without indicators",
                "observedGeneration": generation,
                "lastTransitionTime": ready["lastTransitionTime"] if ready else began,
            }
        ],
        "lastAttemptTime": began,
        "lastSyncTime": began,
        "nextSyncTime": text(started + interval(every)),
        "lastPostedTime": text(newest) if newest else None,
        "lastSubmittedTime": began if created else told.get("lastSubmittedTime"),
        "lastSync": {
            "total": total,
            "considered": considered,
            "matched": considered,
            "created": created,
            "updated": 0,
            "unchanged": considered - created,
            "withoutIndicators": 0,
            "withoutCsv": 0,
            "failed": 0,
            "pending": 0,
            "backlog": 0,
            "indicators": {},
        },
        "totals": {
            "syncs": totals.get("syncs", 0) + 1,
            "submitted": totals.get("submitted", 0) + created,
            "failed": totals.get("failed", 0),
        },
        "window": {"coveredTo": began},
        "consecutiveFailures": 0,
    }
    return {key: value for key, value in after.items() if value is not None}
