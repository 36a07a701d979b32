// SPDX-License-Identifier: MIT
// The door of examples/mcp as users copy it: nginx before the MCP server, tamd beside it; only places are changed. It stands on
// loopback, at a port from the kernel: nginx listens on a unix socket, and what is before it hands bytes on.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd, command, scratch, spawnWatched, start, until, write } from './tam.mjs';

const examples = process.env.TAM_EXAMPLES;
const nginx = process.env.PATH + ':/usr/sbin';
export const missing = await promisify(execFile)('nginx', ['-v'], { env: { PATH: nginx } }).then(() => false, () => 'there is no nginx');

// Each [old, new]; a text that is not there any more is a failure.
function placed(text, places) {
    for (const [old, fresh] of places) {
        assert.ok(text.includes(old), `the example has no ${old}`);
        text = text.replaceAll(old, fresh);
    }
    return text;
}

// A port of loopback whose bytes go to that unix socket and back.
async function startRelay(socket) {
    const server = createServer(client => {
        const behind = connect(socket);
        client.pipe(behind).pipe(client);
        client.on('error', () => behind.destroy());
        behind.on('error', () => client.destroy());
    });
    const open = new Set();
    server.on('connection', each => open.add(each.on('close', () => open.delete(each))));
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => {
        open.forEach(each => each.destroy());
        return new Promise(resolve => server.close(resolve));
    });
    return server.address().port;
}

async function startNginx(directory, backend) {
    const home = join(directory, 'nginx');
    await cp(join(examples, 'nginx', 'snippets'), join(home, 'snippets'), { recursive: true });
    await mkdir(join(home, 'temp'));
    const site = placed(await readFile(join(examples, 'mcp', 'nginx.conf'), 'utf8'), [
        ['unix:/run/tam/tamd.sock', `unix:${directory}/tamd.sock`],
        ['listen 443 ssl http2;', `listen unix:${directory}/nginx.sock;`],
        ['ssl_certificate /etc/ssl/certs/mcp.example.com.pem;', ''],
        ['ssl_certificate_key /etc/ssl/private/mcp.example.com.key;', ''],
        ['http://127.0.0.1:3000', `http://127.0.0.1:${backend}`],
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${home}/temp/${name};`).join('\n');
    await write(home, 'site.conf', site);
    const main = await write(home, 'nginx.conf', `daemon off; master_process off; pid ${home}/pid; error_log stderr warn;
events { worker_connections 256; }
http { access_log off; ${temporary} include site.conf; }`);
    const { log } = spawnWatched('nginx', ['-c', main, '-e', 'stderr'], { env: { PATH: nginx } });
    await until(() => new Promise(resolve => connect(join(directory, 'nginx.sock')).on('error', () => resolve(false)).on('connect', function () {
        this.destroy();
        resolve(true);
    })), () => `nginx does not listen: ${log()}`);
}

// The resource's URL; service(url) is the text of the service file.
export async function startDoor(service) {
    const directory = await scratch();
    const port = await startRelay(join(directory, 'nginx.sock'));
    const resource = `http://127.0.0.1:${port}/mcp`;
    const file = await write(directory, 'service', await service(resource));
    const settings = placed(await readFile(join(examples, 'mcp', 'tamd.conf'), 'utf8'), [['service name=mcp.example.com', `service name=mcp.example.com file=${file}`]]);
    const config = await write(directory, 'tamd.conf', `${settings}\nlisten address=unix:${directory}/tamd.sock\n`);
    const behind = await start(process.execPath, ['mcp-server.mjs'], /^ready port=(\d+)/);
    await start(command('tamd/tamd'), [`--config=${config}`], /^ready /);
    await startNginx(directory, behind.found[1]);
    return resource;
}
