// SPDX-License-Identifier: MIT
// Unchanged MCP clients before the example of an MCP server (examples/mcp): through nginx and tamd they find the metadata, get
// the challenge, authenticate, call a tool, and step up for another. Skipped where there is no nginx.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import * as v2 from '@modelcontextprotocol/client';
import { missing, startDoor } from './door.mjs';
import { Memory, callback } from './memory.mjs';
import { agree, browse, startProvider } from './provider.mjs';
import { command, mint, scratch, start } from './tam.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const modern = { versionNegotiation: { mode: 'auto' } }; // protocol 2026-07-28, where requests say in headers what they want
const metadataOf = resource => resource.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
const said = result => result.content[0].text;
let provider, resource;

before(async () => {
    if (missing) {
        return;
    }
    provider = await startProvider();
    resource = await startDoor(url => `
resource url=${url} name="An MCP server"
jwt      authority=${provider.issuer} audience=${url} required_scopes=read typ=at+jwt insecure_http=yes
`);
});

// One that registers itself may only have what it first asked for.
const native = () => new Memory({ client_id: 'native' });

async function robot(scope) {
    const issuer = new URL(provider.issuer);
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }));
    const response = await oauth.clientCredentialsGrantRequest(server, { client_id: 'robot' }, oauth.ClientSecretBasic('robot-secret'), { resource, scope }, insecure);
    return (await oauth.processClientCredentialsResponse(server, { client_id: 'robot' }, response)).access_token;
}

describe('behind nginx and tamd', { skip: missing }, () => {
    for (const [name, sdk] of [['MCP SDK 1', v1], ['MCP client 2', v2]]) {
        test(`${name} finds the metadata and reads the challenge`, async () => {
            const found = sdk.extractWWWAuthenticateParams(await fetch(resource));
            assert.equal(found.resourceMetadataUrl.href, metadataOf(resource));
            assert.equal(found.scope, 'read');
            assert.equal(found.error, undefined);
            const metadata = await sdk.discoverOAuthProtectedResourceMetadata(resource);
            assert.equal(metadata.resource, resource);
            assert.deepEqual(metadata.authorization_servers, [provider.issuer]);
        });
    }
    test('oauth4webapi finds the metadata', async () => {
        const url = new URL(resource);
        const metadata = await oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url, insecure));
        assert.deepEqual(metadata.authorization_servers, [provider.issuer]);
    });
    test('a browser\'s client may read the metadata, and what is not there is 404', async () => {
        const response = await fetch(metadataOf(resource), { method: 'OPTIONS', headers: { origin: 'https://client.example', 'access-control-request-method': 'GET' } });
        assert.ok(response.ok);
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
        assert.equal((await fetch(`${metadataOf(resource)}/other`)).status, 404);
    });
    test('MCP client 2 of protocol 2026-07-28 authenticates, calls a tool, and steps up for another', async () => {
        const memory = native();
        const transport = () => new TransportV2(new URL(resource), { authProvider: memory });
        const client = () => new ClientV2({ name: 'interop', version: '0' }, modern);
        const first = transport();
        await agree(first, memory, client().connect(first));
        assert.equal(memory.kept.scope, 'read');

        const second = transport(), connected = client();
        await connected.connect(second);
        const call = name => connected.callTool({ name, arguments: {} });
        assert.deepEqual((await connected.listTools()).tools.map(tool => tool.name), ['whoami', 'delete_note']);
        assert.equal(said(await call('whoami')), 'You are alice');
        await agree(second, memory, call('delete_note'));
        assert.deepEqual(memory.kept.scope.split(' ').sort(), ['delete', 'read']);
        assert.equal(said(await call('delete_note')), 'Deleted for alice');
        await connected.close();
    });
    // They do not say what they want, so all that anybody may do is asked of them.
    for (const [name, Client, Transport, sdk] of [['MCP SDK 1', ClientV1, TransportV1, v1], ['MCP client 2', ClientV2, TransportV2, v2]]) {
        test(`${name} of an older protocol is asked for everything, and steps up from less`, async () => {
            const memory = native();
            const transport = () => new Transport(new URL(resource), { authProvider: memory });
            const client = () => new Client({ name: 'interop', version: '0' });
            const options = { serverUrl: resource, scope: 'read' };
            assert.equal(await sdk.auth(memory, options), 'REDIRECT');
            const back = await browse(memory.url, callback);
            await sdk.auth(memory, { ...options, authorizationCode: back.searchParams.get('code'), iss: back.searchParams.get('iss') ?? undefined });
            assert.equal(memory.kept.scope, 'read');

            const first = transport();
            await agree(first, memory, client().connect(first));
            assert.deepEqual(memory.kept.scope.split(' ').sort(), ['delete', 'read']);
            const connected = client();
            await connected.connect(transport());
            assert.equal(said(await connected.callTool({ name: 'whoami', arguments: {} })), 'You are alice');
            assert.equal(said(await connected.callTool({ name: 'delete_note', arguments: {} })), 'Deleted for alice');
            await connected.close();
        });
    }
});

describe('a request whose headers say another thing than its body', { skip: missing }, () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'delete_note', arguments: {} } };
    const envelope = { ...body, params: { ...body.params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } } };
    // With each header on a line of its own, which fetch() would join.
    const send = (token, headers, message) => new Promise((resolve, reject) => {
        const text = JSON.stringify(message);
        const common = ['authorization', `Bearer ${token}`, 'content-type', 'application/json', 'accept', 'application/json, text/event-stream', 'content-length', text.length];
        const asked = request(resource, { method: 'POST', agent: false, headers: [...common, 'host', new URL(resource).host, ...headers.flat()] }, async answer => {
            const parts = await answer.toArray();
            resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() });
        });
        asked.on('error', reject).end(text);
    });
    const version = ['mcp-protocol-version', '2026-07-28'], call = ['mcp-method', 'tools/call'];
    // [name, headers, body]
    const rows = [
        ['no headers', [], body],
        ['the name of a tool for everybody', [call, ['mcp-name', 'whoami']], body],
        ['the same, in the new protocol', [version, call, ['mcp-name', 'whoami']], envelope],
        ['a method for everybody', [['mcp-method', 'tools/list']], body],
        ['the same, in the new protocol', [version, ['mcp-method', 'tools/list']], envelope],
        ['a name that is encoded', [version, call, ['mcp-name', `=?base64?${btoa('delete_note')}?=`]], envelope],
        ['two names', [version, call, ['mcp-name', 'whoami'], ['mcp-name', 'delete_note']], envelope],
        ['two methods', [version, ['mcp-method', 'tools/list'], ['mcp-method', 'tools/call'], ['mcp-name', 'delete_note']], envelope],
        ['a method in other letters', [version, ['mcp-method', 'Tools/Call'], ['mcp-name', 'delete_note']], envelope],
        ['a name with a blank', [version, call, ['mcp-name', 'delete_note '], ['mcp-method', 'tools/list']], envelope],
        ['several messages in one', [call, ['mcp-name', 'whoami']], [{ ...body, params: { name: 'whoami' } }, body]],
        ['a subject of its own', [['x-tam-subject', 'root'], ['x-tam-scopes', 'read delete']], body],
    ];
    test('gets nothing done', async () => {
        const token = await robot('read');
        for (const [name, headers, message] of rows) {
            const response = await send(token, headers, message);
            assert.ok(response.status === 400 || response.status === 403, `${name}: ${response.status} ${response.text}`);
            assert.doesNotMatch(response.text, /Deleted/, name);
        }
    });
    test('the control: one that agrees, and may, does', async () => {
        const token = await robot('read delete');
        for (const [headers, message] of [[[], body], [[version, call, ['mcp-name', 'delete_note']], envelope]]) {
            const response = await send(token, headers, message);
            assert.equal(response.status, 200);
            assert.match(response.text, /Deleted for robot/);
        }
    });
});

test('a token in Entra\'s shape, through the azure plugin', { skip: missing }, async () => {
    const host = 'login.microsoftonline.com', tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee', id = '00001111-aaaa-2222-bbbb-3333cccc4444';
    const directory = await scratch();
    const { found } = await start(command('tam-issuer'), [`--dir=${directory}`, `--name=${host}`], /^ready port=(\d+) ca=(.*)$/);
    const guarded = await startDoor(url => `
resource url=${url}
azure    tenant_id=${tenant} client_id=${id} required_scopes=read ca_file=${found[2]} connect_to=${host}:443:127.0.0.1:${found[1]}
`);
    const token = scope => mint(`--dir=${directory}`, `--tenant=${tenant}`, `--audience=${id}`, `--scope=${scope}`, '--subject=33334444-dddd-5555-eeee-6666ffff7777');
    const refused = v2.extractWWWAuthenticateParams(await fetch(guarded));
    const metadata = await v2.discoverOAuthProtectedResourceMetadata(guarded, refused);
    assert.deepEqual(metadata.authorization_servers, [`https://${host}/${tenant}/v2.0`]);
    assert.equal(refused.scope, `api://${id}/read`);

    const headers = { authorization: `Bearer ${await token('read')}` };
    const client = new ClientV2({ name: 'interop', version: '0' }, modern);
    await client.connect(new TransportV2(new URL(guarded), { requestInit: { headers } }));
    assert.match(said(await client.callTool({ name: 'whoami', arguments: {} })), /^You are ./);
    await assert.rejects(client.callTool({ name: 'delete_note', arguments: {} }));
    headers.authorization = `Bearer ${await token('read delete')}`;
    assert.match(said(await client.callTool({ name: 'delete_note', arguments: {} })), /^Deleted for ./);
    await client.close();
});
