/* SPDX-License-Identifier: MIT
 *
 * The table of response headers, and their readers.
 */
#include <config.h>

#include <plugins/common/response.h>
#include <src/base/array.h>
#include <src/base/str.h>

#include <curl/curl.h>

#define SECONDS_MAX INT64_C(2147483648) /* RFC 9111 §1.2.2 */

static struct tam_str trim(struct tam_str text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = str_from(text, 1);
    }
    while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL) {
        text.len--;
    }
    return text;
}

/* RFC 9111 §1.2.2: a number that is too large counts as the largest; a text that is no number makes the response
 * stale. */
static int64_t read_seconds(struct tam_str value) {
    int64_t seconds = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') {
            return 0;
        }
        seconds = seconds < SECONDS_MAX ? seconds * 10 + (value.ptr[i] - '0') : SECONDS_MAX;
    }
    return seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
}

/* RFC 9111 §5.2.2: the three directives that matter to a client that keeps keys. */
static void read_cache_control(struct response *response, struct tam_str value) {
    struct tam_str rest = value, piece;
    while (str_cut(&rest, ',', &piece)) {
        struct tam_str directive = trim(piece);
        if (str_starts_nocase(directive, STR("max-age="))) {
            response->max_age = read_seconds(str_from(directive, 8));
        } else if (str_equal_nocase(directive, STR("no-store")) || str_equal_nocase(directive, STR("no-cache"))) {
            response->no_store = true;
        }
    }
}

static void read_etag(struct response *response, struct tam_str value) {
    if (value.len > 0 && value.len < sizeof response->etag && str_is_visible_ascii(value)) {
        memcpy(response->etag, value.ptr, value.len);
        response->etag[value.len] = '\0';
    }
}

static void read_age(struct response *response, struct tam_str value) {
    response->age = read_seconds(value);
}

/* RFC 9111 §5.3: an invalid date, such as 0, means already expired. */
static int64_t read_date(struct tam_str value) {
    char text[64] = { 0 };
    if (value.len > 0) {
        memcpy(text, value.ptr, value.len < sizeof text ? value.len : sizeof text - 1);
    }
    int64_t date = curl_getdate(text, NULL);
    return date < 0 ? 0 : date;
}

static void read_expires(struct response *response, struct tam_str value) {
    response->expires = read_date(value);
}

static void read_response_date(struct response *response, struct tam_str value) {
    response->date = read_date(value);
}

/* The request asks for no compression, so any content or transfer coding except identity and chunked is an error.
 * libcurl would decode stacked codings all the same, and one socket read could expand without limit before a timeout is
 * checked (decompression bomb). Refused in the header callback, before the first byte of the body. */
static void read_content_encoding(struct response *response, struct tam_str value) {
    if (!str_equal_nocase(value, STR("identity"))) {
        response->refused = STR("HTTP: it sent a Content-Encoding, and none was asked for");
    }
}

static void read_transfer_encoding(struct response *response, struct tam_str value) {
    if (!str_equal_nocase(value, STR("chunked")) && !str_equal_nocase(value, STR("identity"))) {
        response->refused = STR("HTTP: it sent a Transfer-Encoding other than chunked, and none was asked for");
    }
}

static const struct {
    struct tam_str name;
    void (*read)(struct response *, struct tam_str);
} rows[] = {
    { STR_INIT("cache-control:"), read_cache_control },
    { STR_INIT("etag:"), read_etag },
    { STR_INIT("age:"), read_age },
    { STR_INIT("expires:"), read_expires },
    { STR_INIT("date:"), read_response_date },
    { STR_INIT("content-encoding:"), read_content_encoding },
    { STR_INIT("transfer-encoding:"), read_transfer_encoding },
};

void response_init(struct response *response) {
    *response = (struct response){ .max_age = -1, .age = -1, .expires = -1, .date = -1 };
}

/* Counts the bytes of all heads together, so that endless informational responses are limited too. */
_Static_assert(RESPONSE_HEAD_MAX == 65536, "the sentence says so");
static bool count(struct response *response, size_t len) {
    if (len > RESPONSE_HEAD_MAX - response->head_len) {
        response->refused = STR("HTTP: the head is larger than 65536 bytes");
        return false;
    }
    response->head_len += len;
    return true;
}

bool response_read(struct response *response, struct tam_str line) {
    if (!count(response, line.len)) {
        return false;
    }
    if (str_starts(line, STR("HTTP/"))) {
        size_t head_len = response->head_len;
        response_init(response);
        response->head_len = head_len;
        return true;
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (str_starts_nocase(line, rows[i].name)) {
            rows[i].read(response, trim(str_from(line, rows[i].name.len)));
        }
    }
    return response->refused.len == 0;
}

int64_t response_lifetime(const struct response *response) {
    int64_t lifetime = -1;
    if (response->no_store) {
        return 0;
    }
    if (response->max_age >= 0) {
        lifetime = response->max_age;
    } else if (response->expires >= 0) {
        lifetime = response->date >= 0 && response->expires > response->date ? response->expires - response->date : 0;
    }
    if (lifetime >= 0 && response->age > 0) {
        lifetime = lifetime > response->age ? lifetime - response->age : 0;
    }
    return lifetime;
}
