#!/usr/bin/env python3
"""Figures of the extractor and of its peers on the same HTML reports, one thread each.

    python3 benches/indicators/compare.py [--seconds 20] [--only NAME ...]

Ours as a library and through `extract --jsonl`, the start of the process, then the peers. Peers are installed once, below
target/peers: iocextract, ioc-finder and msticpy from PyPI, ioc-extractor from npm, ioc_extract from crates.io. Those that can't
be are named and left out. A slow peer gets as many reports as it can do in the given time. Speed is per second of processor time,
so that others on the machine count little.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "peers"
CORPUS = CACHE / "corpus.jsonl"

# Each runs with the corpus and the seconds it may take, and prints bytes and seconds of processor time.
PYTHON = """
import json, sys, time
{setup}
limit, total = float(sys.argv[2]), 0
texts = [json.loads(line)["text"] for line in open(sys.argv[1])]
start = time.process_time()
for text in texts:
    {run}
    total += len(text.encode())
    if time.process_time() - start > limit:
        break
print(total, time.process_time() - start)
"""
NODE = """
import { extractIOC, refang } from "ioc-extractor";
import { readFileSync } from "node:fs";
const texts = readFileSync(process.argv[2], "utf8").trim().split("\\n").map((line) => JSON.parse(line).text);
let total = 0;
const start = process.cpuUsage();
const elapsed = () => process.cpuUsage(start).user / 1e6;
for (const text of texts) {
  extractIOC(refang(text));
  total += Buffer.byteLength(text);
  if (elapsed() > Number(process.argv[3])) break;
}
console.log(total, elapsed());
"""
RUST = """
use std::time::Instant;
fn main() {
    let mut args = std::env::args().skip(1);
    let corpus = std::fs::read_to_string(args.next().unwrap()).unwrap();
    let limit: f64 = args.next().unwrap().parse().unwrap();
    let texts: Vec<String> = corpus
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned())
        .collect();
    let (start, mut total) = (Instant::now(), 0);
    for text in &texts {
        std::hint::black_box(ioc_extract::Artifacts::from_str(text));
        total += text.len();
        if start.elapsed().as_secs_f64() > limit {
            break;
        }
    }
    println!("{total} {}", start.elapsed().as_secs_f64());
}
"""


def python_peer(package, setup, run):
    def install(folder):
        if not (folder / "bin").exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([folder / "bin/pip", "install", "-q", *package.split()], check=True)
        script = folder / "run.py"
        script.write_text(PYTHON.format(setup=setup, run=run))
        return [folder / "bin/python", script]

    return install


def npm_peer(folder):
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--no-save", "ioc-extractor@8.2.0"], cwd=folder, check=True)
    (folder / "run.mjs").write_text(NODE)
    return ["node", folder / "run.mjs"]


def crate_peer(folder):
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src/main.rs").write_text(RUST)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "peer"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
        '[dependencies]\nioc_extract = "=0.4.8"\nserde_json = "1"\n'
    )
    environment = dict(os.environ)
    known = shutil.which("pkg-config") and subprocess.run(["pkg-config", "--exists", "openssl"], check=False)
    if known and known.returncode == 0:
        # It links to OpenSSL, which takes minutes to build; the system's will do.
        environment["OPENSSL_NO_VENDOR"] = "1"
    build = ["cargo", "build", "-q", "--release", "--target-dir", folder / "target"]
    subprocess.run(build, cwd=folder, env=environment, check=True)
    return [folder / "target/release/peer"]


PEERS = {
    "iocextract": python_peer(
        "iocextract==1.16.1 requests", "import iocextract", "list(iocextract.extract_iocs(text, refang=True))"
    ),
    "ioc-finder": python_peer("ioc-finder==9.4.1", "from ioc_finder import find_iocs", "find_iocs(text)"),
    "msticpy": python_peer(
        "msticpy==3.0.2",
        "from msticpy.transform.iocextract import IoCExtract\nextractor = IoCExtract()",
        "extractor.extract(text)",
    ),
    "ioc-extractor": npm_peer,
    "ioc_extract": crate_peer,
}


# How often each of ours is run; the best counts, as it is the one with the least noise.
ROUNDS = 5


def library():
    """MB/s as the benchmark prints it, after it has written the corpus."""
    bench = ["cargo", "bench", "-q", "--bench", "indicators"]
    subprocess.run([*bench, "--", "--corpus", str(CORPUS)], cwd=ROOT, check=True)
    printed = subprocess.run(bench, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"HTML to indicators\s+([\d.]+) MB/s", printed)[1])


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best_times(command, **options):
    """The least seconds of processor time, and by the clock, that a command takes."""
    times = []
    for _ in range(ROUNDS):
        used, clock = processor_seconds(), time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
        times.append((processor_seconds() - used, time.monotonic() - clock))
    return min(used for used, _ in times), min(clock for _, clock in times)


def ours():
    """Prints our figures, and returns the library's MB/s."""
    speed = library()
    subprocess.run(["cargo", "build", "-q", "--release", "--package", "flashpoint-operator"], cwd=ROOT, check=True)
    binary = CACHE.parent / "release/flashpoint-operator"
    html = sum(len(json.loads(line)["text"].encode()) for line in CORPUS.open())
    used, clock = best_times([binary, "extract", "--jsonl", CORPUS])
    _, start = best_times([binary, "extract", "--jsonl"], stdin=subprocess.DEVNULL)
    print(f"as a library               {speed:>6.0f} MB/s                                   goal 150")
    print(f"through extract --jsonl    {html / 1e6 / used:>6.0f} MB/s ({html / 1e6 / clock:.0f} by the clock)                goal 100")
    print(f"extract of nothing         {start * 1e3:>6.1f} ms                                     goal 20")
    return speed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="the most that a peer may take")
    parser.add_argument("--only", nargs="*", default=list(PEERS), help="peers to run")
    options = parser.parse_args()
    if not shutil.which("cargo"):
        sys.exit("cargo is needed")
    CACHE.mkdir(parents=True, exist_ok=True)
    own = ours()
    print(f"\n{'peer':<16}{'MB/s':>10}{'ours is faster by':>20}")
    for name in options.only:
        try:
            command = PEERS[name](CACHE / name)
            printed = subprocess.run(
                [*map(str, command), str(CORPUS), str(options.seconds)], check=True, capture_output=True, text=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name:<16}  left out: {error}")
            continue
        done, seconds = map(float, printed.split())
        speed = done / 1e6 / seconds
        print(f"{name:<16}{speed:>10.2f}{own / speed:>19.0f}x")


if __name__ == "__main__":
    main()
