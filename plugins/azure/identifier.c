/* SPDX-License-Identifier: MIT
 *
 * Recognises texts that cannot be the id of an application or a tenant. Administrators paste client secrets and URIs
 * into these options, because the portal shows them next to the ids; a secret would then be published in metadata and
 * challenges. A GUID of another object cannot be recognised.
 */
#include <config.h>

#include <plugins/azure/identifier.h>
#include <src/base/str.h>

enum {
    GUID_LENGTH = 36,
    NEAR_GUID_MIN = 28, /* a GUID with characters missing */
    NEAR_GUID_MAX = 44, /* or with characters added */
    SECRET_MIN = 32,    /* Entra's client secrets have 34 to 44 characters */
};

struct letters {
    size_t upper, lower, digits, hex, hyphens;
    size_t base64; /* + / = */
    bool tilde, dot, colon;
};

static struct letters count(struct tam_str text) {
    struct letters letters = { 0 };
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool upper = byte >= 'A' && byte <= 'Z', lower = byte >= 'a' && byte <= 'z', digit = byte >= '0' && byte <= '9';
        letters.upper += upper;
        letters.lower += lower;
        letters.digits += digit;
        letters.hex += digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
        letters.hyphens += byte == '-';
        letters.base64 += byte == '+' || byte == '/' || byte == '=';
        letters.tilde |= byte == '~';
        letters.dot |= byte == '.';
        letters.colon |= byte == ':';
    }
    return letters;
}

/* A client secret that Entra generated: "xxx8Q~xxxx", of base64url, dots and tildes. */
static bool is_entra_secret(struct tam_str text, const struct letters *letters) {
    return letters->tilde && !letters->colon && text.len >= SECRET_MIN;
}

/* Random bytes in base64 or base64url: long, no dot or colon, and upper case, lower case and digits, or any of + /
 * =. */
static bool is_base64(struct tam_str text, const struct letters *letters) {
    bool mixed = letters->upper > 0 && letters->lower > 0 && letters->digits > 0;
    return text.len >= SECRET_MIN && !letters->dot && !letters->colon && (mixed || letters->base64 > 0);
}

/* About as long as a GUID, and either of hexadecimal digits and hyphens alone, or of five groups of letters and
 * digits. */
static bool is_near_guid(struct tam_str text, const struct letters *letters) {
    bool alike = letters->hex + letters->hyphens == text.len ||
                 (letters->hyphens == 4 && letters->upper + letters->lower + letters->digits + 4 == text.len);
    return alike && letters->digits > 0 && text.len >= NEAR_GUID_MIN && text.len <= NEAR_GUID_MAX;
}

static bool is_named(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool good = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                    byte == '-' || byte == '.' || byte == '_';
        if (!good) {
            return false;
        }
    }
    return true;
}

static bool is_bracketed(struct tam_str text) {
    return text.len > 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
}

/* Why the text cannot be an id; empty: it can be one. */
static struct tam_str fault_of(struct tam_str text, bool tenant) {
    struct letters letters = count(text);
    if (is_bracketed(text)) {
        return STR("has braces round it: write the GUID alone");
    }
    if (is_near_guid(text, &letters)) {
        return text.len < GUID_LENGTH
                   ? STR("looks like a GUID that lost some of its 36 characters: copy it again")
                   : STR("looks like a GUID, but its 36 characters are not 8-4-4-4-12: copy it again");
    }
    if (is_entra_secret(text, &letters) || is_base64(text, &letters)) {
        return STR(
            "looks like a client secret, not like an id: tokens are verified without any secret, and an id is shown "
            "to everybody. If this is a secret, replace it in the portal");
    }
    if (letters.colon) {
        return tenant ? STR("is a URI: write the tenant's GUID or domain, which stands in it, alone")
                      : STR("is a URI: client_id is the application (client) id, a GUID; an application ID URI that is "
                            "not api://CLIENT_ID goes into identifier_uri");
    }
    if (!is_named(text) && tenant) {
        return str_find(text, ',') < text.len
                   ? STR("is one tenant: of several, write tenant_id=organizations and allowed_tenants=GUID,GUID")
                   : STR("has a character that is in no id; expected the directory (tenant) id, a GUID such as "
                         "aaaabbbb-0000-cccc-1111-dddd2222eeee, or a domain such as contoso.onmicrosoft.com");
    }
    if (!is_named(text)) {
        return STR("has a character that is in no id; expected a GUID, such as 00001111-aaaa-2222-bbbb-3333cccc4444");
    }
    return STR_NONE;
}

void identifier_check(struct reading *reading, uint32_t row, bool may_be_domain) {
    struct tam_str text = settings_text(reading->options, row);
    if (str_is_guid(text)) {
        return;
    }
    struct tam_str fault = fault_of(text, may_be_domain);
    if (fault.len > 0) {
        settings_fault(reading->options, row, fault);
    } else if (may_be_domain && str_find(text, '.') == text.len) {
        settings_warn(reading->options,
                      STR("tenant_id is neither a GUID nor a domain: Entra has no such tenant; expected the directory "
                          "(tenant) id, a domain, organizations, consumers or common"));
    } else if (!may_be_domain) {
        settings_warn(
            reading->options,
            reading->settings->authority.open
                ? STR("client_id is no GUID: where tokens of more than one tenant are accepted, none will be for it")
                : STR("client_id is no GUID: Entra's application (client) ids are"));
    }
}

/* A list is written in many ways elsewhere. */
static bool is_list_of_another_kind(struct tam_str text) {
    static const char marks[] = ";[]{}";
    for (size_t i = 0; i < sizeof marks - 1; i++) {
        if (str_find(text, marks[i]) < text.len) {
            return true;
        }
    }
    return false;
}

void identifier_check_list(struct reading *reading, uint32_t row) {
    struct tam_list texts = settings_list(reading->options, row);
    struct tam_str key = str_of(azure_options[row].key);
    for (size_t i = 0; i < texts.count; i++) {
        if (str_equal(texts.items[i], STR("*"))) {
            settings_warn(reading->options, SETTINGS_JOIN(reading->options, key,
                                                          STR(" has an entry '*', which stands for itself alone: what "
                                                              "is not restricted is not written")));
        } else if (is_list_of_another_kind(texts.items[i])) {
            settings_warn(reading->options, SETTINGS_JOIN(reading->options, key,
                                                          STR(" has an entry with one of ; [ ] { } in it: entries are "
                                                              "separated by commas, and nothing stands round them")));
        }
    }
}

void identifier_check_public(struct reading *reading, uint32_t row, struct tam_list texts) {
    for (size_t i = 0; i < texts.count; i++) {
        struct letters letters = count(texts.items[i]);
        if (is_entra_secret(texts.items[i], &letters)) {
            settings_fault(reading->options, row, STR("looks like a client secret, which clients would be shown"));
            return;
        }
    }
}
