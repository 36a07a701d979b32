/* SPDX-License-Identifier: MIT
 *
 * Reads tamd's configuration with libtam's own reader of statements and options, so that it is spelled, and its faults
 * are told, as in a service file.
 */
#include <config.h>

#include <tools/tamd/config/settings.h>

#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <src/conf/nearest.h>
#include <src/conf/statement.h>
#include <tools/common/listen.h>
#include <tools/tamd/http/fields.h>
#include <tools/tamd/config/settings_internal.h>
#include <tools/tamd/http/tls.h>

#define WHY_MAX    ((size_t)16384)
#define MEMORY_MAX ((size_t)8 << 20)

/* ---- listen and admin ---- */

enum { LISTEN_ADDRESS, LISTEN_CERTIFICATE, LISTEN_KEY, LISTEN_COUNT };

static const struct tam_option listen_rows[LISTEN_COUNT] = {
    { "address", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 256, NULL, NULL, "ADDRESS:PORT or unix:/PATH" },
    { "tls_certificate_file", TAM_OPT_FILE, 0, 1, 4096, NULL, NULL, "PEM, with its chain; then it speaks TLS" },
    { "tls_key_file", TAM_OPT_FILE, 0, 1, 4096, NULL, NULL, "PEM, the key of that certificate" },
};

enum { ADMIN_ADDRESS, ADMIN_SECRET, ADMIN_COUNT };

static const struct tam_option admin_rows[ADMIN_COUNT] = {
    { "address", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 256, NULL, NULL, "ADDRESS:PORT or unix:/PATH" },
    { "secret", TAM_OPT_SECRET, 0, 16, 1024, NULL, NULL, "what callers of /introspect must show" },
};

static void check_address(struct table_run *run, struct tam_str address) {
    if (!listen_is_address(address)) {
        table_fault(run, LISTEN_ADDRESS, "address must be ADDRESS:PORT, such as 127.0.0.1:8080, or unix:/PATH");
    }
}

/* It is shown all the same: some clients look at the key alone, and a clock may be wrong. */
static void warn_of_time(struct table_run *run, const struct tls *tls) {
    int64_t now = clock_now();
    const char *what = tls_ends(tls) < now ? "has expired" : tls_begins(tls) > now ? "is not valid yet" : NULL;
    if (what != NULL) {
        faults_add(run->means.faults, TAM_LOG_WARNING, run->statement->file, run->lines[LISTEN_CERTIFICATE],
                   "the certificate in %s %s", run->values[LISTEN_CERTIFICATE].text.ptr, what);
    }
}

static struct tls *read_tls(struct table_run *run) {
    struct buf why;
    buf_init(&why, WHY_MAX);
    struct tls *tls = tls_read(run->values[LISTEN_CERTIFICATE].text.ptr, run->values[LISTEN_KEY].text.ptr,
                               run->means.any_owner, &why);
    if (tls == NULL) {
        table_fault(run, LISTEN_CERTIFICATE, "%.*s", STR_PRINT(buf_str(&why)));
    } else {
        warn_of_time(run, tls);
    }
    buf_free(&why);
    return tls;
}

static void read_listen(struct table_run *run) {
    struct settings *settings = run->target;
    struct settings_listen *listen = &settings->listens[settings->listen_count++];
    bool certificate = run->values[LISTEN_CERTIFICATE].text.len > 0, key = run->values[LISTEN_KEY].text.len > 0;
    *listen = (struct settings_listen){ .address = run->values[LISTEN_ADDRESS].text };
    check_address(run, listen->address);
    if (certificate != key) {
        table_fault(run, certificate ? LISTEN_CERTIFICATE : LISTEN_KEY,
                    "tls_certificate_file and tls_key_file belong together");
    } else if (certificate) {
        listen->tls = read_tls(run);
    }
}

static void read_admin(struct table_run *run) {
    struct settings *settings = run->target;
    struct settings_listen *admin = &settings->admins[settings->admin_count++];
    *admin = (struct settings_listen){ .address = run->values[ADMIN_ADDRESS].text,
                                       .secret = run->values[ADMIN_SECRET].text };
    check_address(run, admin->address);
    if (admin->secret.len > 0 && !str_is_visible_ascii(admin->secret)) {
        table_fault(run, ADMIN_SECRET, "the secret must be visible ASCII without blanks, for it stands in a header");
    }
}

/* ---- forward ---- */

enum { FORWARD_FROM, FORWARD_URI, FORWARD_METHOD, FORWARD_HOST, FORWARD_ALLOW, FORWARD_COUNT };

static const char *const sources[] = { "headers", "path", NULL };

static const struct tam_option forward_rows[FORWARD_COUNT] = {
    { "from", TAM_OPT_ENUM, 0, 0, 0, "headers", sources, "where the original request is named" },
    { "uri", TAM_OPT_STRING, 0, 1, 64, "X-Forwarded-Uri", NULL, "the header with its path and query" },
    { "method", TAM_OPT_STRING, 0, 1, 64, "X-Forwarded-Method", NULL, "the header with its method" },
    { "host", TAM_OPT_STRING, 0, 1, 64, "X-Forwarded-Host", NULL, "the header with its host" },
    { "allow", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 64, NULL, NULL,
      "headers that could override the request, but that the proxy sets itself" },
};

static void read_forward(struct table_run *run) {
    struct settings *settings = run->target;
    settings->from_path = run->values[FORWARD_FROM].number == 1;
    for (int row = FORWARD_URI; row <= FORWARD_HOST; row++) {
        if (settings->from_path && run->lines[row] != 0) {
            table_fault(run, row, "from=path takes the original request from tamd's own, so %s means nothing",
                        forward_rows[row].key);
        } else if (!fields_is_token(run->values[row].text)) {
            table_fault(run, row, "%s must be the name of a header", forward_rows[row].key);
        }
    }
    settings->uri_header = run->values[FORWARD_URI].text.ptr;
    settings->method_header = run->values[FORWARD_METHOD].text.ptr;
    settings->host_header = run->values[FORWARD_HOST].text.ptr;
    settings->allowed = run->values[FORWARD_ALLOW].list;
}

/* ---- headers ---- */

#define HEADER_ROW(key, name, what)                                                                                    \
    { key, TAM_OPT_STRING, 0, 1, 64, name, NULL, "the header for " what "; -: none" }

static const struct tam_option headers_rows[HEADER_COUNT] = {
    [HEADER_SUBJECT] = HEADER_ROW("subject", "X-Tam-Subject", "the subject"),
    [HEADER_ISSUER] = HEADER_ROW("issuer", "X-Tam-Issuer", "the issuer"),
    [HEADER_TENANT] = HEADER_ROW("tenant", "X-Tam-Tenant", "the tenant"),
    [HEADER_CLIENT] = HEADER_ROW("client", "X-Tam-Client", "the client's id"),
    [HEADER_KIND] = HEADER_ROW("kind", "X-Tam-Kind", "user, app or unknown"),
    [HEADER_SCOPES] = HEADER_ROW("scopes", "X-Tam-Scopes", "the scopes"),
    [HEADER_ROLES] = HEADER_ROW("roles", "X-Tam-Roles", "the roles"),
    [HEADER_EXPIRES] = HEADER_ROW("expires", "X-Tam-Expires", "the time of expiry"),
    [HEADER_SERVICE] = HEADER_ROW("service", "X-Tam-Service", "the service that judged"),
};

/* Those that mean something to HTTP or to a proxy. */
static bool is_reserved(struct tam_str name) {
    static const struct tam_str items[] = {
        STR_INIT("Authorization"),
        STR_INIT("Cache-Control"),
        STR_INIT("Connection"),
        STR_INIT("Content-Length"),
        STR_INIT("Content-Type"),
        STR_INIT("Date"),
        STR_INIT("Host"),
        STR_INIT("Location"),
        STR_INIT("Retry-After"),
        STR_INIT("Set-Cookie"),
        STR_INIT("Transfer-Encoding"),
        STR_INIT("Upgrade"),
        STR_INIT("WWW-Authenticate"),
    };
    return list_has_nocase((struct tam_list){ items, COUNT(items) }, name);
}

static bool is_taken(const struct table_run *run, int row) {
    for (int other = 0; other < row; other++) {
        if (str_equal_nocase(run->values[other].text, run->values[row].text)) {
            return true;
        }
    }
    return false;
}

static void read_headers(struct table_run *run) {
    struct settings *settings = run->target;
    for (int row = 0; row < HEADER_COUNT; row++) {
        struct tam_str name = run->values[row].text;
        settings->headers[row] = NULL;
        if (str_equal(name, STR("-"))) {
            continue;
        }
        if (!fields_is_token(name) || is_reserved(name) || is_taken(run, row)) {
            table_fault(run, row, "%s must be the name of a header of its own, or - for none", headers_rows[row].key);
        } else {
            settings->headers[row] = name.ptr;
        }
    }
}

/* ---- limits and log ---- */

enum {
    LIMIT_HEADER,
    LIMIT_BODY,
    LIMIT_CONNECTIONS,
    LIMIT_ADDRESS,
    LIMIT_IDLE,
    LIMIT_HEADER_TIME,
    LIMIT_REQUEST_TIME,
    LIMIT_STOP,
    LIMIT_THREADS,
    LIMIT_COUNT
};

static const struct tam_option limits_rows[LIMIT_COUNT] = {
    { "header_size", TAM_OPT_SIZE, 0, 4096, 1 << 20, "32K", NULL, "of a request's line and headers" },
    { "body_size", TAM_OPT_SIZE, 0, 1024, 1 << 20, "64K", NULL, "of a request's body" },
    { "connections", TAM_OPT_INT, 0, 16, 1000000, "1024", NULL, "at once, of each listener" },
    { "connections_per_address", TAM_OPT_INT, 0, 0, 1000000, "0", NULL, "of one client; 0: no limit" },
    { "idle_timeout", TAM_OPT_DURATION, 0, 1, 3600, "30s", NULL, "after which a silent connection is closed" },
    { "header_timeout", TAM_OPT_DURATION, 0, 1, 3600, "10s", NULL, "for a request's line and headers, whole" },
    { "request_timeout", TAM_OPT_DURATION, 0, 1, 3600, "30s", NULL,
      "for its body, and for taking the answer, each whole" },
    { "stop_timeout", TAM_OPT_DURATION, 0, 0, 300, "10s", NULL, "how long stopping waits for requests" },
    { "threads", TAM_OPT_INT, 0, 0, 256, "0", NULL, "of each listener; 0: one for each core" },
};

static void read_limits(struct table_run *run) {
    struct settings *settings = run->target;
    settings->limits = (struct settings_limits){
        .header_size = (size_t)run->values[LIMIT_HEADER].number,
        .body_size = (size_t)run->values[LIMIT_BODY].number,
        .connections = (unsigned)run->values[LIMIT_CONNECTIONS].number,
        .connections_per_address = (unsigned)run->values[LIMIT_ADDRESS].number,
        .idle_timeout = (unsigned)run->values[LIMIT_IDLE].number,
        .header_timeout = (unsigned)run->values[LIMIT_HEADER_TIME].number,
        .request_timeout = (unsigned)run->values[LIMIT_REQUEST_TIME].number,
        .stop_timeout = (unsigned)run->values[LIMIT_STOP].number,
        .threads = (unsigned)run->values[LIMIT_THREADS].number,
    };
}

enum { LOG_ACCESS, LOG_SUBJECT, LOG_COUNT };

static const struct tam_option log_rows[LOG_COUNT] = {
    { "access", TAM_OPT_BOOL, 0, 0, 0, "yes", NULL, "one line for each request that was judged" },
    { "subject", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, "the accepted subject in it" },
};

static void read_log(struct table_run *run) {
    struct settings *settings = run->target;
    settings->log_access = run->values[LOG_ACCESS].number != 0;
    settings->log_subject = run->values[LOG_SUBJECT].number != 0;
}

/* ---- All statements ---- */

static const struct table_kind listen_statement = {
    .options = { "listen", listen_rows, LISTEN_COUNT },
    .read = read_listen,
};

static const struct table_kind admin_statement = {
    .options = { "admin", admin_rows, ADMIN_COUNT },
    .read = read_admin,
};

static const struct table_kind forward_statement = {
    .options = { "forward", forward_rows, FORWARD_COUNT },
    .once = true,
    .defaults = true,
    .read = read_forward,
};

static const struct table_kind headers_statement = {
    .options = { "headers", headers_rows, HEADER_COUNT },
    .once = true,
    .defaults = true,
    .read = read_headers,
};

static const struct table_kind limits_statement = {
    .options = { "limits", limits_rows, LIMIT_COUNT },
    .once = true,
    .defaults = true,
    .read = read_limits,
};

static const struct table_kind log_statement = {
    .options = { "log", log_rows, LOG_COUNT },
    .once = true,
    .defaults = true,
    .read = read_log,
};

static const struct table_kind *const kinds[] = {
    &listen_statement,         &admin_statement, &forward_statement,       &headers_statement,
    &limits_statement,         &log_statement,   &settings_tamd_statement, &settings_service_statement,
    &settings_route_statement,
};

static void fault_unknown(void *target, const struct statement *statement, const struct option_means *means) {
    (void)target;
    struct nearest nearest;
    nearest_init(&nearest, statement->words[0]);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        nearest_try(&nearest, kinds[i]->options.name);
    }
    nearest_try(&nearest, "include");
    faults_add(means->faults, TAM_LOG_ERROR, statement->file, statement->line,
               "a line begins with tamd, listen, admin, service, route, forward, headers, limits, log or include%s%s",
               nearest.word != NULL ? "; the nearest is "
                                    : "; what a verifier needs belongs into the service file, tam.d(5)",
               nearest.word != NULL ? nearest.word : "");
}

static const struct table table = { kinds, COUNT(kinds), fault_unknown };

/* Every array has room for all statements: there are few. */
static bool arrays_make(struct settings *settings, const struct pool *pool, size_t count) {
    settings->listens = pool_array(pool, count, sizeof *settings->listens);
    settings->admins = pool_array(pool, count, sizeof *settings->admins);
    settings->services = pool_array(pool, count, sizeof *settings->services);
    settings->routes = pool_array(pool, count, sizeof *settings->routes);
    return settings->listens != NULL && settings->admins != NULL && settings->services != NULL &&
           settings->routes != NULL;
}

static void read_all(struct settings *settings, const struct configuration_source *source,
                     const struct option_means *means) {
    const char *file = source->path != NULL ? source->path : "<string>";
    const struct statement *first = statement_read(source, means->any_owner, means->pool, means->faults);
    if (!arrays_make(settings, means->pool, statement_count(first))) {
        faults_add(means->faults, TAM_LOG_ERROR, file, 0, FAULTS_TOO_LARGE);
        return;
    }
    table_read(&table, first, file, means, settings);
    settings_check(settings, means, file);
}

struct settings *settings_read(const struct configuration_source *source, bool any_owner, struct faults *faults) {
    struct settings *settings = mem_alloc(sizeof *settings);
    if (settings == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, FAULTS_TOO_LARGE);
        return NULL;
    }
    arena_init(&settings->memory, NULL, 0, MEMORY_MAX);
    struct pool pool = arena_pool(&settings->memory);
    struct option_means means = { &pool, faults, any_owner };
    read_all(settings, source, &means);
    if (faults_any_error(faults)) {
        settings_free(settings);
        return NULL;
    }
    return settings;
}

void settings_free(struct settings *settings) {
    if (settings == NULL) {
        return;
    }
    for (size_t i = 0; i < settings->listen_count; i++) {
        tls_give(settings->listens[i].tls);
    }
    arena_free(&settings->memory);
    mem_free(settings);
}

/* ---- Reload ---- */

/* Other certificates, keys and secrets are used at once (server_renew()). */
static bool same_listens(const struct settings_listen *a, const struct settings_listen *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(a[i].address, b[i].address) || (a[i].tls != NULL) != (b[i].tls != NULL)) {
            return false;
        }
    }
    return true;
}

static bool same_limits(const struct settings_limits *a, const struct settings_limits *b) {
    return a->header_size == b->header_size && a->body_size == b->body_size && a->connections == b->connections &&
           a->connections_per_address == b->connections_per_address && a->threads == b->threads &&
           a->idle_timeout == b->idle_timeout && a->header_timeout == b->header_timeout &&
           a->request_timeout == b->request_timeout && a->stop_timeout == b->stop_timeout;
}

const char *settings_need_restart(const struct settings *old, const struct settings *new) {
    if (old->listen_count != new->listen_count || !same_listens(old->listens, new->listens, old->listen_count)) {
        return "listen";
    }
    if (old->admin_count != new->admin_count || !same_listens(old->admins, new->admins, old->admin_count)) {
        return "admin";
    }
    return same_limits(&old->limits, &new->limits) ? NULL : "limits";
}
