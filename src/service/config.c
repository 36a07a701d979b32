/* SPDX-License-Identifier: MIT
 *
 * A service's configuration: statements to limits, a resource and verifiers with complete options. It reports every fault it
 * can find, and gives out nothing that has one.
 */
#include <config.h>

#include <src/service/config.h>

#include <src/base/array.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/service/options.h>
#include <src/conf/nearest.h>
#include <src/service/resource.h>
#include <src/conf/statement.h>

#define MEMORY_MAX        ((size_t)32 << 20)
#define WHY_MAX           16384
#define VERIFIER_NAME_MAX 1024
#define NO_MEMORY         "the configuration is too large, or memory ran out"

/* One run over a source. */
struct run {
    struct configuration *configuration;
    const struct configuration_options *options;
    struct pool pool;
    struct option_means means;
    const struct statement *resource, *service; /* the first of each; NULL: none yet */
};

#define run_fault(run, statement, ...)                                                                                 \
    faults_add((run)->means.faults, TAM_LOG_ERROR, (statement)->file, (statement)->line, __VA_ARGS__)

/* ---- Verifiers ---- */

static const struct tam_str controls[] = {
    [CONTROL_REQUIRED] = STR_INIT("required"),
    [CONTROL_SUFFICIENT] = STR_INIT("sufficient"),
};

struct tam_str control_name(enum configuration_control control) {
    return controls[control];
}

static bool find_control(struct tam_str word, enum configuration_control *ret_control) {
    for (size_t i = CONTROL_REQUIRED; i < COUNT(controls); i++) {
        if (str_equal(word, controls[i])) {
            *ret_control = (enum configuration_control)i;
            return true;
        }
    }
    return false;
}

/* The words before the options: [CONTROL] PLUGIN. Without a control, required is what a stack of one means. */
static bool read_words(struct run *run, const struct statement *statement, struct configuration_verifier *verifier,
                       struct tam_str *ret_plugin) {
    enum configuration_control control = CONTROL_REQUIRED;
    bool controlled = find_control(statement->words[0], &control);
    if (!controlled && statement->word_count > 1) {
        run_fault(run, statement, "expected a plugin's name and then key=value, or required or sufficient before it");
        return false;
    }
    if (controlled && statement->word_count < 2) {
        run_fault(run, statement, "expected a plugin's name behind %s", statement->words[0].ptr);
        return false;
    }
    verifier->control = control;
    verifier->control_given = controlled;
    *ret_plugin = statement->words[controlled ? 1 : 0];
    return true;
}

/* A word that is nearly one of ours is hardly a plugin. */
static const char *nearest_word(struct tam_str word) {
    static const char *const words[] = { "resource", "service", "include", "required", "sufficient" };
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (size_t i = 0; i < COUNT(words); i++) {
        nearest_try(&nearest, words[i]);
    }
    return nearest.word;
}

static const struct plugin *load_plugin(struct run *run, const struct statement *statement, struct tam_str name) {
    struct buf why;
    buf_init(&why, WHY_MAX);
    const struct plugin *plugin = plugin_load(name, run->options->plugin_dir, run->options->any_owner, &why);
    if (plugin == NULL) {
        const char *word = statement->word_count == 1 ? nearest_word(statement->words[0]) : NULL;
        run_fault(run, statement, "%s%s%s", why.len > 0 ? why.ptr : "the plugin cannot be loaded",
                  word != NULL ? "; did you mean " : "", word != NULL ? word : "");
    } else if (why.len > 0) {
        faults_add(run->means.faults, TAM_LOG_WARNING, statement->file, statement->line, "%s", why.ptr);
    }
    buf_free(&why);
    return plugin;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "api.example.com:3"; from an included file "api.example.com:common:3". No two verifiers have one name. */
static bool name_verifier(struct run *run, const struct statement *statement, struct tam_str *ret_name) {
    struct tam_str service = run->configuration->name;
    const char *file = statement->label;
    bool included = !str_equal(service, str_of(file));
    struct buf name;
    buf_init(&name, VERIFIER_NAME_MAX);
    buf_format(&name, "%.*s%s%s:%u", STR_PRINT(service), included ? ":" : "", included ? file : "", statement->line);
    bool good = !name.failed && pool_copy(&run->pool, buf_str(&name), ret_name);
    buf_free(&name);
    return good;
}

static bool read_options(struct run *run, const struct statement *statement, struct configuration_verifier *verifier) {
    const struct tam_plugin *plugin = &verifier->plugin->table;
    const struct option_table table = { plugin->name, plugin->options, plugin->option_count };
    struct tam_value *values = pool_array(&run->pool, table.count, sizeof *values);
    unsigned *lines = pool_array(&run->pool, table.count, sizeof *lines);
    struct tam_str name;
    if (values == NULL || lines == NULL || !name_verifier(run, statement, &name)) {
        run_fault(run, statement, NO_MEMORY);
        return false;
    }
    verifier->option_lines = lines;
    verifier->config = (struct tam_config){
        .size = sizeof verifier->config,
        .value_size = sizeof *values,
        .value_count = plugin->option_count,
        .flags = (run->options->any_owner ? (uint32_t)TAM_CONFIG_ANY_OWNER : 0) |
                 (run->options->host_clock ? (uint32_t)TAM_CONFIG_HOST_CLOCK : 0) |
                 (run->options->fetch ? (uint32_t)TAM_CONFIG_FETCH : 0),
        .values = values,
        .name = name,
    };
    return option_read(&table, statement, &run->means, values, lines);
}

static void read_verifier(struct run *run, const struct statement *statement) {
    struct configuration *configuration = run->configuration;
    struct configuration_verifier *verifier = &configuration->verifiers[configuration->verifier_count];
    struct tam_str name;
    *verifier = (struct configuration_verifier){ .file = statement->file, .line = statement->line };
    configuration->verifier_count++;
    if (!read_words(run, statement, verifier, &name)) {
        return;
    }
    verifier->plugin = load_plugin(run, statement, name);
    if (verifier->plugin != NULL) {
        (void)read_options(run, statement, verifier);
    }
}

/* ---- Statements ---- */

/* True when it may be read: the first of its kind, and nothing but options behind the word. */
static bool take_once(struct run *run, const struct statement *statement, const struct statement **first) {
    if (*first != NULL) {
        run_fault(run, statement, "there is more than one statement %s; the first is in line %u of %s",
                  statement->words[0].ptr, (*first)->line, (*first)->file);
        return false;
    }
    *first = statement;
    if (statement->word_count > 1) {
        run_fault(run, statement, "expected key=value behind %s", statement->words[0].ptr);
        return false;
    }
    return true;
}

static void read_one(struct run *run, const struct statement *statement) {
    if (str_equal(statement->words[0], str_of(resource_table.name))) {
        if (take_once(run, statement, &run->resource)) {
            (void)resource_read(statement, &run->means, &run->configuration->resource);
        }
    } else if (str_equal(statement->words[0], str_of(limits_table.name))) {
        if (take_once(run, statement, &run->service)) {
            (void)limits_read(statement, &run->means, &run->configuration->limits);
        }
    } else {
        read_verifier(run, statement);
    }
}

static void read_defaults(struct run *run, const char *file) {
    const struct statement empty = { .file = file, .folder = "/" };
    if (run->service == NULL) {
        (void)limits_read(&empty, &run->means, &run->configuration->limits);
    }
}

static bool prepare(struct run *run, const struct configuration_source *source, const struct statement *first) {
    struct tam_str name = source->path != NULL ? str_of(last_part(source->path)) : STR("<string>");
    size_t count = 0;
    for (const struct statement *statement = first; statement != NULL; statement = statement->next) {
        count++;
    }
    run->configuration->verifiers = pool_array(&run->pool, count, sizeof *run->configuration->verifiers);
    return run->configuration->verifiers != NULL && pool_copy(&run->pool, name, &run->configuration->name);
}

/* Of several verifiers each says what it means for the others. Lines whose plugin was not found do not count: they may be meant
 * for something else. */
static void check_stack(const struct run *run) {
    const struct configuration *configuration = run->configuration;
    size_t loaded = 0;
    for (size_t i = 0; i < configuration->verifier_count; i++) {
        loaded += configuration->verifiers[i].plugin != NULL;
    }
    for (size_t i = 0; loaded > 1 && i < configuration->verifier_count; i++) {
        const struct configuration_verifier *verifier = &configuration->verifiers[i];
        if (verifier->plugin != NULL && !verifier->control_given) {
            faults_add(run->means.faults, TAM_LOG_ERROR, verifier->file, verifier->line,
                       "there are several verifiers: write required or sufficient before each plugin's name");
        }
    }
}

static void read_all(struct run *run, const struct configuration_source *source) {
    const char *file = source->path != NULL ? source->path : "<string>";
    const struct statement *first = statement_read(source, run->options->any_owner, &run->pool, run->means.faults);
    bool spelled = !faults_any_error(run->means.faults);
    if (!prepare(run, source, first)) {
        faults_add(run->means.faults, TAM_LOG_ERROR, file, 0, NO_MEMORY);
        return;
    }
    for (; first != NULL; first = first->next) {
        read_one(run, first);
    }
    read_defaults(run, file);
    check_stack(run);
    if (run->configuration->verifier_count == 0 && spelled) {
        faults_add(run->means.faults, TAM_LOG_ERROR, file, 0,
                   "there is no verifier: expected a line with a plugin's name and its options");
    }
}

struct configuration *configuration_read(const struct configuration_source *source,
                                         const struct configuration_options *options, struct tam_faults *faults) {
    struct configuration *configuration = mem_alloc(sizeof *configuration);
    if (configuration == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, NO_MEMORY);
        return NULL;
    }
    struct run run = { .configuration = configuration, .options = options };
    arena_init(&configuration->memory, NULL, 0, MEMORY_MAX);
    run.pool = arena_pool(&configuration->memory);
    run.means = (struct option_means){ &run.pool, faults, options->any_owner };
    read_all(&run, source);
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
