// SPDX-License-Identifier: MIT
// A small MCP server that stands behind nginx and tamd: two tools, and a door that others keep. It knows nothing of tokens. Who
// asks is in X-Tam-Subject, which is to be believed only because nothing but the proxy can reach it: it listens on loopback.
//
//     node server.mjs [PORT]        prints "ready port=N"
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';

const text = value => ({ content: [{ type: 'text', text: value }] });

// One server for each request: what it offers is the same for all, whom it answers is not.
function serverFor({ requestInfo }) {
    const subject = requestInfo.headers.get('x-tam-subject');
    const server = new McpServer({ name: 'tam-example', version: '1' });
    server.registerTool('whoami', { description: 'Says who you are' }, () => text(`You are ${subject}`));
    server.registerTool('delete_note', { description: 'Deletes a note' }, () => text(`Deleted for ${subject}`));
    return server;
}

// tamd has judged by Mcp-Method and Mcp-Name, so they must say what the body says, byte for byte and of one message. Clients of
// older protocols send neither, and then tamd has asked for everything.
function disagrees(headers, message) {
    const method = headers['mcp-method'], name = headers['mcp-name'];
    if (method === undefined && name === undefined) {
        return false;
    }
    return method !== message?.method || name !== (message?.params?.name ?? message?.params?.uri);
}

async function readMessage(request) {
    const parts = [];
    let length = 0;
    for await (const part of request) {
        parts.push(part);
        length += part.length;
        if (length > 1 << 20) {
            throw new RangeError('too long');
        }
    }
    return length > 0 ? JSON.parse(Buffer.concat(parts)) : undefined;
}

const handler = createMcpHandler(serverFor);

async function handle(request, response) {
    const refuse = status => response.writeHead(status, { connection: 'close' }).end();
    if (!request.headers['x-tam-subject']) {
        return refuse(500); // nobody keeps the door
    }
    const message = await readMessage(request).catch(() => null);
    if (message === null || disagrees(request.headers, message)) {
        return refuse(400);
    }
    const { method, url, headers } = request;
    const answer = await handler.fetch(new Request(new URL(url, 'http://localhost'), { method, headers, ...(message && { body: JSON.stringify(message) }) }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    return answer.body ? Readable.fromWeb(answer.body).pipe(response) : response.end();
}

const server = createServer((request, response) => {
    handle(request, response).catch(error => {
        console.error(error);
        response.destroy();
    });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`ready port=${server.address().port}`));
process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
});
