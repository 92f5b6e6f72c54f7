"""The node's cluster, through the programs that people use: kubectl and helm."""

import json
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).parent.parent.parent
CHART = ROOT / "charts/flashpoint-operator"


class Failed(Exception):
    """Something did not hold, and what was found instead."""


def must(condition, message):
    if not condition:
        raise Failed(message)


def run(*command, stdin=None):
    """A command that has to succeed: its output and what it said beside it."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, input=stdin, capture_output=True, text=True)
    must(done.returncode == 0, f"`{' '.join(map(str, command))}` exits with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def kubectl(*arguments, stdin=None):
    return run("kubectl", *arguments, stdin=stdin)[0]


def get(kind, *arguments):
    """An object, or a list of them."""
    found = json.loads(kubectl("get", kind, *arguments, "--output=json"))
    return found.get("items", found)


def show(*arguments):
    """Runs kubectl as a person would and prints what it prints."""
    output = kubectl(*arguments)
    print(f"\n$ kubectl {' '.join(arguments)}\n{output}", flush=True)
    return output


def until(what, seconds, question):
    """Asks until the answer is true, and returns it. A command that fails counts as a no."""
    end = time.monotonic() + seconds
    problem = ""
    while True:
        try:
            answer = question()
            if answer:
                return answer
            problem = ""
        except (Failed, OSError) as error:
            problem = f": {error}"
        must(time.monotonic() < end, f"{what}: not within {seconds} s{problem}")
        time.sleep(0.2)


def diagnose():
    """What a person needs to find out why something failed."""
    commands = [
        ["get", "pods", "--all-namespaces", "--output=wide"],
        ["get", "flashpointfeeds", "--all-namespaces", "--output=wide"],
        ["get", "events", "--all-namespaces", "--sort-by=.metadata.creationTimestamp"],
        ["describe", "pods", "--namespace=flashpoint-operator"],
        ["logs", "--namespace=flashpoint-operator", "--selector=app.kubernetes.io/name=flashpoint-operator", "--prefix", "--tail=40"],
        ["logs", "--namespace=flashpoint-operator", "--selector=app.kubernetes.io/name=flashpoint-operator", "--prefix", "--tail=20", "--previous"],
    ]
    for command in commands:
        done = subprocess.run(["kubectl", *command], capture_output=True, text=True)
        print(f"\n$ kubectl {' '.join(command)}\n{done.stdout}{done.stderr}", flush=True)
