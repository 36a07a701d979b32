/* SPDX-License-Identifier: MIT
 *
 * What a host includes: may the bearer of this token come in, and as whom?
 *
 *     struct tam_service *service;
 *     struct tam_faults *faults;
 *     if (tam_service_open("api.example.com", NULL, &service, &faults) < 0) { ... tam_faults_text(faults, i) ...; return; }
 *
 *     struct tam_query query = { .size = sizeof query };
 *     query.authorization = tam_str_of(value_of_the_authorization_header);
 *     struct tam_result *result = tam_verify(service, &query);
 *     if (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) ... tam_result_subject(result) ...
 *     else ... tam_result_status(result), tam_result_challenge(result) ...
 *     tam_result_free(result);
 *
 * Every function may be called from any thread at any time, but for tam_service_close() and where a comment says
 * otherwise. None is a cancellation point: a thread that pthread_cancel(3) finds inside, waiting in tam_verify() too, is
 * cancelled behind the call (with deferred cancellation; asynchronous cancellation must be off). NULL is safe for every object: a NULL result is TAM_VERDICT_ERROR, a NULL document is empty, freeing NULL
 * does nothing. C99, C11 and C++.
 */
#ifndef TAM_H
#define TAM_H

#include <tam/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TAM_API __attribute__((visibility("default")))
#else
#define TAM_API
#endif

struct tam_service;  /* one named configuration and its verifiers */
struct tam_result;   /* one answer; immutable, reference-counted */
struct tam_document; /* one text; immutable, owned by who asked for it */
struct tam_waiter;   /* how one event loop learns that it may ask again */
struct tam_faults;   /* what is wrong with a configuration */

/* The version of the library, such as "0.1.0". Static. */
TAM_API const char *tam_version(void);

/* ---- Setup -------------------------------------------------------------------------------------------------------- */

/* tam_setup.flags */
enum {
    TAM_SETUP_ANY_OWNER =
        1, /* do not check who owns and may write plugins, service files, keys and secrets, or what leads to them: for tests */
    TAM_SETUP_FETCH = 2 /* opening waits until each verifier has fetched what it needs, keys above all, and fails with
                           the fault where one cannot: for examining, not for serving */
};

/*
 * What a host brings of its own. A NULL setup, or a NULL member, is the default. Zero it, then set size. Copied by the
 * call it is given to; ctx and the functions must work until tam_service_close() returned, from any thread, and must
 * not call libtam.
 */
struct tam_setup {
    uint32_t size;          /* sizeof(struct tam_setup) */
    uint32_t flags;         /* TAM_SETUP_… */
    const char *plugin_dir; /* where tam_NAME.so lies; NULL: $TAM_PLUGIN_DIR (refused in a set-uid process), else the
                               directory of the installation */
    void *ctx;              /* first argument of the functions below */

    /* Takes one log line, level TAM_LOG_…, without a newline; no token or secret is in it. It must not wait: a question
     * with TAM_NONBLOCK calls it too. NULL: stderr, with the priority prefixes of sd-daemon(3); debug lines only when
     * TAM_DEBUG is set in the environment. Nothing waits for the reader of stderr: a line that a pipe, a socket or a
     * terminal does not take at once is dropped, and the next line says how many were. Nothing is written where stderr was
     * closed when the service was opened. */
    void (*log)(void *ctx, uint32_t level, struct tam_str line);

    int64_t (*now)(void *ctx);       /* Unix seconds; NULL: CLOCK_REALTIME */
    int64_t (*monotonic)(void *ctx); /* nanoseconds, never going back; NULL: CLOCK_MONOTONIC */
};

/* ---- Services ----------------------------------------------------------------------------------------------------- */

/*
 * Open a service: read its configuration, load its plugins, make its verifiers. They start to fetch keys in the
 * background; nothing waits for the network unless an option says so. In a set-uid process (AT_SECURE) nothing is taken
 * from the environment: libtam(3) has the list of variables, some of which must not be set there at all.
 *
 *  tam_service_open         from $(sysconfdir)/tam.d/NAME of the installation (/etc/tam.d/NAME of a distribution's;
 *                           pkg-config --variable=tamconfigdir tam); NAME is [A-Za-z0-9_.-]+ and begins with no dot
 *  tam_service_open_file    from the service file at that path
 *  tam_service_open_string  from the text of a service file; one line such as "azure tenant_id=... client_id=..." will
 *                           do, and a verifier's control may be left out while there is one verifier
 *
 * Return 0 with *ret_service set, to be closed by the caller; or -1 with *ret_faults set, every fault of the
 * configuration at once and never none, to be freed by the caller. The other output is left as it was.
 */
TAM_API int tam_service_open(const char *name, const struct tam_setup *setup, struct tam_service **ret_service,
                             struct tam_faults **ret_faults);
TAM_API int tam_service_open_file(const char *path, const struct tam_setup *setup, struct tam_service **ret_service,
                                  struct tam_faults **ret_faults);
TAM_API int tam_service_open_string(const char *text, const struct tam_setup *setup, struct tam_service **ret_service,
                                    struct tam_faults **ret_faults);

/*
 * Check a configuration as opening it would, but start nothing: no thread, no network, no verifier. For hosts that read
 * their configuration in one process and open the service in its children (nginx, PostgreSQL). Return 0 when it may be
 * opened, else -1 with *ret_faults as above. *ret_faults may also be set on success, with warnings only: see
 * tam_faults_level(). ret_faults is always written.
 */
TAM_API int tam_service_check(const char *name, const struct tam_setup *setup, struct tam_faults **ret_faults);
TAM_API int tam_service_check_file(const char *path, const struct tam_setup *setup, struct tam_faults **ret_faults);
TAM_API int tam_service_check_string(const char *text, const struct tam_setup *setup, struct tam_faults **ret_faults);

/*
 * Read the configuration again, from where it was opened. On success running questions finish with the old verifiers,
 * and when it returns those are destroyed; waiters and tickets stay good. On -1 the old configuration stays in force and
 * *ret_faults says why. Waits for running questions that do not have TAM_NONBLOCK.
 */
TAM_API int tam_service_reload(struct tam_service *service, struct tam_faults **ret_faults);

/*
 * Close the service and destroy its verifiers: when it returns, none of its threads and descriptors is left. No other
 * call of this service may be running; waiters of it must be closed before. In a forked child of the process that opened
 * it, memory is freed at once, whatever the size of the cache, and no verifier is destroyed (its threads are not there); every other call of the service fails
 * there with one sentence: open the service in the child instead.
 */
TAM_API void tam_service_close(struct tam_service *service);

/* Faults, in the order of the file. Texts and names live until tam_faults_free(). Past the end: NULL or 0. Not to be
 * shared between threads while one frees them. */
TAM_API size_t tam_faults_count(const struct tam_faults *faults);
TAM_API const char *tam_faults_text(const struct tam_faults *faults,
                                    size_t i); /* "FILE:LINE: what is wrong", fit for a terminal */
TAM_API const char *tam_faults_file(const struct tam_faults *faults,
                                    size_t i); /* "FILE" as it was given, "<string>", or "" */
TAM_API unsigned tam_faults_line(const struct tam_faults *faults, size_t i);  /* from 1; 0: of no line */
TAM_API uint32_t tam_faults_level(const struct tam_faults *faults, size_t i); /* TAM_LOG_ERROR or TAM_LOG_WARNING */
TAM_API void tam_faults_free(struct tam_faults *faults);

/* ---- The question ------------------------------------------------------------------------------------------------- */

/* Zero it, set size, and one of token and authorization. All views need to live only until the call returned. */
struct tam_query {
    uint32_t size;                /* sizeof(struct tam_query) */
    uint32_t flags;               /* TAM_NONBLOCK or 0; another flag is refused (verdict error) */
    struct tam_str token;         /* the bearer token itself, */
    struct tam_str authorization; /* or the whole value of the Authorization header (RFC 6750 §2.1). Both empty, or
                                     another scheme than Bearer: no credentials */
    struct tam_list scopes;       /* what this operation needs, in the short form that tokens carry: all of them. A
                                     user's token, or one of unknown kind, is refused if only roles are named */
    struct tam_list roles;        /* where any is named, an application's token needs one of them, and no scope; else it
                                     needs the scopes too. Both empty: nothing is asked beyond the configuration. At most
                                     256 entries in each; more, or one that no token can carry, is the host's fault
                                     (verdict error) */
    int64_t timeout_ns;           /* how long to wait at most, nanoseconds; 0: `service timeout=` (5 s) */
    int64_t at;                   /* judge as of that time, Unix seconds; 0: now. For examining, not for serving */
    uint64_t ticket;              /* of the TAM_VERDICT_AGAIN result when asking once more: keeps the first deadline */
};

/*
 * Judge one bearer token. Always answers; NULL (memory ran out) reads as TAM_VERDICT_ERROR. To be freed by the caller.
 * tam_explain() gives the same verdict, goes past the caches, and carries one row for each check (tam_result_check).
 */
TAM_API struct tam_result *tam_verify(struct tam_service *service, const struct tam_query *query);
TAM_API struct tam_result *tam_explain(struct tam_service *service, const struct tam_query *query);

/* ---- The answer --------------------------------------------------------------------------------------------------- */

/* Another reference to the same result; and one reference given back. Views below live until the last one is. */
TAM_API struct tam_result *tam_result_ref(struct tam_result *result);
TAM_API void tam_result_free(struct tam_result *result);

TAM_API uint32_t tam_result_verdict(const struct tam_result *result); /* TAM_VERDICT_… but NOT_MINE */
TAM_API uint32_t tam_result_reason(const struct tam_result *result);  /* TAM_REASON_…; NONE unless rejected */
TAM_API int tam_result_status(const struct tam_result *result);       /* HTTP: 200 400 401 403 500 503; AGAIN: 503 */

/* RFC 6750 §3.1 error code (and `insufficient_claims`) of a rejection, static; NULL where the client gets none. */
TAM_API const char *tam_result_error(const struct tam_result *result);

/* For the administrator's log, never for the client: what was expected and what was found. Printable ASCII or UTF-8. */
TAM_API struct tam_str tam_result_detail(const struct tam_result *result);

/* The principal. Empty (TAM_KIND_UNKNOWN, 0) unless accepted. UTF-8 without control characters. */
TAM_API struct tam_str tam_result_subject(const struct tam_result *result);
TAM_API struct tam_str tam_result_issuer(const struct tam_result *result);
TAM_API struct tam_str tam_result_tenant(const struct tam_result *result);
TAM_API struct tam_str tam_result_client_id(const struct tam_result *result);
TAM_API uint32_t tam_result_kind(const struct tam_result *result);
TAM_API struct tam_list tam_result_scopes(const struct tam_result *result);
TAM_API struct tam_list tam_result_roles(const struct tam_result *result);
TAM_API int64_t tam_result_expires_at(const struct tam_result *result); /* Unix seconds; 0: the token names none */

/* The verified claims as one JSON object, and one member's value as JSON text; empty: not accepted, or no such claim. The
 * bytes are the token's own: blanks and line breaks between JSON's tokens stand where the issuer put them. */
TAM_API struct tam_str tam_result_claims(const struct tam_result *result);
TAM_API struct tam_str tam_result_claim(const struct tam_result *result, const char *name);

/* The value of a WWW-Authenticate header (RFC 6750 §3, RFC 9728 §5.1) for status 400, 401 and 403; else empty. */
TAM_API struct tam_str tam_result_challenge(const struct tam_result *result);
TAM_API uint32_t tam_result_retry_after(const struct tam_result *result); /* seconds, for status 503; 0: unknown */

/* Of TAM_VERDICT_AGAIN: what to put into tam_query.ticket, and how long until it is too late, milliseconds rounded up:
 * arm a timer with it. Else 0. */
TAM_API uint64_t tam_result_ticket(const struct tam_result *result);
TAM_API int tam_result_wait_ms(const struct tam_result *result);

/* The explanation, in the order in which reasons win; 0 and NULL unless from tam_explain(). */
TAM_API size_t tam_result_check_count(const struct tam_result *result);
TAM_API const struct tam_check *tam_result_check(const struct tam_result *result, size_t i);

/* Stable names: "malformed", "accept" and so on; "unknown" for a number outside the list. Static. */
TAM_API const char *tam_reason_name(uint32_t reason);
TAM_API const char *tam_verdict_name(uint32_t verdict);
TAM_API const char *tam_kind_name(uint32_t kind);

/* ---- What the service says of itself ------------------------------------------------------------------------------ */

/* Each call makes a new document, of the service as it is at that moment, to be freed by the caller. NULL: memory ran out,
 * the document would be longer than 1 MiB (tam_plugins: 16 MiB), or a forked child asks. */
TAM_API struct tam_document *tam_metadata(struct tam_service *service); /* RFC 9728 §2, JSON; NULL without `resource` */
TAM_API struct tam_document *tam_metadata_path(struct tam_service *service); /* RFC 9728 §3.1: where to serve it */
TAM_API struct tam_document *tam_describe(struct tam_service *service);      /* JSON: verifiers, what each accepts */
/* JSON: name, generation, waiters, log_dropped (lines that stderr did not take, in the whole process), verdicts and reasons
 * (how many of each), cache, and verifiers with their status, such as key sets and their ages. */
TAM_API struct tam_document *tam_status(struct tam_service *service);

/* JSON: an array of the plugins installed (name NULL), or of the one named; with their options. Each is an object:
 * name, version, summary, path, abi, options [{key, type, list, required, default, min, max, choices, help}]. In the
 * array of all, one that cannot be loaded has only name and error. The names "resource" and "service" give libtam's own
 * statements, with path and abi null. On failure NULL and *ret_faults, else *ret_faults is set to NULL. Loads plugins,
 * makes no verifier. */
TAM_API struct tam_document *tam_plugins(const char *name, const struct tam_setup *setup,
                                         struct tam_faults **ret_faults);

TAM_API struct tam_str tam_document_text(const struct tam_document *document); /* lives until tam_document_free() */
TAM_API void tam_document_free(struct tam_document *document);

/* ---- Event loops -------------------------------------------------------------------------------------------------- */

/*
 * A waiter is a descriptor that becomes readable when parked questions may be asked again; one for each loop, level-
 * triggered, good across reloads. When readable: first tam_waiter_clear(), then ask for everything parked; a wake in
 * between is kept. Return 0 with *ret_waiter set, or -1 with errno. Close it before the service.
 */
TAM_API int tam_waiter_open(struct tam_service *service, struct tam_waiter **ret_waiter);
TAM_API int tam_waiter_fd(const struct tam_waiter *waiter); /* to poll for reading, not to read; -1 for NULL */
TAM_API void tam_waiter_clear(struct tam_waiter *waiter);
TAM_API void tam_waiter_close(struct tam_waiter *waiter);

#ifdef __cplusplus
}
#endif
#endif
