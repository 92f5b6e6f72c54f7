"""The API server as a client sees it, by its kubeconfig."""

import base64
import json
import pathlib
import ssl
import tempfile
import urllib.error
import urllib.request

from check import Failed

FEEDS = "/apis/flashpoint-operator.dev/v1alpha1/namespaces/intel/flashpointfeeds"
APPLY = "?fieldManager=observe&force=true"


class Cluster:
    """The API server, asked as the administrator."""

    def __init__(self, kubeconfig):
        config = json.loads(pathlib.Path(kubeconfig).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        decoded = lambda text: base64.b64decode(text).decode()
        self.server = cluster["server"]
        self.tls = ssl.create_default_context(cadata=decoded(cluster["certificate-authority-data"]))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(decoded(user["client-certificate-data"]) + "\n" + decoded(user["client-key-data"]))
            file.flush()
            self.tls.load_cert_chain(file.name)

    def ask(self, method, path, body=None, kind="application/json"):
        """The object that the API server answers with."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, {"content-type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.tls) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def apply(self, collection, thing):
        return self.ask("PATCH", f"{collection}/{thing['metadata']['name']}{APPLY}", thing, "application/apply-patch+yaml")

    def merge(self, feed, patch):
        return self.ask("PATCH", f"{FEEDS}/{feed}", patch, "application/merge-patch+json")

    def feeds(self):
        """All feeds by name."""
        items = self.ask("GET", FEEDS)["items"]
        # A list leaves out what all its items have in common.
        return {item["metadata"]["name"]: item | {"apiVersion": "flashpoint-operator.dev/v1alpha1", "kind": "FlashpointFeed"} for item in items}

    def feed(self, name):
        return self.ask("GET", f"{FEEDS}/{name}")
