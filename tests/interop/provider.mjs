// SPDX-License-Identifier: MIT
// An authorization server that is not ours (oidc-provider, on loopback) and the browser of a user who agrees to everything.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import * as jose from 'jose';
import { Provider, errors } from 'oidc-provider';
import { callback } from './memory.mjs';
import { atEnd } from './tam.mjs';

// Access tokens are JWTs as RFC 9068 has them, for the resource that the client names (RFC 8707).
function configuration(signingKey) {
    const resourceServer = resource => ({
        scope: 'read write delete',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'RS256' } },
    });
    return {
        jwks: { keys: [signingKey] },
        clients: [
            { client_id: 'native', application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: [callback] },
            { client_id: 'robot', client_secret: 'robot-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
        ],
        scopes: ['openid', 'offline_access', 'read', 'write', 'delete'],
        clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
        features: {
            clientCredentials: { enabled: true },
            devInteractions: { enabled: true },
            registration: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo(ctx, resource) {
                    if (!resource.startsWith('http://127.0.0.1:')) {
                        throw new errors.InvalidTarget();
                    }
                    return resourceServer(resource);
                },
                useGrantedResource: () => true,
            },
        },
        pkce: { required: () => true },
        cookies: { keys: ['only for tests'] },
        ttl: { AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
        findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    };
}

// { issuer, requests }: requests holds "METHOD PATH" of what was asked of it.
export async function startProvider() {
    const { privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
    const signingKey = { ...(await jose.exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' };
    const server = createServer();
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const handle = new Provider(issuer, configuration(signingKey)).callback();
    const requests = [];
    server.on('request', (request, response) => {
        requests.push(`${request.method} ${request.url}`);
        handle(request, response);
    });
    atEnd(() => {
        server.closeAllConnections();
        return new Promise(resolve => server.close(resolve));
    });
    return { issuer, requests };
}

// Cookies by path enough for one user at one provider.
function keepCookies(jar, response) {
    for (const line of response.headers.getSetCookie()) {
        const [pair] = line.split(';');
        const at = pair.indexOf('=');
        jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
}

// Follows the authorization request: signs in, consents, and returns the URL that the client is called back with.
export async function browse(url, callback) {
    const jar = new Map();
    let next = new URL(url), form;
    for (let step = 0; step < 20; step++) {
        const cookie = [...jar].map(pair => pair.join('=')).join('; ');
        const response = await fetch(next, { redirect: 'manual', headers: { cookie }, method: form ? 'POST' : 'GET', body: form });
        keepCookies(jar, response);
        form = undefined;
        const text = await response.text();
        if (response.status >= 300 && response.status < 400) {
            next = new URL(response.headers.get('location'), next);
            if (next.href.startsWith(callback)) {
                return next;
            }
            continue;
        }
        const prompt = /name="prompt" value="(\w+)"/.exec(text);
        assert.ok(response.ok && prompt, `the provider says ${response.status}: ${text.slice(0, 500)}`);
        next = new URL(/action="([^"]+)"/.exec(text)[1], next);
        form = new URLSearchParams({ prompt: prompt[1], login: 'alice', password: 'x' });
    }
    throw new Error('no end of pages');
}

// What the client says when the user must be asked; then the user is, and the transport gets the code.
export async function agree(transport, memory, asking) {
    await assert.rejects(asking, error => error.constructor.name === 'UnauthorizedError');
    const back = await browse(memory.url, callback);
    assert.ok(back.searchParams.get('code'), back.search);
    await transport.finishAuth(back.searchParams.get('code'), back.searchParams.get('iss') ?? undefined);
}
