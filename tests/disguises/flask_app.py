# SPDX-License-Identifier: MIT
"""A backend behind the proxies that test_disguises.sh attacks: Flask, with the two things that it is often given, an override of
the method and one of the path. It knows nothing of tokens; what it does, it writes into a log.

    flask_app.py LOG        prints "ready port=N"
"""
import sys

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import make_server

log = open(sys.argv[1], 'a', buffering=1)
app = Flask(__name__)


def override(wsgi):
    """As Flask's own documentation has it ("HTTP Method Overrides"), under each of the names that are in use."""
    def application(environ, start_response):
        for name in ('HTTP_X_HTTP_METHOD_OVERRIDE', 'HTTP_X_HTTP_METHOD', 'HTTP_X_METHOD_OVERRIDE'):
            environ['REQUEST_METHOD'] = environ.get(name, environ['REQUEST_METHOD'])
        for name in ('HTTP_X_ORIGINAL_URL', 'HTTP_X_REWRITE_URL'):
            environ['PATH_INFO'] = environ.get(name, environ['PATH_INFO'])
        return wsgi(environ, start_response)
    return application


# It trusts the proxy: X-Forwarded-Host is its host.
app.wsgi_app = ProxyFix(override(app.wsgi_app), x_host=1)


def ran(what):
    print(request.headers.get('X-Row', '?'), what, file=log)
    if 'Authorization' in request.headers:
        print(request.headers.get('X-Row', '?'), 'token', file=log)
    return f'ran {what}\n'


@app.get('/app/file')
def read():
    return ran('read')


@app.delete('/app/file')
def delete():
    return ran('delete')


@app.route('/app/admin', methods=['GET', 'POST', 'PUT', 'PATCH'], defaults={'rest': ''})
@app.route('/app/admin/<path:rest>')
def admin(rest):
    return ran('admin')


@app.get('/app/me')
def me():
    said = [value for name, value in request.headers if name.lower().replace('_', '-').startswith('x-tam-')]
    return ran('forged' if any('forged' in value for value in said) else 'me')


@app.get('/app/host')
def host():
    return ran(request.host.split(':')[0].rstrip('.').lower().split('.')[0])


@app.post('/mcp')
def mcp():
    message = request.get_json(force=True)
    method, name = message['method'], message.get('params', {}).get('name')
    for header, value in (('Mcp-Method', method), ('Mcp-Name', name)):
        if header in request.headers and request.headers[header].strip() != value:
            return 'the headers say another thing than the body\n', 400
    return ran(name if method == 'tools/call' else 'list')


server = make_server('127.0.0.1', 0, app, threaded=True)
print(f'ready port={server.port}', flush=True)
server.serve_forever()
