/* SPDX-License-Identifier: MIT
 *
 * tam verify and tam explain.
 */
#include <config.h>

#include <jansson.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/command.h>
#include <unistd.h>

static int status_of(uint32_t verdict) {
    switch (verdict) {
    case TAM_VERDICT_ACCEPT:
        return COMMAND_ACCEPT;
    case TAM_VERDICT_REJECT:
        return COMMAND_REJECT;
    case TAM_VERDICT_UNAVAILABLE:
        return COMMAND_UNAVAILABLE;
    default:
        return COMMAND_ERROR;
    }
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------------- */

static json_t *text_json(struct tam_str text) {
    return json_stringn(text.len > 0 ? text.ptr : "", text.len);
}

static json_t *list_json(struct tam_list list) {
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_array_append_new(array, text_json(list.items[i]));
    }
    return array;
}

static json_t *principal_json(const struct tam_result *result) {
    if (tam_result_verdict(result) != TAM_VERDICT_ACCEPT) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:I}", "subject", text_json(tam_result_subject(result)),
                     "issuer", text_json(tam_result_issuer(result)), "tenant", text_json(tam_result_tenant(result)),
                     "client_id", text_json(tam_result_client_id(result)), "kind",
                     tam_kind_name(tam_result_kind(result)), "scopes", list_json(tam_result_scopes(result)), "roles",
                     list_json(tam_result_roles(result)), "expires_at", (json_int_t)tam_result_expires_at(result));
}

static void print_json(const struct tam_result *result) {
    json_t *object = json_pack(
        "{s:s, s:s, s:s?, s:i, s:o, s:o}", "verdict", tam_verdict_name(tam_result_verdict(result)), "reason",
        tam_reason_name(tam_result_reason(result)), "error", tam_result_error(result), "status",
        tam_result_status(result), "detail", text_json(tam_result_detail(result)), "principal", principal_json(result));
    char *text = json_dumps(object, JSON_COMPACT);
    puts(text != NULL ? text : "{\"verdict\":\"error\"}");
    mem_free(text);
    json_decref(object);
}

/* ---- Text ------------------------------------------------------------------------------------------------------------------ */

static void print_list(const char *name, struct tam_list list) {
    for (size_t i = 0; i < list.count; i++) {
        printf("%s%.*s", i == 0 ? name : " ", STR_PRINT(list.items[i]));
    }
}

static void print_text(const struct tam_result *result) {
    printf("%s", tam_verdict_name(tam_result_verdict(result)));
    if (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) {
        printf(" %s %.*s", tam_kind_name(tam_result_kind(result)), STR_PRINT(tam_result_subject(result)));
        print_list(" scopes: ", tam_result_scopes(result));
        print_list(" roles: ", tam_result_roles(result));
    } else if (tam_result_verdict(result) == TAM_VERDICT_REJECT) {
        printf(" %s", tam_reason_name(tam_result_reason(result)));
    }
    if (tam_result_detail(result).len > 0) {
        printf(": %.*s", STR_PRINT(tam_result_detail(result)));
    }
    putchar('\n');
}

static const struct {
    const char *word, *colour;
} outcomes[] = { [TAM_CHECK_NOT_REACHED] = { "not reached", "\033[33m" },
                 [TAM_CHECK_PASSED] = { "passed", "\033[32m" },
                 [TAM_CHECK_FAILED] = { "failed", "\033[31m" } };

static void print_check(const struct tam_check *check, bool colour) {
    size_t outcome = check->outcome <= TAM_CHECK_FAILED ? check->outcome : TAM_CHECK_FAILED;
    printf("%s%-12s%s %-16s", colour ? outcomes[outcome].colour : "", outcomes[outcome].word, colour ? "\033[0m" : "",
           check->name);
    if (check->found.len > 0) {
        printf(" found %.*s", STR_PRINT(check->found));
    }
    if (outcome == TAM_CHECK_FAILED && check->expected.len > 0) {
        printf(" expected %.*s", STR_PRINT(check->expected));
    }
    putchar('\n');
}

static void print_explanation(const struct tam_result *result) {
    bool colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        print_check(tam_result_check(result, i), colour);
    }
    print_text(result);
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------------------ */

struct asking {
    const struct command_options *options;
    struct tam_service *service;
    struct tam_result *(*ask)(struct tam_service *, const struct tam_query *);
    void (*print)(const struct tam_result *);
};

static int ask_one(const struct asking *asking, const char *token, size_t len) {
    struct tam_query query = { .size = sizeof query, .token = { token, len }, .at = asking->options->at };
    struct tam_result *result = asking->ask(asking->service, &query);
    int status = status_of(tam_result_verdict(result));
    asking->print(result);
    fflush(stdout);
    tam_result_free(result);
    return status;
}

/* One token a line; of several the worst status. No input at all is one question without a token. */
static int ask_lines(const struct asking *asking) {
    char *line = NULL;
    size_t capacity = 0;
    int worst = COMMAND_ACCEPT;
    bool any = false;
    for (ssize_t len = getline(&line, &capacity, stdin); len >= 0; len = getline(&line, &capacity, stdin)) {
        size_t token_len = strcspn(line, "\r\n");
        int status = ask_one(asking, line, token_len);
        worst = status > worst ? status : worst;
        any = true;
    }
    mem_free_wiped(line, capacity);
    return any ? worst : ask_one(asking, "", 0);
}

static int ask_all(const struct asking *asking) {
    char **arguments = asking->options->arguments;
    if (arguments[0] == NULL || strcmp(arguments[0], "-") == 0) {
        return ask_lines(asking);
    }
    return ask_one(asking, arguments[0], strlen(arguments[0]));
}

static int run(int argc, char **argv, struct asking *asking) {
    struct command_options options;
    int status = COMMAND_ERROR;
    if (!command_options(argc, argv, "[TOKEN | -]", &options, &status)) {
        return status;
    }
    if (options.arguments[0] != NULL && options.arguments[1] != NULL) {
        fputs("tam: one token, or several on standard input, one a line\n", stderr);
        return COMMAND_ERROR;
    }
    asking->options = &options;
    asking->print = asking->print != NULL ? asking->print : options.json ? print_json : print_text;
    asking->service = command_open(&options);
    if (asking->service == NULL) {
        return COMMAND_ERROR;
    }
    status = ask_all(asking);
    tam_service_close(asking->service);
    return status;
}

int command_verify(int argc, char **argv) {
    return run(argc, argv, &(struct asking){ .ask = tam_verify });
}

int command_explain(int argc, char **argv) {
    return run(argc, argv, &(struct asking){ .ask = tam_explain, .print = print_explanation });
}
