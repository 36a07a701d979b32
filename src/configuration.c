/* SPDX-License-Identifier: MIT
 *
 * A service's configuration: statements to verifiers with complete options.
 */
#include <config.h>

#include <src/base/owner.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/url.h>
#include <src/configuration.h>
#include <src/option.h>

#include <stdlib.h>
#include <unistd.h>

#define MEMORY_MAX    ((size_t)64 << 20)
#define FILE_MAX      ((size_t)1 << 20)
#define INCLUDES_MAX  8
#define VERIFIERS_MAX 16
#define STRING_NAME   "<string>"

/* What is being read. Includes make a new one for each file. */
struct reading {
    struct configuration *configuration;
    const struct configuration_options *options;
    struct tam_faults *faults;
    const char *file;   /* as shown in faults */
    const char *folder; /* that paths are relative to */
    unsigned depth;     /* of includes */
    bool *service_given;
};

static void fault(const struct reading *reading, unsigned line, const char *text) {
    faults_add(reading->faults, TAM_LOG_ERROR, reading->file, line, "%s", text);
}

static struct option_reading option_reading(const struct reading *reading, unsigned line) {
    return (struct option_reading){
        .memory = &reading->configuration->memory,
        .faults = reading->faults,
        .file = reading->file,
        .line = line,
        .folder = reading->folder,
        .any_owner = reading->options->any_owner,
    };
}

/* Zeroed memory of the configuration. */
static void *take(const struct reading *reading, size_t count, size_t size) {
    struct pool pool = arena_pool(&reading->configuration->memory);
    void *memory = pool_array(&pool, count, size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

/* Values and lines for a table; false when one of them cannot be read. */
static bool read_options(const struct reading *reading, const struct option_table *table,
                         const struct statement *statement, size_t skip, struct tam_value **ret_values,
                         unsigned **ret_lines) {
    struct option_reading where = option_reading(reading, statement->line);
    *ret_values = take(reading, table->count + 1, sizeof **ret_values);
    *ret_lines = take(reading, table->count + 1, sizeof **ret_lines);
    if (*ret_values == NULL || *ret_lines == NULL) {
        fault(reading, statement->line, "the configuration is too large");
        return false;
    }
    return options_read(table, statement->words + skip, statement->count - skip, &where, *ret_values, *ret_lines);
}

/* ---- resource ------------------------------------------------------------------------------------------------------------------ */

enum { RESOURCE_URL, RESOURCE_NAME, RESOURCE_DOCUMENTATION, RESOURCE_SCOPES, RESOURCE_SERVERS, RESOURCE_COUNT };

static const struct tam_option resource_rows[RESOURCE_COUNT] = {
    { "url", TAM_OPT_URL, TAM_OPT_REQUIRED, 1, 2048, NULL, NULL, "resource identifier, RFC 9728 section 1.2" },
    { "name", TAM_OPT_STRING, 0, 1, 256, NULL, NULL, "resource_name, for people" },
    { "documentation", TAM_OPT_URL, 0, 1, 2048, NULL, NULL, "resource_documentation, a page for developers" },
    { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 256, NULL, NULL,
      "scopes_supported, instead of the verifiers' own" },
    { "authorization_servers", TAM_OPT_URL | TAM_OPT_LIST, 0, 1, 2048, NULL, NULL,
      "authorization_servers, instead of the verifiers' own" },
};
static const struct option_table resource_table = { "resource", resource_rows, RESOURCE_COUNT,
                                                    sizeof resource_rows[0] };

static bool is_secure(struct tam_str text) {
    struct url url;
    return url_split(text, &url, NULL) && (url_is_https(&url) || url_is_loopback(&url));
}

/* RFC 6749 §3.3: visible ASCII without `"` and `\`. */
static bool is_scope(struct tam_str scope) {
    return scope.len > 0 && str_is_visible_ascii(scope) && str_find(scope, '"') == scope.len &&
           str_find(scope, '\\') == scope.len;
}

static void check_resource(const struct reading *reading, const struct configuration_resource *resource,
                           const unsigned *lines) {
    if (!is_secure(resource->url)) {
        fault(reading, lines[RESOURCE_URL], "resource: url must be https (http only for loopback)");
    }
    if (str_ends(resource->url, STR("/"))) {
        faults_add(reading->faults, TAM_LOG_WARNING, reading->file, lines[RESOURCE_URL],
                   "resource: url ends with a slash, which clients of MCP refuse");
    }
    for (size_t i = 0; i < resource->authorization_servers.count; i++) {
        if (!is_secure(resource->authorization_servers.items[i])) {
            fault(reading, lines[RESOURCE_SERVERS], "resource: authorization_servers must be https");
        }
    }
    for (size_t i = 0; i < resource->scopes.count; i++) {
        if (!is_scope(resource->scopes.items[i])) {
            fault(reading, lines[RESOURCE_SCOPES], "resource: scopes has one that RFC 6749 section 3.3 does not allow");
        }
        if (str_equal(resource->scopes.items[i], STR("offline_access"))) {
            faults_add(reading->faults, TAM_LOG_WARNING, reading->file, lines[RESOURCE_SCOPES],
                       "resource: scopes names offline_access, which a resource should not ask for");
        }
    }
}

static void read_resource(struct reading *reading, const struct statement *statement) {
    struct configuration_resource *resource = &reading->configuration->resource;
    struct tam_value *values;
    unsigned *lines;
    if (resource->given) {
        fault(reading, statement->line, "resource: there is one already");
        return;
    }
    resource->given = true;
    if (!read_options(reading, &resource_table, statement, 1, &values, &lines)) {
        return;
    }
    resource->url = values[RESOURCE_URL].text;
    resource->name = values[RESOURCE_NAME].text;
    resource->documentation = values[RESOURCE_DOCUMENTATION].text;
    resource->scopes = values[RESOURCE_SCOPES].list;
    resource->scopes_given = values[RESOURCE_SCOPES].given != TAM_GIVEN_ABSENT;
    resource->authorization_servers = values[RESOURCE_SERVERS].list;
    resource->authorization_servers_given = values[RESOURCE_SERVERS].given != TAM_GIVEN_ABSENT;
    check_resource(reading, resource, lines);
}

/* ---- service ------------------------------------------------------------------------------------------------------------------- */

enum { SERVICE_TIMEOUT, SERVICE_CACHE_SIZE, SERVICE_CACHE_TTL, SERVICE_TOKEN_SIZE, SERVICE_IMPLIES, SERVICE_COUNT };

static const struct tam_option service_rows[SERVICE_COUNT] = {
    { "timeout", TAM_OPT_DURATION, 0, 1, 300, "5s", NULL, "how long a question may wait for the network" },
    { "cache_size", TAM_OPT_SIZE, 0, 0, INT64_C(4) << 30, "16M", NULL, "memory for verdicts kept; 0: none are" },
    { "cache_ttl", TAM_OPT_DURATION, 0, 1, 86400, "300s", NULL, "how long a verdict is kept at most" },
    { "max_token_size", TAM_OPT_SIZE, 0, 1024, 65536, "16K", NULL, "longest token that is looked at" },
    { "scope_implies", TAM_OPT_STRING | TAM_OPT_LIST, 0, 3, 512, NULL, NULL,
      "BROAD:NARROW, whoever has the one has the other" },
};
static const struct option_table service_table = { "service", service_rows, SERVICE_COUNT, sizeof service_rows[0] };

/* At the last colon: scopes may be URIs, of which the narrow one is written in its short form. */
static bool split_implication(struct tam_str text, struct configuration_implication *ret_implication) {
    size_t colon = text.len;
    for (size_t i = 0; i < text.len; i++) {
        colon = text.ptr[i] == ':' ? i : colon;
    }
    ret_implication->broad = (struct tam_str){ text.ptr, colon };
    ret_implication->narrow = str_from(text, colon + 1);
    return is_scope(ret_implication->broad) && is_scope(ret_implication->narrow);
}

static void read_implications(const struct reading *reading, struct tam_list list, unsigned line) {
    struct configuration_limits *limits = &reading->configuration->limits;
    struct configuration_implication *items = take(reading, list.count, sizeof *items);
    for (size_t i = 0; i < list.count; i++) {
        if (items == NULL || !split_implication(list.items[i], &items[i])) {
            fault(reading, line, "service: scope_implies must be a list of BROAD:NARROW");
            return;
        }
    }
    limits->implications = items;
    limits->implication_count = list.count;
}

static void read_service(struct reading *reading, const struct statement *statement) {
    struct configuration_limits *limits = &reading->configuration->limits;
    struct tam_value *values;
    unsigned *lines;
    if (*reading->service_given) {
        fault(reading, statement->line, "service: there is one already");
        return;
    }
    *reading->service_given = true;
    if (!read_options(reading, &service_table, statement, 1, &values, &lines)) {
        return;
    }
    limits->timeout_ns = values[SERVICE_TIMEOUT].number * INT64_C(1000000000);
    limits->cache_size = (size_t)values[SERVICE_CACHE_SIZE].number;
    limits->cache_ttl = values[SERVICE_CACHE_TTL].number;
    limits->max_token_size = (size_t)values[SERVICE_TOKEN_SIZE].number;
    read_implications(reading, values[SERVICE_IMPLIES].list, lines[SERVICE_IMPLIES]);
}

/* Without the statement its defaults hold: it is read as if it stood there empty. */
static void default_service(struct reading *reading) {
    static const struct word word = { .text = STR_INIT("service") };
    if (!*reading->service_given) {
        read_service(reading, &(struct statement){ &word, 1, 0 });
    }
}

/* ---- Verifiers ----------------------------------------------------------------------------------------------------------------- */

static const struct {
    struct tam_str word;
    enum configuration_control control;
} controls[] = { { STR_INIT("required"), CONTROL_REQUIRED }, { STR_INIT("sufficient"), CONTROL_SUFFICIENT } };

/* 0: the word is no control. */
static enum configuration_control find_control(const struct word *word) {
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (word->key.len == 0 && str_equal(word->text, controls[i].word)) {
            return controls[i].control;
        }
    }
    return 0;
}

static const struct plugin *load_plugin(const struct reading *reading, const struct word *word) {
    struct buf why;
    buf_init(&why, 4096);
    const struct plugin *plugin =
        plugin_load(word->text, reading->options->plugin_dir, reading->options->any_owner, &why);
    if (why.len > 0 || plugin == NULL) {
        faults_add(reading->faults, plugin == NULL ? TAM_LOG_ERROR : TAM_LOG_WARNING, reading->file, word->line,
                   "plugin %.*s: %s", STR_PRINT(word->text), why.ptr != NULL ? why.ptr : "cannot be loaded");
    }
    buf_free(&why);
    return plugin;
}

static bool name_verifier(const struct reading *reading, unsigned line, struct tam_str *ret_name) {
    struct pool pool = arena_pool(&reading->configuration->memory);
    struct buf name;
    buf_init(&name, 1024);
    buf_format(&name, "%.*s:%u", STR_PRINT(reading->configuration->name), line);
    bool good = !name.failed && pool_copy(&pool, buf_str(&name), ret_name);
    buf_free(&name);
    return good;
}

static void fill_config(const struct reading *reading, const struct plugin *plugin, const struct tam_value *values,
                        struct tam_config *config) {
    config->size = sizeof *config;
    config->value_size = sizeof *values;
    config->value_count = plugin->table.option_count;
    config->flags = (reading->options->any_owner ? (uint32_t)TAM_CONFIG_ANY_OWNER : 0) |
                    (reading->options->host_clock ? (uint32_t)TAM_CONFIG_HOST_CLOCK : 0);
    config->values = values;
}

static void read_verifier(struct reading *reading, const struct statement *statement) {
    struct configuration *configuration = reading->configuration;
    enum configuration_control control = find_control(&statement->words[0]);
    size_t at = control != 0;
    struct tam_value *values;
    unsigned *lines;
    if (at == statement->count || statement->words[at].key.len > 0) {
        fault(reading, statement->line,
              "a statement begins with resource, service, include, or a plugin's name behind "
              "required or sufficient");
        return;
    }
    if (configuration->verifier_count == VERIFIERS_MAX) {
        fault(reading, statement->line, "too many verifiers");
        return;
    }
    struct configuration_verifier *verifier = &configuration->verifiers[configuration->verifier_count++];
    verifier->control = control != 0 ? control : CONTROL_REQUIRED;
    verifier->file = reading->file;
    verifier->line = statement->line;
    verifier->plugin = load_plugin(reading, &statement->words[at]);
    if (verifier->plugin == NULL) {
        return;
    }
    const struct tam_plugin *plugin = &verifier->plugin->table;
    struct option_table table = { plugin->name, plugin->options, plugin->option_count, plugin->option_size };
    if (read_options(reading, &table, statement, at + 1, &values, &lines)) {
        fill_config(reading, verifier->plugin, values, &verifier->config);
        verifier->option_lines = lines;
        if (!name_verifier(reading, statement->line, &verifier->config.name)) {
            fault(reading, statement->line, "the configuration is too large");
        }
    }
}

/* ---- Statements and files -------------------------------------------------------------------------------------------------------- */

static void read_text(struct reading *reading, struct tam_str text);

static char *folder_of(const char *path, struct arena *memory) {
    const char *slash = strrchr(path, '/');
    struct pool pool = arena_pool(memory);
    struct tam_str folder = { path, slash != NULL && slash > path ? (size_t)(slash - path) : 1 };
    struct tam_str copy = STR_NONE;
    return pool_copy(&pool, folder, &copy) ? (char *)(uintptr_t)copy.ptr : NULL;
}

/* line 0: the service file itself, else where it is included. */
static void read_file(struct reading *reading, const char *path, const char *from, unsigned line) {
    struct buf content, why;
    buf_init(&content, FILE_MAX);
    buf_init(&why, 4096);
    if (owner_read(path, reading->options->any_owner ? OWNER_ANY : 0, FILE_MAX, &content, &why)) {
        read_text(reading, buf_str(&content));
    } else {
        faults_add(reading->faults, TAM_LOG_ERROR, from, line, "%s", why.ptr != NULL ? why.ptr : "cannot be read");
    }
    buf_free(&content);
    buf_free(&why);
}

static void read_include(struct reading *reading, const struct statement *statement) {
    if (statement->count != 2 || statement->words[1].key.len > 0) {
        fault(reading, statement->line, "include: expected one path");
        return;
    }
    if (reading->depth == INCLUDES_MAX) {
        fault(reading, statement->line, "include: files include each other too deep");
        return;
    }
    struct arena *memory = &reading->configuration->memory;
    const char *path = path_in(reading->folder, statement->words[1].text, memory);
    if (path == NULL) {
        fault(reading, statement->line, "the configuration is too large");
        return;
    }
    struct reading inner = *reading;
    inner.file = path;
    inner.folder = folder_of(path, memory);
    inner.depth++;
    read_file(&inner, path, reading->file, statement->line);
}

static const struct {
    struct tam_str word;
    void (*read)(struct reading *, const struct statement *);
} statements[] = {
    { STR_INIT("resource"), read_resource },
    { STR_INIT("service"), read_service },
    { STR_INIT("include"), read_include },
};

static void read_statement(struct reading *reading, const struct statement *statement) {
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (statement->words[0].key.len == 0 && str_equal(statement->words[0].text, statements[i].word)) {
            statements[i].read(reading, statement);
            return;
        }
    }
    read_verifier(reading, statement);
}

static void read_text(struct reading *reading, struct tam_str text) {
    struct statement_reader reader = { text, reading->file, 1, &reading->configuration->memory, reading->faults };
    struct statement statement;
    while (statement_next(&reader, &statement)) {
        read_statement(reading, &statement);
    }
}

/* ---- The whole --------------------------------------------------------------------------------------------------------------------- */

static void check_stack(const struct reading *reading) {
    const struct configuration *configuration = reading->configuration;
    if (configuration->verifier_count == 0) {
        faults_add(reading->faults, TAM_LOG_ERROR, reading->file, 0,
                   "no verifier: a line such as `required azure ...`");
    } else if (configuration->verifier_count > 1) {
        faults_add(reading->faults, TAM_LOG_ERROR, configuration->verifiers[1].file, configuration->verifiers[1].line,
                   "a second verifier: stacks of several come with a later version");
    }
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool begin(struct reading *reading, const struct configuration_source *source) {
    struct configuration *configuration = reading->configuration;
    struct pool pool = arena_pool(&configuration->memory);
    struct tam_str name = source->path != NULL ? str_of(last_part(source->path)) : STR("string");
    char *current = source->path == NULL ? getcwd(NULL, 0) : NULL;
    struct tam_str folder = str_of(current != NULL ? current : "/");
    bool good = pool_copy(&pool, name, &configuration->name) && pool_copy(&pool, folder, &folder);
    mem_free(current);
    configuration->verifiers = take(reading, VERIFIERS_MAX, sizeof *configuration->verifiers);
    reading->file = source->path != NULL ? source->path : STRING_NAME;
    reading->folder = source->path != NULL ? folder_of(source->path, &configuration->memory) : folder.ptr;
    struct tam_str file;
    good = good && pool_copy(&pool, str_of(reading->file), &file);
    if (good) {
        reading->file = file.ptr;
    }
    return good && configuration->verifiers != NULL && reading->folder != NULL;
}

struct configuration *configuration_read(const struct configuration_source *source,
                                         const struct configuration_options *options, struct tam_faults *faults) {
    struct configuration *configuration = mem_alloc(sizeof *configuration);
    bool service_given = false;
    if (configuration == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "out of memory");
        return NULL;
    }
    arena_init(&configuration->memory, NULL, 0, MEMORY_MAX);
    struct reading reading = {
        .configuration = configuration, .options = options, .faults = faults, .service_given = &service_given
    };
    if (!begin(&reading, source)) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "out of memory");
    } else if (source->path != NULL) {
        read_file(&reading, source->path, source->path, 0);
    } else {
        read_text(&reading, str_of(source->text));
    }
    if (!faults_any_error(faults)) {
        default_service(&reading);
        check_stack(&reading);
    }
    if (faults_any_error(faults)) {
        configuration_free(configuration);
        return NULL;
    }
    return configuration;
}

void configuration_free(struct configuration *configuration) {
    if (configuration != NULL) {
        arena_free(&configuration->memory);
        mem_free(configuration);
    }
}
