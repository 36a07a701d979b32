/* SPDX-License-Identifier: MIT
 *
 * tam describe, metadata and challenge: what a service says of itself.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <jansson.h>
#include <poll.h>
#include <src/base/clock.h>
#include <src/base/str.h>

/* For verifiers that learn from the network what they accept. */
#define SETTLE_TIME (5 * CLOCK_SECOND)

static bool is_complete(struct tam_service *service) {
    struct tam_document *document = tam_describe(service);
    struct tam_str text = tam_document_text(document);
    json_t *json = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL), *verifier;
    bool complete = true;
    size_t i;
    json_array_foreach(json_object_get(json, "verifiers"), i, verifier) {
        complete &= json_is_true(json_object_get(verifier, "complete"));
    }
    json_decref(json);
    tam_document_free(document);
    return complete;
}

/* Until every verifier's description is complete, or it took too long: then it is shown as it is. */
static void settle(struct tam_service *service) {
    struct tam_waiter *waiter = NULL;
    int64_t until = clock_monotonic() + SETTLE_TIME;
    if (tam_waiter_open(service, &waiter) < 0) {
        return;
    }
    for (int64_t now = clock_monotonic(); now < until && !is_complete(service); now = clock_monotonic()) {
        struct pollfd watched = { .fd = tam_waiter_fd(waiter), .events = POLLIN };
        (void)poll(&watched, 1, (int)((until - now) / (CLOCK_SECOND / 1000)) + 1);
        tam_waiter_clear(waiter);
    }
    tam_waiter_close(waiter);
}

static struct tam_service *open_settled(const struct command_options *options) {
    struct tam_setup setup = command_setup(options);
    struct tam_service *service = command_open(options, &setup);
    if (service != NULL) {
        settle(service);
    }
    return service;
}

int command_describe(const struct command_options *options) {
    struct tam_service *service = open_settled(options);
    if (service == NULL) {
        return COMMAND_ERROR;
    }
    bool printed = command_print_document(options, tam_describe(service));
    tam_service_close(service);
    return printed ? COMMAND_ACCEPT : command_fail(NULL);
}

int command_metadata(const struct command_options *options) {
    struct tam_service *service = open_settled(options);
    if (service == NULL) {
        return COMMAND_ERROR;
    }
    bool printed = command_print_document(options, options->path ? tam_metadata_path(service) : tam_metadata(service));
    if (!printed) {
        fputs("tam metadata: there is none, for the service has no statement `resource url=...`\n", stderr);
    }
    tam_service_close(service);
    return printed ? COMMAND_ACCEPT : COMMAND_ERROR;
}

/* ---- challenge --------------------------------------------------------------------------------------------------- */

static void print_challenge(const struct command_options *options, const struct tam_result *result) {
    struct tam_str challenge = tam_result_challenge(result);
    (void)options;
    printf("Status: %d\n", tam_result_status(result));
    if (challenge.len > 0) {
        printf("WWW-Authenticate: %.*s\n", STR_PRINT(challenge));
    }
    if (tam_result_retry_after(result) > 0) {
        printf("Retry-After: %u\n", (unsigned)tam_result_retry_after(result));
    }
}

static int challenge_nobody(const struct command_options *options) {
    struct tam_query query = { .size = sizeof query,
                               .scopes = { options->scopes.items, options->scopes.count },
                               .roles = { options->roles.items, options->roles.count } };
    struct tam_service *service = open_settled(options);
    if (service == NULL) {
        return COMMAND_ERROR;
    }
    struct tam_result *result = tam_verify(service, &query);
    bool judged = tam_result_verdict(result) == TAM_VERDICT_REJECT;
    print_challenge(options, result);
    tam_result_free(result);
    tam_service_close(service);
    return judged ? COMMAND_ACCEPT : COMMAND_ERROR;
}

/* Without a token it has done its work; with one it ends as verify does. */
int command_challenge(const struct command_options *options) {
    return options->arguments[0] == NULL ? challenge_nobody(options) : command_ask(options, false, print_challenge);
}
