/* SPDX-License-Identifier: MIT
 *
 * The ABI between libtam and a plugin. C99, C11 and C++.
 *
 * A plugin is one shared object, tam_NAME.so, that exports one data symbol, tam_plugin_v1, and nothing else. The plugin
 * does not link libtam: it gets function pointers. A plugin looks like this:
 *
 *     #include <tam/plugin.h>
 *     enum { OPT_SUBJECT };
 *     static const struct tam_option options[] = {
 *         { "subject", TAM_OPT_STRING, 0, 0, 0, "developer", NULL, "who bears every token" },
 *     };
 *     static int      my_init(const struct tam_config *, const struct tam_host *, uint32_t flags, void **ret_self);
 *     static uint32_t my_verify(void *self, const struct tam_request *, struct tam_verdict *);
 *     static int      my_describe(void *self, const struct tam_description_request *, struct tam_description *);
 *     static void     my_destroy(void *self);
 *     const struct tam_plugin tam_plugin_v1 = { TAM_PLUGIN_HEAD(options), "NAME", "1.0", "what it verifies",
 *         options, my_init, my_verify, my_describe, my_destroy };
 *
 * and is built with `cc -shared -fPIC -fvisibility=hidden $(pkg-config --cflags tam-plugin)` into
 * `$(pkg-config --variable=plugindir tam-plugin)`.
 *
 * Rules
 *  Growth     A struct begins with its size and grows only at its end; test TAM_HAS before reading and before writing
 *             a member younger than 1.0. Arrays carry the size of their element. Signatures never change.
 *  Memory     Neither side frees the other's memory. A view passed to libtam points into request->alloc memory, the
 *             token, the verifier itself or static memory. A plugin keeps no pointer beyond the call that passed it.
 *  Threads    Each prototype says which threads call it, in brackets.
 *  Process    A plugin does not install signal handlers, exit, change the locale, write to stdout or stderr, replace
 *             allocators of shared libraries, throw or longjmp through libtam, or export another symbol. It keeps no
 *             mutable globals but one counted, locked initialisation: any number of verifiers live in one process.
 *  Failing    In doubt the verdict is reject or error. A zeroed verdict accepts nobody.
 *  Secrets    No token, no part of one and no secret in a log line, a detail or a fault.
 */
#ifndef TAM_PLUGIN_H
#define TAM_PLUGIN_H

#include <tam/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAM_MAGIC     0x314d4154u /* "TAM1" in memory of a little-endian machine */
#define TAM_ABI_MAJOR 1           /* must be equal */
#define TAM_ABI_MINOR 1           /* only adds: 1 added `status`, and a verifier to be described after a check */

/* The critical request bits (tam_request.critical) that a plugin compiled with this header knows. */
#define TAM_UNDERSTANDS UINT64_C(0)

#if defined(__GNUC__)
#define TAM_EXPORT __attribute__((visibility("default")))
#else
#define TAM_EXPORT
#endif

/* ---- Options: KEY=VALUE after the plugin's name in a service file ------------------------------------------------
 *
 * libtam parses the options, checks them and fills in defaults before init, reports all faults at once with file and
 * line, and prints this table in `tam plugins NAME`. The plugin checks only their meaning.
 */

/* The type of an option, how it is written, and which member of tam_value it fills. */
enum {
    TAM_OPT_STRING = 1,  /* any text without NUL                                               text */
    TAM_OPT_INT,         /* decimal, an optional minus sign                                    number */
    TAM_OPT_DURATION,    /* whole seconds, or a whole number with s, m, h or d                 number (seconds) */
    TAM_OPT_SIZE,        /* bytes, or a whole number with K, M or G (powers of 1024)           number (bytes) */
    TAM_OPT_BOOL,        /* yes or no                                                          number (1, 0) */
    TAM_OPT_URL,         /* absolute, RFC 3986: scheme, host, no user info, no fragment        text */
    TAM_OPT_GUID,        /* 8-4-4-4-12 hexadecimal digits; handed over in lower case           text */
    TAM_OPT_ENUM,        /* one of `choices`, exactly                                          number (index), text */
    TAM_OPT_FILE,        /* a path, made absolute: relative to the service file's folder, in a
                           configuration string to the working directory. The plugin opens it text */
    TAM_OPT_SECRET,      /* written KEY_file=PATH (content less one final newline) or
                           KEY=${ENVIRONMENT_VARIABLE}; a literal is a fault. Any bytes        text */
    TAM_OPT_LIST = 0x100 /* or'ed on STRING, INT, URL, GUID or ENUM: separated by commas, no blanks, no empty or
                            repeated entry; a comma inside a URL is %2C                       list (texts as above) */
};

/* tam_option.flags */
enum {
    TAM_OPT_REQUIRED = 1 /* absent is a fault */
};

/*
 * One row of the option table, which is static const and readable without init. An array of these has the stride
 * tam_plugin.option_size.
 */
struct tam_option {
    const char *key;            /* lower-case letters, digits and underscores; unique in the table */
    uint32_t type;              /* TAM_OPT_…, possibly with TAM_OPT_LIST */
    uint32_t flags;             /* TAM_OPT_REQUIRED or 0 */
    int64_t min, max;           /* INT: value; DURATION: seconds; SIZE: bytes; others: bytes of text (of each entry of a
                                   list). Both 0: no bound */
    const char *fallback;       /* the default as it would be written in a service file; NULL: absent */
    const char *const *choices; /* ENUM: the words, NULL-terminated; else NULL */
    const char *help;           /* one line, lower case, no full stop */
};

/* tam_value.given */
enum {
    TAM_GIVEN_ABSENT = 0,    /* neither written nor defaulted: number 0, text and list empty */
    TAM_GIVEN_DEFAULT = 1,   /* from tam_option.fallback */
    TAM_GIVEN_CONFIGURED = 2 /* written by the administrator */
};

/*
 * The value of the option with the same index in the table. An array of these has the stride tam_config.value_size.
 * The plugin reads it through tam_config_value().
 */
struct tam_value {
    uint32_t given;       /* TAM_GIVEN_… */
    uint32_t reserved;    /* 0 */
    int64_t number;       /* INT, DURATION, SIZE, BOOL; ENUM: index into choices; lists: 0 */
    struct tam_str text;  /* STRING, URL, GUID, ENUM, FILE, SECRET; a NUL follows behind len. INT, DURATION, SIZE, BOOL
                             and lists: as written */
    struct tam_list list; /* lists: each entry as `text` would be */
};

/* tam_config.flags */
enum {
    TAM_CONFIG_ANY_OWNER = 1,  /* the host switched off the check of file owners (tests): the plugin need not check the
                                  owners of files that options name */
    TAM_CONFIG_HOST_CLOCK = 2, /* host->monotonic is set by the host (tests): a plugin that waits until a time of this
                                  clock reads it again every 20 ms of real time */
    TAM_CONFIG_FETCH = 4 /* init fetches now what verify needs from the network, waits for it, and fails with a fault
                                  if the fetch fails; it neither reads nor writes caches on disk. For examining a
                                  configuration */
};

/* The checked options of one verifier. Immutable. The struct and all that it points to live until destroy returned; if
 * init failed or made no verifier, until init returned. */
struct tam_config {
    uint32_t size;                  /* sizeof(struct tam_config) of libtam */
    uint32_t value_size;            /* stride of values */
    uint32_t value_count;           /* equals tam_plugin.option_count */
    uint32_t flags;                 /* TAM_CONFIG_… */
    const struct tam_value *values; /* in the order of the option table; use tam_config_value() */
    struct tam_str name;            /* of this verifier, for log lines: service and line, such as "api.example.com:3" */
};

/* The value of the option in that row of the table; row < value_count. */
static inline const struct tam_value *tam_config_value(const struct tam_config *config, uint32_t row) {
    return (const struct tam_value *)(const void *)((const char *)config->values + (size_t)row * config->value_size);
}

/* ---- Host: libtam's services to one verifier ---------------------------------------------------------------------
 *
 * The struct and ctx live until destroy returned; if init failed or made no verifier, until init returned. The plugin
 * calls no function afterwards. All functions: [any thread, also inside verify]; they do not call the plugin and do not
 * block.
 */
struct tam_host {
    uint32_t size;     /* sizeof(struct tam_host) of libtam */
    uint32_t reserved; /* 0 */
    void *ctx;         /* pass it back as first argument */

    /* Writes one log line, level TAM_LOG_…, without waiting for the reader of the log. libtam adds the verifier's name,
     * cuts the line at 2,048 bytes, and writes control and format characters and bytes that are not UTF-8 as \xNN; a
     * backslash is doubled. Do not log what a client can cause: put it into tam_verdict.detail, which libtam logs with
     * a limit and a count. */
    void (*log)(void *ctx, uint32_t level, struct tam_str line);

    /* Reports one semantic fault of the configuration; only inside init, as often as needed. row: index into the
     * option table, TAM_NO_ROW for none. The text is a sentence without the option's name, such as "must not be ...";
     * libtam escapes the text as a log line. */
    void (*fault)(void *ctx, uint32_t row, struct tam_str text);

    /* Wall clock, Unix seconds: only for ages of files on disk. Check claims by request.now. */
    int64_t (*now)(void *ctx);

    /* Monotonic clock, nanoseconds; the clock of request.deadline, and of every age, cooldown and back-off. */
    int64_t (*monotonic)(void *ctx);

    /* Wakes the callers that got TAM_VERDICT_AGAIN, so that they ask again; cached verdicts stay valid. */
    void (*wake)(void *ctx);

    /* Invalidates all cached verdicts of this verifier, and wakes as above. The plugin publishes its new state
     * first. */
    void (*revoke)(void *ctx);
};

#define TAM_NO_ROW UINT32_MAX /* tam_host.fault: the fault is of no single option */

/* ---- init -------------------------------------------------------------------------------------------------------- */

/* Flags of init. */
enum {
    TAM_INIT_CHECK = 1 /* check everything, meaning too, but use no network, start no thread, and change no state of the
                          process: for hosts that check in the parent and open in the child. *ret_self stays NULL; since
                          1.1 it may be a verifier, of which libtam calls describe and destroy only, so that a check
                          warns of all that opening warns of */
};

/* ---- verify ------------------------------------------------------------------------------------------------------ */

/* One question to verify. Lives until verify returned. */
struct tam_request {
    uint32_t size;        /* sizeof(struct tam_request) of libtam */
    uint32_t flags;       /* TAM_NONBLOCK or 0; unknown flags may be ignored */
    uint64_t critical;    /* bits that must not be ignored: libtam refuses to call a plugin whose `understands` lacks
                             one. For plugins to read, not to test */
    struct tam_str token; /* 1 to service.max_token_size bytes of b64token (RFC 6750 §2.1), checked by libtam; not
                             NUL-terminated */
    int64_t now;          /* Unix seconds; check claims by this time and by no other clock */
    int64_t deadline; /* monotonic nanoseconds, never 0. Without TAM_NONBLOCK verify may wait until then; with it verify
                             answers unavailable, and no longer again, after the deadline */
    void *ctx;        /* pass it back to alloc and check */

    /* Memory for views in the verdict, and for the plugin's own work: aligned to 16, not zeroed. libtam wipes and frees
     * it after it copied the verdict. NULL: no memory, or over the limit of 1 MiB for each call, or 64 bytes for each
     * byte of the token if that is more. Then return TAM_VERDICT_ERROR; libtam treats any other verdict of such a call
     * as error too. [this thread, during this call] */
    void *(*alloc)(void *ctx, size_t size);

    /* NULL unless the host wants an explanation: then call it once for each check, in the order in which reasons win,
     * and go on after a failed check. The verdict must be the same with and without it. [this thread, during this
     * call] */
    void (*check)(void *ctx, const struct tam_check *check);
};

/*
 * The results of verify beside the verdict. libtam zeroes the struct and sets `size`; write a member younger than 1.0
 * only if TAM_HAS. libtam reads a member only for the verdicts in brackets. libtam copies everything before it frees
 * the request's memory, and refuses (verdict error) text that is not UTF-8 or has control characters, and scopes
 * outside the charset of RFC 6749 §3.3.
 */
struct tam_verdict {
    uint32_t size;                 /* sizeof(struct tam_verdict) of libtam */
    uint32_t reason;               /* [reject] TAM_REASON_…, never NONE and none of the three that libtam owns */
    uint32_t kind;                 /* [accept] TAM_KIND_… */
    uint32_t retry_after;          /* [unavailable] seconds after which a client should try again; 0: not known */
    int64_t not_after;             /* [accept] the verdict may be cached until then, Unix seconds, clock skew included;
                                      0: not at all */
    int64_t expires_at;            /* [accept] the token's `exp`; 0: it has none */
    struct tam_str subject;        /* [accept] the name of the principal; not empty */
    struct tam_str issuer;         /* [accept] `iss` */
    struct tam_str tenant;         /* [accept] the tenant, if the issuer has tenants */
    struct tam_str client_id;      /* [accept] RFC 9068 §2.2 `client_id`, or the claim that the issuer uses instead */
    struct tam_list scopes;        /* [accept] as the token carries them (short form) */
    struct tam_list roles;         /* [accept] as the token carries them */
    struct tam_list needed_scopes; /* [reject, insufficient_scope] all that a client must request, in the form in which
                                      it requests them */
    struct tam_str needed_claims;  /* [reject, insufficient_claims] JSON, as OIDC Core §5.5 `claims`, at most 4,096
                                      bytes; libtam encodes it */
    struct tam_str claims;         /* [accept] the verified claims: one JSON object, UTF-8, no member twice, at most 32
                                      levels deep; anything else is an error. With a `cnf` (RFC 7800) that is not null
                                      libtam refuses the token: wrong_binding */
    struct tam_str detail;         /* [all but accept] one sentence for the administrator: expected and found. libtam
                                      logs it, never shows it to the client, and cuts it at 4,096 bytes */
};

/* ---- describe ---------------------------------------------------------------------------------------------------- */

/* Lives until describe returned. */
struct tam_description_request {
    uint32_t size;                          /* sizeof(struct tam_description_request) of libtam */
    uint32_t flags;                         /* 0 */
    void *ctx;                              /* pass it back to alloc */
    void *(*alloc)(void *ctx, size_t size); /* as tam_request.alloc */
};

/* The description of a verifier. libtam zeroes all members but size; views as in tam_verdict. URLs are visible ASCII
 * without `"` and `\`. */
struct tam_description {
    uint32_t size;                         /* sizeof(struct tam_description) of libtam */
    uint32_t complete;                     /* 0: discovery has not answered yet; libtam asks again after a wake */
    struct tam_list issuers;               /* accepted `iss` values */
    struct tam_list authorization_servers; /* RFC 9728 §2: issuer identifiers where a client gets tokens */
    struct tam_list scopes;           /* RFC 9728 §2 scopes_supported, in the form in which a client requests them */
    struct tam_list algorithms;       /* accepted JWS `alg` values */
    struct tam_str jwks_uri;          /* the URL of the key set; empty: local keys or none */
    struct tam_str scope_prefix;      /* libtam puts it before each of tam_query.scopes in a challenge, its slash
                                              included (`api://ID/`); not before openid, profile, email, offline_access
                                              or a name with `://`. Empty: none */
    struct tam_str authorization_uri; /* for the insufficient_claims challenge; empty: left out */
};

/* ---- status, since 1.1 ------------------------------------------------------------------------------------------- */

/* The status of a verifier. libtam zeroes all members but size; the view as in tam_verdict. */
struct tam_verifier_status {
    uint32_t size;       /* sizeof(struct tam_verifier_status) of libtam */
    uint32_t reserved;   /* 0 */
    struct tam_str json; /* one JSON object: counters, ages in seconds, the last error. No token, no secret. The plugin
                            chooses the members and never removes one; tam_status() shows the object */
};

/* ---- The plugin -------------------------------------------------------------------------------------------------- */

/* The one exported symbol. Static const, process lifetime; TAM_PLUGIN_HEAD fills the members before `name`. */
struct tam_plugin {
    uint32_t magic;        /* TAM_MAGIC */
    uint32_t size;         /* sizeof(struct tam_plugin) of the plugin; libtam compares it with the symbol's */
    uint16_t abi_major;    /* must equal libtam's */
    uint16_t abi_minor;    /* may be older or younger than libtam's */
    uint32_t option_size;  /* stride of options */
    uint32_t option_count; /* rows in options, at most 256 */
    uint32_t reserved;     /* 0 */
    uint64_t understands;  /* critical request bits known: TAM_UNDERSTANDS */
    const char *name;      /* as in the file's name tam_NAME.so */
    const char *version;   /* of the plugin, any text */
    const char *summary;   /* one line, no full stop */
    const struct tam_option *options; /* option_count rows, or NULL */

    /* [serialised per plugin] Makes one verifier. Non-zero: ready, with *ret_self set; it may be NULL, then verify gets
     * NULL. 0: the plugin called host->fault and has released everything. flags: TAM_INIT_…. init does not wait for the
     * network unless an option says so. */
    int (*init)(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self);

    /* [any thread, any number at once] Verifies one token and returns TAM_VERDICT_…; all else goes into ret_verdict.
     * libtam holds no lock. */
    uint32_t (*verify)(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict);

    /* [any thread, any number at once] Describes the verifier. Non-zero: filled. Does not wait. */
    int (*describe)(void *self, const struct tam_description_request *request, struct tam_description *ret_description);

    /* [serialised per plugin] Destroys the verifier. libtam calls it after the last verify and describe returned. When
     * destroy returns, the verifier has no thread, descriptor, transfer or running call left. */
    void (*destroy)(void *self);

    /* Since 1.1; NULL: no status. [any thread, any number at once] Non-zero: filled. Does not wait. The request is the
     * same as for describe, with its memory. */
    int (*status)(void *self, const struct tam_description_request *request, struct tam_verifier_status *ret_status);
};

extern TAM_EXPORT const struct tam_plugin tam_plugin_v1; /* extern: a C++ const is internal otherwise */

/* The members before `name`, for a plugin with the option table `table` (an array, not a pointer). Use designated
 * initialisers for the members that follow (`.name = "my", …`), so that the source compiles unchanged with a younger
 * header that has more. */
#define TAM_PLUGIN_HEAD(table)                                                                                         \
    TAM_MAGIC, (uint32_t)sizeof(struct tam_plugin), TAM_ABI_MAJOR, TAM_ABI_MINOR, (uint32_t)sizeof(struct tam_option), \
        (uint32_t)(sizeof(table) / sizeof((table)[0])), 0, TAM_UNDERSTANDS

#ifdef __cplusplus
}
#endif
#endif
