/* SPDX-License-Identifier: MIT
 *
 * Splitting an absolute URL.
 */
#include <config.h>

#include <src/base/str.h>
#include <src/base/url.h>

#define PORT_MAX 65535

static bool is_alpha(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* RFC 3986 §2: only these may stand in a URL at all, and % only before two hexadecimal digits. */
static const char *check_bytes(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte <= 0x20 || byte > 0x7e) {
            return "has a blank, a control or a non-ASCII byte";
        }
        if (memchr("\"\\<>^`{|}", byte, 9) != NULL) {
            return "has a character that no URL may have";
        }
        if (byte == '#') {
            return "has a fragment";
        }
        if (byte == '%' && (text.len - i < 3 || !is_hex(text.ptr[i + 1]) || !is_hex(text.ptr[i + 2]))) {
            return "has a % that is not followed by two hexadecimal digits";
        }
    }
    return NULL;
}

/* RFC 3986 §3.1 */
static bool is_scheme(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (!is_alpha(byte) && (i == 0 || (!is_digit(byte) && byte != '+' && byte != '-' && byte != '.'))) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_host(struct tam_str host) {
    if (str_starts(host, STR("["))) {
        for (size_t i = 1; i + 1 < host.len; i++) {
            if (!is_hex(host.ptr[i]) && host.ptr[i] != ':' && host.ptr[i] != '.') {
                return false;
            }
        }
        return host.len > 3 && str_ends(host, STR("]"));
    }
    for (size_t i = 0; i < host.len; i++) {
        char byte = host.ptr[i];
        if (!is_alpha(byte) && !is_digit(byte) && byte != '-' && byte != '.' && byte != '_') {
            return false;
        }
    }
    return host.len > 0;
}

static const char *split_authority(struct tam_str authority, struct url *url) {
    int64_t port = 0;
    if (str_find(authority, '@') < authority.len) {
        return "has user information";
    }
    size_t bracket = str_starts(authority, STR("[")) ? str_find(authority, ']') : 0;
    size_t colon = bracket + str_find(str_from(authority, bracket), ':');
    colon = colon < authority.len ? colon : authority.len;
    url->host = (struct tam_str){ authority.ptr, colon };
    url->port = str_from(authority, colon + 1);
    if (!is_host(url->host)) {
        return "has no host, or one with a character that no host name has";
    }
    if (colon < authority.len && (!str_number(url->port, PORT_MAX, &port) || port == 0)) {
        return "has a port that is not a number from 1 to 65535";
    }
    return NULL;
}

static const char *split(struct tam_str text, struct url *url) {
    const char *fault = check_bytes(text);
    size_t colon = str_find(text, ':');
    if (fault != NULL) {
        return fault;
    }
    url->scheme = (struct tam_str){ text.ptr, colon };
    if (!is_scheme(url->scheme) || !str_starts(str_from(text, colon), STR("://"))) {
        return "is not absolute: it must begin with a scheme and ://";
    }
    struct tam_str rest = str_from(text, colon + 3);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') {
        end++;
    }
    fault = split_authority((struct tam_str){ rest.ptr, end }, url);
    if (fault != NULL) {
        return fault;
    }
    struct tam_str path = str_from(rest, end);
    size_t question = str_find(path, '?');
    url->path = (struct tam_str){ path.ptr, question };
    url->query = str_from(path, question + 1);
    url->origin = (struct tam_str){ text.ptr, colon + 3 + end };
    return NULL;
}

bool url_split(struct tam_str text, struct url *ret_url, const char **ret_fault) {
    struct url url = { 0 };
    const char *fault = split(text, &url);
    if (fault != NULL && ret_fault != NULL) {
        *ret_fault = fault;
    }
    if (fault == NULL) {
        *ret_url = url;
    }
    return fault == NULL;
}

bool url_is_https(const struct url *url) {
    return str_equal_nocase(url->scheme, STR("https"));
}

/* Four numbers, the first 127: "127.0.0.1.example.com" is a name like any other. */
bool url_is_loopback(const struct url *url) {
    struct tam_str rest = url->host, piece;
    int64_t number = 0;
    if (str_equal_nocase(rest, STR("localhost")) || str_equal(rest, STR("[::1]"))) {
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if (!str_cut(&rest, '.', &piece) || !str_number(piece, 255, &number) || (i == 0 && number != 127)) {
            return false;
        }
    }
    return rest.len == 0 && !str_ends(url->host, STR("."));
}
