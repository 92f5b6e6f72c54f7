"""A check is a named function that raises if it does not hold; `report` runs some and prints a line for each."""

import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).parent.parent.parent


class Failed(Exception):
    """A check that did not hold, and what it found instead."""


def must(condition, message):
    if not condition:
        raise Failed(message)


def run(*command, cwd=ROOT, stdin=None):
    """The output of a command that has to succeed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, input=stdin, capture_output=True, text=True)
    must(done.returncode == 0, f"{command[0]} exits with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def report(checks):
    """Runs checks, given with their names; gives the exit code."""
    passed = failed = 0
    for name, check in checks:
        try:
            check()
        except (Failed, subprocess.CalledProcessError, KeyError, IndexError, StopIteration, ValueError, OSError, yaml.YAMLError) as error:
            failed += 1
            text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}{getattr(error, 'stderr', '')}"
            print(f"FAILED  {name}\n" + "\n".join(f"        {line}" for line in text.splitlines()))
        else:
            passed += 1
            print(f"ok      {name}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
