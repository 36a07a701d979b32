# SPDX-License-Identifier: MIT
"""report.py WORK OUT [KEEP]: what scripts/bench measured, as a text, as JSON and as a chart in OUT; KEEP: also as REPORT.md there.

WORK holds `figures` (lines "ROUND CASE NAME NANOSECONDS", "-" where NAME does not take CASE; round 0 warms up), `facts` (lines
"NAME VALUE"), `versions`, and a directory for each case. A ratio is formed within each round, between neighbours in time, and
the median of these is what is reported; the spread is the middle half of them.
"""
import collections
import datetime
import json
import os
import platform
import statistics
import sys

import chart

ALGORITHMS = (("rs256", "RS256"), ("ps256", "PS256"), ("es256", "ES256"), ("eddsa", "EdDSA"))
SIZES = (("rs256-small", "small"), ("rs256", "usual"), ("rs256-large", "large"), ("rs256-64-keys", "usual, 64 keys"))
# In the order in which they are shown, with what each checks besides the signature.
VERIFIERS = {
    "floor": "nothing: the public operation with everything prepared",
    "fresh": "nothing: the same without preparation",
    "azure": "everything in tam_azure(8)",
    "jwt": "everything in tam_jwt(8)",
    "cjose": "nothing",
    "rhonabwy": "exp, iss, aud",
    "pyjwt": "exp, nbf, iat, iss, aud",
    "fast-jwt": "exp, nbf, iss, aud",
    "jsonwebtoken": "exp, nbf, iss, aud",
    "authlib": "exp, nbf, iss, aud",
    "liboauth2": "exp",
    "jose": "exp, nbf, iss, aud",
    "libjwt": "nothing",
}
NAMES = {"azure": "tam, azure", "jwt": "tam, jwt"}
FACT_LIMITS = (("cold-start-ms", 20), ("tam-kib", 4096))
REFUSALS = (("azure-garbage", "half a token"), ("azure-expired", "expired"), ("azure-foreign", "another tenant's"))
REFUSALS_LEAST = 5.7  # 3 µs, on the machine whose floor was 17.2 when that limit was set
SERVERS = (("mhd200", "libmicrohttpd, answering 200"), ("tamd_hot", "tamd, one hot token"),
           ("tamd_no_access_log", "tamd, one hot token, no access log"), ("tamd_100_tokens", "tamd, 100 tokens"))
WORKS = (("threads-uncached", "first seen, one token"), ("threads-uncached-many", "first seen, all tokens"),
         ("threads-cached", "cached, one hot token"), ("threads-cached-many", "cached, all tokens"))


def shown(name):
    return NAMES.get(name, name)


def lines_of(work, name):
    path = os.path.join(work, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file]


class Figures:
    """What was measured: nanoseconds by case, name and round."""

    def __init__(self, work):
        self.of = collections.defaultdict(dict)
        for line in lines_of(work, "figures"):
            round_, case, name, value = line.split()
            if round_ != "0" and value != "-":
                self.of[case, name][int(round_)] = float(value)

    def median(self, case, name):
        values = self.of.get((case, name))
        return statistics.median(values.values()) if values else None

    def microseconds(self, case, name):
        median = self.median(case, name)
        return None if median is None else median / 1000

    def ratios(self, case, name, to_case, to_name):
        """How often `name` is done while `to` is done once, in each round that has both."""
        a, b = self.of.get((case, name), {}), self.of.get((to_case, to_name), {})
        return [b[i] / a[i] for i in a if i in b]

    def ratio(self, case, name, to="floor", to_case=None):
        values = self.ratios(case, name, to_case or case, to)
        return statistics.median(values) if values else None

    def spread(self, case, name, to="floor"):
        values = self.ratios(case, name, case, to)
        if len(values) < 4:
            return None
        low, middle, high = statistics.quantiles(values, n=4)
        return (high - low) / middle


def facts_of(work):
    """Lines "NAME VALUE", and what follows from them."""
    facts = dict(line.split(None, 1) for line in lines_of(work, "facts"))
    if "host-kib" in facts and "libraries-kib" in facts:
        facts["tam-kib"] = number(float(facts["host-kib"]) - float(facts["libraries-kib"]))
    return facts


FACTS = {
    "cold-start-ms": "from exec to the first verdict, keys from a file, ms (median)",
    "cold-start-least-ms": "the same, the quickest",
    "libraries-start-ms": "a process that starts OpenSSL and libcurl, and not tam, ms (median)",
    "libraries-start-least-ms": "the same, the quickest",
    "libraries-kib": "a process with OpenSSL and libcurl initialised, and without tam, KiB",
    "host-kib": "a process with one verifier after its first verdict, KiB",
    "tam-kib": "memory of one process with one verifier, less what the libraries take, KiB",
    "verifier-kib": "each further verifier, KiB",
    "token-bytes": "a token, bytes",
    "cached-token-bytes": "the cache for each such token, result included, bytes",
}


def number(value, digits=3):
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.{digits}g}"


def table(head, rows):
    """In Markdown, which is readable as it is."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    def line(row):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
    return [line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows), ""]


# ---- Sections ----------------------------------------------------------------------------------------------------------


def verifications(figures):
    rows = []
    for name, checks in VERIFIERS.items():
        if figures.median("rs256", name):
            spread = figures.spread("rs256", name)
            rows.append((shown(name), number(figures.ratio("rs256", name)), "-" if spread is None else f"{spread:.0%}",
                         number(figures.microseconds("rs256", name)), checks))
    return ["## A token that was never seen, RS256", ""] + table(
        ("", "times the floor", "spread", "µs here", "checks, besides the signature"), rows)


def by_case(figures, title, cases):
    rows = []
    for name in VERIFIERS:
        if any(figures.median(case, name) for case, _ in cases):
            rows.append((shown(name), *(number(figures.ratio(case, name)) for case, _ in cases)))
    return [title, ""] + table(("times the floor of the column", *(label for _, label in cases)), rows)


def caches(figures):
    pairs = (("tam, azure: one hot token", "azure-cached", "azure"),
             ("tam, azure: all tokens in turns", "azure-cached-many", "azure-many"),
             ("tam, jwt: one hot token", "jwt-cached", "jwt"),
             ("fast-jwt: one hot token", "fast-jwt-cached", "fast-jwt"),
             ("liboauth2: one hot token", "liboauth2-cached", "liboauth2"))
    rows = [(label, number(figures.ratio("rs256", name, own)), number(figures.ratio("rs256", name)),
             number(figures.microseconds("rs256", name)))
            for label, name, own in pairs if figures.median("rs256", name)]
    return ["## A token that was seen before, RS256", ""] + table(
        ("", "times its own first time", "times the floor", "µs here"), rows)


def refusals(figures):
    rows = [(label, number(figures.ratio("rs256", name)), number(figures.ratio("rs256", name, "azure")),
             number(figures.microseconds("rs256", name)))
            for name, label in REFUSALS]
    return ["## Refused before the signature, azure plugin", ""] + table(
        ("", "times the floor", "times an acceptance", "µs here"), rows)


def threads(figures):
    rows = []
    for case, label in WORKS:
        rows.append((label, *(number(figures.ratio(case, name, "one")) for name in ("shared", "private", "processes")),
                     number(figures.ratio(case, "shared", "private"))))
    return ["## Two threads, azure plugin, wall time", ""] + table(
        ("", "one service", "a service each", "a process each", "one service / a service each"), rows)


def judged(figures, facts):
    """What the project holds itself to, and whether this run reached it."""
    least = [("first seen / floor", figures.ratio("rs256", "azure"), 0.90),
             ("first seen / fresh", figures.ratio("rs256", "azure", "fresh"), 1.0),
             ("cached, one hot token / first seen", figures.ratio("rs256", "azure-cached", "azure"), 100),
             ("cached, all tokens / first seen", figures.ratio("rs256", "azure-cached-many", "azure-many"), 25)]
    least += [(f"two threads / control: {label}", figures.ratio(case, "shared", "private"), 0.95) for case, label in WORKS]
    least += [(f"refused, {label} / floor", figures.ratio("rs256", name), REFUSALS_LEAST) for name, label in REFUSALS]
    most = [(FACTS[name], float(facts[name]), limit) for name, limit in FACT_LIMITS if name in facts]
    rows = [(label, number(value), f"at least {limit}", "yes" if value is not None and value >= limit else "NO")
            for label, value, limit in least]
    rows += [(label, number(value), f"at most {limit}", "yes" if value is not None and value <= limit else "NO")
             for label, value, limit in most]
    return ["## What tam is held to", ""] + table(("", "here", "wanted", "reached"), rows)


def start_and_memory(facts):
    rows = [(label, facts[name]) for name, label in FACTS.items() if name in facts]
    return ["## Start and memory", ""] + table(("", ""), rows) if rows else []


def daemon(facts):
    """tamd over HTTP on loopback, beside a server that answers 200 and does nothing."""
    def of(server, figure):
        return float(facts[f"{server}_{figure}"])

    servers = [row for row in SERVERS if f"{row[0]}_requests_per_s" in facts]
    rows = [(label, number(of(name, "requests_per_s") / of("mhd200", "requests_per_s")),
             *(f"{of(name, figure):.0f}" for figure in ("p50_us", "p90_us", "p99_us", "errors")))
            for name, label in servers]
    if not rows:
        return []
    growth = "tamd had {tamd_rss_kb} KiB, and {tamd_rss_growth_kb} KiB more after than before.".format_map(
        collections.defaultdict(lambda: "?", facts))
    return ["## tamd, asked over loopback by wrk", ""] + table(
        ("", "requests a second, of the bare server's", "p50 µs", "p90 µs", "p99 µs", "errors"), rows) + [growth, ""]


def processor():
    for line in lines_of("/proc", "cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def circumstances(work, rounds):
    tokens = {label: lines_of(os.path.join(work, case), "token") for case, label in SIZES[:3]}
    sizes = {label: len(lines[0]) for label, lines in tokens.items() if lines}
    count = len(lines_of(os.path.join(work, "rs256"), "tokens"))
    versions = [line for line in lines_of(work, "versions")]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": f"{processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}",
        "load": (lines_of(work, "load") or ["unknown"])[0], "rounds": rounds, "tokens": count, "bytes": sizes,
        "versions": [line for line in versions if " not there: " not in line],
        "missing": [line for line in versions if " not there: " in line],
    }


HOW_TO_READ = """\
Programs took turns, case by case, and each was measured for a fiftieth of a second of its own processor time in a turn
(peers in JavaScript: of their whole process's, for their cryptography has threads of its own; two threads: a twentieth of a second
of wall time). A ratio is formed within each round; what stands here is the median of all rounds, and the spread is the width of
the middle half of them. "Times the floor" says how many verifications are done while OpenSSL does one public operation
over the same bytes with everything prepared: 1 is what nobody can beat without remembering, and higher is better. Ratios are
what is claimed (a dash: it does not take the algorithm); microseconds are this machine's on that day, and worth nothing elsewhere.

The same tokens for all. tam is asked through its public API, as any host asks, with every check of the plugin on. Each peer is
used as its manual says, with the key read once where it can be. The azure plugin takes RS256 alone, as Entra signs; the other
algorithms go through the jwt plugin. liboauth2 cannot switch its cache off, so its first time includes filling one.""".split("\n")


def not_done(around):
    rows = around["missing"] or ["nothing that was asked for is missing"]
    return ["## What was not done", ""] + [f"- {row}" for row in rows] + [
        "- key sets of more than 64 keys: tam reads none, so 64 stands for many",
        "- no peer's key set of 64 keys but jose's: the others are given the one key", ""]


def main():
    work, out = sys.argv[1:3]
    figures = Figures(work)
    facts = facts_of(work)
    around = circumstances(work, max((max(of) for of in figures.of.values()), default=0))
    body = (judged(figures, facts) + verifications(figures) + by_case(figures, "## Algorithms", ALGORITHMS)
            + by_case(figures, "## Sizes and key sets, RS256", SIZES) + caches(figures) + refusals(figures)
            + threads(figures) + start_and_memory(facts) + daemon(facts) + not_done(around))
    sizes = ", ".join(f"{label} {size}" for label, size in around["bytes"].items())
    head = ["# How fast tam is", "",
            f"{around['date']}, {around['machine']}, load before {around['load']}; medians of {around['rounds']} rounds; {around['tokens']} tokens of RS256; "
            f"bytes of a token: {sizes}.", "", "; ".join(around["versions"]) + ".", ""]
    report = "\n".join(head + HOW_TO_READ + [""] + body)
    medians = collections.defaultdict(dict)
    for case, name in figures.of:
        medians[case][name] = {"ns": figures.median(case, name), "times_floor": figures.ratio(case, name),
                               "spread": figures.spread(case, name)}
    panels = [(label, [(shown(name), figures.ratio(case, name)) for name in VERIFIERS if figures.median(case, name)])
              for case, label in ALGORITHMS]
    picture = chart.draw("Tokens verified while OpenSSL does one bare public operation", panels)
    outputs = [(out, "report.txt", report), (out, "report.json", json.dumps({**around, "facts": facts, "cases": medians}, indent=1)),
               (out, "report.svg", picture)]
    if len(sys.argv) > 3:
        with_picture = report.replace("\n## ", "\n![chart](REPORT.svg)\n\n## ", 1)
        outputs += [(sys.argv[3], "REPORT.md", with_picture), (sys.argv[3], "REPORT.svg", picture)]
    for directory, name, text in outputs:
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
    print(report)


main()
