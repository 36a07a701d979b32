/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the reader of response heads, line by line. Properties: the age at which keys are refreshed is between a
 * minute and the option; an ETag is a valid value of one header; a refused line has a sentence; the case of header
 * names does not matter.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <plugins/common/response.h>
#include <plugins/jose/keyset/schedule.h>
#include <src/base/mem.h>
#include <src/base/str.h>

#define REFRESH     3600
#define SECONDS_MAX (INT64_C(1) << 31)

const char *const fuzz_seeds[] = {
    ("HTTP/1.1 200 OK\r\nCache-Control: private, max-age=86400\r\nContent-Type: application/json; charset=utf-8\r\n"
     "Expires: Thu, 01 Jan 2026 00:00:00 GMT\r\nDate: Wed, 31 Dec 2025 23:00:00 GMT\r\nAge: 17\r\nETag: \"abc"
     "\"\r\n\r\n"),
    ("HTTP/1.1 103 Early Hints\r\nCache-Control: no-store\r\n\r\nHTTP/2 200\r\nexpires: 0\r\ndate: Sun Nov  6 0"
     "8:49:37 1994\r\n\r\n"),
    "HTTP/1.1 200 OK\r\nExpires: Sunday, 06-Nov-94 08:49:37 GMT\r\nDate: 20260101 00:00:00\r\netag: W/\"a b\"\r\n\r\n",
    ("HTTP/1.1 200 OK\ncache-control: max-age=\"60\", MAX-AGE=99999999999999999999, no-cache=\"set-cookie\",no-"
     "cache\n\n"),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\nAge: -1\r\nAge:\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br, gzip\r\n\r\n",
    "ETag:", /* without an end, and nothing in it */
    "Expires:",
    NULL,
};

static bool is_seconds(int64_t seconds) {
    return seconds >= -1 && seconds <= SECONDS_MAX;
}

static void check(const struct response *response) {
    struct response young = *response;
    int64_t lifetime = response_lifetime(response), age = schedule_age(lifetime, REFRESH);
    young.age = -1;
    require(response->head_len <= RESPONSE_HEAD_MAX);
    require(is_seconds(response->max_age) && is_seconds(response->age));
    require(response->expires >= -1 && response->date >= -1);
    require(lifetime >= -1 && lifetime <= response_lifetime(&young));
    require(lifetime >= 0 || (!response->no_store && response->max_age < 0 && response->expires < 0));
    require(!response->no_store || age == AGE_MIN);
    require(age >= AGE_MIN && age <= REFRESH);
    require(memchr(response->etag, '\0', sizeof response->etag) != NULL);
    require(str_is_visible_ascii(str_of(response->etag)));
}

/* Changes the case of the letters of a header name; leaves a status line unchanged. */
static void turn_case(char *line, size_t len) {
    if (len >= 5 && str_starts_nocase((struct tam_str){ line, len }, STR("HTTP/"))) {
        return;
    }
    for (size_t i = 0; i < len && line[i] != ':'; i++) {
        bool letter = (line[i] >= 'a' && line[i] <= 'z') || (line[i] >= 'A' && line[i] <= 'Z');
        line[i] = (char)(letter ? line[i] ^ 0x20 : line[i]);
    }
}

static bool same(const struct response *a, const struct response *b) {
    return a->max_age == b->max_age && a->age == b->age && a->expires == b->expires && a->date == b->date &&
           a->no_store == b->no_store && strcmp(a->etag, b->etag) == 0 && str_equal(a->refused, b->refused);
}

/* Cuts one line with its line end, as libcurl passes them. */
static struct tam_str line_cut(struct tam_str *rest) {
    size_t newline = str_find(*rest, '\n'), len = newline < rest->len ? newline + 1 : rest->len;
    struct tam_str line = { rest->ptr, len };
    *rest = str_from(*rest, len);
    return line;
}

/* Both readers get a copy that ends at the end of its allocation, so that a sanitizer detects a read beyond. */
static bool read_line(struct tam_str line, struct response *response, struct response *turned) {
    char *copy = mem_alloc(line.len > 0 ? line.len : 1);
    require(copy != NULL);
    memcpy(copy, line.ptr, line.len);
    bool good = response_read(response, (struct tam_str){ copy, line.len });
    turn_case(copy, line.len);
    require(response_read(turned, (struct tam_str){ copy, line.len }) == good);
    mem_free(copy);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tam_str rest = { (const char *)data, size };
    struct response response, turned;
    bool good = true;
    response_init(&response);
    response_init(&turned);
    while (good && rest.len > 0) {
        good = read_line(line_cut(&rest), &response, &turned);
        require(good == (response.refused.len == 0) && same(&response, &turned));
        check(&response);
    }
    return 0;
}
