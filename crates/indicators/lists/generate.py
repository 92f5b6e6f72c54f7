#!/usr/bin/env python3
"""Writes malware-names.tsv, actor-names.txt and known-sites.txt from the sources README.md names.

Run it in an environment that has exactly requirements.txt:

    python3 generate.py            # writes the lists
    python3 generate.py --check    # exit 1 if the lists differ from what would be written

The output depends on nothing but those packages and the text files beside this script.
"""

import argparse
import functools
import json
import pathlib
import re
import sys
from collections import defaultdict
from importlib import resources

from wordfreq import zipf_frequency

HERE = pathlib.Path(__file__).resolve().parent

# In order of trust for the spelling of a name. Malpedia is left out: its terms are CC BY-NC-SA.
CLUSTERS = [
    "mitre-malware", "rat", "banker", "stealer", "backdoor", "botnet", "cryptominers", "exploit-kit",
    "tool", "android", "ransomware", "mitre-tool",
]  # fmt: skip
ACTORS = ["threat-actor", "mitre-intrusion-set", "microsoft-activity-group"]


def lines(name):
    """The lines of a text file beside this script, without comments and blanks."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]


def warn(message):
    print(f"generate.py: {message}", file=sys.stderr)


# ---- malware names ----

# Nouns that say what a name is, not which: "Royal Ransomware" is listed as "Royal".
KIND = re.compile(
    r"(?i)[\s-]*\b(ransomware group|ransomware|ransomeware|crypto-ransomware|malware tool|malware|trojan|virus|worm|botnet|"
    r"backdoor|exploit kit|exploit pack|family|web ?shell|rootkit|bootkit|spyware|banking|infostealer|wiper|decryptor|keylogger tool)$"
)
# Nouns that are part of a name ("Smoke Loader"), which makes a name of ordinary words telling.
TAIL = {"rat", "stealer", "loader", "bot", "locker", "miner", "banker", "keylogger", "crypter", "rootkit", "wiper", "ek", "cryptor",
        "dropper", "ransom", "webshell", "downloader", "trojan"}  # fmt: skip
# What a vendor's label starts with: "Trojan.Laziok" is listed as "Laziok".
LABEL = re.compile(
    r"(?i)^(?:(?:trojan|backdoor|worm|virus|ransom|ransomware|win32|win64|w32|w64|msil|osx|linux|elf|js|andr|android|androidos|troj|trj|mal|gen|heur|"
    r"bkdr|tr|sb|java|downloader)[./:_!])+"
)
# Words so common in reports that names which start with them are not worth looking for.
NOISE = {"such", "run", "system", "file", "code", "server", "threat", "remote", "ransomware", "ransom", "backdoor", "trojan", "windows",
         "downloader", "exploit", "virus", "fake", "custom", "spam", "russian", "no", "help", "key", "test", "free", "work"}  # fmt: skip
CODE = re.compile(r" - [SG]\d{4}$")
WORDS = re.compile(r"[A-Za-z0-9]+")


def key(spelling):
    """What two spellings of one name have in common."""
    return "".join(WORDS.findall(spelling)).lower()


def frequency(word):
    """How common a word is in English: log10 of its uses in a billion words, 0 where it is unknown."""
    return zipf_frequency(word.lower(), "en")


def spellings(raw):
    """The names in one entry of a cluster, which may hold several, and remarks."""
    name = CODE.sub("", raw).strip().strip('"')
    remarks = re.findall(r"\(([^)]*)\)", name)
    name = re.sub(r"\([^)]*\)", " ", name)
    parts = re.split(r",\s|\s/\s|\s&\s|\s\+|;|\sor\s?", name)
    parts += [r for r in remarks if re.fullmatch(r"[A-Z][A-Za-z0-9]{4,}", r) and frequency(r) == 0]
    for part in parts:
        part = re.sub(r"\s+", " ", part).strip(" -!.'’\"")
        part = re.sub(r"(?i)^the ", "", part)
        labelled = LABEL.sub("", part)
        if labelled != part:
            # A detection's name is kept only for the family it names.
            part = re.sub(r"[.!/-][A-Za-z]{1,4}$", "", labelled)
            if not (part.isalpha() and len(part) >= 5 and frequency(part) == 0):
                continue
        while len(key(shorter := KIND.sub("", part).strip(" -,!."))) > 1 and shorter != part:
            part = shorter
        if KIND.fullmatch(part):
            continue
        if part and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._$'-]*", part):
            yield part


def rules():
    """names-rules.txt as {section: {key: the name as written}}."""
    sections = {}
    for part in re.split(r"(?m)^\[", "\n".join(lines("names-rules.txt")))[1:]:
        section, _, names = part.partition("]")
        sections[section] = {key(name): " ".join(name.split()) for name in names.split(",") if name.strip()}
    seen = {}
    for section, names in sections.items():
        for k in names:
            if k in seen:
                sys.exit(f"generate.py: names-rules.txt: {names[k]!r} is in [{seen[k]}] and in [{section}]")
            seen[k] = section
    return sections


def galaxy(cluster):
    path = resources.files("pymispgalaxies") / "data/misp-galaxy/clusters" / f"{cluster}.json"
    return json.loads(path.read_text(encoding="utf-8"))["values"]


def entries():
    """(spelling, canonical name, cluster) of every name in the sources; the project's own first."""
    for line in lines("names-extra.txt"):
        canonical, _, aliases = line.partition(" = ")
        family = next(spellings(canonical), None)
        if family is None:
            sys.exit(f"generate.py: names-extra.txt: {canonical!r} holds no name")
        cluster = "ransomware" if re.search(r"(?i)ransom|lock", line) else "extra"
        for raw in [canonical, *filter(None, aliases.split(", "))]:
            for spelling in spellings(raw):
                yield spelling, family, cluster
    for source in CLUSTERS:
        for value in galaxy(source):
            cluster = source
            family = next(spellings(value["value"]), None)
            # A cluster of all malware tells ransomware by its description.
            if "ransomware" in value.get("description", "")[:300].lower():
                cluster = "ransomware"
            for raw in [value["value"], *value.get("meta", {}).get("synonyms", [])]:
                for spelling in spellings(raw):
                    yield spelling, family or spelling, cluster


def tier(spelling, sections, actor, ransom):
    """How sure a name is: see README.md. None: it is not listed."""
    k = key(spelling)
    words = [w.lower() for w in WORDS.findall(spelling)]
    if k in sections["stop"]:
        return None
    for section, letter in [("exact adjacent", "X"), ("caps", "K"), ("tool", "T"), ("actor", "G"), ("adjacent", "A"), ("window", "W"),
                            ("plain", "P"), ("cased", "C")]:  # fmt: skip
        if k in sections[section]:
            return letter
    if len(k) <= 2 or k.isdigit() or re.search(r"\.(exe|com|su|lol|to|me|books|dc)$", spelling, re.I):
        return None
    if len(words) > 1:
        if words[0] in NOISE:
            return None
        if words[-1] in TAIL:
            return "C"
        common = min(frequency(w) if len(w) > 1 else 9 for w in words) >= 2.5
        return "C" if common or len(k) < 6 else "P"
    if actor and not ransom:
        return "G"
    f = frequency(k)
    if len(k) == 3:
        return "A"
    if f >= 3.5:
        return None
    if f >= 2.5:
        return "A"
    return "W" if f >= 2.2 else "C" if f > 0 or len(k) == 4 else "P"


def shown(candidates):
    """The spelling to list: the most trusted one that has a capital."""
    return next((s for s in candidates if s != s.lower()), candidates[0])


def capitalised(name):
    return name[0].upper() + name[1:]


def malware_names():
    sections = rules()
    actors = {key(CODE.sub("", n)) for c in ACTORS for v in galaxy(c) for n in [v["value"], *v.get("meta", {}).get("synonyms", [])]}
    found, families, clusters = defaultdict(list), {}, defaultdict(set)
    for spelling, family, cluster in entries():
        k = key(spelling)
        found[k].append(spelling)
        clusters[k].add(cluster)
        # A name that some source has as a family of its own is that family, whoever else has it as an alias.
        if key(family) == k or k not in families:
            if not (k in families and key(families[k]) == k):
                families[k] = family
    rows = []
    for k, candidates in found.items():
        spelling = sections["exact adjacent"].get(k) or shown(candidates)
        letter = tier(spelling, sections, k in actors, "ransomware" in clusters[k])
        if letter is None:
            continue
        flags = letter
        if "ransomware" in clusters[k]:
            flags += "r"
        family = shown(found[key(families[k])] or [families[k]])
        if family == family.lower() and family.isalpha():
            family = capitalised(family)
        # The spelling with its words apart is listed, as they may also be written as one.
        apart = max((s for s in candidates if max(map(len, WORDS.findall(s))) > 1), key=lambda s: len(WORDS.findall(s)), default=spelling)
        if letter not in "XK" and len(WORDS.findall(apart)) > len(WORDS.findall(spelling)) and apart != apart.lower():
            spelling = apart
        if letter == "K":
            spelling = spelling.upper()
        elif letter in "WAG":
            spelling = capitalised(spelling)
        rows.append((k, spelling, flags, "" if family == spelling else family))
    rows.sort()
    return "".join(f"{spelling}\t{flags}\t{family}\n".replace("\t\n", "\n") for _, spelling, flags, family in rows)


def actor_names():
    """The keys of groups' names that are no malware's, of at most two words and of a detection's length."""
    malware = {key(row.split("\t")[0]) for row in malware_names().splitlines()}
    names = {CODE.sub("", n) for c in ACTORS for v in galaxy(c) for n in [v["value"], *v.get("meta", {}).get("synonyms", [])]}
    keys = {key(n) for n in names if n.isascii() and len(WORDS.findall(n)) <= 2}
    return "".join(f"{k}\n" for k in sorted(keys - malware) if 5 <= len(k) <= 20)


# ---- well-known sites ----

# Lists of sites that reports link to. README.md says what each is.
SITES = ["security-provider-blogpost", "automated-malware-analysis", "whats-my-ip", "bank-website", "dax30", "google", "rfc6761"]
# A popular site must be on all three: much linked to, much visited, and visited by people rather than programs.
POPULAR = ["majestic_million", "tranco", "google-chrome-crux-1million"]
# Lists of places where anyone can put something.
OPEN = ["url-shortener", "dynamic-dns", "link-in-bio", "lots-project", "public-ipfs-gateways", "parking-domain-ns", "disposable-email"]
# Blog platforms, of which a vendor's blog is an exception.
PLATFORMS = {"blogspot", "wordpress", "github", "typepad", "tumblr", "tistory"}
SECOND_LEVEL = ["ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "or", "org"]
HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
ADULT = re.compile(r"porn|xxx|xvideo|xnxx|xhamster|hentai|sex|escort|redtube|chaturbate|camwhore|bongacams|rule34|onlyfans|casino|bet365|jav")


@functools.cache
def warning_list(name):
    """The hosts of a MISP warning list, without "www." and the dot that MISP writes for "and its subdomains"."""
    path = resources.files("pymispwarninglists") / "data/misp-warninglists/lists" / name / "list.json"
    hosts = (str(h).strip().strip(".").lower() for h in json.loads(path.read_text(encoding="utf-8"))["list"])
    return frozenset(h.removeprefix("www.") for h in hosts)


def hosts_in(name):
    return {host for line in lines(name) for host in line.split()}


def parents(host):
    """The host and the domains above it, the host first."""
    while "." in host:
        yield host
        host = host.partition(".")[2]


def registered(host, suffixes):
    """The registered domain of a host; None for a public suffix."""
    below = None
    for domain in parents(host):
        if domain in suffixes:
            return below
        below = domain
    return below


def known_sites():
    countries = {tld for tld in warning_list("tlds") if len(tld) == 2}
    # The list leaves out what the public suffix list has as a wildcard: "*.np".
    suffixes = warning_list("second-level-tlds") | {f"{sld}.{tld}" for sld in SECOND_LEVEL for tld in countries}
    extra, never = hosts_in("sites-extra.txt"), hosts_in("sites-never.txt")
    for host in sorted(extra & never):
        sys.exit(f"generate.py: {host} is in sites-extra.txt and in sites-never.txt")
    open_places = never.union(*map(warning_list, OPEN)) - extra
    popular = set.intersection(*({registered(h, suffixes) for h in warning_list(name)} for name in POPULAR)) - {None}
    known = set(extra)
    for host in popular.union(*map(warning_list, SITES)):
        if not HOST.fullmatch(host) or host in suffixes or ADULT.search(host):
            continue
        places = [domain for domain in parents(host) if domain in open_places]
        blog = host in warning_list("security-provider-blogpost") and host not in places
        if not places or blog and all(PLATFORMS & set(place.split(".")) for place in places):
            known.add(host)
    # What is below a known domain needs no line, unless something between says otherwise.
    closed = {host for host in open_places if HOST.fullmatch(host) and host not in known and any(d in known for d in parents(host))}
    rows = {}
    for host in known | closed:
        above = next((d for d in list(parents(host))[1:] if d in known or d in closed), None)
        if (host in known) != (above in known if above else False):
            rows[host] = "" if host in known else "!"
    return "".join(f"{mark}{host}\n" for host, mark in sorted(rows.items()))


OUTPUTS = {"malware-names.tsv": malware_names, "actor-names.txt": actor_names, "known-sites.txt": known_sites}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a list is out of date")
    check = parser.parse_args().check
    stale = []
    for name, make in OUTPUTS.items():
        path, text = HERE / name, make()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
            warn(f"{name}: {text.count(chr(10))} lines, {len(text.encode())} bytes")
    if stale:
        warn(f"out of date: {', '.join(stale)}; run generate.py and commit the result")
        sys.exit(1)


if __name__ == "__main__":
    main()
