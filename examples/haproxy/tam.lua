-- SPDX-License-Identifier: MIT
-- Asks tamd about a request, for HAProxy 2.6 or newer with Lua: `http-request lua.tam` in a frontend. A request that tamd lets in
-- goes on with the principal in X-Tam-* and txn.tam_in; any other is answered here. A request goes on after a fault of this script,
-- too: so HAProxy must refuse what has no txn.tam_in. tests/system/test_haproxy.sh and tests/system/test_disguises.sh run it.
local tamd = 'unix@/run/tam/tamd.sock'

-- Of the body, the connection and the cookies tamd need not know; what the original request was, HAProxy alone says.
local kept_back = {
    ['content-length'] = true, ['transfer-encoding'] = true, ['expect'] = true, ['connection'] = true, ['keep-alive'] = true,
    ['te'] = true, ['trailer'] = true, ['upgrade'] = true, ['cookie'] = true, ['host'] = true,
    ['x-forwarded-method'] = true, ['x-forwarded-host'] = true, ['x-forwarded-uri'] = true,
}

-- In a table of Lua's: HAProxy counts from 0.
local function values_of(header)
    local values = {}
    for _, value in pairs(header) do
        table.insert(values, value)
    end
    return values
end

-- Of two Host headers tamd is told both, and refuses them.
local function question(txn)
    local asked = txn.http:req_get_headers()
    local headers = {
        ['x-forwarded-method'] = { txn.sf:method() },
        ['x-forwarded-host'] = values_of(asked['host'] or {}),
        ['x-forwarded-uri'] = { txn.sf:pathq() },
    }
    for name, header in pairs(asked) do
        if not kept_back[name] then
            headers[name] = values_of(header)
        end
    end
    return { url = 'http://tamd/auth', dst = tamd, headers = headers, timeout = 10000 }
end

-- Hands on the status, the challenge and when to come again; what refuses nobody, and no answer, is 503.
local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status >= 400 and answer.status or 503 })
    for _, name in ipairs({ 'www-authenticate', 'retry-after' }) do
        for _, value in pairs(answer.headers and answer.headers[name] or {}) do
            reply:add_header(name, value)
        end
    end
    reply:add_header('cache-control', 'no-store')
    txn:done(reply)
end

core.register_action('tam', { 'http-req' }, function(txn)
    local answer = core.httpclient():get(question(txn))
    if answer.status ~= 200 then
        refuse(txn, answer)
    end
    for name, header in pairs(answer.headers) do
        if name:find('^x%-tam%-') then
            txn.http:req_set_header(name, values_of(header)[1])
        end
    end
    txn:set_var('txn.tam_in', true)
end, 0)
