// SPDX-License-Identifier: MIT
// The protocol of bench/measure.h for peers in JavaScript: a round is a fiftieth of a second of this process's processor time,
// that of its helper threads included, for WebCrypto works there.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";

const ROUND = 20_000;

const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

// The files of one case, as bench/cases wrote them.
const read = (dir) => {
  const text = (name) => readFileSync(join(dir, name), "ascii").trim();
  return {
    name: basename(dir),
    alg: text("alg"),
    issuer: text("issuer"),
    audience: text("audience"),
    token: text("token"),
    pem: text("key.pem"),
    jwks: JSON.parse(text("jwks.json")),
  };
};

const runFor = async (run, length) => {
  const begin = microseconds();
  let now = begin;
  let count = 0;
  let batch = 1;
  while (now - begin < length) {
    for (let i = 0; i < batch; i++) {
      const promise = run();
      if (promise instanceof Promise) await promise;
    }
    count += batch;
    now = microseconds();
    if (now - begin < length / 100) batch *= 2;
  }
  return ((now - begin) * 1000) / count;
};

const measureOne = async ({ of, name, run }) => {
  if (!run) {
    console.log(of, name, "-");
    return;
  }
  await runFor(run, ROUND / 20); // counts for nothing, as in bench/measure.c
  console.log(of, name, (await runFor(run, ROUND)).toFixed(1));
};

// prepare(case) does what is done once, and returns for each name what is done for each token; null: it does not take the
// algorithm.
export const peerMain = async (prepare) => {
  const things = process.argv.slice(2).map(read).flatMap((of) =>
    Object.entries(prepare(of)).map(([name, run]) => ({ of: of.name, name, run })));
  for await (const line of createInterface({ input: process.stdin })) {
    for (const thing of things)
      if (line === "" || line === thing.of) await measureOne(thing);
    console.log(".");
  }
};
