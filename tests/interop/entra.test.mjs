// SPDX-License-Identifier: MIT
// The azure plugin towards the same clients: they find Entra's metadata (tam-issuer's, at Entra's name), and tokens in Entra's
// shape are judged, with jose and the issuer's own key set as the second opinion.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { before, describe, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import * as v2 from '@modelcontextprotocol/client';
import { command, mint, scratch, start, startGuard } from './tam.mjs';

const host = 'login.microsoftonline.com';
const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const client = '00001111-aaaa-2222-bbbb-3333cccc4444';
const issuer = `https://${host}/${tenant}/v2.0`;
let directory, resource, entra, issuerProcess;

// fetch() to that one server, whatever the name in the URL, with TLS as it should be.
function fetchFrom(port, ca) {
    const agent = new Agent({ keepAlive: false, ca });
    return (url, { method = 'GET', headers = {} } = {}) => new Promise((resolve, reject) => {
        const { hostname, pathname, search, host: name } = new URL(url);
        const options = { agent, host: '127.0.0.1', port, servername: hostname, path: pathname + search, method };
        options.headers = { ...Object.fromEntries(new Headers(headers)), host: name };
        const asked = request(options, answer => {
            const parts = [];
            answer.on('data', part => parts.push(part));
            answer.on('end', () => resolve(new Response(Buffer.concat(parts), { status: answer.statusCode, headers: answer.headers })));
        });
        asked.on('error', reject);
        asked.end();
    });
}

before(async () => {
    directory = await scratch();
    const args = [`--dir=${directory}`, '--listen=127.0.0.1:0', `--name=${host}`];
    const { child, found } = await start(command('tam-issuer'), args, /^ready port=(\d+) ca=(.*)$/);
    issuerProcess = child;
    entra = fetchFrom(Number(found[1]), await readFile(found[2]));
    resource = await startGuard(`
resource url=http://127.0.0.1:\${PORT}/mcp
azure    tenant_id=${tenant} client_id=${client} required_scopes=read ca_file=${found[2]} connect_to=${host}:443:127.0.0.1:${found[1]}
`);
});

const call = (url, token) => fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
const token = (...args) => mint(`--dir=${directory}`, `--tenant=${tenant}`, `--audience=${client}`, '--scope=read', ...args);

async function second(text) {
    const keys = jose.createRemoteJWKSet(new URL(`https://${host}/${tenant}/discovery/v2.0/keys`), { [jose.customFetch]: entra });
    try {
        await jose.jwtVerify(text, keys, { issuer, audience: client, algorithms: ['RS256'] });
        return 'accept';
    } catch (error) {
        return error.code;
    }
}

for (const [name, sdk] of [['MCP SDK 1', v1], ['MCP client 2', v2]]) {
    describe(`${name} and Entra`, () => {
        test(`${name} is led from the resource to Entra`, async () => {
            const response = await call(resource);
            const found = sdk.extractWWWAuthenticateParams(response);
            assert.equal(response.status, 401);
            assert.equal(found.scope, `api://${client}/read`);
            const metadata = await sdk.discoverOAuthProtectedResourceMetadata(resource, found);
            assert.deepEqual(metadata.authorization_servers, [issuer]);
            assert.deepEqual(metadata.scopes_supported, [`api://${client}/read`]);
            const server = await sdk.discoverAuthorizationServerMetadata(metadata.authorization_servers[0], { fetchFn: entra });
            assert.equal(server.issuer, issuer);
            assert.equal(server.jwks_uri, `https://${host}/${tenant}/discovery/v2.0/keys`);
        });
    });
}

test('oauth4webapi is led from the resource to Entra', async () => {
    const url = new URL(resource);
    const insecure = { [oauth.allowInsecureRequests]: true };
    const metadata = await oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url, insecure));
    const entry = new URL(metadata.authorization_servers[0]);
    const server = await oauth.processDiscoveryResponse(entry, await oauth.discoveryRequest(entry, { [oauth.customFetch]: entra }));
    assert.equal(server.issuer, issuer);
});

// [name, options of tam mint, status, error, what jose says]
const rows = [
    ['a user\'s token is accepted', [], 200, undefined, 'accept'],
    ['an expired one is not', ['--lifetime=-3600'], 401, 'invalid_token', 'ERR_JWT_EXPIRED'],
    ['another audience is not', ['--audience=11111111-aaaa-2222-bbbb-3333cccc4444'], 401, 'invalid_token', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another tenant is not', ['--tenant=11110000-0000-cccc-1111-dddd2222eeee'], 401, 'invalid_token', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another cloud is not', ['--authority=login.microsoftonline.us'], 401, 'invalid_token', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['an unsigned one is not', ['--alg=none'], 401, 'invalid_token', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['another scope is not enough (jose does not look)', ['--scope=write'], 403, 'insufficient_scope', 'accept'],
    ['neither scope nor role makes no access token (jose does not look)', ['--app'], 401, 'invalid_token', 'accept'],
    ['an application is not let in by a role that nobody asked for (jose does not look)', ['--app', '--role=x'], 403, 'insufficient_scope', 'accept'],
];

describe('tokens in Entra\'s shape', () => {
    for (const [name, options, status, error, others] of rows) {
        test(name, async () => {
            const text = await token(...options);
            assert.equal(await second(text), others);
            const response = await call(resource, text);
            assert.equal(response.status, status);
            assert.equal(v1.extractWWWAuthenticateParams(response).error, error);
        });
    }
    test('after a rotation the new key is fetched, and the old one is still good', async () => {
        const old = await token();
        issuerProcess.kill('SIGUSR1');
        let fresh = old;
        while (jose.decodeProtectedHeader(fresh).kid === jose.decodeProtectedHeader(old).kid) {
            fresh = await token();
        }
        assert.equal(await second(fresh), 'accept');
        assert.equal((await call(resource, fresh)).status, 200);
        assert.equal((await call(resource, await token('--subject=another'))).status, 200);
        assert.equal((await call(resource, old)).status, 200);
    });
});
