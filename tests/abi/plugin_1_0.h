/* SPDX-License-Identifier: MIT
 *
 * FROZEN: tam/plugin.h as version 1.0 of the ABI had it. Never changed: tests/plugins/frozen.c must load for ever.
 *
 * What a plugin includes: the ABI between libtam and a verifier. C99, C11 and C++.
 *
 * A plugin is one shared object, tam_NAME.so, that exports one data symbol, tam_plugin_v1, and nothing else. It links
 * nothing of libtam: what it needs is handed to it. It looks like this:
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
 *  Memory     Nobody frees the other side's memory. A view handed to libtam points into request->alloc memory, the
 *             token, the verifier itself or static memory; a pointer kept beyond the call it came with is a bug.
 *  Threads    Each prototype says which threads call it, in brackets.
 *  Manners    A plugin does not install signal handlers, exit, change the locale, write to stdout or stderr, replace
 *             allocators of shared libraries, throw or longjmp through libtam, or export another symbol. It keeps no
 *             mutable globals but one counted, locked initialisation: any number of verifiers live in one process.
 *  Failing    Any doubt is a reject or an error. A zeroed verdict accepts nobody.
 *  Secrets    No token, no part of one and no secret in a log line, a detail or a fault.
 */
#ifndef TAM_PLUGIN_H
#define TAM_PLUGIN_H

#include <tests/abi/types_1_0.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAM_MAGIC     0x314d4154u /* "TAM1" in memory of a little-endian machine */
#define TAM_ABI_MAJOR 1           /* must be equal */
#define TAM_ABI_MINOR 0           /* only adds */

/* The critical request bits (tam_request.critical) that a plugin compiled with this header knows. */
#define TAM_UNDERSTANDS UINT64_C(0)

#if defined(__GNUC__)
#define TAM_EXPORT __attribute__((visibility("default")))
#else
#define TAM_EXPORT
#endif

/* ---- Options: what an administrator may write behind the plugin's name -------------------------------------------
 *
 * libtam parses, checks and completes them before init, reports every fault at once with file and line, and prints
 * this table in `tam plugins NAME` and in the manual. A plugin checks only meaning.
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
    TAM_CONFIG_ANY_OWNER = 1, /* the host switched off the check of file owners (tests): a plugin that opens files named
                                 by options need not check theirs either */
    TAM_CONFIG_HOST_CLOCK = 2 /* host->monotonic is a clock that somebody steps by hand: who waits by it looks again
                                 every 20 ms of real time */
};

/* The checked options of one verifier. It and all it points to live until destroy returned (init failed or only
 * checked: until init returned). Immutable. */
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
 * It and ctx live until destroy returned (init failed or only checked: until init returned); none may be called
 * afterwards. All of them: [any thread, also inside verify], none re-enters the plugin, none blocks.
 */
struct tam_host {
    uint32_t size;     /* sizeof(struct tam_host) of libtam */
    uint32_t reserved; /* 0 */
    void *ctx;         /* pass it back as first argument */

    /* Writes one log line, level TAM_LOG_…; libtam puts the verifier's name before it and escapes control bytes. For
     * lines that a client can cause see tam_verdict.detail instead: libtam logs that, counted and limited. */
    void (*log)(void *ctx, uint32_t level, struct tam_str line);

    /* Reports one semantic fault of the configuration; only inside init, as often as needed. row: index into the
     * option table, TAM_NO_ROW for none. The text is a sentence without the option's name, such as "must not be ...". */
    void (*fault)(void *ctx, uint32_t row, struct tam_str text);

    /* Wall clock, Unix seconds: for ages of what is kept on disk and nothing else. Claims are judged by request.now. */
    int64_t (*now)(void *ctx);

    /* Monotonic clock, nanoseconds; the clock of request.deadline, and of every age, cooldown and back-off. */
    int64_t (*monotonic)(void *ctx);

    /* Whoever got TAM_VERDICT_AGAIN may ask once more; cached verdicts stay. */
    void (*wake)(void *ctx);

    /* Every cached verdict of this verifier dies (and whoever waits is woken). Publish the new state first. */
    void (*revoke)(void *ctx);
};

#define TAM_NO_ROW UINT32_MAX /* tam_host.fault: a fault of no single option */

/* ---- init -------------------------------------------------------------------------------------------------------- */

/* Flags of init. */
enum {
    TAM_INIT_CHECK = 1 /* validate everything, meaning too, but read no network, start no thread, touch no process
                          state, and leave *ret_self NULL: for hosts that check in the parent and open in the child */
};

/* ---- verify ------------------------------------------------------------------------------------------------------ */

/* One question. Lives until verify returned. */
struct tam_request {
    uint32_t size;        /* sizeof(struct tam_request) of libtam */
    uint32_t flags;       /* TAM_NONBLOCK or 0; unknown flags may be ignored */
    uint64_t critical;    /* bits that must not be ignored: libtam refuses to call a plugin whose `understands` lacks
                             one. For plugins to read, not to test */
    struct tam_str token; /* 1 to service.max_token_size bytes of b64token (RFC 6750 §2.1), checked by libtam; not
                             NUL-terminated */
    int64_t now;          /* Unix seconds; judge claims by this and by no other clock */
    int64_t deadline;     /* monotonic nanoseconds, never 0: without TAM_NONBLOCK verify may wait until then; with it,
                             past the deadline the answer is unavailable and never again */
    void *ctx;            /* pass it back to alloc and check */

    /* Memory for views in the verdict, and for the plugin's own work: aligned to 16, not zeroed, freed by libtam after
     * it copied the verdict, wiped. NULL at the limit (1 MiB a call): then answer TAM_VERDICT_ERROR. [this thread, during
     * this call] */
    void *(*alloc)(void *ctx, size_t size);

    /* NULL unless somebody asks for an explanation: then call it once for each check, in the order in which reasons
     * win, and go on after a failed claim. The verdict is the same with and without it. [this thread, during this call] */
    void (*check)(void *ctx, const struct tam_check *check);
};

/*
 * What verify found out. Zeroed by libtam, and only `size` is set; write a member younger than 1.0 only if TAM_HAS.
 * Which members count depends on the verdict, named in brackets. libtam copies all of it before it frees the request's
 * memory, and refuses (verdict error) text that is not UTF-8 or holds control characters, and scopes outside the
 * charset of RFC 6749 §3.3.
 */
struct tam_verdict {
    uint32_t size;                 /* sizeof(struct tam_verdict) of libtam */
    uint32_t reason;               /* [reject] TAM_REASON_…, never NONE and none of the three that libtam owns */
    uint32_t kind;                 /* [accept] TAM_KIND_… */
    uint32_t retry_after;          /* [unavailable] seconds until asking again makes sense; 0: not known */
    int64_t not_after;             /* [accept] the verdict may be cached until then, Unix seconds, clock skew included;
                                      0: do not cache it */
    int64_t expires_at;            /* [accept] the token's `exp`; 0: it has none */
    struct tam_str subject;        /* [accept] who; must not be empty */
    struct tam_str issuer;         /* [accept] `iss` */
    struct tam_str tenant;         /* [accept] the tenant, where the issuer has such a thing */
    struct tam_str client_id;      /* [accept] RFC 9068 §2.2 `client_id`, or what the issuer uses instead */
    struct tam_list scopes;        /* [accept] as the token carries them (short form) */
    struct tam_list roles;         /* [accept] as the token carries them */
    struct tam_list needed_scopes; /* [reject, insufficient_scope] all that a client must request, in the form in which
                                      it requests them */
    struct tam_str
        needed_claims;     /* [reject, insufficient_claims] JSON, as OIDC Core §5.5 `claims`; libtam encodes it */
    struct tam_str claims; /* [accept] the verified claims: the bytes of one JSON object */
    struct tam_str detail; /* [all but accept] one sentence for the administrator: expected and found. libtam
                                      logs it and never shows it to the client */
};

/* ---- describe ---------------------------------------------------------------------------------------------------- */

/* Lives until describe returned. */
struct tam_description_request {
    uint32_t size;                          /* sizeof(struct tam_description_request) of libtam */
    uint32_t flags;                         /* 0 */
    void *ctx;                              /* pass it back to alloc */
    void *(*alloc)(void *ctx, size_t size); /* as tam_request.alloc */
};

/* What a verifier says of itself. Zeroed by libtam but for size; views as in tam_verdict. URLs are visible ASCII
 * without `"` and `\`. */
struct tam_description {
    uint32_t size;                         /* sizeof(struct tam_description) of libtam */
    uint32_t complete;                     /* 0: discovery has not answered yet; libtam asks again after a wake */
    struct tam_list issuers;               /* `iss` values that it accepts */
    struct tam_list authorization_servers; /* RFC 9728 §2: issuer identifiers where a client gets tokens */
    struct tam_list scopes;           /* RFC 9728 §2 scopes_supported, in the form in which a client requests them */
    struct tam_list algorithms;       /* JWS `alg` values that it accepts */
    struct tam_str jwks_uri;          /* where its keys come from; empty: local keys or none */
    struct tam_str scope_prefix;      /* libtam puts it before each of tam_query.scopes in a challenge, its slash
                                              included (`api://ID/`); not before openid, profile, email, offline_access
                                              or a name with `://`. Empty: none */
    struct tam_str authorization_uri; /* for the insufficient_claims challenge; empty: left out */
};

/* ---- The plugin -------------------------------------------------------------------------------------------------- */

/* The one exported symbol. Static const, process lifetime; TAM_PLUGIN_HEAD fills what stands before `name`. */
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

    /* [serialised per plugin] Makes one verifier. Returns non-zero when ready, with *ret_self set (it may be NULL: then
     * verify gets NULL). 0: host->fault said why, and nothing is left behind. flags: TAM_INIT_…. Must not wait for the
     * network unless an option says so. */
    int (*init)(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self);

    /* [any thread, any number at once] Judges one token and returns TAM_VERDICT_… and nothing else; everything beside
     * goes into ret_verdict. libtam holds no lock. */
    uint32_t (*verify)(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict);

    /* [any thread, any number at once] Non-zero when filled. Does not wait. */
    int (*describe)(void *self, const struct tam_description_request *request, struct tam_description *ret_description);

    /* [serialised per plugin] After the last verify and describe returned. When it returns no thread, descriptor,
     * transfer or call of the verifier is left. */
    void (*destroy)(void *self);
};

extern TAM_EXPORT const struct tam_plugin tam_plugin_v1; /* extern: a C++ const is internal otherwise */

/* The members before `name`, for a plugin with the option table `table` (an array, not a pointer). */
#define TAM_PLUGIN_HEAD(table)                                                                                         \
    TAM_MAGIC, (uint32_t)sizeof(struct tam_plugin), TAM_ABI_MAJOR, TAM_ABI_MINOR, (uint32_t)sizeof(struct tam_option), \
        (uint32_t)(sizeof(table) / sizeof((table)[0])), 0, TAM_UNDERSTANDS

#ifdef __cplusplus
}
#endif
#endif
