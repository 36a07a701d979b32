/* SPDX-License-Identifier: MIT
 *
 * The usual slips of copy and paste. The rows stand in the order in which one explains another: JSON has quotes in it,
 * and a token in quotes may have lost a line.
 */
#include <config.h>

#include <src/verify/pasted.h>

#include <src/base/array.h>
#include <src/base/str.h>

#define LOOK_MAX   ((size_t)2048) /* a slip shows at the beginning, and each row looks through all of it */
#define SCHEME_MAX 32 /* https://www.iana.org/assignments/http-authschemes has none of more than 20 letters */

static bool has(struct tam_str text, const char *bytes, size_t len) {
    return text.len >= len && memmem(text.ptr, text.len, bytes, len) != NULL;
}
#define HAS(text, literal) has(text, literal, sizeof(literal) - 1)

static bool has_any(struct tam_str text, const char *bytes) {
    for (; *bytes != '\0'; bytes++) {
        if (str_find(text, *bytes) < text.len) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(char byte, const char *bytes) {
    return byte != '\0' && strchr(bytes, byte) != NULL;
}

static bool begins_with_mark(struct tam_str text) {
    return str_starts(text, STR("\xef\xbb\xbf")) || str_starts(text, STR("\xff\xfe"));
}

static struct tam_str without_first(struct tam_str text, const char *bytes) {
    while (text.len > 0 && is_one_of(text.ptr[0], bytes)) {
        text = str_from(text, 1);
    }
    return text;
}

static struct tam_str without_blanks_and_quotes(struct tam_str text) {
    return without_first(text, " \t\r\n\"'`");
}

static bool is_blank(struct tam_str text) {
    return without_first(text, " \t\r\n").len == 0;
}

static bool is_header(struct tam_str text) {
    struct tam_str rest = without_blanks_and_quotes(text);
    return str_starts_nocase(rest, STR("authorization:")) || str_starts_nocase(rest, STR("authorization=")) ||
           str_starts_nocase(rest, STR("authorization "));
}

static bool begins_with_bearer(struct tam_str text) {
    struct tam_str rest = without_blanks_and_quotes(text);
    bool bearer = str_starts_nocase(rest, STR("bearer"));
    rest = str_from(rest, sizeof "bearer" - 1);
    return bearer && rest.len > 0 && is_one_of(rest.ptr[0], " \t\r\n:=%+\"'");
}

/* Where a JWT begins that has something in front of it; text.len: nowhere. */
static size_t jwt_offset(struct tam_str text) {
    const char *found = text.len > 0 ? memmem(text.ptr, text.len, "eyJ", 3) : NULL;
    return found != NULL ? (size_t)(found - text.ptr) : text.len;
}

/* A name, a scheme, a prompt, an assignment: what ends in a byte that no JWT has, before what begins as one. */
static bool has_something_in_front(struct tam_str text) {
    size_t at = jwt_offset(text);
    return at > 0 && at < text.len && is_one_of(text.ptr[at - 1], " :=(<>#@");
}

static bool is_angled(struct tam_str text) {
    return str_starts(text, STR("<")) && jwt_offset(text) < text.len;
}

static bool is_markup(struct tam_str text) {
    return str_starts(text, STR("<!")) || str_starts(text, STR("<?")) || str_starts_nocase(text, STR("<html")) ||
           HAS(text, "</");
}

static bool is_file(struct tam_str text) {
    return str_starts(text, STR("@")) && jwt_offset(text) == text.len;
}

static bool is_object(struct tam_str text) {
    return str_starts(text, STR("[object "));
}

/* What Entra says in place of a token, alone or in the JSON of RFC 6749 section 5.2. */
static bool is_error(struct tam_str text) {
    return (HAS(text, "\"error\"") && !HAS(text, "access_token")) || HAS(text, "AADSTS");
}

static bool is_json(struct tam_str text) {
    struct tam_str rest = without_blanks_and_quotes(text);
    return (rest.len > 0 && (rest.ptr[0] == '{' || rest.ptr[0] == '[')) || HAS(text, "access_token\"") ||
           HAS(text, "\"token_type\"") || HAS(text, "\"expires_in\"");
}

static bool is_form(struct tam_str text) {
    return HAS(text, "access_token=");
}

static bool is_pem(struct tam_str text) {
    return HAS(text, "-----BEGIN ");
}

static bool is_variable(struct tam_str text) {
    return str_starts(text, STR("$")) || HAS(text, "{{") || (str_starts(text, STR("%")) && str_ends(text, STR("%")));
}

static bool is_placeholder(struct tam_str text) {
    return str_starts(text, STR("<")) && str_ends(text, STR(">"));
}

/* U+2018 to U+201F, and the guillemets. */
static bool has_curly_quotes(struct tam_str text) {
    for (unsigned last = 0x98; last <= 0x9f; last++) {
        const char quote[] = { '\xe2', '\x80', (char)last };
        if (has(text, quote, sizeof quote)) {
            return true;
        }
    }
    return HAS(text, "\xc2\xab") || HAS(text, "\xc2\xbb");
}

static bool is_quoted(struct tam_str text) {
    return has_any(text, "\"'`") || has_curly_quotes(text);
}

static bool has_line_break(struct tam_str text) {
    return has_any(text, "\r\n") || HAS(text, "\\n");
}

/* Of a text that is not blank alone. */
static bool has_blanks_round_it(struct tam_str text) {
    struct tam_str inner = without_first(text, " \t");
    while (is_one_of(inner.ptr[inner.len - 1], " \t")) {
        inner.len--;
    }
    return inner.len < text.len && !has_any(inner, " \t");
}

static bool has_blank(struct tam_str text) {
    return has_any(text, " \t") || HAS(text, "\xc2\xa0");
}

static bool is_shortened(struct tam_str text) {
    return HAS(text, "\xe2\x80\xa6"); /* … */
}

static bool is_percent_encoded(struct tam_str text) {
    return has_any(text, "%");
}

static bool is_list(struct tam_str text) {
    return has_any(text, ",;");
}

/* Zero-width characters and marks of direction: U+200B to U+200F, U+2060, U+FEFF, U+00AD. */
static bool has_hidden(struct tam_str text) {
    for (unsigned last = 0x8b; last <= 0x8f; last++) {
        const char hidden[] = { '\xe2', '\x80', (char)last };
        if (has(text, hidden, sizeof hidden)) {
            return true;
        }
    }
    return HAS(text, "\xe2\x81\xa0") || HAS(text, "\xef\xbb\xbf") || HAS(text, "\xc2\xad");
}

static const struct {
    bool (*fits)(struct tam_str text);
    const char *sentence;
} rows[] = {
    { is_blank, "the token is made of blanks alone" },
    { begins_with_mark, "a byte order mark stands before the token: save the file without one" },
    { is_variable, "this is the name of a variable that nobody replaced by the token" },
    { is_pem, "this is a PEM file (-----BEGIN), a key or a certificate, and no token" },
    { is_header, "the token has the header's name in front, `Authorization`: it begins behind `Bearer`" },
    { is_error, "this is an error of the token endpoint: it gave no token, and says why" },
    { is_file, "this is the name of a file behind '@', as curl takes one: give what stands in it" },
    { is_object, "this is how a program shows an object: print its member with the access token instead" },
    { is_json,
      "this is JSON, the answer of a token endpoint maybe: the token is the text of its member access_token, without "
      "the quotes" },
    { is_form, "this is form data: the token is what stands behind access_token=" },
    { begins_with_bearer, "the token has `Bearer` in front, which is not a part of it" },
    { is_angled, "the token has angle brackets round it, which are not a part of it" },
    { is_markup, "this is HTML or XML, and no token" },
    { is_placeholder, "this is a placeholder in angle brackets that nobody replaced by the token" },
    { is_quoted, "the token has quotes in it or round it, which are not a part of it" },
    { has_line_break, "the token has a line break in it: it was wrapped over lines, and is one line" },
    { has_blanks_round_it, "the token has a blank in front of it or behind it, which is not a part of it" },
    { has_something_in_front,
      "something stands in front of the token, a name, another scheme or a bracket, which is not a part of it" },
    { has_blank,
      "the token has a blank in it, which RFC 6750 does not allow: it was wrapped over lines, or more than the token came" },
    { is_shortened, "the token was shortened when it was copied: it has an ellipsis in it" },
    { has_hidden, "the token has an invisible character in it, which came along when it was copied" },
    { is_percent_encoded, "the token is percent-encoded, as in a URL: it must be decoded" },
    { is_list, "the token has a comma or a semicolon in it: there is more than the token" },
};

/* What is long is looked at as far as a person pastes: a client chose the length. */
static const char *words_of(struct tam_str text) {
    text.len = text.len < LOOK_MAX ? text.len : LOOK_MAX;
    for (size_t i = 0; text.len > 0 && i < COUNT(rows); i++) {
        if (rows[i].fits(text)) {
            return rows[i].sentence;
        }
    }
    return NULL;
}

const char *pasted_token(struct tam_str token) {
    const char *words = words_of(token);
    return words != NULL ? words : "the token has bytes that RFC 6750 does not allow";
}

const char *pasted_credentials(struct tam_str found) {
    const char *words = words_of(found);
    return words != NULL ? words : "the Authorization value is not `Bearer TOKEN`";
}

/* One word, in the shape of a JWT or longer than the name of any scheme. */
static bool is_raw_token(struct tam_str value) {
    return !has_any(value, " \t") && (str_starts(value, STR("eyJ")) || value.len > SCHEME_MAX);
}

const char *pasted_authorization(struct tam_str value) {
    if (value.len == 0) {
        return "the request carries no bearer token";
    }
    const char *words = is_header(value) || begins_with_bearer(value) || is_json(value) ? words_of(value) : NULL;
    if (words != NULL) {
        return words;
    }
    return is_raw_token(without_blanks_and_quotes(value))
               ? "the request carries no bearer token: its Authorization value is a token without `Bearer` in front"
               : "the request carries no bearer token: its Authorization value has another scheme than Bearer";
}
