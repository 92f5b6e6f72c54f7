"""The operator's processes as the kernel of the node sees them."""

import os
import pathlib
import signal

from cluster import must


def of_pod(pod):
    """The process id of a Pod's operator."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if command[0].endswith(b"/flashpoint-operator") and f"POD_NAME={pod}".encode() in environment:
            return int(folder.name)
    return None


def freeze(pod):
    """From now on it does nothing, and hears nothing. Returns its process id."""
    pid = of_pod(pod)
    must(pid, f"no process of Pod {pod}")
    os.kill(pid, signal.SIGSTOP)
    return pid


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        # The kubelet was faster.
        pass


def hardening(pod):
    """What binds it, by name, as the kernel has it."""
    folder = pathlib.Path(f"/proc/{of_pod(pod)}")
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    (root,) = [line.split() for line in (folder / "mountinfo").read_text().splitlines() if line.split()[4] == "/"]
    return {
        "user": status["Uid"].split()[0],
        "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
        "new privileges": "no" if status["NoNewPrivs"].strip() == "1" else "yes",
        "seccomp": "filtered" if status["Seccomp"].strip() == "2" else "none",
        "root": root[5].split(",")[0],
        "written": writes_to_root(folder),
    }


def writes_to_root(folder):
    """Not even the node's root can write there by way of the container's mount."""
    try:
        (folder / "root/written").write_text("")
    except OSError as error:
        return os.strerror(error.errno)
    return "yes"
