/* SPDX-License-Identifier: MIT
 *
 * A service's configuration: statements to service options, a resource and verifiers with complete options. It reports
 * every fault it can find, and gives out nothing that has one.
 */
#include <config.h>

#include <src/service/config.h>

#include <src/base/array.h>
#include <src/base/assert.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/conf/nearest.h>
#include <src/service/options.h>
#include <src/service/resource.h>

#define MEMORY_MAX        ((size_t)32 << 20)
#define WHY_MAX           16384
#define VERIFIER_NAME_MAX 1024
#define VERIFIERS_MAX     2048 /* each is looked for and loaded */

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

/* What is hardly a plugin. The word is not shown: it may be what is left of a line that was broken. */
static const char *meant_control(struct tam_str word) {
    static const struct tam_str of_pam[] = { STR_INIT("requisite"), STR_INIT("optional"), STR_INIT("substack"),
                                             STR_INIT("binding") };
    struct nearest nearest;
    word.len -= str_ends(word, STR(":")) ? 1 : 0;
    if (list_has_nocase((struct tam_list){ of_pam, COUNT(of_pam) }, word)) {
        return "of PAM's controls there are only these two";
    }
    nearest_init(&nearest, word);
    nearest_try(&nearest, "required");
    nearest_try(&nearest, "sufficient");
    if (str_equal_nocase(word, STR("required")) || str_equal_nocase(word, STR("sufficient"))) {
        return "in lower case, and without a colon";
    }
    return nearest.word == NULL ? NULL : nearest.word[0] == 'r' ? "did you mean required" : "did you mean sufficient";
}

/* The words before the options: [CONTROL] PLUGIN. Without a control, required is what a stack of one means. */
static bool read_words(struct configuration_run *run, const struct statement *statement,
                       struct configuration_verifier *verifier, struct tam_str *ret_plugin) {
    enum configuration_control control = CONTROL_REQUIRED;
    bool controlled = find_control(statement->words[0], &control);
    if (!controlled && statement->word_count > 1) {
        const char *meant = meant_control(statement->words[0]);
        run_fault(run, statement,
                  "expected a plugin's name and then key=value, or required or sufficient before it%s%s",
                  meant != NULL ? "; " : "", meant != NULL ? meant : "");
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

/* Who serves over HTTP writes two files, and may take one for the other. */
static bool is_of_tamd(struct tam_str name) {
    static const struct tam_str words[] = { STR_INIT("tamd"),   STR_INIT("listen"),  STR_INIT("admin"),
                                            STR_INIT("route"),  STR_INIT("forward"), STR_INIT("headers"),
                                            STR_INIT("limits"), STR_INIT("log") };
    return list_has((struct tam_list){ words, COUNT(words) }, name);
}

static const struct plugin *load_plugin(struct configuration_run *run, const struct statement *statement,
                                        struct tam_str name) {
    struct buf why;
    buf_init(&why, WHY_MAX);
    const struct plugin *plugin = plugin_load(name, run->setup->plugin_dir, run->setup->any_owner, &why);
    if (plugin == NULL) {
        const char *word = statement->word_count == 1 ? nearest_word(statement->words[0]) : NULL;
        run_fault(run, statement, "%s%s%s%s", why.len > 0 ? why.ptr : "the plugin cannot be loaded",
                  word != NULL ? "; did you mean " : "", word != NULL ? word : "",
                  is_of_tamd(name) ? "; this statement belongs into tamd.conf(5)" : "");
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
static bool name_verifier(struct configuration_run *run, const struct statement *statement, struct tam_str *ret_name) {
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

static bool read_options(struct configuration_run *run, const struct statement *statement,
                         struct configuration_verifier *verifier) {
    const struct tam_plugin *plugin = &verifier->plugin->table;
    const struct option_table table = { plugin->name, plugin->options, plugin->option_count };
    struct tam_value *values = pool_array(&run->pool, table.count, sizeof *values);
    unsigned *lines = pool_array(&run->pool, table.count, sizeof *lines);
    struct tam_str name;
    if (values == NULL || lines == NULL || !name_verifier(run, statement, &name)) {
        run_fault(run, statement, FAULTS_TOO_LARGE);
        return false;
    }
    verifier->option_lines = lines;
    verifier->config = (struct tam_config){
        .size = sizeof verifier->config,
        .value_size = sizeof *values,
        .value_count = plugin->option_count,
        .flags = (run->setup->any_owner ? (uint32_t)TAM_CONFIG_ANY_OWNER : 0) |
                 (run->setup->host_clock ? (uint32_t)TAM_CONFIG_HOST_CLOCK : 0) |
                 (run->setup->fetch ? (uint32_t)TAM_CONFIG_FETCH : 0),
        .values = values,
        .name = name,
    };
    return option_read(&table, statement, &run->means, values, lines);
}

static void read_verifier(struct configuration_run *run, const struct statement *statement) {
    struct configuration *configuration = run->configuration;
    struct configuration_verifier *verifier = &configuration->verifiers[configuration->verifier_count];
    struct tam_str name;
    if (configuration->verifier_count == VERIFIERS_MAX) {
        run_fault(run, statement, "there are more than %d verifiers", VERIFIERS_MAX);
        return;
    }
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

static void read_other(void *target, const struct statement *statement, const struct option_means *means) {
    (void)means; /* the run has them */
    read_verifier(target, statement);
}

static const struct table_kind *const kinds[] = { &resource_statement, &service_statement };
static const struct table table = { kinds, COUNT(kinds), read_other };

static bool prepare(struct configuration_run *run, const struct configuration_source *source,
                    const struct statement *first) {
    struct tam_str name = source->path != NULL ? str_of(last_part(source->path)) : STR("<string>");
    run->configuration->verifiers =
        pool_array(&run->pool, statement_count(first), sizeof *run->configuration->verifiers);
    return run->configuration->verifiers != NULL && pool_copy(&run->pool, name, &run->configuration->name);
}

/* Of several verifiers each says what it means for the others. Lines whose plugin was not found do not count: they
 * may be meant for something else. */
static void check_stack(const struct configuration_run *run) {
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

static void read_all(struct configuration_run *run, const struct configuration_source *source) {
    const char *file = source->path != NULL ? source->path : "<string>";
    const struct statement *first = statement_read(source, run->setup->any_owner, &run->pool, run->means.faults);
    bool spelled = !faults_any_error(run->means.faults);
    if (!prepare(run, source, first)) {
        faults_add(run->means.faults, TAM_LOG_ERROR, file, 0, FAULTS_TOO_LARGE);
        return;
    }
    table_read(&table, first, file, &run->means, run);
    check_stack(run);
    if (run->configuration->verifier_count == 0 && spelled) {
        faults_add(run->means.faults, TAM_LOG_ERROR, file, 0,
                   "there is no verifier: expected a line with a plugin's name and its options");
    }
}

struct configuration *configuration_read(const struct configuration_source *source,
                                         const struct configuration_setup *setup, struct faults *faults) {
    TAM_ASSERT(setup->plugin_dir != NULL);
    struct configuration *configuration = mem_alloc(sizeof *configuration);
    if (configuration == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, FAULTS_TOO_LARGE);
        return NULL;
    }
    struct configuration_run run = { .configuration = configuration, .setup = setup };
    arena_init(&configuration->memory, NULL, 0, MEMORY_MAX);
    run.pool = arena_pool(&configuration->memory);
    run.means = (struct option_means){ &run.pool, faults, setup->any_owner };
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
