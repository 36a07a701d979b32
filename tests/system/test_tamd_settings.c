/* SPDX-License-Identifier: MIT
 *
 * tamd's configuration and command line: every fault with its place, and what each statement changes.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>

#define GOOD "Authorization: Bearer accept.1\r\n"

static struct tamd_process tamd;
static struct reply reply;

START_TEST(every_fault_of_a_configuration_is_told_with_its_place) {
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "", NULL },
        { "listen address=127.0.0.1", ":4: address must be ADDRESS:PORT" },
        { "listen address=localhost:80", "address must be ADDRESS:PORT" },
        { "listen address=unix:here", "address must be ADDRESS:PORT" },
        { "listen address_=127.0.0.1:80", "listen has no option 'address_'; the nearest is address" },
        { "listen address=127.0.0.1:80 tls_key_file=key", "tls_certificate_file and tls_key_file belong together" },
        { "listens address=127.0.0.1:80", "the nearest is listen" },
        { "admin address=127.0.0.1:80 secret=abcdefghijklmnopqrst", "must not be written here" },
        { "admin address=127.0.0.1:80 secret_file=nowhere", ":4: secret_file" },
        { "service name=api", "there are two services api" },
        { "service name=a/b", "name must be of A-Z" },
        { "service name=.a", "name must be of A-Z" },
        { "service name=b file=api", "services api and b have the same host and path" },
        { "service name=b file=api path=/a/../b", "is not in the spelling" },
        { "service name=b file=api host=API.example", "is not in the spelling" },
        { "service name=nowhere host=a.example", "nowhere" },
        { "route path=mcp", "is not in the spelling" },
        { "route path=/a%2fb", "is not in the spelling" },
        { "route path=/a//b", "is not in the spelling" },
        { "route host=a.example:443", "is not in the spelling that requests are compared with, which is a.example" },
        { "route path=/a%20b", "is not in the spelling that requests are compared with, which is /a b" },
        { "route path='/a b'", NULL },
        { "service name=b file=api host=h path=/b\nservice name=c file=api host=h path=/B", "same host and path" },
        { "service name=b file=api host=h path=/b case=exact\nservice name=c file=api host=h path=/B case=exact",
          NULL },
        { "route service=apy", "a route names service apy, which is not there" },
        { "route scopes='a\\\"b'", "scopes has an entry" },
        { "route header=Mcp-Name absent=skip", "header must be NAME:PATTERN" },
        { "route header=Mcp-Name: absent=skip", "header must be NAME:PATTERN" },
        { "route header='a b:c'", "blank" },
        { "route header=Authorization:* absent=skip", "header must be NAME:PATTERN" },
        { "route method=G@T", "method must be methods" },
        { "route method=delete", ":4: method=delete never fits" },
        { "route path=/a\\\n    method=GET,Put", ":5: method=Put never fits" },
        { "route method=HEAD", ":4: method=HEAD never fits: HEAD is judged as GET is" },
        { "route path=/admin*", ":4: /admin* never fits" },
        { "route path=/a/*b/c", ":4: /a/*b/c never fits" },
        { "service name=b file=api path=/b*", ":4: /b* never fits" },
        { "route path=/a.", "a segment that ends in a dot" },
        { "route path=/a%3fb", "an escaped question mark" },
        { "route", ":4: a route must say which requests it is for" },
        { "route scopes=read", ":4: a route must say which requests it is for" },
        { "route path=/ scopes=read", NULL },
        { "route header=A:b", ":4: a route with header needs absent=refuse, match or skip" },
        { "route path=/ absent=skip", ":4: absent means nothing without header" },
        { "route header=A:b,a:c absent=skip", "header names a twice" },
        { "route header='A:=?base64?YQ==?=' absent=skip", "header must be NAME:PATTERN" },
        { "route path=/a\nroute path=/a", ":5: this route never fits: the same one in line 4" },
        { "route path=/a\nroute path=/a/b scopes=s", ":5: this route never fits: the wider one in line 4" },
        { "route path=/a\nroute path=/A scopes=s", ":5: this route never fits: the same one in line 4" },
        { "route path=/a case=exact\nroute path=/A scopes=s", NULL },
        { "route path=/a case=exact\nroute path=/a case=ignore", NULL },
        { "route path=/a case=ignore\nroute path=/a case=exact", ":5: this route never fits" },
        { "route path=/a/b scopes=s\nroute path=/a", NULL },
        { "route path=/*/b\nroute path=/a/b/c", ":5: this route never fits" },
        { "route path=/a/b\nroute path=/*/b", NULL },
        { "route method=GET,PUT\nroute path=/a method=PUT", ":5: this route never fits" },
        { "route path=/a method=GET\nroute path=/a", NULL },
        { "route path=/a\nroute path=/a method=GET", ":5: this route never fits" },
        { "route path=/a\nroute path=/a service=api", ":5: this route never fits" },
        { "route path=/a service=api\nroute path=/a host=h", ":5: this route never fits" },
        { "route header=A:* absent=refuse\nroute header=a:b* absent=match", ":5: this route never fits" },
        { "route header=A:* absent=skip\nroute header=a:b* absent=match", NULL },
        { "route header=A:b* absent=refuse\nroute header=A:* absent=refuse", NULL },
        { "route header=A:b* absent=refuse\nroute header=A:bc,B:* absent=skip", ":5: this route never fits" },
        { "route header=A:* absent=refuse\nroute path=/ scopes=s", ":5: this route never fits" },
        { "route header=A:*,B:* absent=match\nroute header=B:c absent=skip", ":5: this route never fits" },
        { "route header=A:* absent=skip\nroute path=/ scopes=s", NULL },
        { "route header=A:a* absent=refuse\nroute path=/ scopes=s", NULL },
        { "route header=host:* absent=refuse", ":4: a route cannot look at the header host: write host=" },
        { "route header=X-Forwarded-Host:* absent=refuse", ":4: a route cannot look at the header X-Forwarded-Host" },
        { "route header=X-Forwarded-Uri:* absent=refuse", "X-Forwarded-Uri: write path=" },
        { "route header=X-Forwarded-Method:* absent=refuse", "X-Forwarded-Method: write method=" },
        { "route header=x-tam-roles:admin absent=refuse", "x-tam-roles: a client's own is taken away" },
        { "headers roles=-\nroute header=X-Tam-Roles:admin absent=refuse", NULL },
        { "headers roles=X-Role\nroute header=X-Role:admin absent=refuse", "X-Role: a client's own is taken away" },
        { "forward uri=X-Uri\nroute header=X-Uri:a absent=refuse", "X-Uri: write path=" },
        { "route header=Content-Length:* absent=refuse", "Content-Length: it is the connection's" },
        { "route header=A:b,B:c absent=refuse\nroute header=A:b absent=refuse", NULL },
        { "route path=/a method=GET\nroute path=/a method=PUT\nroute path=/a method=GET,PUT",
          ":6: method=PUT never fits here" },
        { "route path=/a method=GET\nroute path=/a method=GET,PUT scopes=x", ":5: method=GET never fits here" },
        { "route path=/a service=api\nroute path=/a/b", ":5: this route never fits" },
        { "service name=b file=api host=h default=open\nroute path=/a service=api\nroute path=/a/b", NULL },
        { "service name=b file=api path=/b default=open\nroute service=b scopes=x\nroute path=/b/c",
          ":6: this route never" },
        { "service name=b file=api path=/b default=open\nroute path=/b\nroute service=b scopes=x",
          ":6: this route never" },
        { "service name=b file=api path=/b default=open\nroute service=api path=/b/c",
          ":5: this route never fits: no service of" },
        { "service name=b file=api host=h default=open\nroute service=api host=h path=/b",
          ":5: this route never fits: no" },
        { "service name=b file=api host=h default=open\nroute service=api path=/b", NULL },
        { "service name=b file=api host=h case=exact\ntamd default=open\nroute path=/a\nroute path=/A", NULL },
        { "route path=/ access=refuse\nroute path=/open access=open", ":5: this route never fits" },
        { "service name=b file=api host=h path=/b\nroute service=b host=i", ":5: this route never fits: no service" },
        { "service name=b file=api host=h path=/b default=open\nroute service=b path=/c", ":5: this route never fits" },
        { "service name=b file=api host=h path=/b default=open\nroute service=b path=/*/c", NULL },
        { "service name=b file=api host=h\nroute service=b path=/c", ":4: service b has routes, so it needs default=" },
        { "service name=b file=api host=h\nroute service=api path=/c", NULL },
        { "service name=b file=api host=h\ntamd default=refuse\nroute path=/c", NULL },
        { "tamd default=never", "default" },
        { "tamd\ntamd", ":5: there is more than one statement tamd" },
        { "route path=/a case=any", "case" },
        { "route path=/\xc3\xa9", ":4: letters beyond ASCII are compared byte by byte, so this line needs case=exact" },
        { "route path=/\xc3\xa9 case=exact", NULL },
        { "service name=b file=api path=/\xc3\xa9", ":4: letters beyond ASCII" },
        { "route header=A:\xc3\xa9 absent=skip", ":4: letters beyond ASCII" },
        { "route access=opened", "access" },
        { "route access=open scopes=read", "access=open asks for no token" },
        { "route access=refuse roles=r", "access=refuse asks for no token" },
        { "forward uri='a b'", "uri must be the name of a header" },
        { "forward from=path uri=X-Original-URI", "from=path takes the original request from tamd's own" },
        { "forward\nforward", ":5: there is more than one statement forward; the first is in line 4" },
        { "headers subject=X-A issuer=x-a", "issuer must be the name of a header of its own" },
        { "headers subject=WWW-Authenticate", "subject must be the name of a header of its own" },
        { "headers subject='X-A:'", "subject must be the name of a header of its own" },
        { "limits header_size=1", "header_size" },
        { "limits idle_timeout=0", "idle_timeout" },
        { "limits connections=many", "connections" },
        { "log access=maybe", "access" },
        { "log access=no extra", "key=value" },
        { "route extra", "key=value" },
    };
    static const char *arguments[] = { NULL, "--check", NULL };
    char config[1024];
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd.scratch, "tamd.conf"));
    arguments[0] = config;
    for (size_t i = 0; i < COUNT(rows); i++) {
        tamd_configure(&tamd, rows[i].text);
        scratch_text(&tamd.scratch, "log", "");
        int status = tamd_run(&tamd, &(struct tamd_start){ .arguments = arguments });
        ck_assert_msg(status == (rows[i].said == NULL ? 0 : 3), "%s: %d", rows[i].text, status);
        ck_assert_msg(rows[i].said == NULL || tamd_logged(&tamd, rows[i].said) > 0, "%s", rows[i].text);
    }
    tamd_end(&tamd);
}
END_TEST

START_TEST(faults_come_all_at_once_those_of_services_too) {
    static const char *arguments[] = { NULL, "--check", NULL };
    char config[1024];
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "service name=b file=b path=/b\nlisten address=127.0.0.1:0");
    scratch_text(&tamd.scratch, "api", "puppet subject=x\n");
    scratch_text(&tamd.scratch, "b", "nobody\npuppet init=fault\n");
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd.scratch, "tamd.conf"));
    arguments[0] = config;
    ck_assert_int_eq(tamd_run(&tamd, &(struct tamd_start){ .arguments = arguments }), 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "api:1: puppet has no option 'subject'"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "b:1: "), 1);
    tamd_end(&tamd);
}
END_TEST

START_TEST(the_command_line_has_the_same_exit_statuses_as_tam) {
    static const struct {
        const char *arguments[4];
        int status;
    } rows[] = {
        { { "--help" }, 0 },
        { { "--version" }, 0 },
        { { "--nonsense" }, 3 },
        { { "--config" }, 3 },
        { { "--config=/nowhere/tamd.conf" }, 3 },
        { { "--check", "--config=/nowhere/tamd.conf" }, 3 },
        { { "--service=a", "--config=b" }, 3 },
        { { "--listen=127.0.0.1:0" }, 3 },
        { { "--service=/nowhere/a", "--listen=127.0.0.1:0" }, 3 },
        { { "--service=.a", "--listen=127.0.0.1:0" }, 3 },
        { { "more" }, 3 },
    };
    tamd_prepare(&tamd);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = tamd_run(&tamd, &(struct tamd_start){ .arguments = rows[i].arguments });
        ck_assert_msg(status == rows[i].status, "%s: %d", rows[i].arguments[0], status);
    }
    tamd_end(&tamd);
}
END_TEST

START_TEST(one_service_needs_no_configuration) {
    char service[1024], admin[1024];
    tamd_prepare(&tamd);
    (void)snprintf(service, sizeof service, "--service=%s", scratch_text(&tamd.scratch, "it's", "puppet\n"));
    (void)snprintf(admin, sizeof admin, "--admin=unix:%s", scratch_path(&tamd.scratch, "admin"));
    const char *bad[] = { service, "--listen=127.0.0.1:0", NULL };
    ck_assert_int_eq(tamd_run(&tamd, &(struct tamd_start){ .arguments = bad }), 3); /* no name of a service */
    (void)snprintf(service, sizeof service, "--service=%s", scratch_text(&tamd.scratch, "api", "puppet\n"));
    const char *arguments[] = { service, "--listen=127.0.0.1:0", admin, NULL };
    tamd_start(&tamd, &(struct tamd_start){ .arguments = arguments });
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Service"), "api");
    ck_assert_int_eq(tamd_auth(&tamd, "", &reply), 401);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_int_eq(chdir(tamd.scratch.path), 0);
    const char *here[] = { "--service=api", "--listen=127.0.0.1:0", NULL };
    tamd_start(&tamd, &(struct tamd_start){ .arguments = here });
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
}
END_TEST

START_TEST(envoy_puts_the_original_request_behind_our_path) {
    static const struct {
        const char *method, *path, *headers;
        int status;
    } rows[] = {
        { "GET", "/auth/mcp", GOOD, 200 },
        { "GET", "/auth/mcp?x=/../y", GOOD, 200 },
        { "GET", "/auth/delete/1", GOOD, 403 },
        { "DELETE", "/auth/mcp", GOOD, 403 },
        { "GET", "/auth/delete/1", GOOD "X-Forwarded-Uri: /mcp\r\n", 403 }, /* the client's */
        { "DELETE", "/auth/mcp", GOOD "X-Forwarded-Method: GET\r\n", 403 },
        { "GET", "/auth/a/../delete/1", GOOD, 403 },
        { "GET", "/auth/mcp/%2e%2e/delete", GOOD, 403 },
        { "GET", "/auth//delete/1", GOOD, 403 },
        { "GET", "/auth%2fdelete", GOOD, 404 },
        { "delete", "/auth/mcp", GOOD, 403 },
        { "POST", "/auth/mcp?_method=DELETE", GOOD, 403 },
        { "POST", "/auth/mcp?a=1;_method=DELETE", GOOD, 403 },
        { "POST", "/auth/mcp?a=_method", GOOD, 200 },
        { "POST", "/auth/mcp", GOOD "X-HTTP-Method-Override: DELETE\r\n", 403 },
        { "GET", "/auth/Delete/1", GOOD, 403 },
        { "GET", "/auth/mcp", "", 401 },
        { "GET", "/auth", GOOD, 200 },
    };
    tamd_begin(&tamd, "forward from=path\nroute path=/delete scopes=delete\nroute method=DELETE scopes=delete",
               "puppet scopes=read\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(http_ask(tamd.main, rows[i].method, rows[i].path, rows[i].headers, "", &reply) == rows[i].status,
                      "%s %s: %d", rows[i].method, rows[i].path, reply.status);
    }
    tamd_end(&tamd);
}
END_TEST

/* Entra puts up to 200 groups or roles into a token; a proxy's own buffers are smaller than ours. */
START_TEST(a_principal_of_many_roles_fits_into_its_header) {
    static char service[40000], roles[32768];
    size_t len = 0;
    for (int i = 0; i < 250; i++) {
        len +=
            (size_t)snprintf(roles + len, sizeof roles - len, "%s33334444-dddd-5555-eeee-%012d", i > 0 ? "," : "", i);
    }
    (void)snprintf(service, sizeof service, "puppet roles=%s\n", roles);
    tamd_begin(&tamd, "", service);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Roles"), roles);
    tamd_end(&tamd);
}
END_TEST

START_TEST(header_names_are_configurable) {
    tamd_begin(&tamd, "headers subject=Remote-User roles=- kind=-\nforward uri=X-Original-URI\nroute path=/a scopes=b",
               "puppet\n");
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Original-URI: /\r\n", &reply), 200);
    ck_assert_str_eq(reply_header(&reply, "Remote-User"), "alice");
    ck_assert_ptr_null(reply_header(&reply, "X-Tam-Subject"));
    ck_assert_ptr_null(reply_header(&reply, "X-Tam-Roles"));
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Original-URI: /a\r\nX-Forwarded-Uri: /\r\n", &reply), 403);
    tamd_end(&tamd);
}
END_TEST

START_TEST(what_is_too_large_or_too_slow_is_cut_off) {
    static char headers[200000];
    tamd_begin(&tamd, "limits header_size=8K body_size=1K idle_timeout=1s", "puppet\n");
    for (size_t size = 4000; size < sizeof headers - 100; size *= 3) {
        size_t len = (size_t)snprintf(headers, sizeof headers, GOOD "X-Large: ");
        memset(headers + len, 'a', size);
        (void)snprintf(headers + len + size, sizeof headers - len - size, "\r\n");
        int status = tamd_auth(&tamd, headers, &reply);
        ck_assert_msg(size < 8000 ? status == 200 : status == 431 || status == 413 || status == 0, "%zu: %d", size,
                      status);
    }
    static const char form[] = "Content-Type: application/x-www-form-urlencoded\r\n";
    char body[4096] = "token=accept.1&more=";
    ck_assert_int_eq(http_ask(tamd.admin, "POST", "/introspect", form, body, &reply), 200);
    memset(body + strlen(body), 'a', 2000);
    ck_assert_int_eq(http_ask(tamd.admin, "POST", "/introspect", form, body, &reply), 413);
    int64_t before = now_milliseconds();
    http_receive(http_send(tamd.main, "GET /auth HTTP/1.1\r\nHost:"), &reply); /* says no more */
    ck_assert_int_ne(reply.status, 200);
    ck_assert_int_lt(now_milliseconds() - before, 10000);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
}
END_TEST

START_TEST(one_client_has_so_many_connections_and_no_more) {
    static const char begun[] = "GET /healthz HTTP/1.1\r\n", rest[] = "Host: a\r\nConnection: close\r\n\r\n";
    int connections[3];
    tamd_begin(&tamd, "limits connections_per_address=2 threads=1", "puppet\n");
    for (int i = 0; i < 3; i++) {
        connections[i] = http_send(tamd.main, begun);
    }
    http_receive(connections[2], &reply); /* is closed at once */
    ck_assert_int_eq(reply.status, 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq((int)send(connections[i], rest, sizeof rest - 1, MSG_NOSIGNAL), (int)sizeof rest - 1);
        http_receive(connections[i], &reply);
        ck_assert_int_eq(reply.status, 200);
    }
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
}
END_TEST

START_TEST(an_address_in_a_network_is_warned_of) {
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "tamd.conf",
                 "listen address=0.0.0.0:0\nadmin address=0.0.0.0:0\nservice name=api file=api\n");
    tamd_start(&tamd, NULL);
    ck_assert_uint_eq(tamd_logged(&tamd, "tokens cross a network"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "who reaches it reads metrics and status"), 1);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        every_fault_of_a_configuration_is_told_with_its_place,
        faults_come_all_at_once_those_of_services_too,
        the_command_line_has_the_same_exit_statuses_as_tam,
        one_service_needs_no_configuration,
        envoy_puts_the_original_request_behind_our_path,
        a_principal_of_many_roles_fits_into_its_header,
        header_names_are_configurable,
        what_is_too_large_or_too_slow_is_cut_off,
        one_client_has_so_many_connections_and_no_more,
        an_address_in_a_network_is_warned_of,
    };
    return suite_run("tamd settings", suite_case("tamd settings", 120, tests, COUNT(tests)));
}
