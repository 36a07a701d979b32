/* SPDX-License-Identifier: MIT
 *
 * Reads the options of one verifier inside init, and reports faults of their meaning. libtam has parsed the options and
 * checked their types before.
 */
#ifndef TAM_COMMON_SETTINGS_READER_H
#define TAM_COMMON_SETTINGS_READER_H

#include <src/base/array.h>
#include <src/base/assert.h>
#include <src/base/mem.h>
#include <tam/plugin.h>

/* One run over the options. [inside init, which is serialised] */
struct settings_reader {
    const struct tam_config *config;
    const struct tam_host *host;
    struct pool pool; /* memory that lives as long as the settings */
    bool failed;      /* a fault was reported */
};

/* Reports a fault of the option in that row, or of no single option (TAM_NO_ROW). */
void settings_fault(struct settings_reader *reader, uint32_t row, struct tam_str text);

/* Logs a warning about the configuration, which stays usable. */
void settings_warn(const struct settings_reader *reader, struct tam_str text);

static inline const struct tam_value *settings_value(const struct settings_reader *reader, uint32_t row) {
    TAM_ASSERT(row < reader->config->value_count);
    return tam_config_value(reader->config, row);
}
static inline bool settings_given(const struct settings_reader *reader, uint32_t row) {
    return settings_value(reader, row)->given != TAM_GIVEN_ABSENT;
}
static inline struct tam_str settings_text(const struct settings_reader *reader, uint32_t row) {
    return settings_value(reader, row)->text;
}
static inline struct tam_list settings_list(const struct settings_reader *reader, uint32_t row) {
    return settings_value(reader, row)->list;
}
/* INT, DURATION and SIZE; the index of an ENUM's choice; 1 or 0 of a BOOL. */
static inline int64_t settings_number(const struct settings_reader *reader, uint32_t row) {
    return settings_value(reader, row)->number;
}

/* The texts as one, with a NUL behind it, from reader->pool. A fault and STR_NONE: no memory, or longer than any URL
 * may be. */
struct tam_str settings_join(struct settings_reader *reader, const struct tam_str *texts, size_t count);
#define SETTINGS_JOIN(reader, ...)                                                                                     \
    settings_join(reader, (const struct tam_str[]){ __VA_ARGS__ }, COUNT(((const struct tam_str[]){ __VA_ARGS__ })))

/* Reports a fault if the text has a character outside scopes (RFC 6749 §3.3): challenges name the scopes that are
 * required, and libtam refuses others. Returns whether the text is a scope. */
bool settings_check_scope(struct settings_reader *reader, uint32_t row, struct tam_str scope);

#endif
