/* SPDX-License-Identifier: MIT
 *
 * Faults, and texts made of several options.
 */
#include <config.h>

#include <plugins/common/settings_reader.h>
#include <src/base/alphabet.h>
#include <src/base/str.h>

#define JOINED_MAX 8192

void settings_fault(struct settings_reader *reader, uint32_t row, struct tam_str text) {
    reader->host->fault(reader->host->ctx, row, text);
    reader->failed = true;
}

void settings_warn(const struct settings_reader *reader, struct tam_str text) {
    reader->host->log(reader->host->ctx, TAM_LOG_WARNING, text);
}

struct tam_str settings_join(struct settings_reader *reader, const struct tam_str *texts, size_t count) {
    struct tam_str joined = STR_NONE;
    if (!pool_join(&reader->pool, texts, count, &joined) || joined.len > JOINED_MAX) {
        settings_fault(reader, TAM_NO_ROW, STR("its options are too long"));
        return STR_NONE;
    }
    return joined;
}

bool settings_check_scope(struct settings_reader *reader, uint32_t row, struct tam_str scope) {
    bool good = text_is_scope(scope);
    if (!good) {
        settings_fault(reader, row, STR("has a character that no scope may have (RFC 6749 section 3.3)"));
    }
    return good;
}
