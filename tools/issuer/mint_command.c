/* SPDX-License-Identifier: MIT
 *
 * `tam mint`: prints one token signed by a development identity provider. For tests and demonstrations; it reads and
 * writes the directory of tam-issuer and no other.
 */
#include <config.h>

#include <tools/issuer/mint.h>

#include <getopt.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/issuer/certificate.h>
#include <tools/issuer/files.h>
#include <tools/issuer/signing.h>
#include <tools/common/terminal.h>

enum { EXIT_GOOD = 0, EXIT_FAULT = 3 };

#define TEXT_MAX  ((size_t)2 << 20)
#define WHY_MAX   4096
#define YEARS_MAX INT64_C(100000000000) /* seconds; a time beyond it is a slip */

struct arguments {
    const char *dir, *kid, *alg, *header, *claims, *key, *hmac_file;
    bool hash_nonce, app, old, shaped, help;
    struct mint_claims shape;
};

enum kind { KIND_TEXT = 1, KIND_FLAG, KIND_NUMBER };

struct option_row {
    const char *name, *argument, *help;
    enum kind kind;
    bool shapes; /* is about the default claims, and so contradicts --claims */
    size_t offset;
};

#define ROW(name, argument, kind, shapes, member, help)                                                                \
    { name, argument, help, kind, shapes, offsetof(struct arguments, member) }

static const struct option_row rows[] = {
    ROW("dir", "DIR", KIND_TEXT, false, dir, "the issuer's directory, made when it is missing"),
    ROW("kid", "KID", KIND_TEXT, false, kid,
        "the key that signs [the header's kid if there is such a key, else the current]"),
    ROW("alg", "ALG", KIND_TEXT, false, alg, "how it signs [the header's alg, else the key's own]"),
    ROW("header", "JSON|@FILE", KIND_TEXT, false, header, "the header, byte for byte [alg, kid and typ]"),
    ROW("claims", "JSON|@FILE", KIND_TEXT, false, claims, "the claims, byte for byte [an Entra access token]"),
    ROW("key", "FILE", KIND_TEXT, false, key, "a private key in PEM that signs instead"),
    ROW("hmac-file", "FILE", KIND_TEXT, false, hmac_file, "the secret of HS256, HS384 and HS512: the file's bytes"),
    ROW("hash-nonce", NULL, KIND_FLAG, false, hash_nonce, "sign as for Microsoft Graph, over the nonce's SHA-256"),
    ROW("authority", "HOST", KIND_TEXT, true, shape.authority, "host of the issuer"),
    ROW("tenant", "ID", KIND_TEXT, true, shape.tenant, "tid, and in iss"),
    ROW("audience", "TEXT", KIND_TEXT, true, shape.audience, "aud"),
    ROW("client", "ID", KIND_TEXT, true, shape.client, "azp, or appid"),
    ROW("subject", "ID", KIND_TEXT, true, shape.subject, "oid"),
    ROW("scope", "TEXT", KIND_TEXT, true, shape.scope, "scp, separated by blanks"),
    ROW("role", "TEXT", KIND_TEXT, true, shape.role, "roles, separated by blanks"),
    ROW("app", NULL, KIND_FLAG, true, app, "an application's token: idtyp, and no scp"),
    ROW("v1", NULL, KIND_FLAG, true, old, "a version 1.0 token"),
    ROW("issued-at", "UNIXTIME", KIND_NUMBER, true, shape.issued_at, "iat and nbf [now]"),
    ROW("lifetime", "SECONDS", KIND_NUMBER, true, shape.lifetime, "exp less iat; negative: expired [3600]"),
    ROW("help", NULL, KIND_FLAG, false, help, "print this and exit; -h too"),
};

enum { ROW_COUNT = COUNT(rows) };

static void print_help(FILE *stream) {
    fputs("usage: tam mint [OPTION]...\n", stream);
    terminal_paragraph(stream, "Print one signed token of a development identity provider. Not for production.");
    fputs("\n", stream);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        terminal_option(stream, rows[i].name, rows[i].argument, rows[i].help);
    }
    fputs("\n", stream);
    signing_algorithms_print(stream);
    terminal_paragraph(stream, "Exit status: 0, or 3 with the fault on standard error.");
}

static bool number_read(const char *text, int64_t *ret_number) {
    bool negative = text[0] == '-';
    int64_t number = 0;
    if (!str_number(str_of(negative ? text + 1 : text), YEARS_MAX, &number)) {
        return false;
    }
    *ret_number = negative ? -number : number;
    return true;
}

static bool row_apply(const struct option_row *row, const char *value, struct arguments *arguments, struct buf *why) {
    void *member = (char *)arguments + row->offset;
    arguments->shaped |= row->shapes;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_NUMBER:
        if (number_read(value, member)) {
            return true;
        }
        break;
    }
    buf_format(why, "--%s: not a whole number", row->name);
    return false;
}

static void long_options_fill(struct option *options) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        options[i] =
            (struct option){ rows[i].name, rows[i].argument != NULL ? required_argument : no_argument, NULL, 0 };
    }
    options[ROW_COUNT] = (struct option){ NULL, 0, NULL, 0 };
}

static bool arguments_check(const struct arguments *arguments, struct buf *why) {
    if (arguments->claims != NULL && arguments->shaped) {
        buf_add_text(why, "--claims are given: they are printed as they are, and no other option can shape them");
    } else if (arguments->key != NULL && arguments->hmac_file != NULL) {
        buf_add_text(why, "--key and --hmac-file: one of them signs, not both");
    }
    return why->len == 0;
}

static bool arguments_read(int argc, char **argv, struct arguments *ret_arguments, struct buf *why) {
    struct option options[ROW_COUNT + 1];
    long_options_fill(options);
    optind = 0; /* GNU: begin anew; the command that dispatched to us has read its own options */
    for (;;) {
        int index = 0;
        int found = getopt_long(argc, argv, "h", options, &index);
        if (found == -1) {
            break;
        }
        if (found == 'h') {
            ret_arguments->help = true;
            continue;
        }
        if (found != 0) {
            buf_add_text(why, "try 'tam mint --help'");
            return false;
        }
        if (!row_apply(&rows[index], optarg, ret_arguments, why)) {
            return false;
        }
    }
    if (optind < argc) {
        buf_format(why, "unexpected argument '%s'", argv[optind]);
        return false;
    }
    return arguments_check(ret_arguments, why);
}

/* "@FILE" or the text itself. */
static bool text_read(const char *argument, struct buf *ret_text, struct buf *why) {
    if (argument == NULL) {
        return true;
    }
    if (argument[0] == '@') {
        return issuer_file_read(argument + 1, ret_text, why);
    }
    buf_add_text(ret_text, argument);
    return !ret_text->failed;
}

static bool key_read(const char *path, EVP_PKEY **ret_key, struct buf *why) {
    if (path == NULL) {
        return true;
    }
    struct buf pem;
    buf_init(&pem, TEXT_MAX);
    if (issuer_file_read(path, &pem, why)) {
        *ret_key = certificate_read_private_pem(buf_str(&pem), why);
    }
    buf_free(&pem);
    return *ret_key != NULL;
}

static struct issuer_keys *keys_open(const char *dir, struct buf *why) {
    if (dir != NULL) {
        return issuer_keys_open(dir, NULL, why);
    }
    char *usual = issuer_keys_default_dir();
    struct issuer_keys *keys = usual != NULL ? issuer_keys_open(usual, NULL, why) : NULL;
    if (usual == NULL) {
        buf_add_text(why, "no --dir, and neither XDG_STATE_HOME nor HOME is set");
    }
    mem_free(usual);
    return keys;
}

struct texts {
    struct buf header, claims, secret, token;
};

static bool texts_read(const struct arguments *arguments, struct texts *texts, struct buf *why) {
    if (!text_read(arguments->header, &texts->header, why) || !text_read(arguments->claims, &texts->claims, why)) {
        return false;
    }
    if (arguments->claims == NULL) {
        mint_claims_add(&arguments->shape, &texts->claims);
    }
    return arguments->hmac_file == NULL || issuer_file_read(arguments->hmac_file, &texts->secret, why);
}

static bool token_write(struct tam_str token, struct buf *why) {
    bool good =
        fwrite(token.ptr, 1, token.len, stdout) == token.len && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    if (!good) {
        buf_add_text(why, "cannot write to standard output");
    }
    return good;
}

static bool mint(const struct arguments *arguments, struct texts *texts, struct buf *why) {
    EVP_PKEY *key = NULL;
    if (!texts_read(arguments, texts, why) || !key_read(arguments->key, &key, why)) {
        return false;
    }
    struct mint_request request = { .kid = arguments->kid,
                                    .alg = arguments->alg,
                                    .header = buf_str(&texts->header),
                                    .claims = buf_str(&texts->claims),
                                    .key = key,
                                    .secret = buf_str(&texts->secret),
                                    .has_secret = arguments->hmac_file != NULL,
                                    .hash_nonce = arguments->hash_nonce };
    struct issuer_keys *keys = keys_open(arguments->dir, why);
    bool good = keys != NULL && mint_token(keys, &request, &texts->token, NULL, why) &&
                token_write(buf_str(&texts->token), why);
    issuer_keys_close(keys);
    EVP_PKEY_free(key);
    return good;
}

static bool mint_texts(const struct arguments *arguments, struct buf *why) {
    struct texts texts;
    struct buf *all[] = { &texts.header, &texts.claims, &texts.secret, &texts.token };
    for (size_t i = 0; i < COUNT(all); i++) {
        buf_init(all[i], 2 * TEXT_MAX);
    }
    bool good = mint(arguments, &texts, why);
    for (size_t i = 0; i < COUNT(all); i++) {
        buf_free(all[i]);
    }
    return good;
}

int mint_main(int argc, char **argv) {
    struct arguments arguments = { .shape = mint_claims_default };
    struct buf why;
    buf_init(&why, WHY_MAX);
    bool good = arguments_read(argc, argv, &arguments, &why);
    if (good && arguments.help) {
        print_help(stdout);
    } else if (good) {
        if (arguments.app) {
            arguments.shape.scope = NULL;
        }
        if (arguments.old) {
            arguments.shape.version = 1;
        }
        good = mint_texts(&arguments, &why);
    }
    if (!good) {
        fprintf(stderr, "tam mint: %.*s\n", STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
    return good ? EXIT_GOOD : EXIT_FAULT;
}
