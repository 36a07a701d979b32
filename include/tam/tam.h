/* SPDX-License-Identifier: MIT
 *
 * The interface for hosts: verifies bearer tokens, and tells the principal of an accepted one.
 *
 *     struct tam_service *service;
 *     struct tam_faults *faults;
 *     if (tam_service_open("api.example.com", NULL, &service, &faults) < 0) {
 *         ... tam_faults_text(faults, i) ...
 *         return;
 *     }
 *
 *     struct tam_query query = { .size = sizeof query };
 *     query.authorization = tam_str_of(value_of_the_authorization_header);
 *     struct tam_result *result = tam_verify(service, &query);
 *     if (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) ... tam_result_subject(result) ...
 *     else ... tam_result_status(result), tam_result_challenge(result) ...
 *     tam_result_free(result);
 *
 * Every function may be called from any thread at any time, except tam_service_close() and where a comment says
 * otherwise. No function is a cancellation point: pthread_cancel(3) of a thread inside a call, also one that waits in
 * tam_verify(), takes effect after the call returned (with deferred cancellation; asynchronous cancellation must be
 * off). NULL is safe for every object: a NULL result is TAM_VERDICT_ERROR, a NULL document is empty, freeing NULL does
 * nothing. C99, C11 and C++.
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
struct tam_document; /* one text; immutable, owned by the caller */
struct tam_waiter;   /* a descriptor that tells an event loop when to ask again */
struct tam_faults;   /* the faults of a configuration */

/* The version of the library, such as "0.1.0". Static. */
TAM_API const char *tam_version(void);

/* ---- Setup ------------------------------------------------------------------------------------------------------- */

/* tam_setup.flags */
enum {
    /* For tests: do not check the owner and mode of plugins, service files, keys and secrets, and of the directories
     * above. */
    TAM_SETUP_ANY_OWNER = 1,
    /* For examining, not for serving: opening waits until each verifier has fetched its keys, and fails with a fault if
     * one cannot. */
    TAM_SETUP_FETCH = 2
};

/*
 * The host's own log, clocks and directory of plugins. A NULL setup, or a NULL member, is the default. Zero the struct,
 * then set size. The call copies it; ctx and the functions must work until tam_service_close() returned, from any
 * thread, and must not call libtam.
 */
struct tam_setup {
    uint32_t size;          /* sizeof(struct tam_setup) */
    uint32_t flags;         /* TAM_SETUP_… */
    const char *plugin_dir; /* the directory with tam_NAME.so; NULL: $TAM_PLUGIN_DIR (refused in a set-uid process),
                               else the directory of the installation */
    void *ctx;              /* first argument of the functions below */

    /* Writes one log line, level TAM_LOG_…, without a newline; no token or secret is in it. The function must not wait,
     * because tam_verify() with TAM_NONBLOCK calls it too. NULL: stderr, with the priority prefixes of sd-daemon(3);
     * debug lines only if TAM_DEBUG is set in the environment. libtam does not wait for the reader of stderr: a line
     * that a pipe, a socket or a terminal does not take at once is dropped, and the next line says how many were. If
     * stderr was closed when the service was opened, nothing is written. */
    void (*log)(void *ctx, uint32_t level, struct tam_str line);

    int64_t (*now)(void *ctx);       /* Unix seconds; NULL: CLOCK_REALTIME */
    int64_t (*monotonic)(void *ctx); /* nanoseconds, never going back; NULL: CLOCK_MONOTONIC */
};

/* ---- Services ---------------------------------------------------------------------------------------------------- */

/*
 * Open a service: read its configuration, load its plugins, make its verifiers. The verifiers start to fetch keys in
 * the background; opening does not wait for the network unless an option says so. In a set-uid process (AT_SECURE)
 * libtam takes nothing from the environment: libtam(3) has the list of variables, some of which must not be set there
 * at all.
 *
 *  tam_service_open         from $(sysconfdir)/tam.d/NAME of the installation (/etc/tam.d/NAME of a distribution's;
 *                           pkg-config --variable=tamconfigdir tam); NAME is [A-Za-z0-9_.-]+ and begins with no dot
 *  tam_service_open_file    from the service file at that path
 *  tam_service_open_string  from the text of a service file; one line such as "azure tenant_id=... client_id=..." will
 *                           do, and a verifier's control may be left out while there is one verifier
 *
 * Return 0 with *ret_service set, which the caller closes; or -1 with *ret_faults set, all faults of the configuration
 * at once and at least one, which the caller frees. The other output is left unchanged.
 */
TAM_API int tam_service_open(const char *name, const struct tam_setup *setup, struct tam_service **ret_service,
                             struct tam_faults **ret_faults);
TAM_API int tam_service_open_file(const char *path, const struct tam_setup *setup, struct tam_service **ret_service,
                                  struct tam_faults **ret_faults);
TAM_API int tam_service_open_string(const char *text, const struct tam_setup *setup, struct tam_service **ret_service,
                                    struct tam_faults **ret_faults);

/*
 * Check a configuration as opening would, but start nothing: no thread, no network, no verifier. For hosts that read
 * their configuration in one process and open the service in its children (nginx, PostgreSQL). Return 0 if the service
 * may be opened, else -1 with *ret_faults as above. *ret_faults may also be set on success, then with warnings only:
 * see tam_faults_level(). ret_faults is always written.
 */
TAM_API int tam_service_check(const char *name, const struct tam_setup *setup, struct tam_faults **ret_faults);
TAM_API int tam_service_check_file(const char *path, const struct tam_setup *setup, struct tam_faults **ret_faults);
TAM_API int tam_service_check_string(const char *text, const struct tam_setup *setup, struct tam_faults **ret_faults);

/*
 * Read the configuration again, from the place it was opened from. On success running questions finish with the old
 * verifiers, which are destroyed when the call returns; waiters and tickets stay valid. On -1 the old configuration
 * stays in force and *ret_faults says why. The call waits for running questions without TAM_NONBLOCK.
 */
TAM_API int tam_service_reload(struct tam_service *service, struct tam_faults **ret_faults);

/*
 * Close the service and destroy its verifiers: when the call returns, no thread and no descriptor of the service is
 * left. No other call of this service may be running, and the caller must have closed its waiters. In a forked child of
 * the process that opened the service the call frees the memory at once, whatever the size of the cache, and destroys
 * no verifier, because the threads do not exist there. Every other call of the service fails in a child with one
 * sentence: open the service in the child instead.
 */
TAM_API void tam_service_close(struct tam_service *service);

/* Faults, in the order of the file. Texts and names live until tam_faults_free(). For an index past the end: NULL or 0.
 * No thread may use the faults while another one frees them. */
TAM_API size_t tam_faults_count(const struct tam_faults *faults);
TAM_API const char *tam_faults_text(const struct tam_faults *faults,
                                    size_t i); /* "FILE:LINE: what is wrong", fit for a terminal */
TAM_API const char *tam_faults_file(const struct tam_faults *faults,
                                    size_t i); /* "FILE" as it was given, "<string>", or "" */
TAM_API unsigned tam_faults_line(const struct tam_faults *faults, size_t i);  /* from 1; 0: of no line */
TAM_API uint32_t tam_faults_level(const struct tam_faults *faults, size_t i); /* TAM_LOG_ERROR or TAM_LOG_WARNING */
TAM_API void tam_faults_free(struct tam_faults *faults);

/* ---- The question ------------------------------------------------------------------------------------------------ */

/* Zero the struct, then set size, and one of token and authorization. All views must live until the call returned. */
struct tam_query {
    uint32_t size;                /* sizeof(struct tam_query) */
    uint32_t flags;               /* TAM_NONBLOCK or 0; another flag is refused (verdict error) */
    struct tam_str token;         /* the bearer token itself, */
    struct tam_str authorization; /* or the whole value of the Authorization header (RFC 6750 §2.1). Both empty, or
                                     another scheme than Bearer: no credentials */
    struct tam_list scopes; /* the scopes that this operation needs, in the short form of tokens: all of them. If only
                                     roles are named, tokens of users and of unknown kind are refused */
    struct tam_list roles; /* if any is named, an application's token needs one of them, and no scope; else it needs the
                                     scopes too. Both empty: nothing is needed beyond the configuration. At most 256
                                     entries in each; more, or an entry that no token can carry, is the host's error
                                     (verdict error) */
    int64_t timeout_ns;    /* the longest wait, nanoseconds; 0: `service timeout=` (5 s) */
    int64_t at;            /* verify as of that time, Unix seconds; 0: now. For examining, not for serving */
    uint64_t ticket;       /* tam_result_ticket() of an AGAIN result, when asking again: keeps the first deadline */
};

/*
 * Verify one bearer token. The caller frees the result; a NULL result (no memory) reads as TAM_VERDICT_ERROR.
 * tam_explain() gives the same verdict, without the cache, and adds one row for each check (tam_result_check).
 */
TAM_API struct tam_result *tam_verify(struct tam_service *service, const struct tam_query *query);
TAM_API struct tam_result *tam_explain(struct tam_service *service, const struct tam_query *query);

/* ---- The answer -------------------------------------------------------------------------------------------------- */

/* Take another reference to the result; give one back. Views below live until the last reference is given back. */
TAM_API struct tam_result *tam_result_ref(struct tam_result *result);
TAM_API void tam_result_free(struct tam_result *result);

TAM_API uint32_t tam_result_verdict(const struct tam_result *result); /* TAM_VERDICT_… but NOT_MINE */
TAM_API uint32_t tam_result_reason(const struct tam_result *result);  /* TAM_REASON_…; NONE unless rejected */
TAM_API int tam_result_status(const struct tam_result *result);       /* HTTP: 200 400 401 403 500 503; AGAIN: 503 */

/* The error code of a rejection (RFC 6750 §3.1, and `insufficient_claims`), static; NULL: the client gets none. */
TAM_API const char *tam_result_error(const struct tam_result *result);

/* For the administrator's log, never for the client: the expected and the found value. Printable ASCII or UTF-8. */
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

/* The verified claims as one JSON object, and the value of one member as JSON text; empty: not accepted, or no such
 * claim. The bytes are those of the token, with the issuer's white space between JSON tokens. */
TAM_API struct tam_str tam_result_claims(const struct tam_result *result);
TAM_API struct tam_str tam_result_claim(const struct tam_result *result, const char *name);

/* The value of a WWW-Authenticate header (RFC 6750 §3, RFC 9728 §5.1) for status 400, 401 and 403; else empty. */
TAM_API struct tam_str tam_result_challenge(const struct tam_result *result);
TAM_API uint32_t tam_result_retry_after(const struct tam_result *result); /* seconds, for status 503; 0: unknown */

/* For TAM_VERDICT_AGAIN: the value for tam_query.ticket, and the time until the deadline in milliseconds, rounded up,
 * for a timer. Else 0. */
TAM_API uint64_t tam_result_ticket(const struct tam_result *result);
TAM_API int tam_result_wait_ms(const struct tam_result *result);

/* The explanation, in the order in which reasons win; 0 and NULL unless from tam_explain(). */
TAM_API size_t tam_result_check_count(const struct tam_result *result);
TAM_API const struct tam_check *tam_result_check(const struct tam_result *result, size_t i);

/* Stable names, static: "malformed", "accept" and so on; "unknown" for a number outside the list. */
TAM_API const char *tam_reason_name(uint32_t reason);
TAM_API const char *tam_verdict_name(uint32_t verdict);
TAM_API const char *tam_kind_name(uint32_t kind);

/* ---- What the service says of itself ----------------------------------------------------------------------------- */

/* Each call makes a new document of the current state, which the caller frees. NULL: memory ran out, the document would
 * be longer than 1 MiB (tam_plugins: 16 MiB), or the caller is a forked child. */
TAM_API struct tam_document *tam_metadata(struct tam_service *service); /* RFC 9728 §2, JSON; NULL without `resource` */
TAM_API struct tam_document *tam_metadata_path(struct tam_service *service); /* RFC 9728 §3.1: where to serve it */
TAM_API struct tam_document *tam_describe(struct tam_service *service);      /* JSON: verifiers, what each accepts */
/* JSON: name, generation, waiters, log_dropped (lines that stderr did not take, in the whole process), verdicts and
 * reasons (how many of each), cache, and verifiers with their status, such as key sets and their ages. */
TAM_API struct tam_document *tam_status(struct tam_service *service);

/* JSON: an array of all installed plugins (name NULL), or of the named one, with their options. Each element is an
 * object: name, version, summary, path, abi, options [{key, type, list, required, default, min, max, choices, help}].
 * In the array of all, a plugin that cannot be loaded has only name and error. The names "resource" and "service" give
 * libtam's own statements, with path and abi null. On failure NULL and *ret_faults, else *ret_faults is set to NULL.
 * Loads plugins, makes no verifier. */
TAM_API struct tam_document *tam_plugins(const char *name, const struct tam_setup *setup,
                                         struct tam_faults **ret_faults);

TAM_API struct tam_str tam_document_text(const struct tam_document *document); /* lives until tam_document_free() */
TAM_API void tam_document_free(struct tam_document *document);

/* ---- Event loops ------------------------------------------------------------------------------------------------- */

/*
 * A waiter is a descriptor that becomes readable when questions that were answered with TAM_VERDICT_AGAIN may be asked
 * again. Use one for each event loop; the descriptor is level-triggered and stays valid across reloads. When readable:
 * first call tam_waiter_clear(), then ask all those questions again; a wake in between is kept. Return 0 with
 * *ret_waiter set, or -1 with errno. Close the waiter before the service.
 */
TAM_API int tam_waiter_open(struct tam_service *service, struct tam_waiter **ret_waiter);
TAM_API int tam_waiter_fd(const struct tam_waiter *waiter); /* to poll for reading, not to read; -1 for NULL */
TAM_API void tam_waiter_clear(struct tam_waiter *waiter);
TAM_API void tam_waiter_close(struct tam_waiter *waiter);

#ifdef __cplusplus
}
#endif
#endif
