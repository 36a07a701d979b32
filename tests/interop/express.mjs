// SPDX-License-Identifier: MIT
// A backend behind the proxies that test_disguises.sh attacks: Express, with the two things that it is often given, an override
// of the method and one of the path. It knows nothing of tokens; what it does, it writes into a log.
//
//     node express.mjs LOG        prints "ready port=N"
import express from 'express';
import override from 'method-override';
import { appendFileSync } from 'node:fs';

const app = express();
app.set('trust proxy', true); // X-Forwarded-Host is its host

function ran(what) {
    return (request, response) => {
        const done = typeof what === 'function' ? what(request) : what;
        const row = request.get('x-row') ?? '?';
        appendFileSync(process.argv[2], `${row} ${done}\n${request.get('authorization') ? `${row} token\n` : ''}`);
        response.send(`ran ${done}\n`);
    };
}

for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method']) {
    app.use(override(name));
}
app.use((request, response, next) => {
    request.url = request.get('x-original-url') ?? request.get('x-rewrite-url') ?? request.url;
    next();
});
app.use(express.json({ type: () => true }));

app.get('/app/file', ran('read'));
app.delete('/app/file', ran('delete'));
app.use('/app/admin', ran('admin'));
app.get('/app/me', ran(request => {
    const said = Object.entries(request.headers).filter(([name]) => name.replaceAll('_', '-').startsWith('x-tam-'));
    return said.some(([, value]) => value.includes('forged')) ? 'forged' : 'me';
}));
app.get('/app/host', ran(request => request.hostname.toLowerCase().split('.')[0]));
app.post('/mcp', (request, response) => {
    const { method, params } = request.body;
    for (const [header, value] of [['mcp-method', method], ['mcp-name', params?.name]]) {
        if (request.get(header) !== undefined && request.get(header).trim() !== value) {
            return response.status(400).send('the headers say another thing than the body\n');
        }
    }
    return ran(method === 'tools/call' ? params.name : 'list')(request, response);
});

const server = app.listen(0, '127.0.0.1', () => console.log(`ready port=${server.address().port}`));
