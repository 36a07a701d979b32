// SPDX-License-Identifier: MIT
// The commands of the build that is tested, as the tests here use them: a judge that stays, a mint, an issuer, directories.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { promisify } from 'node:util';

const build = process.env.TAM_BUILD;
assert.ok(build, 'TAM_BUILD names the build directory: start these tests with tests/interop/run');

const programs = { tam: 'tam/tam', 'tam-issuer': 'issuer/tam-issuer', 'tamd/tamd': 'tamd/tamd' };
export const command = name => join(build, 'tools', programs[name]);
const run = promisify(execFile);

// What is undone when the tests of the file are over, the last first.
const ends = [];
export const atEnd = end => ends.push(end);
after(async () => {
    for (const end of ends.reverse()) {
        await end();
    }
});

// A directory that is removed when the tests of the file are over; whoever may not be owner of secrets cannot read it.
export async function scratch() {
    const directory = await mkdtemp(join(tmpdir(), 'tam-interop-'));
    ends.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
}

export async function write(directory, name, text) {
    const path = join(directory, name);
    await writeFile(path, text);
    await chmod(path, 0o600);
    return path;
}

// A program that is stopped, and waited for, when the tests are over; log() is what it said on standard error.
export function spawnWatched(program, args, options = {}) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const exit = once(child, 'exit');
    let log = '';
    child.stderr.on('data', text => (log += text));
    ends.push(async () => {
        child.kill('SIGTERM');
        await exit;
    });
    return { child, log: () => log };
}

// The same, of one that says on one line of standard output that it is ready.
export async function start(program, args, ready, options) {
    const { child, log } = spawnWatched(program, args, options);
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
        const found = ready.exec(line);
        if (found) {
            child.stdout.resume();
            return { child, found, log };
        }
    }
    throw new Error(`${program} did not start: ${log()}`);
}

// Waits for what it asks for again and again, ten seconds at most; reason() is why it did not come.
export async function until(asked, reason) {
    for (const end = Date.now() + 10000; !(await asked()); ) {
        assert.ok(Date.now() < end, reason());
        await new Promise(resolve => setTimeout(resolve, 20));
    }
}

// `tam verify --json`, one process for many tokens: judge(token) gives what it prints for it.
export async function judge(config) {
    const child = spawn(command('tam'), ['verify', '--json', `--config=${config}`], { stdio: 'pipe' });
    const exit = once(child, 'exit');
    const waiting = [];
    let log = '';
    child.stderr.on('data', text => (log += text));
    createInterface({ input: child.stdout }).on('line', line => waiting.shift().resolve(JSON.parse(line)));
    const ended = () => new Error(`tam verify ended: ${log}`);
    child.on('close', () => waiting.forEach(each => each.reject(ended())));
    child.stdin.on('error', () => {});
    ends.push(async () => {
        child.stdin.end();
        await exit;
    });
    return token =>
        new Promise((resolve, reject) => {
            if (child.exitCode !== null) {
                reject(ended());
            }
            waiting.push({ resolve, reject });
            child.stdin.write(token + '\n');
        });
}

export async function tam(...args) {
    const { stdout } = await run(command('tam'), args);
    return stdout.trimEnd();
}

export const mint = (...args) => tam('mint', ...args);

// tests/interop/guard with that service file; gives the URL of its resource.
export async function startGuard(text, options) {
    const file = await write(await scratch(), 'guard', text);
    const { found } = await start(join(build, 'tests', 'interop', 'guard'), [file], /^ready port=(\d+)/, options);
    return `http://127.0.0.1:${found[1]}/mcp`;
}
