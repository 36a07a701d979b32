/* SPDX-License-Identifier: MIT
 *
 * Checks tam_plugin_v1, in the order in which more of it may be believed. Any doubt refuses the plugin.
 */
#include <config.h>

#include <src/plugin/table.h>

#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/conf/option.h>

/* As 1.0 had them: what is younger may be absent. */
#define END_OF(type, member) (offsetof(struct type, member) + sizeof(((struct type *)NULL)->member))
#define PLUGIN_SIZE_1_0      END_OF(tam_plugin, destroy)
#define OPTION_SIZE_1_0      END_OF(tam_option, help)
#define OPTION_SIZE_MAX      4096

/* Magic, ABI and size: whether this is a table at all, and how much of it there is. */
static bool check_head(const struct tam_plugin *found, size_t symbol_size, const char *path, struct buf *why) {
    if (symbol_size < END_OF(tam_plugin, abi_minor)) {
        buf_format(why, "%s: tam_plugin_v1 has %zu bytes; at least %zu are wanted", path, symbol_size, PLUGIN_SIZE_1_0);
    } else if (found->magic != TAM_MAGIC) {
        buf_format(why, "%s: tam_plugin_v1 begins with 0x%08x; 0x%08x is wanted", path, found->magic, TAM_MAGIC);
    } else if (found->abi_major != TAM_ABI_MAJOR) {
        buf_format(why, "%s was built for version %u.%u of the plugin ABI; %d is wanted", path, found->abi_major,
                   found->abi_minor, TAM_ABI_MAJOR);
    } else if (found->size < PLUGIN_SIZE_1_0 || found->size > symbol_size) {
        buf_format(why, "%s: tam_plugin_v1 has %zu bytes and says %u; at least %zu are wanted", path, symbol_size,
                   found->size, PLUGIN_SIZE_1_0);
    } else {
        return true;
    }
    return false;
}

static const char *missing_member(const struct tam_plugin *table) {
    const struct {
        bool there;
        const char *name;
    } members[] = {
        { table->name != NULL, "name" },       { table->version != NULL, "version" },
        { table->summary != NULL, "summary" }, { table->init != NULL, "init" },
        { table->verify != NULL, "verify" },   { table->describe != NULL, "describe" },
        { table->destroy != NULL, "destroy" }, { table->options != NULL || table->option_count == 0, "options" },
    };
    for (size_t i = 0; i < COUNT(members); i++) {
        if (!members[i].there) {
            return members[i].name;
        }
    }
    return NULL;
}

bool plugin_table_check_name(const struct tam_plugin *table, struct tam_str name, const char *path, struct buf *why) {
    if (str_equal(str_of(table->name), name)) {
        return true;
    }
    buf_format(why, "%s calls itself '", path);
    quote_add(why, str_of(table->name));
    buf_add_text(why, "'; '");
    quote_add(why, name);
    buf_add_text(why, "' is wanted");
    return false;
}

static bool check_members(const struct tam_plugin *table, struct tam_str name, const char *path, struct buf *why) {
    const char *missing = missing_member(table);
    bool stride = table->option_size >= OPTION_SIZE_1_0 && table->option_size <= OPTION_SIZE_MAX &&
                  table->option_size % _Alignof(struct tam_option) == 0;
    if (missing != NULL) {
        buf_format(why, "%s has no %s", path, missing);
        return false;
    }
    if (table->option_count > OPTION_COUNT_MAX || (table->option_count > 0 && !stride)) {
        buf_format(why, "%s has %u options of %u bytes; at most %d, of %zu bytes or more, are wanted", path,
                   table->option_count, table->option_size, OPTION_COUNT_MAX, OPTION_SIZE_1_0);
        return false;
    }
    return plugin_table_check_name(table, name, path, why);
}

/* With this libtam's stride. NULL: no memory. */
static struct tam_option *rows_copy(const struct tam_plugin *table) {
    struct tam_option *rows = mem_array(table->option_count, sizeof *rows);
    const char *found = (const char *)table->options;
    size_t size = table->option_size < sizeof *rows ? table->option_size : sizeof *rows;
    for (size_t i = 0; rows != NULL && i < table->option_count; i++) {
        memcpy(&rows[i], found + i * table->option_size, size);
    }
    return rows;
}

static bool check_rows(const struct tam_plugin *table, const struct tam_option *rows, const char *path,
                       struct buf *why) {
    const struct option_table options = { table->name, rows, table->option_count };
    struct buf fault;
    buf_init(&fault, why->limit);
    bool good = option_check_table(&options, &fault);
    if (!good) {
        buf_format(why, "%s: %.*s", path, STR_PRINT(buf_str(&fault)));
    }
    buf_free(&fault);
    return good;
}

bool plugin_table_copy(const struct tam_plugin *found, size_t symbol_size, struct tam_str name, const char *path,
                       struct tam_plugin *ret_table, struct buf *why) {
    struct tam_plugin table = { 0 };
    if (!check_head(found, symbol_size, path, why)) {
        return false;
    }
    memcpy(&table, found, found->size < sizeof table ? found->size : sizeof table);
    if (!check_members(&table, name, path, why)) {
        return false;
    }
    struct tam_option *rows = rows_copy(&table);
    if (rows == NULL) {
        buf_add_text(why, "memory ran out");
        return false;
    }
    if (!check_rows(&table, rows, path, why)) {
        mem_free(rows);
        return false;
    }
    table.options = rows;
    table.option_size = sizeof *rows;
    *ret_table = table;
    return true;
}

void plugin_table_free(struct tam_plugin *table) {
    mem_free((void *)(uintptr_t)table->options);
    table->options = NULL;
}
