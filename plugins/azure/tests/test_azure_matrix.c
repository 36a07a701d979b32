/* SPDX-License-Identifier: MIT
 *
 * The matrix of Entra token shapes: every row through the public API and the real plugin, with tokens really signed and
 * keys really fetched over HTTPS from a tam-issuer that answers under Microsoft's names.
 */
#include <config.h>

#include <jansson.h>
#include <openssl/pem.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tam/tam.h>
#include <tests/support/issuer_process.h>
#include <tests/support/suite.h>

#include <check.h>

enum { COLUMN_ID, COLUMN_CONFIG, COLUMN_HEADER, COLUMN_CLAIMS, COLUMN_EXPECTED, COLUMN_REASON, COLUMN_SOURCE, COLUMNS };

/* The table that came with the issue, and our own rows in the same form. */
static const char *const files[] = { TAM_TOP_SRCDIR "/tests/data/entra_matrix.csv",
                                     TAM_TOP_SRCDIR "/tests/data/entra_own.csv" };

#define ROWS_MAX 1000
#define TEXT_MAX (1 << 20)

static struct row {
    char *columns[COLUMNS];
} rows[ROWS_MAX];
static size_t row_count;
static struct issuer_process issuer;

/* ---- The table (RFC 4180) ---- */

static char *read_field(const char **at, bool *ret_last) {
    struct buf field;
    bool quoted = **at == '"';
    buf_init(&field, TEXT_MAX);
    *at += quoted;
    for (; **at != '\0'; (*at)++) {
        if (quoted && (*at)[0] == '"' && (*at)[1] == '"') {
            (*at)++;
        } else if (quoted && **at == '"') {
            quoted = false;
            continue;
        } else if (!quoted && (**at == ',' || **at == '\n' || **at == '\r')) {
            break;
        }
        buf_add_byte(&field, **at);
    }
    *ret_last = **at != ',';
    *at += **at == ',';
    *at += strspn(*at, *ret_last ? "\r\n" : "");
    char *copy = mem_text(buf_str(&field));
    buf_free(&field);
    return copy;
}

static void read_table(const char *path) {
    FILE *file = fopen(path, "r");
    static char text[TEXT_MAX];
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *at = strchr(text, '\n') + 1;
    while (*at != '\0' && row_count < ROWS_MAX) {
        bool last = false;
        for (size_t i = 0; i < COLUMNS && !last; i++) {
            rows[row_count].columns[i] = read_field(&at, &last);
        }
        row_count++;
    }
}

/* ---- Tokens ---- */

/* The public key that an attacker would use as a secret. */
static void add_public_pem(struct buf *pem) {
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    const struct issuer_key *key = issuer_keys_find(issuer.keys, STR("K1"));
    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, key->pkey), 1);
    long len = BIO_get_mem_data(bio, &data);
    buf_add(pem, (struct tam_str){ data, (size_t)len });
    BIO_free(bio);
}

static void sign_as(struct mint_request *request, const char *how, struct buf *pem) {
    if (how == NULL) {
        return;
    }
    if (strncmp(how, "hmac:", 5) == 0) {
        add_public_pem(pem);
        request->secret = buf_str(pem);
        request->has_secret = true;
    } else if (strstr(how, "SHA256(nonce)") != NULL) {
        request->hash_nonce = true;
    } else {
        request->kid = how;
    }
}

static void mint_row(const struct row *row, struct buf *ret_token) {
    json_error_t error;
    json_t *header = json_loads(row->columns[COLUMN_HEADER], 0, &error);
    ck_assert_msg(header != NULL, "%s: header: %s", row->columns[COLUMN_ID], error.text);
    json_t *how = json_incref(json_object_get(header, "_sign"));
    json_object_del(header, "_sign");
    char *text = json_dumps(header, JSON_COMPACT);
    json_t *claims = json_loads(row->columns[COLUMN_CLAIMS], 0, &error);
    const char *raw = json_string_value(json_object_get(claims, "_rawjson"));
    struct buf pem;
    buf_init(&pem, 8192);
    struct mint_request request = { .header = str_of(text),
                                    .claims = str_of(raw != NULL ? raw : row->columns[COLUMN_CLAIMS]) };
    sign_as(&request, json_string_value(how), &pem);
    issuer_process_mint_timed(&issuer, &request, ret_token);
    buf_free(&pem);
    free(text);
    json_decref(claims);
    json_decref(how);
    json_decref(header);
}

/* ---- What a row expects ---- */

static void no_log(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

/* NULL: refused, and why says why. */
static struct tam_service *open_row(const struct row *row, struct buf *why) {
    static const struct tam_setup setup = { .size = sizeof setup,
                                            .flags = TAM_SETUP_ANY_OWNER,
                                            .plugin_dir = TAM_TOP_BUILDDIR "/plugins/azure/.libs",
                                            .log = no_log };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    struct buf text;
    buf_init(&text, 65536);
    buf_format(&text, "azure %s ", row->columns[COLUMN_CONFIG]);
    issuer_process_add_options(&issuer, &text);
    if (tam_service_open_string(text.ptr, &setup, &service, &faults) < 0) {
        buf_add_text(why, tam_faults_text(faults, 0));
        tam_faults_free(faults);
        service = NULL;
    }
    buf_free(&text);
    return service;
}

static void check_described(const struct row *row, struct tam_service *service) {
    struct tam_document *document = tam_describe(service);
    char *text = mem_text(tam_document_text(document)), *expected = row->columns[COLUMN_EXPECTED], *save = NULL;
    if (strncmp(expected, "advertise:", 10) == 0) {
        struct buf wanted;
        buf_init(&wanted, 4096);
        buf_add_text(&wanted, "\"scopes\":");
        for (const char *at = expected + 10; *at != '\0'; at++) {
            buf_add(&wanted, (struct tam_str){ at, *at != ' ' });
        }
        ck_assert_msg(strstr(text, wanted.ptr) != NULL, "%s: %s in %s", row->columns[COLUMN_ID], wanted.ptr, text);
        buf_free(&wanted);
    } else if (strncmp(expected, "assert:no single fixed issuer", 29) == 0) {
        ck_assert_msg(strstr(text, "{tenantid}") != NULL, "%s: a template in %s", row->columns[COLUMN_ID], text);
    } else {
        for (char *part = strtok_r(expected + 7, ";", &save); part != NULL; part = strtok_r(NULL, ";", &save)) {
            const char *value = strchr(part, '=');
            ck_assert_msg(value == NULL || strncmp(value, "=https", 6) != 0 || strstr(text, value + 1) != NULL,
                          "%s: %s in %s", row->columns[COLUMN_ID], part, text);
        }
    }
    mem_free(text);
    tam_document_free(document);
}

static void check_judged(const struct row *row, struct tam_service *service) {
    struct buf token;
    buf_init(&token, 65536);
    mint_row(row, &token);
    struct tam_query query = { .size = sizeof query, .token = buf_str(&token) };
    struct tam_result *result = tam_verify(service, &query), *explained = tam_explain(service, &query);
    const char *error = tam_result_error(result);
    char found[128];
    snprintf(found, sizeof found, "%s%s%s", tam_verdict_name(tam_result_verdict(result)), error != NULL ? ":" : "",
             error != NULL ? error : "");
    ck_assert_msg(strcmp(found, row->columns[COLUMN_EXPECTED]) == 0, "%s: expected %s (%s), found %s: %.*s",
                  row->columns[COLUMN_ID], row->columns[COLUMN_EXPECTED], row->columns[COLUMN_REASON], found,
                  STR_PRINT(tam_result_detail(result)));
    ck_assert_uint_eq(tam_result_verdict(explained), tam_result_verdict(result));
    ck_assert_uint_eq(tam_result_reason(explained), tam_result_reason(result));
    tam_result_free(result);
    tam_result_free(explained);
    buf_free(&token);
}

START_TEST(azure_answers_as_the_matrix_says) {
    const struct row *row = &rows[_i];
    struct buf why;
    buf_init(&why, 4096);
    struct tam_service *service = open_row(row, &why);
    bool config_error = strcmp(row->columns[COLUMN_EXPECTED], "config_error") == 0;
    if (service == NULL) {
        ck_assert_msg(config_error, "%s: %s", row->columns[COLUMN_ID], why.ptr);
    } else if (row->columns[COLUMN_HEADER][0] == '\0') {
        check_described(row, service);
    } else {
        ck_assert_msg(!config_error, "%s: %s", row->columns[COLUMN_ID], row->columns[COLUMN_REASON]);
        check_judged(row, service);
    }
    tam_service_close(service);
    buf_free(&why);
}
END_TEST

static void setup(void) {
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL, .fixture = "entra" });
}

static void teardown(void) {
    issuer_process_stop(&issuer);
}

int main(void) {
    for (size_t i = 0; i < COUNT(files); i++) {
        read_table(files[i]);
    }
    TCase *tests = tcase_create("azure matrix");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, azure_answers_as_the_matrix_says, 0, (int)row_count);
    int status = suite_run("azure matrix", tests);
    for (size_t i = 0; i < row_count; i++) {
        for (size_t column = 0; column < COLUMNS; column++) {
            mem_free(rows[i].columns[column]);
        }
    }
    return status;
}
