// SPDX-License-Identifier: MIT
// The whole of it: an MCP client connects to an MCP server that asks tam about every request, as a proxy's forward-auth does,
// and gets from the refusal to the answer of a tool, and from there to that of a tool for which it lacks the scope.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, describe, test } from 'node:test';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Memory } from './memory.mjs';
import { agree, startProvider } from './provider.mjs';
import { atEnd, startGuard } from './tam.mjs';

let provider, resource;

const wellKnown = '/.well-known/oauth-protected-resource';
const tools = { whoami: '', delete: 'delete' }; // and the scope that each needs

async function answer(request, response, body, principal) {
    const server = new McpServer({ name: 'interop', version: '0' });
    for (const name of Object.keys(tools)) {
        server.registerTool(name, {}, () => ({ content: [{ type: 'text', text: `${name}: ${principal.subject}` }] }));
    }
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await server.connect(transport);
    await transport.handleRequest(request, response, body);
}

// Status, challenge and body of the door's answer go to the client as they are.
async function relay(asked, response) {
    for (const name of ['content-type', 'www-authenticate', 'access-control-allow-origin']) {
        if (asked.headers.has(name)) {
            response.setHeader(name, asked.headers.get(name));
        }
    }
    response.writeHead(asked.status).end(await asked.text());
}

async function readBody(request) {
    const parts = [];
    for await (const part of request) {
        parts.push(part);
    }
    return parts.length > 0 ? JSON.parse(Buffer.concat(parts)) : undefined;
}

async function handle(door, request, response) {
    const body = await readBody(request);
    if (request.url.startsWith(wellKnown)) {
        return relay(await fetch(new URL(request.url, door)), response);
    }
    const scope = body?.method === 'tools/call' ? tools[body.params.name] : '';
    const headers = request.headers.authorization ? { authorization: request.headers.authorization } : {};
    const asked = await fetch(scope ? `${door}/${scope}` : door, { headers });
    if (asked.status !== 200) {
        return relay(asked, response);
    }
    delete request.headers.authorization; // MCP: not passed on
    return answer(request, response, body, await asked.json());
}

before(async () => {
    let door;
    const server = createServer((request, response) => handle(door, request, response).catch(error => response.writeHead(500).end(String(error))));
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => {
        server.closeAllConnections();
        server.close();
    });
    provider = await startProvider();
    resource = `http://127.0.0.1:${server.address().port}/mcp`;
    door = await startGuard(`
resource url=${resource} name="An MCP server"
jwt      authority=${provider.issuer} audience=${resource} required_scopes=read typ=at+jwt insecure_http=yes
`);
});

for (const [name, Client, Transport] of [['MCP SDK 1', ClientV1, TransportV1], ['MCP client 2', ClientV2, TransportV2]]) {
    describe(name, () => {
        test(`${name} connects, calls a tool, and steps up for another`, async () => {
            // One that registers itself may only have what it first asked for.
            const memory = new Memory({ client_id: 'native' });
            const transport = () => new Transport(new URL(resource), { authProvider: memory });
            const client = () => new Client({ name: 'interop', version: '0' });
            const first = transport();
            await agree(first, memory, client().connect(first));
            assert.equal(memory.kept.scope, 'read');

            const second = transport(), connected = client();
            await connected.connect(second);
            const call = tool => connected.callTool({ name: tool, arguments: {} });
            assert.equal((await call('whoami')).content[0].text, 'whoami: alice');
            await agree(second, memory, call('delete'));
            assert.deepEqual(memory.kept.scope.split(' ').sort(), ['delete', 'read']);
            assert.equal((await call('delete')).content[0].text, 'delete: alice');
            await connected.close();
        });
    });
}
