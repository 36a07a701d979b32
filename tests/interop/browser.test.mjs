// SPDX-License-Identifier: MIT
// A real browser (Debian's chromium, skipped where it is not) reads the metadata from a page of another origin, as MCP
// clients in a browser do: with a header of their own, so it asks first. The control is the resource itself, which it hides.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { atEnd, scratch, startGuard } from './tam.mjs';

const run = promisify(execFile);
const chromium = await run('chromium', ['--version']).then(() => true, () => false);

// What the page's fetch() came to is the text of its body.
const page = url => `<!doctype html><body>pending<script>
fetch(${JSON.stringify(url)}, { headers: { 'mcp-protocol-version': '2025-11-25' } })
    .then(async response => response.status + ' ' + (await response.json()).resource, () => 'hidden')
    .then(text => { document.body.textContent = text; });
</script>`;

async function browse(url) {
    const server = createServer((request, response) => response.setHeader('content-type', 'text/html').end(page(url)));
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => {
        server.closeAllConnections();
        server.close();
    });
    const profile = await scratch();
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run',
        `--user-data-dir=${profile}`, '--virtual-time-budget=10000', '--dump-dom', `http://127.0.0.1:${server.address().port}/`];
    const { stdout } = await run('chromium', args, { timeout: 60000, env: { ...process.env, HOME: profile } });
    return /<body>([^<]*)/.exec(stdout)[1].trim();
}

test('a browser reads the metadata from another origin', { skip: !chromium && 'there is no chromium' }, async () => {
    const resource = await startGuard(`
resource url=http://127.0.0.1:\${PORT}/mcp
jwt      issuer=https://as.example audience=x jwks_uri=https://127.0.0.1:1/jwks allow_private=yes
`);
    const document = resource.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
    assert.equal(await browse(document), `200 ${resource}`);
    assert.equal(await browse(resource), 'hidden');
});
