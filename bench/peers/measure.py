# SPDX-License-Identifier: MIT
"""The protocol of bench/measure.h for peers in Python: a round is a fiftieth of a second of this thread's processor time."""
import os
import sys
import time

ROUND = 20_000_000


class Case:
    """The files of one case, as bench/cases wrote them."""

    def __init__(self, path):
        self.name = os.path.basename(path)

        def read(name):
            with open(os.path.join(path, name), encoding="ascii") as file:
                return file.read().strip()

        self.alg, self.issuer, self.audience = read("alg"), read("issuer"), read("audience")
        self.token, self.pem = read("token"), read("key.pem")


def run_for(run, length):
    begin = now = time.thread_time_ns()
    count, batch = 0, 1
    while now - begin < length:
        for _ in range(batch):
            run()
        count += batch
        now = time.thread_time_ns()
        if now - begin < length / 100:
            batch *= 2
    return (now - begin) / count


def measure_one(case, name, run):
    if run is None:
        print(case, name, "-", flush=True)
        return
    run_for(run, ROUND / 20)  # counts for nothing, as in bench/measure.c
    print(case, name, f"{run_for(run, ROUND):.1f}", flush=True)


def peer_main(name, prepare):
    """prepare(case) does what is done once, and returns what is done for each token; None: it does not take the algorithm."""
    things = [(case.name, prepare(case)) for case in map(Case, sys.argv[1:])]
    for line in sys.stdin:
        for case, run in things:
            if line.strip() in ("", case):
                measure_one(case, name, run)
        print(".", flush=True)
