# SPDX-License-Identifier: MIT
"""Asks a proxy for every row of the table `requests`, byte for byte, over HTTP/1.1 or HTTP/2, and judges by what the server
behind did: a disguise is refused and nothing of it is done, a control passes and is done. No HTTP library makes these requests,
for none would send them.

    attack.py TABLE FRONT SOCKET 1|2 BASE LOG [WHO=TOKEN]...

FRONT is its name in reports, SOCKET the unix socket that it listens at. BASE is what `@` in a target stands for: /app, where the
server behind writes what it did into LOG; /docs, where plain files are, and then only the rows with an `@` are asked; /mcp, where
a server is that has tools alone, and /app/host, where one is that has two hosts, and then only their rows are.
"""
import re
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

ANSWERED_WITHIN = 60  # seconds; nothing waits for it to pass
SITE = b'api.example.com'


class Row:
    """What is sent, as bytes: a method, a target, headers in their order, a body; and what must become of it."""

    def __init__(self, text, number, tokens, base):
        head, request, *lines = [line.encode('latin-1').decode('unicode_escape').encode('latin-1') for line in text.split('\n')]
        verb, who, self.what, self.name = re.fullmatch(r'(\S+) +(\S+) +(\S+) +(.*)', head.decode()).groups()
        if verb not in ('refused', 'harmless', 'passes'):
            raise ValueError(f'neither refused, harmless nor passes: {head}')
        self.verb = verb
        self.is_for = {b'/app': not request.endswith(b'/app/host'), b'/docs': b'@' in request}.get(base, request.endswith(base))
        self.method, self.target = request.replace(b'@', base).split(b' ', 1)
        self.body = b''
        self.headers = [(b'X-Row', b'%d' % number)]
        if tokens[who]:
            self.headers.append((b'Authorization', b'Bearer ' + tokens[who]))
        for line in lines:
            if line.startswith(b'> '):
                self.body += line[2:].replace(b'%ROW%', b'%d' % number)
            else:
                self.headers.append(tuple(line.split(b':', 1)))
        if self.body and not self.has(b'content-length') and not self.has(b'transfer-encoding'):
            self.headers.append((b'Content-Length', b'%d' % len(self.body)))

    def has(self, name):
        return any(name == each.lower() for each, _ in self.headers)

    def fault(self, status, text, done):
        """What is wrong with what became of it, or nothing; `done` is what the server behind did for it."""
        done = done | set(re.findall(r'ran (\S+)', text))
        if 'token' in done:
            return 'the server behind got the token'
        if self.verb == 'passes':
            return None if 200 <= status < 300 and self.what in done | {'-'} else f'{status}, done: {done or "nothing"}'
        if self.what in done:
            return f'{status}, and {self.what} was done'
        if self.verb == 'harmless' and 200 <= status < 300:
            return None
        return None if status == 0 or 300 <= status < 500 or status == 501 or status == 505 else f'{status}, where it should be refused'


# ---- HTTP/1.1

def send1(connection, row):
    lines = [row.method + b' ' + row.target + b' HTTP/1.1']
    if not row.has(b'host'):
        lines.append(b'Host: ' + SITE)
    # What is behind the colon goes out as it stands in the table.
    lines += [name + b':' + (value if value.startswith(b' ') else b' ' + value) for name, value in row.headers]
    connection.sendall(b'\r\n'.join(lines) + b'\r\n\r\n' + row.body)
    return read1(connection, row.method == b'HEAD')


def read1(connection, is_bare):
    """The first final answer: its status, and all that came until its end."""
    got = b''
    while True:
        head, end, rest = got.partition(b'\r\n\r\n')
        if end and head.split(b' ', 2)[1].startswith(b'1'):
            got = rest
            continue
        if end and (is_bare or is_whole(head, rest)):
            return int(head.split(b' ', 2)[1]), rest
        more = connection.recv(65536)
        if not more:
            return (int(head.split(b' ', 2)[1]), rest) if end else (0, b'')
        got += more


def is_whole(head, body):
    length = re.search(rb'\r\nContent-Length: *(\d+)', head, re.I)
    if length:
        return len(body) >= int(length[1])
    return re.search(rb'\r\nTransfer-Encoding: *chunked', head, re.I) and body.endswith(b'0\r\n\r\n')


# ---- HTTP/2 (RFC 9113), as little of it as one request needs; header fields are literals without Huffman coding (RFC 7541 §6.2.2)

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def string(text):
    length = len(text)
    if length < 127:
        return bytes([length]) + text
    encoded, length = bytearray([127]), length - 127
    while length >= 128:
        encoded.append(length % 128 + 128)
        length //= 128
    return bytes(encoded) + bytes([length]) + text


def send2(connection, row):
    # A blank behind the colon is HTTP/1.1's; one more is the row's own.
    fields = [(name.lower(), value.removeprefix(b' ')) for name, value in row.headers]
    # The first host is the one of the request line.
    host = next((field for field in fields if field[0] == b'host'), None)
    if host:
        fields.remove(host)
    pseudo = [(b':method', row.method), (b':scheme', b'http'), (b':authority', host[1] if host else SITE), (b':path', row.target)]
    block = b''.join(b'\0' + string(name) + string(value) for name, value in pseudo + fields)
    data = frame(DATA, END_STREAM, 1, row.body) if row.body else b''
    connection.sendall(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + frame(SETTINGS, 0, 0) +
                       frame(HEADERS, END_HEADERS | (0 if row.body else END_STREAM), 1, block) + data)
    return read2(connection)


def read2(connection):
    status, text, stream = 0, b'', connection.makefile('rb')
    while True:
        head = stream.read(9)
        if len(head) < 9:
            return status, text
        kind, flags = head[3], head[4]
        payload = stream.read(int.from_bytes(head[:3], 'big'))
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        elif kind == HEADERS and status < 200:
            status = read_status(payload)
        elif kind == DATA:
            text += payload
        if kind == GOAWAY or kind == RST_STREAM:
            return status, text
        if kind in (DATA, HEADERS) and flags & END_STREAM and status >= 200:
            return status, text


def read_status(block):
    """:status is the first field of an answer (RFC 9113 §8.3); before it may stand sizes of the dynamic table."""
    at = 0
    while block[at] & 0xe0 == 0x20:
        at += 1 if block[at] != 0x3f else 1 + next(i for i in range(1, 9) if block[at + i] < 128)
    if block[at] & 0x80:
        return {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}[block[at] & 0x7f]
    length = block[at + 1] & 0x7f
    value = block[at + 2:at + 2 + length]
    return int(value) if not block[at + 1] & 0x80 else read_digits(value)


def read_digits(value):
    """Three digits in Huffman's code (RFC 7541, Appendix B): of five bits up to 2, of six from 3."""
    bits = ''.join(f'{byte:08b}' for byte in value)
    found = ''
    while len(found) < 3:
        short = int(bits[:5], 2)
        found += str(short) if short < 3 else str(int(bits[:6], 2) - 0b011001 + 3)
        bits = bits[5 if short < 3 else 6:]
    return int(found)


# ---- The table

def read_table(path, tokens, base):
    with open(path, encoding='latin-1') as file:
        texts = [line for line in file.read().split('\n') if not line.startswith('#')]
    records = [text for text in '\n'.join(texts).split('\n\n') if text.strip()]
    rows = [Row(text.strip('\n'), number, tokens, base) for number, text in enumerate(records)]
    return [row for row in rows if row.is_for]


def ask(path, send, row):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWERED_WITHIN)
        connection.connect(path)
        try:
            status, text = send(connection, row)
            return status, text.decode('latin-1')
        except (ConnectionError, BrokenPipeError):
            return 0, ''
        except TimeoutError:
            return 999, ''


def main():
    table, front, path, version, base, log = sys.argv[1:7]
    tokens = dict(each.split('=', 1) for each in sys.argv[7:])
    tokens = {who: token.encode() for who, token in tokens.items()}
    rows = read_table(table, tokens, base.encode())
    done = {}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda row: ask(path, {'1': send1, '2': send2}[version], row), rows))
    with open(log, encoding='latin-1') as file:
        for line in file:
            number, what = line.split(' ', 1)
            done.setdefault(number, set()).add(what.strip())
    faults = 0
    for row, (status, text) in zip(rows, answers):
        why = row.fault(status, text, done.get(row.headers[0][1].decode(), set()))
        if why:
            print(f'FAILED: {front}, HTTP/{version}: {row.name}: {why}')
            faults += 1
    print(f'{len(rows)} {faults}')


main()
