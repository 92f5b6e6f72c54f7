"""What the operator may reach: the chart's NetworkPolicy, the proxy's settings, and the examples that go by host names."""

import yaml

import values
from check import ROOT, must
from rendering import objects

PROXY = {"https": "http://proxy.example.com:3128"}
API_SERVER = [{"ipBlock": {"cidr": "10.0.0.1/32"}}]
# Where CSV data may be, besides Flashpoint's API.
FLASHPOINT = {"api.flashpoint.io", "app.flashpoint.io", "docs.fp.tools", "fp.tools"}


def made(kind, chosen):
    code, found, said = values.template(chosen)
    must(code == 0, said)
    return next(item for item in objects(found) if item["kind"] == kind)


def egress(chosen, **policy):
    """Ports and peers of each rule of egress beyond DNS."""
    policy = made("NetworkPolicy", chosen | {"networkPolicy": {"enabled": True, "apiServerTo": API_SERVER} | policy})
    rules = policy["spec"]["egress"]
    must({port["port"] for port in rules[0]["ports"]} == {53}, "the first is DNS")
    return [({port["port"] for port in rule["ports"]}, rule.get("to")) for rule in rules[1:]]


def same(found, expected):
    must(found == expected, f"{found}, not {expected}")


def without_proxy():
    """The ports of all services, those of destinations too, and no peers unless they are named."""
    servers = {"taxii": {"hub": "https://taxii.example.net:8443/api1/"}, "misp": {"main": "http://misp.example.org:8080"}}
    same(egress({"destinations": servers}), [({443, 6443}, API_SERVER), ({443, 8443, 8080}, None)])
    peers = [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    same(egress({}, servicesTo=peers)[-1], ({443}, peers))


def behind_a_proxy():
    """443 to every address would lead around the proxy; what is called directly has its ports."""
    proxy = [{"ipBlock": {"cidr": "10.9.9.9/32"}}]
    same(egress({"proxy": PROXY}, proxyTo=proxy), [({443, 6443}, API_SERVER), ({3128}, proxy)])
    same(egress({"proxy": PROXY}), [({443, 6443}, API_SERVER), ({3128}, None)])
    plain = egress({"proxy": {"http": "http://proxy.example.com:3128"}}, apiServerTo=[])
    same(plain, [({443, 6443}, None), ({3128}, None), ({443}, None)])
    inner = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "misp"}}}]
    for url, no_proxy, port in (
        ("https://misp.example.org:8444", "misp.example.org", 8444),
        ("https://misp.example.org", ".example.org", 443),
        ("https://misp.example.org", "other, example.org", 443),
        # The operator's client takes NO_PROXY in whatever case.
        ("https://misp.example.org:8443", "MISP.Example.org", 8443),
        ("https://MISP.example.org:8443", ".example.ORG", 8443),
        ("https://10.1.2.3:8443", "10.0.0.0/8", 8443),
        ("https://misp.intel.svc", "", 443),
        ("http://misp.other.org:8000", "", 8000),
    ):
        chosen = {"proxy": PROXY | {"noProxy": no_proxy}, "destinations": {"misp": {"main": url}}}
        same(egress(chosen, servicesTo=inner)[-1], ({port}, inner))
    for url, no_proxy in (("https://misp.example.org:8444", "ample.org"), ("https://misp.example.org:8444", "10.0.0.0/8")):
        chosen = {"proxy": PROXY | {"noProxy": no_proxy}, "destinations": {"misp": {"main": url}}}
        same(egress(chosen), [({443, 6443}, API_SERVER), ({3128}, None)])


def no_way_around():
    """Each rule that would let 443 out beside a proxy is refused, with the value that ends it."""
    for policy, chosen, name in (
        ({"apiServerTo": []}, {"proxy": PROXY}, "networkPolicy.apiServerTo"),
        ({}, {"proxy": {"https": "https://proxy.example.com"}}, "networkPolicy.proxyTo"),
        ({}, {"proxy": PROXY | {"noProxy": "api.trustar.co"}}, "networkPolicy.servicesTo"),
    ):
        code, _, said = values.template(chosen | {"networkPolicy": {"enabled": True, "apiServerTo": API_SERVER} | policy})
        must(code and f"{name}: behind a proxy, port 443" in said, f"{chosen}, {policy}: {said}")
    code, _, said = values.template({"proxy": PROXY, "networkPolicy": {"enabled": True}})
    must("kubectl get endpointslices -n default" in said, said)


def credentials():
    """A proxy's password is in a Secret; the address, and with it the port, and NO_PROXY stay where they were."""
    chosen = {"proxy": PROXY | {"existingSecret": "proxy-credentials", "noProxy": "misp.example.org"}}
    variables = made("Deployment", chosen)["spec"]["template"]["spec"]["containers"][0]["env"]
    names = [variable["name"] for variable in variables]
    by_name = dict(zip(names, variables, strict=True))
    same(by_name["HTTPS_PROXY"]["value"], "http://$(PROXY_USERNAME):$(PROXY_PASSWORD)@proxy.example.com:3128")
    must(by_name["NO_PROXY"]["value"].startswith("misp.example.org,$(KUBERNETES_SERVICE_HOST),"), by_name["NO_PROXY"]["value"])
    for key in ("username", "password"):
        name = f"PROXY_{key.upper()}"
        same(by_name[name]["valueFrom"]["secretKeyRef"], {"name": "proxy-credentials", "key": key})
        must(names.index(name) < names.index("HTTPS_PROXY"), "Kubernetes fills in what stands before")
    same(egress(chosen)[-1], ({3128}, None))

    for scheme in ("https", "http"):
        for address in ("http://user:CANARY/x@proxy:3128", "http://user:CANARY#x@proxy", "user:CANARY@proxy:3128", "http://user:CANARY x@proxy"):
            code, _, said = values.template({"proxy": {scheme: address}})
            must(code and f"proxy.{scheme}: write http://HOST:PORT" in said, said)
            must("CANARY" not in said, f"a refusal repeats the password: {said}")


# The fields that the documentation of CiliumNetworkPolicy and of Calico Enterprise's NetworkPolicy has at each place; a list stands for its
# elements, and None for any value.
ANY_MAP, PORTS = None, {"ports": [{"port": str, "protocol": str}], "rules": {"dns": [{"matchPattern": str}]}}
CILIUM = {
    "endpointSelector": {"matchLabels": ANY_MAP},
    "ingress": [{"fromEntities": [str], "fromEndpoints": [{"matchLabels": ANY_MAP}], "toPorts": [PORTS]}],
    "egress": [{"toEntities": [str], "toEndpoints": [{"matchLabels": ANY_MAP}], "toFQDNs": [{"matchName": str}], "toPorts": [PORTS]}],
}
SIDE = {"namespaceSelector": str, "selector": str, "ports": [int], "domains": [str], "services": {"name": str, "namespace": str}}
RULE = {"action": str, "protocol": str, "source": SIDE, "destination": SIDE}
CALICO = {"tier": str, "selector": str, "types": [str], "ingress": [RULE], "egress": [RULE]}


def fits(found, schema, path):
    if isinstance(schema, list):
        must(isinstance(found, list) and found, f"{path} is no list, or empty")
        for item in found:
            fits(item, schema[0], path)
    elif isinstance(schema, dict):
        must(isinstance(found, dict), f"{path} is no object")
        for key, value in found.items():
            must(key in schema, f"{path}.{key} is no field of it")
            fits(value, schema[key], f"{path}.{key}")
    elif schema is not None:
        must(isinstance(found, schema), f"{path} is no {schema.__name__}")


def by_host_names():
    """Both examples have the documented form, are of the release that the pages install, and let out to the same hosts."""
    cilium, calico = (yaml.safe_load((ROOT / f"examples/network/{name}.yaml").read_text()) for name in ("cilium", "calico"))
    same((cilium["apiVersion"], cilium["kind"]), ("cilium.io/v2", "CiliumNetworkPolicy"))
    same((calico["apiVersion"], calico["kind"]), ("projectcalico.org/v3", "NetworkPolicy"))
    fits(cilium["spec"], CILIUM, "spec")
    fits(calico["spec"], CALICO, "spec")
    must(calico["metadata"]["name"].startswith(calico["spec"]["tier"] + "."), "Calico asks for the tier before the name")
    code, found, said = values.template({}, "helm", "flashpoint-operator")
    must(code == 0, said)
    labels = next(item for item in objects(found) if item["kind"] == "Deployment")["spec"]["selector"]["matchLabels"]
    same(cilium["spec"]["endpointSelector"]["matchLabels"], labels)
    same(calico["spec"]["selector"], " && ".join(f"{key} == '{value}'" for key, value in labels.items()))
    named = {host["matchName"] for rule in cilium["spec"]["egress"] for host in rule.get("toFQDNs", [])}
    same({host for rule in calico["spec"]["egress"] for host in rule["destination"].get("domains", [])}, named)
    must(FLASHPOINT | {"api.trustar.co"} <= named, f"it lacks {FLASHPOINT - named}")
