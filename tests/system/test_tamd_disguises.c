/* SPDX-License-Identifier: MIT
 *
 * Requests that tamd and a server behind could read in two ways, over raw sockets. Every disguise of what the token may
 * not do is refused, and stands beside the same request without the disguise of something that it may do.
 */
#include <config.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>

#define TOKEN      "Authorization: Bearer accept.1\r\n"
#define ASK        "GET /auth HTTP/1.1\r\nHost: tamd\r\nConnection: close\r\n" TOKEN
#define TOLD(m, u) "X-Forwarded-Method: " m "\r\nX-Forwarded-Uri: " u "\r\nX-Forwarded-Host: api.example.com\r\n"
/* A request, and its length: there are NULs in some. */
#define BYTES(text)   (text), sizeof(text) - 1
#define R(m, u, more) BYTES(ASK TOLD(m, u) more "\r\n")

static struct tamd_process tamd;
static struct reply reply;

/* The token has the scope read. */
static const char configuration[] = "listen address=127.0.0.1:0\n"
                                    "service name=api file=api default=refuse host=api.example.com\n"
                                    "route path=/app/admin scopes=delete\n"
                                    "route path=/app method=DELETE scopes=delete\n"
                                    "route path=/app method=GET,POST\n"
                                    "route path=/files method=GET scopes=delete\n"
                                    "route path=/files\n"
                                    "route path=/mcp header=M:tools/call,N:delete_* absent=refuse scopes=delete\n"
                                    "route path=/mcp header=M:* absent=refuse\n";

static void start(const char *text) {
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet scopes=read\n");
    scratch_text(&tamd.scratch, "tamd.conf", text);
    tamd_start(&tamd, NULL);
}

static int ask(const char *bytes, size_t len) {
    http_receive(http_send_bytes(tamd.main, bytes, len), &reply);
    return reply.status;
}

/* ---- The table ---- */

struct disguise {
    const char *what;
    const char *bytes; /* what may not pass */
    size_t len;
    const char *control; /* what may, as like it as can be */
    size_t control_len;
};

#define CALL "M: tools/call\r\nN: delete_all\r\n"

static const struct disguise headers[] = {
    { "none", R("POST", "/mcp", CALL), R("POST", "/mcp", "M: tools/call\r\nN: list\r\n") },
    { "a tab behind", R("POST", "/mcp", "M: tools/call\t\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: tools/call\t\r\nN: list\t\r\n") },
    { "a blank behind", R("POST", "/mcp", "M: tools/call \r\nN: delete_all  \r\n"),
      R("POST", "/mcp", "M: tools/call \r\nN: list  \r\n") },
    { "blanks and tabs in front", R("POST", "/mcp", "M:\t tools/call\r\nN: \t delete_all\r\n"),
      R("POST", "/mcp", "M:\t tools/call\r\nN: \tlist\r\n") },
    { "no blank in front", R("POST", "/mcp", "M:tools/call\r\nN:delete_all\r\n"),
      R("POST", "/mcp", "M:tools/call\r\nN:list\r\n") },
    { "a vertical tab behind", R("POST", "/mcp", "M: tools/call\v\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\n") },
    { "a form feed in front", R("POST", "/mcp", "M: \ftools/call\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\n") },
    { "a tab within", R("POST", "/mcp", "M: tools/\tcall\r\nN: delete_all\r\n"), R("POST", "/mcp", "M: a b\r\n") },
    { "DEL", R("POST", "/mcp", "M: tools/call\x7f\r\nN: delete_all\r\n"), R("POST", "/mcp", "M: a~\r\n") },
    { "a lone CR", R("POST", "/mcp", "M: tools/call\rx\r\nN: delete_all\r\n"), R("POST", "/mcp", "M: a\r\n") },
    { "a control byte in a header of no route", R("POST", "/mcp", "M: a\r\nX-Other: \x01\r\n"),
      R("POST", "/mcp", "M: a\r\nX-Other: a\tb\r\n") },
    { "a NUL behind", R("POST", "/mcp", "M: tools/call\r\nN: list\0delete_all\r\n"), R("POST", "/mcp", "M: a\r\n") },
    { "a NUL at the end", R("POST", "/mcp", "M: tools/list\0\r\nN: delete_all\r\n"), R("POST", "/mcp", "M: a\r\n") },
    { "a NUL in front", R("POST", "/mcp", "M: a\r\nN: \0delete_all\r\n"), R("POST", "/mcp", "M: a\r\nN: \r\n") },
    { "a NUL in a header of no route", R("POST", "/mcp", "M: a\r\nX-Other: a\0b\r\n"),
      R("POST", "/mcp", "M: a\r\nX-Other: ab\r\n") },
    { "a NUL before a name", R("POST", "/mcp", "M: a\r\n\0N: delete_all\r\n"), R("POST", "/mcp", "M: a\r\n") },
    { "a NUL in a URI", R("POST", "/app\0/../app/admin", ""), R("POST", "/app", "") },
    { "a lone LF between", R("POST", "/mcp", "M: a\nX: b\r\n"), R("POST", "/mcp", "M: a\r\nX: b\r\n") },
    { "a folded line", R("POST", "/mcp", "M: a\r\n b\r\n"), R("POST", "/mcp", "M: a b\r\n") },
    { "a blank before the colon", R("POST", "/mcp", "M: a\r\nN : delete_all\r\n"), R("POST", "/mcp", "M: a\r\n") },
    { "a name with a byte of no token", R("POST", "/mcp", "M: a\r\nN@: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\n") },
    { "Latin-1's blank behind", R("POST", "/mcp", "M: tools/call\xa0\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\n") },
    { "UTF-8's blank behind", R("POST", "/mcp", "M: tools/call\xc2\xa0\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\nX: \xc2\xa0\r\n") },
    { "twice", R("POST", "/mcp", "M: tools/call\r\nN: list\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\nX: a\r\nX: b\r\n") },
    { "twice, empty first", R("POST", "/mcp", "M: tools/call\r\nN: \r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: a\r\n") },
    { "two in one", R("POST", "/mcp", "M: tools/call\r\nN: list, delete_all\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: list\r\nX: a, b\r\n") },
    { "in other letters", R("POST", "/mcp", "M: Tools/Call\r\nN: delete_all\r\n"),
      R("POST", "/mcp", "M: Tools/List\r\n") },
    { "a name in other letters", R("POST", "/mcp", "M: tools/call\r\nN: DELETE_all\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: LIST\r\n") },
    { "encoded", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?ZGVsZXRlX2FsbA==?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGlzdA==?=\r\n") },
    { "encoded, a blank in it", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?IGRlbGV0ZV9hbGw=?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?w6k=?=\r\n") },
    { "encoded, a NUL in it", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?AGRlbGV0ZV9hbGw=?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGlzdA==?=\r\n") },
    { "encoded, nothing in it",
      R("POST", "/mcp",
        "M: tools/call\r\nN: =?base64?"
        "?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: list\r\n") },
    { "encoded, a no-break space in front", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?wqBkZWxldGVfYWxs?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?YcKgYg==?=\r\n") },
    { "encoded, an ideographic space behind", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGlzdOOAgA==?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGnjgIBzdA==?=\r\n") },
    { "encoded, a byte order mark in front",
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?77u/ZGVsZXRlX2FsbA==?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?77u/bGlzdA==?=\r\n") },
    { "encoded, a line separator in front",
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?4oCoZGVsZXRlX2FsbA==?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGnigKhzdA==?=\r\n") },
    { "encoded, a joiner in it", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?ZGVs4oCNZXRlX2FsbA==?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?bGnigI1zdA==?=\r\n") },
    { "encoded, letters of full width", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?772EZWxldGVfYWxs?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?772MaXN0?=\r\n") },
    { "encoded, twice", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?PT9iYXNlNjQ/WkdWc1pYUmxYMkZzYkE9PT89?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?PWxpc3Q=?=\r\n") },
    { "encoded, quoted", R("POST", "/mcp", "M: tools/call\r\nN: =?base64?ImRlbGV0ZV9hbGwi?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: =?base64?Imxpc3Qi?=\r\n") },
    { "encoded as in mail, within a value", R("POST", "/mcp", "M: tools/call\r\nN: a =?utf-8?q?delete=5Fall?=\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: a?=b=?c\r\n") },
    { "in quotes", R("POST", "/mcp", "M: tools/call\r\nN: \"delete_all\"\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: \"list\"\r\n") },
    { "in single quotes", R("POST", "/mcp", "M: tools/call\r\nN: 'delete_all'\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: 'list'\r\n") },
    { "in quotes, escaped", R("POST", "/mcp", "M: tools/call\r\nN: \"\\delete_all\"\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: \"\\list\"\r\n") },
    { "escaped as in a URI", R("POST", "/mcp", "M: tools/call\r\nN: delete%5Fall\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: li%73t\r\n") },
    { "in quotes and escaped, in other letters", R("POST", "/mcp", "M: tools/call\r\nN: \"%44elete_all\"\r\n"),
      R("POST", "/mcp", "M: tools/call\r\nN: \"%4Cist\"\r\n") },
    { "absent", R("POST", "/mcp", "M: tools/call\r\n"), R("POST", "/mcp", "M: tools/list\r\n") },
    { "empty", R("POST", "/mcp", "M: tools/call\r\nN:\r\n"), R("POST", "/mcp", "M: tools/list\r\nN:\r\n") },
    { "all absent", R("POST", "/mcp", ""), R("POST", "/mcp", "M: a\r\n") },
    { "a header of the route for CGI", BYTES(ASK TOLD("POST", "/mcp") "M: a\r\nX_Tam_Subject: root\r\n\r\n"),
      BYTES(ASK TOLD("POST", "/mcp") "M: a\r\nX_Other: root\r\n\r\n") },
    { "the same with a dot", BYTES(ASK TOLD("POST", "/mcp") "M: a\r\nX.Tam+Subject: root\r\n\r\n"),
      BYTES(ASK TOLD("POST", "/mcp") "M: a\r\nX.Other: root\r\n\r\n") },
};

static const struct disguise methods[] = {
    { "none", R("DELETE", "/app/x", ""), R("GET", "/app/x", "") },
    { "lower case", R("delete", "/app/x", ""), R("POST", "/app/x", "") },
    { "a route for GET, in lower case", R("get", "/files/x", ""), R("PUT", "/files/x", "") },
    { "mixed case", R("Delete", "/app/x", ""), R("GET", "/app/x", "") },
    { "HEAD is GET", R("HEAD", "/files/x", ""), R("PUT", "/files/x", "") },
    { "HEAD in lower case", R("head", "/files/x", ""), R("HEAD", "/app/x", "") },
    { "a byte behind it", R("DELETE!", "/app/x", ""), R("GET ", "/app/x", "") },
    { "a tab behind it", R("DELETE\t", "/app/x", ""), R("GET\t", "/app/x", "") },
    { "two in one", R("GET, DELETE", "/app/x", ""), R("GET", "/app/x", "") },
    { "another", R("PURGE", "/app/x", ""), R("GET", "/app/x", "") },
    { "by a header", R("POST", "/app/x", "X-HTTP-Method-Override: DELETE\r\n"),
      R("POST", "/app/x", "X-HTTP-Other: DELETE\r\n") },
    { "by Microsoft's", R("POST", "/app/x", "x-http-method: DELETE\r\n"), R("POST", "/app/x", "x-http: DELETE\r\n") },
    { "by IBM's", R("POST", "/app/x", "X-METHOD-OVERRIDE: DELETE\r\n"), R("POST", "/app/x", "X-METHOD: DELETE\r\n") },
    { "by a header for CGI", R("POST", "/app/x", "X_HTTP_Method_Override: DELETE\r\n"),
      R("POST", "/app/x", "X_HTTP: DELETE\r\n") },
    { "by an empty one", R("POST", "/app/x", "X-HTTP-Method-Override:\r\n"), R("POST", "/app/x", "") },
    { "in the query", R("POST", "/app/x?a=b&_method=DELETE", ""), R("POST", "/app/x?a=_method&method=DELETE", "") },
    { "in the query, escaped", R("POST", "/app/x?%5FMethod=DELETE", ""), R("POST", "/app/x?%5FMethods=DELETE", "") },
    { "in the query, behind a semicolon", R("POST", "/app/x?a;_method=DELETE", ""),
      R("POST", "/app/x?a;b=_method", "") },
    { "in the query, a dot for the underscore", R("POST", "/app/x?.method=DELETE", ""),
      R("POST", "/app/x?.methods=DELETE", "") },
    { "in the query, a blank in front", R("POST", "/app/x?+_method=DELETE", ""),
      R("POST", "/app/x?+method=DELETE", "") },
    { "in the query, an escaped blank in front", R("POST", "/app/x?%20_method=DELETE", ""),
      R("POST", "/app/x?%20a=DELETE", "") },
    { "in the query, a bracket for the underscore", R("POST", "/app/x?[method=DELETE", ""),
      R("POST", "/app/x?[methods=DELETE", "") },
    { "in the query, in brackets", R("POST", "/app/x?[_method]=DELETE", ""), R("POST", "/app/x?[method2]=DELETE", "") },
    { "in the query, a list", R("POST", "/app/x?_method[]=DELETE", ""), R("POST", "/app/x?_methods[]=DELETE", "") },
    { "in the query, a list, escaped", R("POST", "/app/x?_method%5B%5D=DELETE", ""),
      R("POST", "/app/x?_methods%5B%5D=DELETE", "") },
    { "in the query, a NUL behind", R("POST", "/app/x?_method%00=DELETE", ""), R("POST", "/app/x?a%00=_method", "") },
    { "in the query, as the header", R("POST", "/app/x?X-HTTP-Method-Override=DELETE", ""),
      R("POST", "/app/x?X-HTTP-Methods=DELETE", "") },
    { "in the query, as the header, for PHP", R("POST", "/app/x?x_http_method_override=DELETE", ""),
      R("POST", "/app/x?x_http=DELETE", "") },
};

static const struct disguise paths[] = {
    { "none", R("GET", "/app/admin", ""), R("GET", "/app/list", "") },
    { "upper case", R("GET", "/app/Admin", ""), R("GET", "/app/List", "") },
    { "upper case, above", R("GET", "/APP/x", ""), R("GET", "/app/X", "") },
    { "upper case, escaped", R("GET", "/app/%41dmin", ""), R("GET", "/app/%4Cist", "") },
    { "escaped", R("GET", "/app/%61dmin", ""), R("GET", "/app/%6cist", "") },
    { "escaped twice", R("GET", "/app/%2561dmin", ""), R("GET", "/app/100%25", "") },
    { "escaped twice in pieces", R("GET", "/app/%25%36%31dmin", ""), R("GET", "/app/%25%36", "") },
    { "escaped as IIS reads it", R("GET", "/app/%u0061dmin", ""), R("GET", "/app/u0061dmin", "") },
    { "the same, escaped", R("GET", "/app/%25u0061dmin", ""), R("GET", "/app/%25v0061dmin", "") },
    { "a question mark", R("GET", "/app/admin?", ""), R("GET", "/app/list?", "") },
    { "an escaped question mark", R("GET", "/app/admin%3f", ""), R("GET", "/app/list", "") },
    { "an escaped question mark, more behind", R("GET", "/app/admin%3Fx", ""), R("GET", "/app/list?%3F", "") },
    { "an escaped number sign", R("GET", "/app/admin%23", ""), R("GET", "/app/list?%23", "") },
    { "a number sign", R("GET", "/app/list#/../admin", ""), R("GET", "/app/list", "") },
    { "an escaped slash", R("GET", "/app%2fadmin", ""), R("GET", "/app/list?a%2f", "") },
    { "an escaped NUL", R("GET", "/app/admin%00", ""), R("GET", "/app/list?%00", "") },
    { "an escaped NUL, more behind", R("GET", "/app/admin%00.png", ""), R("GET", "/app/admin.png", "") },
    { "an escaped line end", R("GET", "/app/admin%0d%0a", ""), R("GET", "/app/list", "") },
    { "an escaped tab", R("GET", "/app/admin%09", ""), R("GET", "/app/list", "") },
    { "an escaped blank behind", R("GET", "/app/admin%20", ""), R("GET", "/app/the%20admin", "") },
    { "an escaped blank in front", R("GET", "/app/%20admin", ""), R("GET", "/app/the%20admin", "") },
    { "a dot behind", R("GET", "/app/admin.", ""), R("GET", "/app/.admin", "") },
    { "a dot behind, within", R("GET", "/app./admin", ""), R("GET", "/app/x.y/z", "") },
    { "an escaped dot behind", R("GET", "/app/admin%2e", ""), R("GET", "/app/admin%2ex", "") },
    { "NEL behind", R("GET", "/app/admin%c2%85", ""), R("GET", "/app/admin%c3%85", "") },
    { "a parameter", R("GET", "/app/admin;x=y", ""), R("GET", "/app/list?x;y", "") },
    { "an escaped parameter", R("GET", "/app/admin%3bx", ""), R("GET", "/app/list?%3b", "") },
    { "a parameter above", R("GET", "/app;x/admin", ""), R("GET", "/app/x/admin", "") },
    { "two slashes", R("GET", "/app//admin", ""), R("GET", "/app/list?//", "") },
    { "two slashes in front", R("GET", "//app/admin", ""), R("GET", "/app/list", "") },
    { "a slash behind", R("GET", "/app/admin/", ""), R("GET", "/app/list/", "") },
    { "two slashes behind", R("GET", "/app/admin//", ""), R("GET", "/app/list/", "") },
    { "a backward slash", R("GET", "/app\\admin", ""), R("GET", "/app/list?\\", "") },
    { "an escaped backward slash", R("GET", "/app%5Cadmin", ""), R("GET", "/app/list?%5C", "") },
    { "a dot segment", R("GET", "/app/./admin", ""), R("GET", "/app/.x", "") },
    { "two dots", R("GET", "/app/x/../admin", ""), R("GET", "/app/..x", "") },
    { "two dots, escaped", R("GET", "/app/x/%2e%2E/admin", ""), R("GET", "/app/x%2ey", "") },
    { "two dots with a parameter", R("GET", "/app/x/..;/admin", ""), R("GET", "/app/x", "") },
    { "overlong UTF-8", R("GET", "/app/x/%c0%ae%c0%ae/admin", ""), R("GET", "/app/%c3%a9", "") },
    { "a no-break space behind", R("GET", "/app/admin%c2%a0", ""), R("GET", "/app/the%c2%a0admin", "") },
    { "a no-break space in front", R("GET", "/app/%c2%a0admin", ""), R("GET", "/app/the%c2%a0admin", "") },
    { "an ideographic space behind", R("GET", "/app/admin%e3%80%80", ""), R("GET", "/app/the%e3%80%80admin", "") },
    { "a byte order mark in front", R("GET", "/app/%ef%bb%bfadmin", ""), R("GET", "/app/%ef%bb%bflist", "") },
    { "a joiner in it", R("GET", "/app/adm%e2%80%8din", ""), R("GET", "/app/lis%e2%80%8dt", "") },
    { "a soft hyphen behind", R("GET", "/app/admin%c2%ad", ""), R("GET", "/app/list%c2%ad", "") },
    { "a letter of full width", R("GET", "/app/%ef%bd%81dmin", ""), R("GET", "/app/%ef%bd%8cist", "") },
    { "a capital of full width", R("GET", "/app/%ef%bc%a1dmin", ""), R("GET", "/app/%ef%bc%acist", "") },
    { "a letter without its dot", R("GET", "/app/adm%c4%b1n", ""), R("GET", "/app/l%c4%b1st", "") },
    { "a capital with a dot", R("GET", "/app/ADM%c4%b0N", ""), R("GET", "/app/L%c4%b0ST", "") },
    { "a letter in a circle", R("GET", "/app/%e2%93%90dmin", ""), R("GET", "/app/%e2%93%9bist", "") },
    { "a mathematical letter", R("GET", "/app/%f0%9d%90%9admin", ""), R("GET", "/app/%f0%9d%90%a5ist", "") },
    { "a dot of full width behind", R("GET", "/app/admin%ef%bc%8e", ""), R("GET", "/app/admin%ef%bc%8epng", "") },
    { "dots of full width", R("GET", "/app/x/%ef%bc%8e%ef%bc%8e/admin", ""),
      R("GET", "/app/x/%ef%bc%8e%ef%bc%8ex", "") },
    { "a slash of full width", R("GET", "/app/x/..%ef%bc%8f..%ef%bc%8fadmin", ""), R("GET", "/app/x%ef%bc%8fy", "") },
    { "a part of a file", R("GET", "/app/admin::$DATA", ""), R("GET", "/app/admin:DATA", "") },
    { "a part of a file, escaped", R("GET", "/app/admin%3a%3a%24DATA", ""), R("GET", "/app/admin%3aDATA", "") },
    { "a letter that is a name of full width", R("GET", "/app%ef%bc%8fadmin", ""), R("GET", "/app/caf%c3%a9", "") },
    { "a whole URL", R("GET", "http://api.example.com/app/admin", ""), R("GET", "/app/http:x", "") },
    { "blanks round it", R("GET", " /app/admin\t", ""), R("GET", " /app/list\t", "") },
    { "a blank, where a server ends the path", R("GET", "/app/admin x", ""), R("GET", "/app/list%20x", "") },
    { "a tab there", R("GET", "/app/admin\tx", ""), R("GET", "/app/list", "") },
    { "a blank in the query", R("GET", "/app/list?a b", ""), R("GET", "/app/list?a+b", "") },
    { "by a header", R("GET", "/app/list", "X-Original-URL: /app/admin\r\n"),
      R("GET", "/app/list", "X-Original: /app/admin\r\n") },
    { "by another", R("GET", "/app/list", "X-Rewrite-Url: /app/admin\r\n"),
      R("GET", "/app/list", "X-Rewrite: /a\r\n") },
    { "by gunicorn's", R("GET", "/app/x/app/admin", "SCRIPT_NAME: /app/x\r\n"), R("GET", "/app/x/app/admin", "") },
    { "by a host of its own", R("GET", "/app/list", "X-Host: other.example\r\n"),
      R("GET", "/app/list", "X-Hosts: a\r\n") },
    { "of WebDAV", R("GET", "/app/list", "Destination: /app/admin\r\n"),
      R("GET", "/app/list", "Destiny: /app/admin\r\n") },
};

static void disguises_check(const struct disguise *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int control = ask(rows[i].control, rows[i].control_len);
        ck_assert_msg(control == 200, "the control of `%s`: %d", rows[i].what, control);
        int status = ask(rows[i].bytes, rows[i].len);
        ck_assert_msg(status == 403 || status == 400, "`%s` passes: %d", rows[i].what, status);
    }
}

START_TEST(no_disguise_passes) {
    start(configuration);
    disguises_check(headers, COUNT(headers));
    disguises_check(methods, COUNT(methods));
    disguises_check(paths, COUNT(paths));
    tamd_end(&tamd);
}
END_TEST

/* What follows a line that libmicrohttpd took for the end of the headers is no second request. */
START_TEST(after_garbled_headers_the_connection_ends) {
    static const char garbled[] =
        "GET /auth HTTP/1.1\r\nHost: tamd\r\n" TOKEN TOLD("POST", "/mcp") "M: a\r\n\0: x\r\n"
                                                                          "GET /healthz HTTP/1.1\r\nHost: tamd\r\n\r\n";
    start(configuration);
    ck_assert_int_eq(ask(garbled, sizeof garbled - 1), 400);
    ck_assert_str_eq(reply_header(&reply, "Connection"), "close");
    ck_assert_ptr_null(strstr(reply.body, "HTTP/1.1"));
    tamd_end(&tamd);
}
END_TEST

static void send_pieces(int fd, const char *text, size_t len, size_t piece) {
    for (size_t at = 0; at < len; at += piece) {
        size_t now = len - at < piece ? len - at : piece;
        ck_assert_int_eq((int)send(fd, text + at, now, MSG_NOSIGNAL), (int)now);
    }
}

/* Whether lines are whole is read from where libmicrohttpd keeps them, which depends on how they come in. */
START_TEST(good_requests_pass_however_they_come_in) {
    static const size_t sizes[] = { 0, 100, 1500, 8000, 20000, 28000 }, pieces[] = { 7, 64, 1000, 1 << 16 };
    static char text[1 << 16], once[1 << 15];
    const int on = 1;
    start(configuration);
    for (size_t i = 0; i < COUNT(sizes) * COUNT(pieces); i++) {
        size_t size = sizes[i / COUNT(pieces)], len = 0;
        (void)snprintf(once, sizeof once,
                       "GET /auth HTTP/1.1\r\nHost: tamd\r\nX-Empty:\r\nX-Large: %0*d\r\n" TOKEN TOLD("GET", "/app/x"),
                       (int)size, 0);
        for (int j = 0; j < 2; j++) { /* two on one connection, without waiting */
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s\r\n", once,
                                    j == 1 ? "Connection: close\r\n" : "");
        }
        int fd = http_send_bytes(tamd.main, "", 0);
        ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
        send_pieces(fd, text, len, pieces[i % COUNT(pieces)]);
        http_receive(fd, &reply);
        const char *second = strstr(reply.body, "HTTP/1.1 200");
        ck_assert_msg(reply.status == 200 && second != NULL, "%zu bytes in pieces of %zu: %d, %s", size,
                      pieces[i % COUNT(pieces)], reply.status, reply.body);
    }
    tamd_end(&tamd);
}
END_TEST

/* ---- What the configuration decides ---- */

struct decision {
    const char *settings; /* behind the service's name */
    const char *routes;
    const char *path, *more; /* of the request */
    int status;
};

static const struct decision decisions[] = {
    { "default=refuse", "route path=/a\n", "/a", "", 200 },
    { "default=refuse", "route path=/a\n", "/b", "", 403 },
    { "default=verify", "route path=/a scopes=x\n", "/b", "", 200 },
    { "default=open", "route path=/a scopes=x\n", "/b", "", 200 },
    { "default=refuse", "tamd default=open\nroute path=/a\n", "/b", "", 403 },
    { "", "tamd default=refuse\nroute path=/a\n", "/b", "", 403 },
    { "", "tamd default=verify\nroute path=/a\n", "/b", "", 200 },
    { "default=refuse", "", "/b", "", 403 },
    { "", "", "/b", "", 200 },
    /* the case of letters */
    { "default=verify", "route path=/a scopes=x\n", "/A", "", 403 },
    { "default=verify case=refuse", "route path=/a\n", "/A", "", 403 },
    { "default=verify case=exact", "route path=/a scopes=x\n", "/A", "", 200 },
    { "default=verify case=ignore", "route path=/a scopes=x\n", "/A", "", 403 },
    { "default=refuse case=ignore", "route path=/a\n", "/A", "", 200 },
    { "default=refuse", "tamd case=ignore\nroute path=/a\n", "/A/b", "", 200 },
    { "default=refuse case=exact", "tamd case=ignore\nroute path=/a\n", "/A", "", 403 },
    { "default=refuse case=exact", "route path=/a case=ignore\n", "/A", "", 200 },
    { "default=refuse case=ignore", "route path=/a case=exact\n", "/A", "", 403 },
    { "default=refuse", "route path=/b\nroute path=/a\n", "/b/A", "", 200 }, /* fits before it is ambiguous */
    { "default=refuse", "route path=/a/*/c\n", "/a/B/c", "", 200 },
    { "default=refuse", "route header=M:get* absent=refuse\n", "/", "M: GETX\r\n", 403 },
    { "default=refuse case=ignore", "route header=M:get* absent=refuse\n", "/", "M: GETX\r\n", 200 },
    { "default=refuse case=exact", "route header=M:get* absent=refuse scopes=x\nroute path=/\n", "/", "M: GETX\r\n",
      200 },
    { "path=/a", "", "/A", "", 403 },
    { "path=/a case=ignore", "", "/A", "", 200 },
    { "path=/a case=exact", "", "/A", "", 403 },
    /* how letters are written */
    { "default=verify", "route path=/ask scopes=x\n", "/a%c5%bf%e2%84%aa", "", 403 },
    { "default=verify case=ignore", "route path=/ask access=open\n", "/a%c5%bf%e2%84%aa", "", 403 },
    { "default=verify case=exact", "route path=/ask scopes=x\n", "/a%c5%bf%e2%84%aa", "", 200 },
    { "default=verify", "route path=/ask scopes=x\n", "/%c3%a5sk", "", 200 },
    { "default=verify case=ignore", "route header=M:get* absent=refuse scopes=x\n", "/", "M: \"get\"\r\n", 403 },
    { "default=verify case=exact", "route header=M:get* absent=refuse scopes=x\n", "/", "M: \"get\"\r\n", 200 },
    { "path=/ask", "", "/a%c5%bfk", "", 403 },
    /* an absent header */
    { "default=refuse", "route header=M:a absent=refuse\nroute path=/\n", "/", "", 403 },
    { "default=refuse", "route header=M:a absent=skip scopes=x\nroute path=/\n", "/", "", 200 },
    { "default=refuse", "route header=M:a absent=match\n", "/", "", 200 },
    { "default=verify", "route header=M:a absent=match scopes=x\n", "/", "", 403 },
    { "default=verify", "route header=M:a absent=match scopes=x\n", "/", "M: b\r\n", 200 },
    { "default=verify", "route header=M:a absent=refuse\n", "/", "M: b\r\n", 200 },
    { "default=verify", "route header=M:a,N:b absent=refuse\n", "/", "N: b\r\n", 403 },
    { "default=verify", "route header=M:a,N:b absent=refuse\n", "/", "N: c\r\n", 200 },
    { "default=verify", "route header=M:a,N:b absent=match scopes=x\n", "/", "N: b\r\n", 403 },
    { "default=verify", "route header=M:a,N:b absent=skip scopes=x\n", "/", "N: b\r\n", 200 },
    { "default=verify", "route header=M:* absent=refuse\n", "/", "M:\r\n", 403 },
    { "default=verify", "route header=M:a absent=refuse method=PUT\n", "/", "", 200 },
    /* headers that the proxy sets itself */
    { "", "route path=/a scopes=x\ntamd default=verify\n", "/b", "X-Original-URL: /b\r\n", 403 },
    { "", "route path=/a scopes=x\ntamd default=verify\nforward allow=X-Original-URL\n", "/b", "X-Original-URL: /b\r\n",
      200 },
    { "", "route path=/a scopes=x\ntamd default=verify\nforward uri=X-Rewrite-URL\n", "/a", "X-Rewrite-URL: /b\r\n",
      200 },
    { "", "route path=/a scopes=x\ntamd default=verify\nforward uri=X-Rewrite-URL\n", "/b", "X-Rewrite-URL: /a\r\n",
      403 },
    { "", "route method=PUT scopes=x\ntamd default=verify\n", "/b", "X-Original-URL: /b\r\n",
      200 }, /* no rule of paths */
};

START_TEST(what_is_left_open_is_decided_by_the_configuration) {
    char text[1024];
    for (size_t i = 0; i < COUNT(decisions); i++) {
        const struct decision *row = &decisions[i];
        (void)snprintf(text, sizeof text, "listen address=127.0.0.1:0\nservice name=api file=api %s\n%s", row->settings,
                       row->routes);
        start(text);
        (void)snprintf(text, sizeof text,
                       ASK "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: %s\r\nX-Forwarded-Host: a\r\n%s\r\n", row->path,
                       row->more);
        int status = ask(text, strlen(text));
        ck_assert_msg(status == row->status, "%s, %s%s %s: %d", row->settings, row->routes, row->path, row->more,
                      status);
        tamd_end(&tamd);
    }
}
END_TEST

/* ---- --explain ---- */

/* tamd --explain of that request over that configuration; what it printed. */
static const char *explained(const char *request, int *ret_status) {
    static char said[1 << 16], config[1024], option[1024];
    const char *arguments[] = { config, option, NULL };
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd.scratch, "tamd.conf"));
    (void)snprintf(option, sizeof option, "--explain=%s", request);
    *ret_status = tamd_print(&tamd, &(struct tamd_start){ .arguments = arguments }, said, sizeof said);
    return said;
}

static const struct {
    const char *request, *said;
} explanations[] = {
    { "GET /app/admin Host=api.example.com", "route in line 3" },
    { "GET /app/admin Host=api.example.com", "comes in with a token that api accepts, with the scopes delete" },
    { "GET /app/%61dmin/ Host=API.example.com.:443", "host='api.example.com' path='/app/admin'" },
    { "HEAD /app Host=api.example.com", "method='GET'" },
    { "GET /app?x=y Host=api.example.com", "tamd.conf: fits\njudged: comes in with a token that api accepts\n" },
    { "PUT /app Host=api.example.com",
      "no route fits: the default of the service counts\njudged: nobody comes in (403): no route" },
    { "GET /app/Admin Host=api.example.com", "line 3 of " },
    { "GET /app/Admin Host=api.example.com", "refuses: a path or header that differs" },
    { "get /app Host=api.example.com", "ambiguous: a method with other than upper-case letters" },
    { "GET /app/../x Host=api.example.com", "ambiguous: a dot segment" },
    { "GET /app", "ambiguous: the proxy names no original host" },
    { "GET /app Host=a Host=api.example.com", "ambiguous: the proxy names no original host, or two" },
    { "GET /app Host=other.example", "nobody comes in (403): no service" },
    { "POST /app Host=api.example.com X-HTTP-Method-Override=DELETE", "ambiguous: a header that some servers obey" },
    { "POST /mcp Host=api.example.com M=tools/call N=delete_all", "with the scopes delete" },
    { "POST /mcp Host=api.example.com M=tools/call N=\" delete_all \"", "with the scopes delete" },
    { "POST /mcp Host=api.example.com m=tools/call n==?base64?bGlzdA==?= Authorization=x",
      "path='/mcp' M='tools/call' N='list'\n" },
    { "POST /mcp Host=api.example.com M=tools/call", "refuses: a header of the route is absent" },
    { "POST /mcp Host=api.example.com M=tools/call N=a N=b", "refuses: a header that routes look at is there twice" },
    { "POST /mcp Host=api.example.com M=tools/call\v", "ambiguous: a control byte in a header" },
};

START_TEST(a_request_is_explained_as_it_is_judged) {
    static const char *const bad[] = { "", "GET", "GET /app Host" };
    int status = 0;
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "tamd.conf", configuration);
    for (size_t i = 0; i < COUNT(explanations); i++) {
        const char *said = explained(explanations[i].request, &status);
        ck_assert_msg(status == 0 && strstr(said, explanations[i].said) != NULL, "%s: %d %s", explanations[i].request,
                      status, said);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        (void)explained(bad[i], &status);
        ck_assert_msg(status == 3, "`%s`: %d", bad[i], status);
    }
    scratch_text(&tamd.scratch, "tamd.conf", "route\n");
    (void)explained("GET /", &status);
    ck_assert_int_eq(status, 3);
    tamd_end(&tamd);
}
END_TEST

/* As they are shipped: what is left away opens nothing. */
START_TEST(the_examples_are_closed) {
    static const struct {
        const char *example, *request, *said;
    } rows[] = {
        { "examples/tamd.conf", "POST /mcp Mcp-Method=tools/call Mcp-Name=delete_all", "with the scopes delete" },
        { "examples/tamd.conf", "POST /mcp Mcp-Method=tools/call Mcp-Name=list", "with the scopes read" },
        { "examples/tamd.conf", "POST /mcp Mcp-Name=delete_all",
          "nobody comes in (403): a header of the route is absent" },
        { "examples/tamd.conf", "POST /mcp", "nobody comes in (403): a header of the route is absent" },
        { "examples/tamd.conf", "POST /mcp Mcp-Name=", "nobody comes in (403): a header of the route is absent" },
        { "examples/tamd.conf", "PUT /files/x", "nobody comes in (403): no route" },
        { "examples/tamd.conf", "HEAD /docs/x", "with the scopes read" },
        { "examples/tamd.conf", "GET /", "nobody comes in (403): no route" },
        { "examples/mcp/tamd.conf", "POST /mcp Mcp-Method=tools/call Mcp-Name=whoami", "mcp.example.com accepts\n" },
        { "examples/mcp/tamd.conf", "POST /mcp Mcp-Method=tools/call Mcp-Name=delete_note", "with the scopes delete" },
        { "examples/mcp/tamd.conf", "POST /mcp Mcp-Method=tools/call", "with the scopes delete" },
        { "examples/mcp/tamd.conf", "POST /mcp", "with the scopes delete" },
        { "examples/mcp/tamd.conf", "PUT /mcp", "nobody comes in (403): no route" },
    };
    const char *source = getenv("srcdir") != NULL ? getenv("srcdir") : ".";
    char file[1024];
    int status = 0;
    tamd_prepare(&tamd);
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(file, sizeof file, "%s/%s", source, rows[i].example);
        scratch_copy(&tamd.scratch, "tamd.conf", file);
        const char *said = explained(rows[i].request, &status);
        ck_assert_msg(status == 0 && strstr(said, rows[i].said) != NULL, "%s, %s: %d %s", rows[i].example,
                      rows[i].request, status, said);
    }
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        no_disguise_passes,
        after_garbled_headers_the_connection_ends,
        good_requests_pass_however_they_come_in,
        what_is_left_open_is_decided_by_the_configuration,
        a_request_is_explained_as_it_is_judged,
        the_examples_are_closed,
    };
    return suite_run("tamd disguises", suite_case("tamd disguises", 120, tests, COUNT(tests)));
}
