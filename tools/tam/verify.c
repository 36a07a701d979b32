/* SPDX-License-Identifier: MIT
 *
 * tam verify: a verdict for each token, as a line of text or of JSON.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <jansson.h>
#include <src/base/display.h>
#include <src/base/mem.h>
#include <src/base/str.h>

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_of_text(struct tam_str text) {
    return json_stringn(text.len > 0 ? text.ptr : "", text.len);
}

static json_t *json_of_list(struct tam_list list) {
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_array_append_new(array, json_of_text(list.items[i]));
    }
    return array;
}

static json_t *json_of_principal(const struct tam_result *result) {
    if (tam_result_verdict(result) != TAM_VERDICT_ACCEPT) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:I}", "subject", json_of_text(tam_result_subject(result)),
                     "issuer", json_of_text(tam_result_issuer(result)), "tenant",
                     json_of_text(tam_result_tenant(result)), "client_id", json_of_text(tam_result_client_id(result)),
                     "kind", tam_kind_name(tam_result_kind(result)), "scopes", json_of_list(tam_result_scopes(result)),
                     "roles", json_of_list(tam_result_roles(result)), "expires_at",
                     (json_int_t)tam_result_expires_at(result));
}

static const char *const outcomes[] = {
    [TAM_CHECK_NOT_REACHED] = "not_reached",
    [TAM_CHECK_PASSED] = "passed",
    [TAM_CHECK_FAILED] = "failed",
};

static json_t *json_of_checks(const struct tam_result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        const struct tam_check *check = tam_result_check(result, i);
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:o, s:o}", "name", check->name, "outcome",
                                        outcomes[check->outcome <= TAM_CHECK_FAILED ? check->outcome : 0], "expected",
                                        json_of_text(check->expected), "found", json_of_text(check->found)));
    }
    return array;
}

static void print_json(const struct tam_result *result) {
    json_t *object =
        json_pack("{s:s, s:s, s:s?, s:i, s:o, s:o}", "verdict", tam_verdict_name(tam_result_verdict(result)), "reason",
                  tam_reason_name(tam_result_reason(result)), "error", tam_result_error(result), "status",
                  tam_result_status(result), "detail", json_of_text(tam_result_detail(result)), "principal",
                  json_of_principal(result));
    if (tam_result_check_count(result) > 0) {
        json_object_set_new(object, "checks", json_of_checks(result));
    }
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    puts(text != NULL ? text : "{\"verdict\":\"error\"}");
    mem_free(text);
    json_decref(object);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static void add_list(struct buf *text, const char *name, struct tam_list list) {
    for (size_t i = 0; i < list.count; i++) {
        buf_add_text(text, i == 0 ? name : ",");
        display_add(text, list.items[i], DISPLAY_VALUE);
    }
}

static void add_word(struct buf *text, const char *name, struct tam_str value) {
    if (value.len > 0) {
        buf_format(text, " %s=", name);
        display_add(text, value, DISPLAY_VALUE);
    }
}

static void add_principal(struct buf *text, const struct tam_result *result) {
    buf_format(text, " %s", tam_kind_name(tam_result_kind(result)));
    add_word(text, "subject", tam_result_subject(result));
    add_word(text, "tenant", tam_result_tenant(result));
    add_word(text, "client_id", tam_result_client_id(result));
    add_list(text, " scopes=", tam_result_scopes(result));
    add_list(text, " roles=", tam_result_roles(result));
    if (tam_result_expires_at(result) != 0) {
        buf_format(text, " expires_at=%lld", (long long)tam_result_expires_at(result));
    }
}

/* An issuer may have put anything into a token, and a terminal shows it: display_add() shows what nobody would see. */
void command_result_text(const struct tam_result *result, struct buf *ret_text) {
    uint32_t verdict = tam_result_verdict(result);
    struct tam_str detail = tam_result_detail(result);
    buf_add_text(ret_text, tam_verdict_name(verdict));
    if (verdict == TAM_VERDICT_ACCEPT) {
        add_principal(ret_text, result);
    } else if (verdict == TAM_VERDICT_REJECT) {
        buf_format(ret_text, " %s", tam_reason_name(tam_result_reason(result)));
    }
    buf_add_text(ret_text, detail.len > 0 ? ": " : "");
    display_add(ret_text, detail, DISPLAY_LINE);
}

static void print_text(const struct tam_result *result) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    command_result_text(result, &text);
    printf("%.*s\n", STR_PRINT(buf_str(&text)));
    buf_free(&text);
}

void command_print_result(const struct command_options *options, const struct tam_result *result) {
    if (options->json) {
        print_json(result);
    } else {
        print_text(result);
    }
}

int command_verify(const struct command_options *options) {
    return command_ask(options, false, command_print_result);
}
