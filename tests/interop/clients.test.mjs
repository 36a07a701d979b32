// SPDX-License-Identifier: MIT
// Clients that others wrote, unchanged, against a resource that tam guards: they find the metadata, read the challenge, get a
// token of an authorization server that is not ours, and are let in.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import * as v2 from '@modelcontextprotocol/client';
import { Memory, callback } from './memory.mjs';
import { browse, startProvider } from './provider.mjs';
import { startGuard } from './tam.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
let provider, resource;

before(async () => {
    provider = await startProvider();
    resource = await startGuard(`
resource url=http://127.0.0.1:\${PORT}/mcp name="A guarded server" documentation=https://example.com/doc
service  scope_implies=write:append
jwt      authority=${provider.issuer} audience=http://127.0.0.1:\${PORT}/mcp required_scopes=read typ=at+jwt insecure_http=yes
`);
});

const call = (url, token, init = {}) => fetch(url, { ...init, headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) } });

// The whole way, from a refused request to tokens.
async function authorize(sdk, memory, scope) {
    const refused = await call(resource, memory.kept?.access_token);
    const { resourceMetadataUrl } = sdk.extractWWWAuthenticateParams(refused);
    const options = { serverUrl: resource, resourceMetadataUrl, scope, forceReauthorization: true };
    delete memory.kept;
    assert.equal(await sdk.auth(memory, options), 'REDIRECT');
    const back = await browse(memory.url, callback);
    const answer = { authorizationCode: back.searchParams.get('code'), iss: back.searchParams.get('iss') ?? undefined };
    assert.ok(answer.authorizationCode, `no code: ${back.search}`);
    assert.equal(await sdk.auth(memory, { ...options, ...answer }), 'AUTHORIZED');
    return memory.kept.access_token;
}

for (const [name, sdk] of [['MCP SDK 1', v1], ['MCP client 2', v2]]) {
    describe(name, () => {
        test(`${name} finds the metadata without being told where`, async () => {
            const metadata = await sdk.discoverOAuthProtectedResourceMetadata(resource);
            assert.equal(metadata.resource, resource);
            assert.deepEqual(metadata.authorization_servers, [provider.issuer]);
            assert.deepEqual(metadata.scopes_supported, ['read']);
            assert.deepEqual(metadata.bearer_methods_supported, ['header']);
            assert.equal(metadata.resource_name, 'A guarded server');
        });
        test(`${name} reads the challenge without a token`, async () => {
            const response = await call(resource);
            const found = sdk.extractWWWAuthenticateParams(response);
            assert.equal(response.status, 401);
            assert.equal(found.resourceMetadataUrl.href, resource.replace('/mcp', '/.well-known/oauth-protected-resource/mcp'));
            assert.equal(found.scope, 'read');
            assert.equal(found.error, undefined);
            const metadata = await sdk.discoverOAuthProtectedResourceMetadata(resource, { resourceMetadataUrl: found.resourceMetadataUrl });
            assert.equal(metadata.resource, resource);
        });
        test(`${name} takes the resource for its own`, async () => {
            const metadata = await sdk.discoverOAuthProtectedResourceMetadata(resource);
            const selected = await sdk.selectResourceURL(resource, new Memory(), metadata);
            assert.equal(selected.href, resource);
        });
        test(`${name} gets a code and a token, and is let in`, async () => {
            const memory = new Memory();
            const token = await authorize(sdk, memory);
            const claims = jose.decodeJwt(token);
            assert.equal(claims.aud, resource);
            assert.equal(claims.iss, provider.issuer);
            const response = await call(resource, token, { method: 'POST', body: '{}' });
            assert.equal(response.status, 200);
            const principal = await response.json();
            assert.equal(principal.subject, 'alice');
            assert.equal(principal.client_id, memory.information.client_id);
            assert.deepEqual(principal.scopes, ['read']);
        });
        test(`${name} is told which scopes an operation needs, gets them, and is let in`, async () => {
            const memory = new Memory();
            const token = await authorize(sdk, memory);
            for (let again = 0; again < 2; again++) { // the second time out of tam's cache
                const refused = await call(`${resource}/delete`, token, { method: 'POST' });
                const found = sdk.extractWWWAuthenticateParams(refused);
                assert.equal(refused.status, 403);
                assert.equal(found.error, 'insufficient_scope');
                assert.equal(found.scope, 'read delete');
                assert.ok(found.resourceMetadataUrl);
                assert.equal((await call(resource, token)).status, 200);
            }
            // The client was registered for what it first asked for.
            delete memory.information;
            const more = await authorize(sdk, memory, 'read delete');
            assert.equal((await call(`${resource}/delete`, more, { method: 'POST' })).status, 200);
        });
        test(`${name} with a token that was changed is told so`, async () => {
            const token = await authorize(sdk, new Memory());
            const parts = token.split('.');
            const changed = `${parts[0]}.${jose.base64url.encode(JSON.stringify({ ...jose.decodeJwt(token), scope: 'read delete' }))}.${parts[2]}`;
            const response = await call(resource, changed);
            assert.equal(response.status, 401);
            assert.equal(sdk.extractWWWAuthenticateParams(response).error, 'invalid_token');
        });
    });
}

describe('oauth4webapi', () => {
    // The strict oracle: it throws what it found in the challenge.
    async function challenge(url, token, method = 'GET', headers = {}) {
        try {
            await oauth.protectedResourceRequest(token, method, new URL(url), new Headers(headers), null, insecure);
        } catch (error) {
            assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
            assert.equal(error.cause.length, 1);
            assert.equal(error.cause[0].scheme, 'bearer');
            return { status: error.status, ...error.cause[0].parameters };
        }
        return { status: 200 };
    }
    const metadataUrl = () => resource.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');

    async function robot(scope, target = resource) {
        const issuer = new URL(provider.issuer);
        const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }));
        const client = { client_id: 'robot' };
        const parameters = { resource: target, ...(scope && { scope }) };
        const response = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic('robot-secret'), parameters, insecure);
        return (await oauth.processClientCredentialsResponse(server, client, response)).access_token;
    }

    test('the document is where RFC 9728 has it, and of this resource', async () => {
        const url = new URL(resource);
        const found = await oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url, insecure));
        assert.deepEqual(found.authorization_servers, [provider.issuer]);
    });
    test('a document of another resource is not believed (the control)', async () => {
        const response = await oauth.resourceDiscoveryRequest(new URL(resource), insecure);
        await assert.rejects(oauth.processResourceDiscoveryResponse(new URL(`${resource}/`), response));
    });
    test('a robot\'s token is accepted', async () => {
        assert.deepEqual(await challenge(resource, await robot('read')), { status: 200 });
    });
    test('a token of another kind than a JWT is invalid', async () => {
        assert.deepEqual(await challenge(resource, 'opaque'), {
            status: 401, error: 'invalid_token', scope: 'read', resource_metadata: metadataUrl(),
            error_description: 'The access token is not valid here',
        });
    });
    test('a token for another resource is invalid', async () => {
        const token = await robot('read', resource.replace('/mcp', '/other'));
        assert.deepEqual(await challenge(resource, token), {
            status: 401, error: 'invalid_token', scope: 'read', resource_metadata: metadataUrl(),
            error_description: 'The access token is not valid here',
        });
    });
    test('a token without the scope is insufficient', async () => {
        assert.deepEqual(await challenge(resource, await robot('write')), {
            status: 403, error: 'insufficient_scope', scope: 'read', resource_metadata: metadataUrl(),
            error_description: 'The access token does not permit this request',
        });
    });
    test('all scopes of an operation are named at once', async () => {
        const found = await challenge(`${resource}/delete`, await robot('write'), 'POST');
        assert.deepEqual([found.status, found.error, found.scope.split(' ').sort()], [403, 'insufficient_scope', ['delete', 'read']]);
    });
    test('a broader scope stands for a narrower one', async () => {
        assert.deepEqual(await challenge(`${resource}/append`, await robot('read write'), 'POST'), { status: 200 });
        assert.equal((await challenge(`${resource}/append`, await robot('read'), 'POST')).status, 403);
    });
    test('a token in the query or in the body is none', async () => {
        const token = await robot('read');
        assert.equal((await fetch(`${resource}?access_token=${token}`)).status, 401);
        const response = await fetch(resource, { method: 'POST', body: new URLSearchParams({ access_token: token }) });
        assert.equal(response.status, 401);
        assert.ok(!response.headers.get('www-authenticate').includes('error'));
        assert.deepEqual(await challenge(resource, token), { status: 200 });
    });
    test('a header that is no credential is a bad request', async () => {
        for (const value of ['Bearer', 'Bearer a b', 'Bearer "a"', 'Bearer a, Bearer b']) {
            const response = await fetch(resource, { headers: { authorization: value } });
            assert.equal(response.status, 400, value);
            assert.match(response.headers.get('www-authenticate'), /^Bearer error="invalid_request", /);
        }
    });
});

describe('the document over HTTP', () => {
    const root = () => resource.replace('/mcp', '/.well-known/oauth-protected-resource');
    test('it is JSON, to anybody and from any origin, and may be cached', async () => {
        for (const url of [root(), `${root()}/mcp`]) {
            const response = await fetch(url, { headers: { origin: 'https://client.example' } });
            assert.equal(response.status, 200);
            assert.equal(response.headers.get('content-type'), 'application/json');
            assert.equal(response.headers.get('access-control-allow-origin'), '*');
            assert.match(response.headers.get('cache-control'), /max-age=\d+/);
            assert.equal((await response.json()).resource, resource);
        }
    });
    test('a browser that asks first may read it', async () => {
        const response = await fetch(`${root()}/mcp`, { method: 'OPTIONS', headers: { origin: 'https://client.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'mcp-protocol-version' } });
        assert.ok(response.ok);
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
        assert.equal(response.headers.get('access-control-allow-headers'), '*');
    });
    test('of another path there is none, and that is no fault of the server', async () => {
        for (const path of ['/other', '/mcp/', '/mcpx', '/mcp/delete']) {
            assert.equal((await fetch(root() + path)).status, 404, path);
        }
    });
});

test('one issuer, and its keys, are asked for once', () => {
    const asked = path => provider.requests.filter(each => each === `GET ${path}`).length;
    assert.equal(asked('/jwks'), 1);
});
