/* SPDX-License-Identifier: MIT
 *
 * Says which plugins are installed and what may be written behind their names. It loads plugins and makes no verifier;
 * one that cannot be loaded is listed with the reason.
 */
#include <config.h>

#include <inttypes.h>
#include <src/base/array.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/base/thread.h>
#include <src/answer/document.h>
#include <src/service/faults.h>
#include <src/service/options.h>
#include <src/plugin/loader.h>
#include <src/plugin/names.h>
#include <src/service/resource.h>
#include <src/service/setup.h>
#include <src/conf/value.h>

#define WHY_MAX 16384

/* ---- JSON ---- */

static void write_bool(struct buf *buf, const char *name, bool value) {
    document_name(buf, name);
    buf_add_text(buf, value ? "true" : "false");
}

/* NULL becomes null, and an empty text stays one: both mean something for a default. */
static void write_text(struct buf *buf, const char *name, const char *text) {
    document_name(buf, name);
    if (text != NULL) {
        json_quote(buf, str_of(text));
    } else {
        buf_add_text(buf, "null");
    }
}

static void write_bound(struct buf *buf, const char *name, const struct tam_option *row, int64_t bound) {
    document_name(buf, name);
    if (row->min == 0 && row->max == 0) {
        buf_add_text(buf, "null");
    } else {
        buf_add_number(buf, bound);
    }
}

static void write_choices(struct buf *buf, const struct tam_option *row) {
    bool is_enum = (row->type & ~(uint32_t)TAM_OPT_LIST) == TAM_OPT_ENUM;
    document_name(buf, "choices");
    buf_add_byte(buf, '[');
    for (size_t i = 0; is_enum && row->choices[i] != NULL; i++) {
        document_comma(buf);
        json_quote(buf, str_of(row->choices[i]));
    }
    buf_add_byte(buf, ']');
}

static void write_option(struct buf *buf, const struct tam_option *row) {
    document_comma(buf);
    buf_add_byte(buf, '{');
    write_text(buf, "key", row->key);
    write_text(buf, "type", value_type_name(row->type));
    write_bool(buf, "list", (row->type & TAM_OPT_LIST) != 0);
    write_bool(buf, "required", (row->flags & TAM_OPT_REQUIRED) != 0);
    write_text(buf, "default", row->fallback);
    write_bound(buf, "min", row, row->min);
    write_bound(buf, "max", row, row->max);
    write_choices(buf, row);
    write_text(buf, "help", row->help);
    buf_add_byte(buf, '}');
}

static void write_options(struct buf *buf, const struct tam_option *rows, size_t count) {
    document_name(buf, "options");
    buf_add_byte(buf, '[');
    for (size_t i = 0; i < count; i++) {
        write_option(buf, &rows[i]);
    }
    buf_add_byte(buf, ']');
}

static void write_plugin(struct buf *buf, const struct plugin *plugin) {
    const struct tam_plugin *table = &plugin->table;
    document_comma(buf);
    buf_add_byte(buf, '{');
    write_text(buf, "name", table->name);
    write_text(buf, "version", table->version);
    write_text(buf, "summary", table->summary);
    write_text(buf, "path", plugin->path);
    document_name(buf, "abi");
    buf_format(buf, "\"%u.%u\"", table->abi_major, table->abi_minor);
    write_options(buf, table->options, table->option_count);
    buf_add_byte(buf, '}');
}

/* A statement of libtam's own, so that its options are documented from their table too. */
static void write_statement(struct buf *buf, const struct option_table *table, const char *summary) {
    document_comma(buf);
    buf_add_byte(buf, '{');
    write_text(buf, "name", table->name);
    write_text(buf, "version", PACKAGE_VERSION);
    write_text(buf, "summary", summary);
    write_text(buf, "path", NULL);
    write_text(buf, "abi", NULL);
    write_options(buf, table->rows, table->count);
    buf_add_byte(buf, '}');
}

static void write_broken(struct buf *buf, const char *name, struct tam_str why) {
    document_comma(buf);
    buf_add_byte(buf, '{');
    write_text(buf, "name", name);
    document_text(buf, "error", why);
    buf_add_byte(buf, '}');
}

/* ---- One ---- */

static const struct {
    const struct option_table *table;
    const char *summary;
} statements[] = {
    { &resource_statement.options, "statement: what the host says of itself to clients" },
    { &service_statement.options, "statement: limits of the service" },
};

static bool add_statement(struct buf *buf, struct tam_str name) {
    for (size_t i = 0; i < COUNT(statements); i++) {
        if (str_equal(name, str_of(statements[i].table->name))) {
            write_statement(buf, statements[i].table, statements[i].summary);
            return true;
        }
    }
    return false;
}

static bool add_named(struct buf *buf, const char *name, const struct setup *setup, struct faults *faults) {
    struct buf why;
    if (add_statement(buf, str_of(name))) {
        return true;
    }
    buf_init(&why, WHY_MAX);
    const struct plugin *plugin = plugin_load(str_of(name), setup->plugin_dir, setup->any_owner, &why);
    if (plugin != NULL) {
        write_plugin(buf, plugin);
    } else {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "%s", why.len > 0 ? why.ptr : "the plugin cannot be loaded");
    }
    buf_free(&why);
    return plugin != NULL;
}

/* ---- All ---- */

static bool add_all(struct buf *buf, const struct setup *setup, struct faults *faults) {
    struct plugin_names names;
    struct buf why;
    buf_init(&why, WHY_MAX);
    bool good = plugin_names_read(&names, setup->plugin_dir, &why);
    if (!good) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "%.*s", STR_PRINT(buf_str(&why)));
    }
    for (size_t i = 0; good && i < names.count; i++) {
        const struct plugin *plugin = plugin_load(str_of(names.items[i]), setup->plugin_dir, setup->any_owner, &why);
        if (plugin != NULL) {
            write_plugin(buf, plugin);
        } else {
            write_broken(buf, names.items[i], buf_str(&why));
        }
        buf_clear(&why);
    }
    buf_free(&why);
    plugin_names_free(&names);
    return good;
}

/* ---- The call ---- */

static struct tam_document *make(const char *name, const struct tam_setup *given, struct faults *faults) {
    struct tam_document *document = NULL;
    struct setup setup;
    struct buf buf;
    if (!setup_read(given, &setup, faults)) {
        return NULL;
    }
    buf_init(&buf, 16 * DOCUMENT_MAX);
    buf_add_byte(&buf, '[');
    bool good = name != NULL ? add_named(&buf, name, &setup, faults) : add_all(&buf, &setup, faults);
    buf_add_byte(&buf, ']');
    setup_free(&setup);
    if (!good) {
        buf_free(&buf);
        return NULL;
    }
    document = document_of(&buf);
    if (document == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "memory ran out");
    }
    return document;
}

TAM_API struct tam_document *tam_plugins(const char *name, const struct tam_setup *setup,
                                         struct tam_faults **ret_faults) {
    THREAD_CANCEL_LATER;
    struct faults *faults = faults_new();
    struct tam_document *document = make(name, setup, faults);
    if (document != NULL) {
        faults_free(faults);
        faults = NULL;
    }
    faults_give(faults, ret_faults);
    return document;
}
