// SPDX-License-Identifier: MIT
// jose as the second opinion: what it signs is judged by tam, what tam mints is judged by it. Where the two differ, the row
// says why; in no row does tam accept what jose refuses.
import assert from 'node:assert/strict';
import { createHmac, randomBytes, sign } from 'node:crypto';
import { before, describe, test } from 'node:test';
import * as jose from 'jose';
import { judge, mint, scratch, write } from './tam.mjs';

const issuer = 'https://issuer.example';
const audience = 'https://api.example/mcp';
const now = Math.floor(Date.now() / 1000);
const good = { iss: issuer, aud: audience, sub: 'alice', client_id: 'app', scope: 'read write', iat: now, exp: now + 600 };
const without = name => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const symmetric = ['HS256', 'HS384', 'HS512'];
const keys = {};
const secret = randomBytes(64);
const base64url = jose.base64url.encode;
let directory, byKeySet, bySecret, keySet;

before(async () => {
    directory = await scratch();
    for (const alg of asymmetric) {
        keys[alg] = await jose.generateKeyPair(alg, { extractable: true });
    }
    const jwks = { keys: [] };
    for (const alg of asymmetric) {
        jwks.keys.push({ ...(await jose.exportJWK(keys[alg].publicKey)), kid: alg, alg, use: 'sig' });
    }
    keySet = jose.createLocalJWKSet(jwks);
    const claims = `issuer=${issuer} audience=${audience} clock_skew=0`;
    const set = await write(directory, 'jwks.json', JSON.stringify(jwks));
    const file = await write(directory, 'secret', secret.toString('hex'));
    byKeySet = await judge(`jwt ${claims} jwks_file=${set} algorithms=${asymmetric}`);
    bySecret = await judge(`jwt ${claims} secret_file=${file} algorithms=${symmetric}`);
});

// jose's verdict: 'accept' or the code of its error.
async function second(token, key = keySet, options = {}) {
    try {
        await jose.jwtVerify(token, key, { issuer, audience, requiredClaims: ['exp', 'sub'], algorithms: asymmetric, ...options });
        return 'accept';
    } catch (error) {
        return error.code ?? error.name;
    }
}

const signed = (claims, header = {}, key) =>
    new jose.SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'RS256', typ: 'at+jwt', ...header })
        .sign(key ?? keys[header.alg ?? 'RS256'].privateKey);

// Bytes that no builder of tokens would sign: header and payload as they are given, RS256.
function raw(header, payload, kid = 'RS256') {
    const input = `${base64url(header)}.${base64url(payload)}`;
    const key = keys[kid].privateKey;
    return `${input}.${base64url(sign('sha256', Buffer.from(input), key))}`;
}
const head = '{"alg":"RS256","kid":"RS256"}';

// The last character of a segment of a length that is 2 or 3 modulo 4 has bits that mean nothing: RFC 4648 §3.5.
function withStrayBits(token) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)) | 1];
}

describe('tokens that jose signs', () => {
    for (const alg of asymmetric) {
        test(`${alg} is accepted`, async () => {
            const token = await signed(good, { alg, kid: alg });
            const found = await byKeySet(token);
            assert.equal(await second(token), 'accept');
            assert.deepEqual([found.verdict, found.status, found.error], ['accept', 200, null]);
            assert.equal(found.principal.subject, 'alice');
            assert.equal(found.principal.client_id, 'app');
            assert.deepEqual(found.principal.scopes, ['read', 'write']);
            assert.equal(found.principal.expires_at, good.exp);
        });
        test(`${alg} with another bit is refused`, async () => {
            const parts = (await signed(good, { alg, kid: alg })).split('.');
            const signature = jose.base64url.decode(parts[2]);
            signature[signature.length >> 1] ^= 1;
            const token = `${parts[0]}.${parts[1]}.${base64url(signature)}`;
            assert.equal(await second(token), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
            assert.equal((await byKeySet(token)).reason, 'bad_signature');
        });
    }
    for (const alg of symmetric) {
        test(`${alg} is accepted with the secret`, async () => {
            const token = await signed(good, { alg, kid: undefined }, Buffer.from(secret.toString('hex')));
            assert.equal((await bySecret(token)).verdict, 'accept');
            const forged = await signed(good, { alg, kid: undefined }, randomBytes(64));
            assert.equal((await bySecret(forged)).reason, 'bad_signature');
            assert.equal((await byKeySet(token)).reason, 'unsupported_algorithm');
        });
    }
});

// [name, token, what tam says, what jose says]
const rows = [
    ['an array of audiences with ours', () => signed({ ...good, aud: ['https://b.example', audience] }), 'accept', 'accept'],
    ['an array of audiences without ours', () => signed({ ...good, aud: ['https://b.example'] }), 'wrong_audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another audience', () => signed({ ...good, aud: 'https://b.example' }), 'wrong_audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['the audience and a slash', () => signed({ ...good, aud: `${audience}/` }), 'wrong_audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no audience', () => signed(without('aud')), 'wrong_audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another issuer', () => signed({ ...good, iss: 'https://other.example' }), 'wrong_issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['the issuer and a slash', () => signed({ ...good, iss: `${issuer}/` }), 'wrong_issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no issuer', () => signed(without('iss')), 'wrong_issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['expired', () => signed({ ...good, exp: now - 10 }), 'expired', 'ERR_JWT_EXPIRED'],
    ['no expiry', () => signed(without('exp')), 'missing_claim', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no subject', () => signed(without('sub')), 'missing_claim', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['not yet valid', () => signed({ ...good, nbf: now + 600 }), 'not_yet_valid', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['issued in the future (RFC 7519 asks nobody to look)', () => signed({ ...good, iat: now + 600 }), 'not_yet_valid', 'accept'],
    ['an expiry of text', () => raw(head, JSON.stringify({ ...good, exp: `${good.exp}` })), 'malformed', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['an issuer of a list', () => raw(head, JSON.stringify({ ...good, iss: [issuer] })), 'malformed', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['a subject of a number (jose does not look)', () => raw(head, JSON.stringify({ ...good, sub: 7 })), 'malformed', 'accept'],
    ['no typ', () => signed(good, { typ: undefined }), 'accept', 'accept'],
    ['typ JWT', () => signed(good, { typ: 'JWT' }), 'accept', 'accept'],
    ['typ with application/, in capitals', () => signed(good, { typ: 'Application/AT+JWT' }), 'accept', 'accept'],
    ['typ of a logout token (jose is not asked)', () => signed(good, { typ: 'logout+jwt' }), 'wrong_token_type', 'accept'],
    ['typ of a proof of possession (jose is not asked)', () => signed(good, { typ: 'dpop+jwt' }), 'wrong_token_type', 'accept'],
    ['another kid', () => signed(good, { kid: 'nobody' }), 'unknown_key', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['no kid, where the set has several keys (jose goes by alg)', () => signed(good, { kid: undefined }), 'unknown_key', 'accept'],
    ['the kid of a key for PS256', () => signed(good, { kid: 'PS256' }), 'unknown_key', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['the kid of a key on a curve', () => signed(good, { kid: 'ES256' }), 'unknown_key', 'ERR_JWKS_NO_MATCHING_KEY'],
    ['a stranger\'s key', async () => signed(good, {}, (await jose.generateKeyPair('RS256')).privateKey), 'bad_signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['a stranger\'s key that comes along', async () => {
        const stranger = await jose.generateKeyPair('RS256', { extractable: true });
        return signed(good, { jwk: await jose.exportJWK(stranger.publicKey) }, stranger.privateKey);
    }, 'bad_signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['a stranger\'s key by address', async () => signed(good, { jku: 'https://evil.example/jwks' }, (await jose.generateKeyPair('RS256')).privateKey), 'bad_signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['alg none', async () => new jose.UnsecuredJWT(good).encode(), 'malformed', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['alg none with a signature', () => raw('{"alg":"none","kid":"RS256"}', JSON.stringify(good)), 'unsupported_algorithm', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['the public key as a secret', async () => {
        const input = `${base64url('{"alg":"HS256","kid":"RS256"}')}.${base64url(JSON.stringify(good))}`;
        const pem = await jose.exportSPKI(keys.RS256.publicKey);
        return `${input}.${base64url(createHmac('sha256', pem).update(input).digest())}`;
    }, 'unsupported_algorithm', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['a critical extension that nobody knows', () => raw('{"alg":"RS256","kid":"RS256","crit":["x"],"x":1}', JSON.stringify(good)), 'malformed', 'ERR_JOSE_NOT_SUPPORTED'],
    ['an empty list of critical extensions', () => raw('{"alg":"RS256","kid":"RS256","crit":[]}', JSON.stringify(good)), 'malformed', 'ERR_JWS_INVALID'],
    ['an unencoded payload (RFC 7797)', () => {
        const input = `${base64url('{"alg":"RS256","kid":"RS256","b64":false,"crit":["b64"]}')}.payload`;
        return `${input}.${base64url(sign('sha256', Buffer.from(input), keys.RS256.privateKey))}`;
    }, 'malformed', 'ERR_JWT_INVALID'],
    ['b64 false without crit', () => raw('{"alg":"RS256","kid":"RS256","b64":false}', JSON.stringify(good)), 'malformed', 'accept'],
    ['a compressed payload (zip is not JWS\'s)', () => raw('{"alg":"RS256","kid":"RS256","zip":"DEF"}', JSON.stringify(good)), 'malformed', 'accept'],
    ['an encrypted token', () => new jose.EncryptJWT(good).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(randomBytes(32)), 'malformed', 'ERR_JWS_INVALID'],
    ['the flattened form', async () => JSON.stringify(await new jose.FlattenedSign(Buffer.from(JSON.stringify(good)))
        .setProtectedHeader({ alg: 'RS256', kid: 'RS256' }).sign(keys.RS256.privateKey)), 'malformed', 'ERR_JWS_INVALID'],
    ['a member twice in the payload (JSON.parse takes the last)', () => raw(head, JSON.stringify(good).replace('{', '{"aud":"https://b.example",')), 'malformed', 'accept'],
    ['a member twice in the header (JSON.parse takes the last)', () => raw('{"alg":"none","alg":"RS256","kid":"RS256"}', JSON.stringify(good)), 'malformed', 'accept'],
    ['a payload that is a list', () => raw(head, JSON.stringify([good])), 'malformed', 'ERR_JWT_INVALID'],
    ['a payload that is text', () => raw(head, 'alice'), 'malformed', 'ERR_JWT_INVALID'],
    ['a payload with a comma too much', () => raw(head, JSON.stringify(good).replace('}', ',}')), 'malformed', 'ERR_JWT_INVALID'],
    ['a header without alg', () => raw('{"kid":"RS256"}', JSON.stringify(good)), 'malformed', 'ERR_JWS_INVALID'],
    ['an alg in small letters', () => raw('{"alg":"rs256","kid":"RS256"}', JSON.stringify(good)), 'unsupported_algorithm', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['a signature that lacks a byte', async () => {
        const parts = (await signed(good)).split('.');
        return `${parts[0]}.${parts[1]}.${base64url(jose.base64url.decode(parts[2]).subarray(0, -1))}`;
    }, 'bad_signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['no signature', async () => (await signed(good)).replace(/[^.]*$/, ''), 'malformed', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['two parts', async () => (await signed(good)).replace(/\.[^.]*$/, ''), 'malformed', 'ERR_JWS_INVALID'],
    ['stray bits in the last character (atob does not look)', async () => withStrayBits(await signed(good)), 'malformed', 'accept'],
    ['another payload under the signature', async () => {
        const parts = (await signed(good)).split('.');
        return `${parts[0]}.${base64url(JSON.stringify({ ...good, sub: 'mallory' }))}.${parts[2]}`;
    }, 'bad_signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['a token of 15 kB', () => signed({ ...good, blob: 'x'.repeat(11000) }), 'accept', 'accept'],
    ['a token of 40 kB (over the service\'s cap)', () => signed({ ...good, blob: 'x'.repeat(30000) }), 'malformed', 'accept'],
];

describe('what jose and tam say of a token', () => {
    for (const [name, token, wanted, others] of rows) {
        test(name, async () => {
            const text = await token();
            const found = await byKeySet(text);
            assert.equal(await second(text), others);
            assert.equal(found.verdict === 'accept' ? 'accept' : found.reason, wanted);
            assert.ok(found.verdict !== 'accept' || others === 'accept');
            assert.ok(found.detail === null || !found.detail.includes(text.slice(-40)), 'the detail shows the token');
        });
    }
});

describe('tokens that tam mints', () => {
    const claims = `--claims=${JSON.stringify(good)}`;
    // Keys that jose made, so that nothing of ours made the key that judges.
    const keyFile = async alg => write(directory, `${alg}.pem`, await jose.exportPKCS8(keys[alg].privateKey));
    for (const alg of asymmetric) {
        test(`${alg} is accepted, and with other claims refused`, async () => {
            const key = `--key=${await keyFile(alg)}`;
            const header = `--header=${JSON.stringify({ alg, kid: alg, typ: 'at+jwt' })}`;
            const token = await mint(key, header, claims);
            assert.equal(await second(token), 'accept');
            assert.equal((await byKeySet(token)).verdict, 'accept');
            const parts = token.split('.');
            const other = `${parts[0]}.${base64url(JSON.stringify({ ...good, sub: 'mallory' }))}.${parts[2]}`;
            assert.equal(await second(other), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
        });
    }
    for (const alg of symmetric) {
        test(`${alg} is accepted with the secret`, async () => {
            const file = await write(directory, `${alg}.secret`, secret.toString('hex'));
            const token = await mint(`--hmac-file=${file}`, `--header=${JSON.stringify({ alg })}`, claims);
            assert.equal(await second(token, Buffer.from(secret.toString('hex')), { algorithms: symmetric }), 'accept');
            assert.equal((await bySecret(token)).verdict, 'accept');
        });
    }
    const attacks = [
        ['alg none', ['--alg=none'], {}, 'ERR_JOSE_ALG_NOT_ALLOWED'],
        ['expired', [], { exp: now - 10 }, 'ERR_JWT_EXPIRED'],
        ['another audience', [], { aud: 'https://b.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
        ['a critical extension', ['--header={"alg":"RS256","kid":"RS256","crit":["x"],"x":1}'], {}, 'ERR_JOSE_NOT_SUPPORTED'],
    ];
    for (const [name, args, change, wanted] of attacks) {
        test(`${name} is refused by both`, async () => {
            const header = args.length > 0 ? args : ['--header={"alg":"RS256","kid":"RS256"}'];
            const token = await mint(`--key=${await keyFile('RS256')}`, ...header, `--claims=${JSON.stringify({ ...good, ...change })}`);
            assert.equal(await second(token), wanted);
            assert.notEqual((await byKeySet(token)).verdict, 'accept');
        });
    }
});
