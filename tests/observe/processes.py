"""The programs that the checks stand on. Each ends with the check, also when that is killed."""

import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from check import Failed, must

BUILT = pathlib.Path(os.environ["BUILT"])
PARENT_DEATH_SIGNAL = 1
LIBC = ctypes.CDLL(None)

# How long something may take that takes a moment; a busy machine takes many times the usual.
SOON = 60


def until(what, ask, within=SOON, pause=0.2):
    """Asks again and again until there is an answer."""
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        must(time.monotonic() < deadline, f"not within {within} s: {what}")
        time.sleep(pause)


def get(url, **headers):
    """Status and body of an answer, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Process:
    """A child process with its log in a file."""

    def __init__(self, folder, name, *command, **environment):
        self.log = folder / f"{name}.log"
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "XDG_CACHE_HOME", "KUBEBUILDER_ASSETS", "TMPDIR")}
        with self.log.open("w") as log:
            self.child = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env=kept | environment,
                preexec_fn=self.end_with_parent,
            )

    @staticmethod
    def end_with_parent():
        LIBC.prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)

    def first_line(self):
        line = self.child.stdout.readline().strip()
        must(line, f"{self.child.args[0]} did not start:\n{self.logged()[-2000:]}")
        return line

    def logged(self):
        return self.log.read_text()

    def stop(self):
        """Asks it to end, and gives its exit code."""
        self.child.terminate()
        try:
            return self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise Failed(f"{self.child.args[0]} did not end within 15 s") from None


class ControlPlane(Process):
    """kube-apiserver and etcd."""

    def __init__(self, folder):
        super().__init__(folder, "control-plane", BUILT / "control-plane", "up")
        self.kubeconfig = self.first_line()

    @staticmethod
    def end_with_parent():
        """It ends in order once its standard input closes, as it does with the parent."""

    def stop(self):
        self.child.stdin.close()
        return self.child.wait(30)


class Vendors(Process):
    """Both simulators."""

    def __init__(self, folder):
        super().__init__(folder, "simulators", BUILT / "simulators", "both", "--reports", "60", "--csv", "0.3")
        self.told = json.loads(self.first_line())

    def ask(self, vendor, method, path, body=None):
        """A call of a simulator's admin API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.told[vendor]["url"] + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text else None


class Operator(Process):
    """The operator."""

    def __init__(self, folder, name, control_plane, vendors):
        command = [BUILT / "flashpoint-operator", "run", "--http-addr", "127.0.0.1:0", "--log-format", "json"]
        urls = {f"{vendor.upper()}_URL": vendors.told[vendor]["url"] for vendor in ("flashpoint", "trustar")}
        super().__init__(folder, name, *command, KUBECONFIG=control_plane.kubeconfig, TRUSTAR_CALLS_PER_MINUTE="0", **urls)
        self.address = until("the operator serves its endpoints", self.listening)

    def listening(self):
        must(self.child.poll() is None, f"the operator ended:\n{self.logged()[-2000:]}")
        lines = [json.loads(line) for line in self.logged().splitlines() if line.endswith("}")]
        return next((line["address"] for line in lines if "serving /metrics" in line.get("message", "")), None)

    def get(self, path, **headers):
        return get(f"http://{self.address}{path}", **headers)


def snake_case(rule):
    """A relabeling of a ServiceMonitor as Prometheus writes it."""
    return {re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), key): value for key, value in rule.items()}


class Prometheus(Process):
    """A Prometheus that scrapes one target every few seconds, as a ServiceMonitor's endpoint says, and evaluates rules."""

    INTERVAL = 2

    def __init__(self, folder, target, endpoint, rules):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % probe.getsockname()[1]
        scrape = {
            "job_name": "flashpoint-operator",
            "metrics_path": endpoint["path"],
            "honor_labels": endpoint["honorLabels"],
            "relabel_configs": [snake_case(rule) for rule in endpoint["relabelings"]],
            # The labels that the Prometheus Operator gives each target.
            "static_configs": [{"targets": [target], "labels": {"namespace": "flashpoint", "service": "flashpoint-operator", "pod": "pod", "container": "operator"}}],
        }
        often = f"{self.INTERVAL}s"
        config = {"global": {"scrape_interval": often, "evaluation_interval": often}, "rule_files": ["rules.yaml"], "scrape_configs": [scrape]}
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
        options = ["--config.file=prometheus.yaml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
        self.url = f"http://{address}/api/v1/"
        self.started = time.time()
        super().__init__(folder, "prometheus", "prometheus", *options)
        until("Prometheus is ready", lambda: self.ready(f"http://{address}/-/ready"))

    def ready(self, url):
        must(self.child.poll() is None, f"Prometheus ended:\n{self.logged()[-2000:]}")
        try:
            return get(url)[0] == 200
        except OSError:
            return False

    def ask(self, path, **query):
        """The data of an answer of its HTTP API."""
        code, text = get(self.url + path + "?" + urllib.parse.urlencode(query))
        must(code == 200, f"Prometheus answers {code}: {text}")
        return json.loads(text)["data"]

    def values(self, query, instant):
        """Each value that a query has had so far, or has now."""
        if instant:
            found = self.ask("query", query=query)["result"]
            return [float(series["value"][1]) for series in found]
        found = self.ask("query_range", query=query, start=self.started, end=time.time(), step=self.INTERVAL)["result"]
        return [float(value) for series in found for _, value in series["values"]]
