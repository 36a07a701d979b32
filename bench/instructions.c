/* SPDX-License-Identifier: MIT
 *
 * instructions DATA-DIR PLUGIN-DIR NAME COUNT: asks the same question COUNT times through libtam and the azure plugin,
 * with every check on, for a profiler that counts what counted() costs. Nothing in it is left to chance: the token and
 * its key are files, and the clocks stand still.
 */
#include <config.h>

#include <bench/measure.h>

#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tam/tam.h>

#define TENANT  "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define OTHER   "bbbbcccc-0000-1111-2222-333344445555"
#define CLIENT  "00001111-aaaa-2222-bbbb-3333cccc4444"
#define ISSUED  1767225600 /* the token's iat; it lives for 5400 s */
#define WARM_UP 20

static const struct question {
    const char *name, *cache_size, *tenant;
    int64_t now;
    size_t part; /* the token's first half, third and so on */
    uint32_t reason;
} questions[] = {
    { "uncached", "0", TENANT, ISSUED + 60, 1, TAM_REASON_NONE },
    { "cached", "16M", TENANT, ISSUED + 60, 1, TAM_REASON_NONE },
    { "garbage", "16M", TENANT, ISSUED + 60, 2, TAM_REASON_MALFORMED },
    { "expired", "16M", TENANT, ISSUED + 86400, 1, TAM_REASON_EXPIRED },
    { "wrong-issuer", "16M", OTHER, ISSUED + 60, 1, TAM_REASON_WRONG_ISSUER },
    { "no-credentials", "16M", TENANT, ISSUED + 60, SIZE_MAX, TAM_REASON_NO_CREDENTIALS },
};

static const struct question *question_find(const char *name) {
    for (size_t i = 0; i < COUNT(questions); i++) {
        if (str_equal(str_of(questions[i].name), str_of(name))) {
            return &questions[i];
        }
    }
    return NULL;
}

static int64_t now(void *ctx) {
    return ((const struct question *)ctx)->now;
}

static int64_t monotonic(void *ctx) {
    (void)ctx;
    return INT64_C(1000000000);
}

static void log_line(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    if (level <= TAM_LOG_WARNING) {
        fprintf(stderr, "%.*s\n", STR_PRINT(line));
    }
}

static struct tam_service *open_service(const struct question *question, const char *data, const char *plugin_dir) {
    struct tam_setup setup = { .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER, .plugin_dir = plugin_dir };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    char text[1024];
    setup.ctx = (void *)(uintptr_t)question;
    setup.log = log_line;
    setup.now = now;
    setup.monotonic = monotonic;
    (void)snprintf(text, sizeof text,
                   "service cache_size=%s\n"
                   "azure tenant_id=%s client_id=" CLIENT " required_scopes=read jwks_file='%s/keys.json' "
                   "wait_for_keys=yes\n",
                   question->cache_size, question->tenant, data);
    if (tam_service_open_string(text, &setup, &service, &faults) < 0) {
        fprintf(stderr, "%s\n", tam_faults_text(faults, 0));
        tam_faults_free(faults);
    }
    return service;
}

static bool ask(struct tam_service *service, const struct tam_query *query, uint32_t reason) {
    struct tam_result *result = tam_verify(service, query);
    bool good = tam_result_reason(result) == reason &&
                (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) == (reason == TAM_REASON_NONE);
    tam_result_free(result);
    return good;
}

/* Profilers find it by its name. */
__attribute__((noinline)) static bool counted(struct tam_service *service, const struct tam_query *query,
                                              uint32_t reason, int64_t count) {
    bool good = true;
    for (int64_t i = 0; i < count; i++) {
        good &= ask(service, query, reason);
    }
    return good;
}

static bool run(const struct question *question, char **argv, struct tam_str token, int64_t count) {
    struct tam_service *service = open_service(question, argv[1], argv[2]);
    struct tam_query query = { .size = sizeof query, .token = { token.ptr, token.len / question->part } };
    bool good = service != NULL;
    for (int i = 0; i < WARM_UP && good; i++) {
        good = ask(service, &query, question->reason);
    }
    good = good && counted(service, &query, question->reason, count);
    tam_service_close(service);
    if (!good) {
        fprintf(stderr, "%s: another verdict than expected\n", question->name);
    }
    return good;
}

int main(int argc, char **argv) {
    const struct question *question = argc == 5 ? question_find(argv[3]) : NULL;
    char *token = NULL;
    int64_t count = 0;
    if (question != NULL && str_number(str_of(argv[4]), 1000000, &count)) {
        token = bench_file(argv[1], "token");
    }
    if (token == NULL) {
        fputs(
            "usage: instructions DATA-DIR PLUGIN-DIR uncached|cached|garbage|expired|wrong-issuer|no-credentials COUNT\n",
            stderr);
        return 3;
    }
    bool good = run(question, argv, str_of(token), count);
    mem_free(token);
    return good ? 0 : 1;
}
