/* SPDX-License-Identifier: MIT
 *
 * The types that hosts and plugins share: views, verdicts, reasons, kinds, log levels and the row of an explanation.
 * C99, C11 and C++. Nothing here allocates.
 */
#ifndef TAM_TYPES_H
#define TAM_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Whether the struct that the other side allocated is long enough to have this member.
 *
 * Every struct that crosses the ABI, except the two frozen ones below, begins with `uint32_t size`. The side that
 * allocates the struct sets size to its own sizeof. Test before reading and before writing a member that was added
 * after version 1.0:
 *
 *     if (TAM_HAS(verdict, detail)) verdict->detail = text;
 */
#define TAM_HAS(p, member) ((size_t)((const char *)(&(p)->member + 1) - (const char *)(p)) <= (p)->size)

/*
 * A view of bytes that the view does not own. Not NUL-terminated unless a member says so; an empty view may have a NULL
 * ptr. Each member of this type says how long its bytes live. Frozen: this struct has no size member and never grows.
 */
struct tam_str {
    const char *ptr;
    size_t len;
};

/* The view of a C string, which must live as long as the view is used; NULL gives the empty view. */
static inline struct tam_str tam_str_of(const char *text) {
    struct tam_str view = { text, 0 };
    while (text != NULL && text[view.len] != '\0') {
        view.len++;
    }
    return view;
}

/* An array of views; `items` may be NULL when `count` is 0. Frozen like tam_str. */
struct tam_list {
    const struct tam_str *items;
    size_t count;
};

/*
 * The answer of a verifier, and of the service. Zero is error on purpose: a forgotten assignment accepts nobody. libtam
 * treats a number outside this list as TAM_VERDICT_ERROR.
 */
enum {
    TAM_VERDICT_ERROR = 0,      /* the verifier is broken or was misused; HTTP 500 */
    TAM_VERDICT_ACCEPT = 1,     /* the token is valid; the principal says for whom */
    TAM_VERDICT_REJECT = 2,     /* the token is refused; the reason says why; HTTP 401, 403 or 400 */
    TAM_VERDICT_NOT_MINE = 3,   /* plugin to libtam only: the token has no format that this verifier knows */
    TAM_VERDICT_AGAIN = 4,      /* only under TAM_NONBLOCK: ask again when the waiter wakes, with the ticket */
    TAM_VERDICT_UNAVAILABLE = 5 /* no decision is possible now, such as without keys; HTTP 503. Never a reject */
};

/*
 * Why a token was rejected. The list is closed and its names are stable (tam_reason_name); the numbers mean no order.
 * The order in which reasons win is: malformed, unsupported_algorithm, wrong_issuer, expired, unknown_key,
 * bad_signature. All other reasons are given only after a good signature, so that a policy cannot be probed without a
 * signed token.
 */
enum {
    TAM_REASON_NONE = 0,  /* not rejected */
    TAM_REASON_MALFORMED, /* not a JWS as RFC 7515 §7.1 writes it: shape, base64url, JSON, `crit`, wrong types */
    TAM_REASON_UNSUPPORTED_ALGORITHM, /* `alg` (RFC 7515 §4.1.1) is not on the verifier's list */
    TAM_REASON_WRONG_ISSUER,          /* `iss` (RFC 7519 §4.1.1) is not one this verifier trusts */
    TAM_REASON_UNKNOWN_KEY,           /* no usable key of that `kid` (RFC 7515 §4.1.4) in the issuer's fresh key set */
    TAM_REASON_BAD_SIGNATURE,         /* the signature does not verify */
    TAM_REASON_WRONG_TOKEN_TYPE,      /* `typ` (RFC 9068 §4), an ID token, a token that contradicts itself */
    TAM_REASON_EXPIRED,               /* `exp` (RFC 7519 §4.1.4) has passed, or the lifetime is longer than allowed */
    TAM_REASON_NOT_YET_VALID,         /* `nbf` (RFC 7519 §4.1.5) or `iat` lies ahead */
    TAM_REASON_WRONG_TENANT,          /* the tenant is not one this verifier serves */
    TAM_REASON_WRONG_AUDIENCE,        /* `aud` (RFC 7519 §4.1.3) does not name this resource */
    TAM_REASON_CLIENT_NOT_ALLOWED,    /* the client, object or client authentication is not on a list of the verifier */
    TAM_REASON_MISSING_CLAIM,         /* a claim that must be there is absent */
    TAM_REASON_INACTIVE,              /* RFC 7662 §2.2: the authorization server calls the token inactive */
    TAM_REASON_INSUFFICIENT_SCOPE,    /* RFC 6750 §3.1: needs more scopes or roles than it carries; HTTP 403 */
    TAM_REASON_INSUFFICIENT_CLAIMS,   /* a claims challenge: the client must authenticate again with these claims */
    TAM_REASON_NOT_RECOGNISED,        /* libtam: every verifier said not_mine */
    TAM_REASON_NO_CREDENTIALS,        /* libtam: the request carried no bearer token */
    TAM_REASON_INVALID_REQUEST,       /* libtam: RFC 6750 §3.1, the request is malformed; HTTP 400 */
    TAM_REASON_WRONG_BINDING /* the token is bound to a key (`cnf`, RFC 7800), and was sent as a bearer token */
};

/* Severity of a log line. */
enum {
    TAM_LOG_ERROR = 1, /* the administrator must act */
    TAM_LOG_WARNING,   /* the service works; the administrator should look */
    TAM_LOG_INFO,      /* refused tokens and the reasons; changed key sets */
    TAM_LOG_DEBUG      /* for the development of plugins */
};

/* The kind of principal. */
enum {
    TAM_KIND_UNKNOWN = 0, /* the token does not say */
    TAM_KIND_USER,        /* a person, through a client (delegated) */
    TAM_KIND_APP          /* a program on its own behalf: client credentials, managed identity */
};

/* Flags of a question: tam_query.flags and tam_request.flags. */
enum {
    TAM_NONBLOCK =
        1 /* the verifier never waits for the network: it answers TAM_VERDICT_AGAIN instead, and a wake follows.
                        A lock held for a bounded copy does not count as waiting */
};

/* The outcome of a check in an explanation. */
enum {
    TAM_CHECK_NOT_REACHED = 0, /* an earlier failure made it meaningless */
    TAM_CHECK_PASSED = 1,
    TAM_CHECK_FAILED = 2
};

/*
 * One row of an explanation, from a plugin (tam_request.check) to the reader of tam_result_check(). Views live until
 * the callback returned: libtam copies, shortens and escapes them, the name to 64 bytes, `expected` to 512, `found` to
 * 128. libtam keeps the first 256 rows.
 */
struct tam_check {
    uint32_t size;           /* sizeof(struct tam_check) of the side that fills the struct */
    uint32_t outcome;        /* TAM_CHECK_… */
    const char *name;        /* NUL-terminated, stable: the claim or header it is about, such as "aud" */
    struct tam_str expected; /* the value that passes; empty: nothing to show */
    struct tam_str found;    /* the value in the token; empty: absent */
};

#endif
