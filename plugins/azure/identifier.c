/* SPDX-License-Identifier: MIT
 *
 * Telling an application's or a tenant's id from what is pasted in its place: the two stand beside each other in the portal, and a
 * secret taken for an id would be published in metadata and challenges. It cannot tell whose id it is.
 */
#include <config.h>

#include <plugins/azure/identifier.h>

enum {
    GUID_LENGTH = 36,
    NEAR_GUID_MIN = 28, /* letters of a GUID that lost some */
    NEAR_GUID_MAX = 44, /* or got some */
    SECRET_MIN = 32,    /* Entra's secrets have 34 to 44 characters */
};

struct letters {
    size_t upper, lower, digits, hex, hyphens, base64,
        others; /* base64: + / =; others: of no identifier, secret or URI */
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

/* Entra's own: "xxx8Q~xxxx", with letters of base64url, dots and tildes. */
static bool is_entra_secret(struct tam_str text, const struct letters *letters) {
    return letters->tilde && !letters->colon && text.len >= SECRET_MIN;
}

/* Bytes in base64 or base64url: long, with no dot or colon, and both cases mixed with digits or with + / =. */
static bool is_base64(struct tam_str text, const struct letters *letters) {
    bool mixed = letters->upper > 0 && letters->lower > 0 && letters->digits > 0;
    return text.len >= SECRET_MIN && !letters->dot && !letters->colon && (mixed || letters->base64 > 0);
}

/* Of a GUID's letters alone, or in its five groups, and about as many. */
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

/* Why it cannot be an id; empty: it may be one. */
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
    if (!is_named(text)) {
        return STR("has a character that is in no id; expected a GUID, such as 00001111-aaaa-2222-bbbb-3333cccc4444");
    }
    return STR_NONE;
}

void identifier_check(struct reading *reading, uint32_t row, bool may_be_domain) {
    struct tam_str text = reading_value(reading, row)->text;
    if (str_is_guid(text)) {
        return;
    }
    struct tam_str fault = fault_of(text, may_be_domain);
    if (fault.len > 0) {
        reading_fault(reading, row, fault);
    } else if (may_be_domain && str_find(text, '.') == text.len) {
        reading->host->log(reading->host->ctx, TAM_LOG_WARNING,
                           STR("tenant_id is neither a GUID nor a domain: Entra has no such tenant"));
    } else if (!may_be_domain) {
        reading->host->log(
            reading->host->ctx, TAM_LOG_WARNING,
            reading->settings->authority.open
                ? STR("client_id is no GUID: where tokens of more than one tenant are accepted, none will be for it")
                : STR("client_id is no GUID: Entra's application (client) ids are"));
    }
}

void identifier_check_public(struct reading *reading, uint32_t row, struct tam_list texts) {
    for (size_t i = 0; i < texts.count; i++) {
        struct letters letters = count(texts.items[i]);
        if (is_entra_secret(texts.items[i], &letters)) {
            reading_fault(reading, row, STR("looks like a client secret, which clients would be shown"));
            return;
        }
    }
}
