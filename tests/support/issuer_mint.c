/* SPDX-License-Identifier: MIT
 *
 * Tokens of a test's tam-issuer, and the options with which a plugin finds it.
 */
#include <config.h>

#include <tests/support/issuer_process.h>

#include <check.h>
#include <src/base/clock.h>
#include <src/base/str.h>

#define CLAIMS_MAX ((size_t)4 << 20)
#define TIME_MAX   INT64_C(1000000000000)

void issuer_process_add_options(const struct issuer_process *process, struct buf *ret_options) {
    struct tam_str rest = str_of(process->names), name;
    buf_format(ret_options, "ca_file=%s connect_to=", process->ca);
    for (const char *before = ""; str_cut(&rest, ',', &name); before = ",") {
        buf_format(ret_options, "%s%.*s:443:127.0.0.1:%u", before, STR_PRINT(name), process->port);
    }
    ck_assert(!ret_options->failed);
}

void issuer_process_mint(const struct issuer_process *process, const struct mint_request *request,
                         struct buf *ret_token) {
    struct buf why;
    buf_init(&why, 1024);
    bool good = mint_token(process->keys, request, ret_token, NULL, &why);
    ck_assert_msg(good, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
}

void issuer_process_mint_timed(const struct issuer_process *process, const struct mint_request *request,
                               struct buf *ret_token) {
    struct mint_request timed = *request;
    struct buf claims;
    buf_init(&claims, CLAIMS_MAX);
    times_add(request->claims, clock_now(), &claims);
    timed.claims = buf_str(&claims);
    issuer_process_mint(process, &timed, ret_token);
    buf_free(&claims);
}

void issuer_process_mint_json(const struct issuer_process *process, const char *header, const char *claims,
                              struct buf *ret_token) {
    const struct mint_request request = { .header = str_of(header), .claims = str_of(claims) };
    issuer_process_mint_timed(process, &request, ret_token);
}

/* `"@+3600"` at the beginning of text; ret_len is how much of it that is. */
static bool time_read(struct tam_str text, int64_t now, int64_t *ret_time, size_t *ret_len) {
    if (!str_starts(text, STR("\"@+")) && !str_starts(text, STR("\"@-"))) {
        return false;
    }
    struct tam_str digits = str_from(text, 3);
    digits.len = str_find(digits, '"');
    int64_t offset = 0;
    if (3 + digits.len >= text.len || !str_number(digits, TIME_MAX, &offset)) {
        return false;
    }
    *ret_time = text.ptr[2] == '+' ? now + offset : now - offset;
    *ret_len = digits.len + 4;
    return true;
}

void times_add(struct tam_str json, int64_t now, struct buf *ret_json) {
    while (json.len > 0) {
        int64_t time = 0;
        size_t len = 1;
        if (time_read(json, now, &time, &len)) {
            buf_add_number(ret_json, time);
        } else {
            buf_add_byte(ret_json, json.ptr[0]);
        }
        json = str_from(json, len);
    }
    ck_assert(!ret_json->failed);
}
