/* SPDX-License-Identifier: MIT
 *
 * credentials = auth-scheme 1*SP b64token. Blanks round the value are not forgiven: HTTP (RFC 9110 §5.5) has taken them
 * off, and a list of two credentials, or a second word, is nobody's token.
 */
#include <config.h>

#include <src/verify/authorization.h>

#include <src/base/str.h>

/* RFC 9110 §5.6.2: the characters of a scheme's name. */
static bool is_token_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static size_t scheme_length(struct tam_str value) {
    size_t len = 0;
    while (len < value.len && is_token_byte(value.ptr[len])) {
        len++;
    }
    return len;
}

enum authorization authorization_read(struct tam_str value, struct tam_str *ret_token) {
    size_t scheme = scheme_length(value);
    struct tam_str rest = str_from(value, scheme);
    size_t blanks = 0;
    if (!str_equal_nocase((struct tam_str){ value.ptr, scheme }, STR("Bearer"))) {
        return AUTHORIZATION_NONE;
    }
    while (blanks < rest.len && rest.ptr[blanks] == ' ') {
        blanks++;
    }
    if (blanks == 0 || blanks == rest.len) {
        return AUTHORIZATION_INVALID;
    }
    *ret_token = str_from(rest, blanks);
    return AUTHORIZATION_BEARER;
}
