/* SPDX-License-Identifier: MIT
 *
 * A plugin that does what the token says, the wrong things too, so that tests reach every corner of libtam through the
 * ABI.
 *
 * A token is `WORD` or `WORD.ARGUMENT` or `WORD.ARGUMENT.anything`. The words are in the table at the end. Where
 * several puppets look at one token, each has a part of it, separated by `~`.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): feature_test_macros(7) */
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tam/plugin.h>
#include <time.h>
#include <unistd.h>

#define S(literal)                                                                                                     \
    { (literal), sizeof(literal) - 1 }
#define LIST(array) ((struct tam_list){ array, sizeof(array) / sizeof((array)[0]) })

enum {
    OPT_INIT,
    OPT_SCOPES,
    OPT_ROLES,
    OPT_DESCRIBED_SCOPES,
    OPT_SERVERS,
    OPT_ISSUERS,
    OPT_PREFIX,
    OPT_AUTHORIZATION_URI,
    OPT_COMPLETE,
    OPT_STATUS,
    OPT_PART,
};

static const char *const inits[] = {
    "ready", "silent", "fault", "fault-but-ready", "warn", "null", "null-fault", NULL
};

static const struct tam_option options[] = {
    [OPT_INIT] = { "init", TAM_OPT_ENUM, 0, 0, 0, "ready", inits, "how init ends" },
    [OPT_SCOPES] = { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "that every token carries" },
    [OPT_ROLES] = { "roles", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "that every token carries" },
    [OPT_DESCRIBED_SCOPES] = { "described_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "of describe" },
    [OPT_SERVERS] = { "servers", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "of describe" },
    [OPT_ISSUERS] = { "issuers", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "of describe" },
    [OPT_PREFIX] = { "prefix", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "of describe" },
    [OPT_AUTHORIZATION_URI] = { "authorization_uri", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "of describe" },
    [OPT_COMPLETE] = { "complete", TAM_OPT_BOOL, 0, 0, 0, "yes", NULL, "of describe" },
    [OPT_STATUS] = { "status", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "what status says; absent: it fails" },
    [OPT_PART] = { "part", TAM_OPT_INT, 0, 1, 4, NULL, NULL, "which part of a token PART~PART is for this puppet" },
};

#define ALIVE       0x616c697665
#define THREADS_MAX 256

struct puppet {
    atomic_ullong alive; /* ALIVE until destroy */
    bool checked;        /* to be described alone */
    const struct tam_config *config;
    const struct tam_host *host;
    atomic_bool released; /* `park` accepts from now on */
    atomic_uint counted;  /* how often `count` was asked */
    pthread_mutex_t lock; /* guards what follows */
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
};

static struct tam_str text_of(const char *text) {
    return (struct tam_str){ text, strlen(text) };
}

static const struct tam_value *option(const struct puppet *puppet, uint32_t row) {
    return tam_config_value(puppet->config, row);
}

/* ---- init and destroy ---- */

static int puppet_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    const char *how = inits[tam_config_value(config, OPT_INIT)->number];
    struct puppet *puppet;
    if (strncmp(how, "fault", 5) == 0) {
        host->fault(host->ctx, OPT_INIT, text_of("must not be what it is"));
    }
    if (strcmp(how, "warn") == 0) {
        host->log(host->ctx, TAM_LOG_WARNING, text_of("this puppet is only for tests"));
    }
    if (strcmp(how, "null") == 0) {
        host->log(host->ctx, TAM_LOG_WARNING, (struct tam_str){ NULL, 5 });
    }
    if (strcmp(how, "null-fault") == 0) {
        host->fault(host->ctx, OPT_INIT, (struct tam_str){ NULL, 5 });
    }
    if (strcmp(how, "silent") == 0 || strcmp(how, "fault") == 0) {
        return 0;
    }
    puppet = calloc(1, sizeof *puppet);
    if (puppet == NULL) {
        return 0;
    }
    puppet->config = config;
    puppet->host = host;
    pthread_mutex_init(&puppet->lock, NULL);
    puppet->alive = ALIVE;
    puppet->checked = (flags & TAM_INIT_CHECK) != 0;
    if (!puppet->checked) {
        host->log(host->ctx, TAM_LOG_DEBUG, text_of("puppet made"));
    }
    *ret_self = puppet;
    return 1;
}

static void puppet_destroy(void *self) {
    struct puppet *puppet = self;
    for (size_t i = 0; i < puppet->thread_count; i++) {
        pthread_join(puppet->threads[i], NULL);
    }
    if (!puppet->checked) {
        puppet->host->log(puppet->host->ctx, TAM_LOG_DEBUG, text_of("puppet gone"));
    }
    puppet->alive = 0;
    pthread_mutex_destroy(&puppet->lock);
    free(puppet);
}

/* ---- What a token can say ---- */

typedef uint32_t act(struct puppet *puppet, const char *argument, const struct tam_request *request,
                     struct tam_verdict *verdict);

static const char claims[] = "{\"sub\":\"alice\",\"nested\":{\"a\":[1,2]},\"scp\":\"read write\"}";

static uint32_t accept_as(struct puppet *puppet, uint32_t kind, struct tam_verdict *verdict) {
    verdict->kind = kind;
    verdict->subject = text_of("alice");
    verdict->issuer = text_of("https://issuer.example/v2.0");
    verdict->tenant = text_of("tenant-1");
    verdict->client_id = text_of("client-1");
    verdict->scopes = option(puppet, OPT_SCOPES)->list;
    verdict->roles = option(puppet, OPT_ROLES)->list;
    verdict->claims = text_of(claims);
    verdict->expires_at = 2000000000;
    verdict->not_after = 2000000060;
    return TAM_VERDICT_ACCEPT;
}

static uint32_t act_accept(struct puppet *puppet, const char *argument, const struct tam_request *request,
                           struct tam_verdict *verdict) {
    (void)request;
    return accept_as(puppet, (uint32_t)strtoul(argument, NULL, 10), verdict);
}

/* reject.REASON */
static uint32_t act_reject(struct puppet *puppet, const char *argument, const struct tam_request *request,
                           struct tam_verdict *verdict) {
    static const struct tam_str scopes[] = { S("api://x/one"), S("api://x/two") };
    (void)puppet;
    (void)request;
    verdict->reason = (uint32_t)strtoul(argument, NULL, 10);
    verdict->detail = text_of("expected this, found that");
    verdict->needed_scopes = LIST(scopes);
    verdict->needed_claims = text_of("{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"c1\"}}}");
    verdict->subject = text_of("nobody"); /* must not be seen */
    return TAM_VERDICT_REJECT;
}

/* verdict.NUMBER, and nothing beside it */
static uint32_t act_verdict(struct puppet *puppet, const char *argument, const struct tam_request *request,
                            struct tam_verdict *verdict) {
    (void)puppet;
    (void)request;
    (void)verdict;
    return (uint32_t)strtoul(argument, NULL, 10);
}

static uint32_t act_unavailable(struct puppet *puppet, const char *argument, const struct tam_request *request,
                                struct tam_verdict *verdict) {
    (void)puppet;
    (void)request;
    verdict->retry_after = (uint32_t)strtoul(argument, NULL, 10);
    verdict->detail = text_of("the keys cannot be reached");
    return TAM_VERDICT_UNAVAILABLE;
}

/* again as long as nobody said `release` */
static uint32_t act_park(struct puppet *puppet, const char *argument, const struct tam_request *request,
                         struct tam_verdict *verdict) {
    (void)argument;
    (void)request;
    if (!puppet->released) {
        return TAM_VERDICT_AGAIN;
    }
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

static uint32_t act_release(struct puppet *puppet, const char *argument, const struct tam_request *request,
                            struct tam_verdict *verdict) {
    (void)argument;
    (void)request;
    puppet->released = true;
    puppet->host->wake(puppet->host->ctx);
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

/* block.FD: waits inside verify until a byte comes out of that descriptor of the test */
static uint32_t act_block(struct puppet *puppet, const char *argument, const struct tam_request *request,
                          struct tam_verdict *verdict) {
    char byte;
    (void)request;
    puppet->host->log(puppet->host->ctx, TAM_LOG_DEBUG, text_of("puppet blocks"));
    if (read((int)strtol(argument, NULL, 10), &byte, 1) != 1 || puppet->alive != ALIVE) {
        return TAM_VERDICT_ERROR;
    }
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

static void *wake_later(void *ctx) {
    struct puppet *puppet = ctx;
    puppet->released = true;
    puppet->host->wake(puppet->host->ctx);
    return NULL;
}

/* again, and a thread that releases and wakes at once */
static uint32_t act_thread(struct puppet *puppet, const char *argument, const struct tam_request *request,
                           struct tam_verdict *verdict) {
    (void)argument;
    (void)request;
    if (puppet->released) {
        return accept_as(puppet, TAM_KIND_USER, verdict);
    }
    pthread_mutex_lock(&puppet->lock);
    if (puppet->thread_count < THREADS_MAX &&
        pthread_create(&puppet->threads[puppet->thread_count], NULL, wake_later, puppet) == 0) {
        puppet->thread_count++;
    }
    pthread_mutex_unlock(&puppet->lock);
    return TAM_VERDICT_AGAIN;
}

/* again, but released and woken long before that answer; a host that looks at the wake first must not forget it */
static uint32_t act_early(struct puppet *puppet, const char *argument, const struct tam_request *request,
                          struct tam_verdict *verdict) {
    const struct timespec pause = { .tv_nsec = 50000000 };
    (void)argument;
    (void)request;
    if (puppet->released) {
        return accept_as(puppet, TAM_KIND_USER, verdict);
    }
    (void)wake_later(puppet);
    nanosleep(&pause, NULL);
    return TAM_VERDICT_AGAIN;
}

static uint32_t act_revoke(struct puppet *puppet, const char *argument, const struct tam_request *request,
                           struct tam_verdict *verdict) {
    (void)argument;
    (void)request;
    puppet->host->revoke(puppet->host->ctx);
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

/* the subject is a member of the request, in decimal */
static uint32_t act_request(struct puppet *puppet, const char *argument, const struct tam_request *request,
                            struct tam_verdict *verdict) {
    char *text = request->alloc(request->ctx, 32);
    long long number = strcmp(argument, "now") == 0        ? request->now
                       : strcmp(argument, "deadline") == 0 ? request->deadline
                       : strcmp(argument, "flags") == 0    ? (long long)request->flags
                                                           : (long long)request->token.len;

    accept_as(puppet, TAM_KIND_USER, verdict);
    (void)snprintf(text, 32, "%lld", number);
    verdict->subject = text_of(text);
    return TAM_VERDICT_ACCEPT;
}

/* A row of the longest sort for each KiB, which is more than an explanation keeps. */
static void take_check(const struct tam_request *request) {
    static char name[128], text[1024];
    const struct tam_check row = { sizeof row, TAM_CHECK_PASSED, name, { text, 1024 }, { text, 1024 } };
    memset(name, 'n', sizeof name - 1);
    memset(text, 't', sizeof text);
    request->check(request->ctx, &row);
}

/* take.KIB takes that much in pieces, and accepts. What it did not get it does not mind, and that breaks the rule. */
static uint32_t act_take(struct puppet *puppet, const char *argument, const struct tam_request *request,
                         struct tam_verdict *verdict) {
    long count = strtol(argument, NULL, 10);
    for (; count > 0; count--) {
        void *piece = request->alloc(request->ctx, 1024);
        if (piece != NULL) {
            memset(piece, 'x', 1024);
        }
        if (request->check != NULL) {
            take_check(request);
        }
    }
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

/* want.KIB: the same, and refuses */
static uint32_t act_want(struct puppet *puppet, const char *argument, const struct tam_request *request,
                         struct tam_verdict *verdict) {
    (void)act_take(puppet, argument, request, verdict);
    verdict->reason = TAM_REASON_BAD_SIGNATURE;
    return TAM_VERDICT_REJECT;
}

/* a detail or a log line with the token in it; the line has control bytes too */
static uint32_t act_leak(struct puppet *puppet, const char *argument, const struct tam_request *request,
                         struct tam_verdict *verdict) {
    char *text = request->alloc(request->ctx, request->token.len + 32);
    (void)puppet;
    (void)argument;
    (void)snprintf(text, request->token.len + 32, "found %.*s there", (int)request->token.len, request->token.ptr);
    verdict->reason = TAM_REASON_MALFORMED;
    verdict->detail = text_of(text);
    return TAM_VERDICT_REJECT;
}

static uint32_t act_shout(struct puppet *puppet, const char *argument, const struct tam_request *request,
                          struct tam_verdict *verdict) {
    (void)argument;
    (void)request;
    puppet->host->log(puppet->host->ctx, TAM_LOG_WARNING,
                      text_of("line one\nline\ttwo \033[31mred\x7f \xff \xc2\x9b é \xe2\x80\xae \xe2\x80\xa8 \\x0a"));
    return accept_as(puppet, TAM_KIND_USER, verdict);
}

static uint32_t act_check(struct puppet *puppet, const char *argument, const struct tam_request *request,
                          struct tam_verdict *verdict) {
    static const char found[] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
    const struct tam_check rows[] = {
        { sizeof rows[0], TAM_CHECK_PASSED, "iss", S("https://a"), S("https://a") },
        { sizeof rows[0], TAM_CHECK_FAILED, "aud", S("api://x"), S("evil\naud") },
        { sizeof rows[0], TAM_CHECK_NOT_REACHED, "exp", S(""), S("") },
        { sizeof rows[0], TAM_CHECK_PASSED, "token", S("a token"), { found, sizeof found - 1 } },
    };
    size_t i;

    for (i = 0; request->check != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        request->check(request->ctx, &rows[i]);
    }
    if (argument[0] != '\0') {
        return accept_as(puppet, TAM_KIND_USER, verdict);
    }
    verdict->reason = TAM_REASON_WRONG_AUDIENCE;
    verdict->detail = text_of("expected api://x, found another");
    return TAM_VERDICT_REJECT;
}

/* Two GiB and some of one letter, which an int cannot count; the same 16 MiB over and over. */
static struct tam_str huge_text(void) {
    static const size_t piece = (size_t)16 << 20, whole = (size_t)129 * ((size_t)16 << 20);
    int file = memfd_create("huge", MFD_CLOEXEC);
    char *text = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (file < 0 || text == MAP_FAILED || ftruncate(file, (off_t)piece) != 0) {
        abort();
    }
    for (size_t at = 0; at < whole; at += piece) {
        if (mmap(text + at, piece, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
            abort();
        }
    }
    memset(text, 'x', piece);
    close(file);
    return (struct tam_str){ text, whole };
}

/* view.null, view.huge: a detail, a line and a row whose view has no bytes, or too many to count; unavailable. */
static uint32_t act_view(struct puppet *puppet, const char *argument, const struct tam_request *request,
                         struct tam_verdict *verdict) {
    const bool huge = strcmp(argument, "huge") == 0;
    const struct tam_str text = huge ? huge_text() : (struct tam_str){ NULL, 5 };
    const struct tam_check row = { sizeof row, TAM_CHECK_FAILED, huge ? "huge" : NULL, text, text };
    puppet->host->log(puppet->host->ctx, TAM_LOG_WARNING, text);
    puppet->host->fault(puppet->host->ctx, OPT_INIT, text);
    if (request->check != NULL) {
        request->check(request->ctx, &row);
    }
    verdict->detail = text;
    return TAM_VERDICT_UNAVAILABLE;
}

/* ---- Accepts and rejects that libtam must refuse ---- */

static const struct tam_str bad_scopes[] = { S("read"), S("re ad") };
static const struct tam_str empty_scope[] = { S("read"), S("") };
static const struct tam_str quoted_scope[] = { S("re\"ad") };
static const struct tam_str bad_roles[] = { S("role\r\nSet-Cookie: a=b") };

static void bad_make(const char *what, struct tam_verdict *verdict) {
    const struct {
        const char *what;
        struct tam_str *member;
        struct tam_str text;
    } texts[] = {
        { "none", &verdict->subject, S("alice") }, /* the control */
        { "subject-empty", &verdict->subject, S("") },
        { "subject-newline", &verdict->subject, S("alice\r\nX-Admin: yes") },
        { "subject-nul", &verdict->subject, S("alice\0root") },
        { "subject-latin1", &verdict->subject, S("al\xefice") },
        { "subject-overlong", &verdict->subject, S("\xc0\xaf") },
        { "subject-c1", &verdict->subject, S("alice\xc2\x85") },
        { "subject-del", &verdict->subject, S("alice\x7f") },
        { "subject-null-pointer", &verdict->subject, { NULL, 5 } },
        { "issuer-tab", &verdict->issuer, S("https://a\tb") },
        { "tenant-escape", &verdict->tenant, S("\033[0m") },
        { "client-surrogate", &verdict->client_id, S("\xed\xa0\x80") },
        { "claims-array", &verdict->claims, S("[1]") },
        { "claims-nul", &verdict->claims, S("{\"a\":\"\0\"}") },
        { "claims-text", &verdict->claims, S("alice") },
        { "claims-cnf", &verdict->claims, S("{\"cnf\":{\"jkt\":\"x\"}}") },
        { "claims-cnf-x5t", &verdict->claims, S("{\"sub\":\"a\",\"cnf\":{\"x5t#S256\":\"x\"}}") },
        { "claims-cnf-text", &verdict->claims, S("{\"cnf\":\"\"}") },
        { "claims-cnf-false", &verdict->claims, S("{\"cnf\":false}") },
        { "claims-cnf-escaped", &verdict->claims, S("{\"\\u0063n\\u0066\":{}}") },
        { "claims-cnf-null", &verdict->claims, S("{\"cnf\":null}") },
        { "claims-cnf-deeper", &verdict->claims, S("{\"a\":{\"cnf\":1},\"b\":\"cnf\",\"CNF\":1}") },
        { "claims-two", &verdict->claims, S("{\"a\":1}{\"b\":2}") },
        { "claims-brackets", &verdict->claims, S("{]}") },
        { "claims-duplicate", &verdict->claims, S("{\"a\":1,\"\\u0061\":2}") },
        { "claims-surrogate", &verdict->claims, S("{\"a\":\"\\ud800\"}") },
        { "claims-cut", &verdict->claims, S("{\"a\":\"}") },
        { "claims-blanks", &verdict->claims, S("{\r\n\t\"a\" : 1\r\n}\n") }, /* RFC 7519 §3.1: fine */
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].what, what) == 0) {
            *texts[i].member = texts[i].text;
        }
    }
    if (strcmp(what, "kind") == 0) {
        verdict->kind = 3;
    }
    if (strcmp(what, "scope-blank") == 0) {
        verdict->scopes = LIST(bad_scopes);
    }
    if (strcmp(what, "scope-empty") == 0) {
        verdict->scopes = LIST(empty_scope);
    }
    if (strcmp(what, "scope-quote") == 0) {
        verdict->scopes = LIST(quoted_scope);
    }
    if (strcmp(what, "scopes-null") == 0) {
        verdict->scopes = (struct tam_list){ NULL, 2 };
    }
    if (strcmp(what, "role-newline") == 0) {
        verdict->roles = LIST(bad_roles);
    }
}

static uint32_t act_bad(struct puppet *puppet, const char *argument, const struct tam_request *request,
                        struct tam_verdict *verdict) {
    (void)request;
    accept_as(puppet, TAM_KIND_USER, verdict);
    bad_make(argument, verdict);
    return TAM_VERDICT_ACCEPT;
}

/* a reject that breaks a rule */
static uint32_t act_badreject(struct puppet *puppet, const char *argument, const struct tam_request *request,
                              struct tam_verdict *verdict) {
    act_reject(puppet, "6", request, verdict);
    if (strcmp(argument, "detail") == 0) {
        verdict->detail = text_of("a\nb");
    }
    if (strcmp(argument, "scope") == 0) {
        verdict->reason = TAM_REASON_INSUFFICIENT_SCOPE;
        verdict->needed_scopes = LIST(quoted_scope);
    }
    if (strcmp(argument, "noclaims") == 0) {
        verdict->reason = TAM_REASON_INSUFFICIENT_CLAIMS;
        verdict->needed_claims = (struct tam_str){ NULL, 0 };
    }
    if (strcmp(argument, "textclaims") == 0) {
        verdict->reason = TAM_REASON_INSUFFICIENT_CLAIMS;
        verdict->needed_claims = text_of("c1");
    }
    return TAM_VERDICT_REJECT;
}

/* `count.SECONDS`: the subject says which question of this sort it was; to be kept so long, 0: not. */
static uint32_t act_count(struct puppet *puppet, const char *argument, const struct tam_request *request,
                          struct tam_verdict *verdict) {
    char *text = request->alloc(request->ctx, 32);
    long seconds = strtol(argument, NULL, 10);
    if (text == NULL) {
        return TAM_VERDICT_ERROR;
    }
    (void)snprintf(text, 32, "call-%u", atomic_fetch_add(&puppet->counted, 1) + 1);
    (void)accept_as(puppet, TAM_KIND_USER, verdict);
    verdict->subject = text_of(text);
    verdict->not_after = seconds > 0 ? request->now + seconds : 0;
    return TAM_VERDICT_ACCEPT;
}

static const struct {
    const char *word;
    act *act;
} acts[] = {
    { "accept", act_accept },
    { "bad", act_bad },
    { "badreject", act_badreject },
    { "block", act_block },
    { "check", act_check },
    { "count", act_count },
    { "early", act_early },
    { "leak", act_leak },
    { "park", act_park },
    { "reject", act_reject },
    { "release", act_release },
    { "request", act_request },
    { "revoke", act_revoke },
    { "shout", act_shout },
    { "take", act_take },
    { "thread", act_thread },
    { "unavailable", act_unavailable },
    { "verdict", act_verdict },
    { "view", act_view },
    { "want", act_want },
};

/* 0: the whole. What is not there is empty. */
static char *part_of(char *text, int64_t part) {
    for (; part > 1 && *text != '\0'; part--) {
        text += strcspn(text, "~");
        text += *text == '~';
    }
    char *end = part > 0 ? strchr(text, '~') : NULL;
    if (end != NULL) {
        *end = '\0';
    }
    return text;
}

static uint32_t puppet_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    struct puppet *puppet = self;
    char text[128] = "";
    if (puppet->alive != ALIVE) {
        abort(); /* called after destroy */
    }
    memcpy(text, request->token.ptr, request->token.len < sizeof text ? request->token.len : sizeof text - 1);
    char *word = part_of(text, option(puppet, OPT_PART)->number);
    char *argument = strchr(word, '.');
    if (argument != NULL) {
        *argument++ = '\0';
    }
    char *rest = argument != NULL ? strchr(argument, '.') : NULL;
    if (rest != NULL) {
        *rest = '\0';
    }
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].word, word) == 0) {
            return acts[i].act(puppet, argument != NULL ? argument : "", request, ret_verdict);
        }
    }
    return TAM_VERDICT_NOT_MINE;
}

static int puppet_describe(void *self, const struct tam_description_request *request,
                           struct tam_description *ret_description) {
    static const struct tam_str algorithms[] = { S("RS256") };
    const struct puppet *puppet = self;
    (void)request;
    ret_description->complete = option(puppet, OPT_COMPLETE)->number != 0;
    ret_description->scopes = option(puppet, OPT_DESCRIBED_SCOPES)->list;
    ret_description->authorization_servers = option(puppet, OPT_SERVERS)->list;
    ret_description->issuers = option(puppet, OPT_ISSUERS)->list;
    ret_description->scope_prefix = option(puppet, OPT_PREFIX)->text;
    ret_description->authorization_uri = option(puppet, OPT_AUTHORIZATION_URI)->text;
    ret_description->algorithms = LIST(algorithms);
    return 1;
}

static int puppet_status(void *self, const struct tam_description_request *request,
                         struct tam_verifier_status *ret_status) {
    const struct tam_value *value = option(self, OPT_STATUS);
    (void)request;
    ret_status->json =
        strcmp(value->text.ptr != NULL ? value->text.ptr : "", "null") == 0 ? (struct tam_str){ NULL, 5 } : value->text;
    return value->given != TAM_GIVEN_ABSENT;
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(options),  .name = "puppet",        .version = "1.0",        .summary = "does what the token says",
    .options = options,        .init = puppet_init,     .verify = puppet_verify, .describe = puppet_describe,
    .destroy = puppet_destroy, .status = puppet_status,
};
