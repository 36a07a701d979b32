/* SPDX-License-Identifier: MIT
 *
 * A real tam-issuer for a test: started in a directory of its own, asked over HTTPS, stopped by its pid, removed.
 *
 *     static struct issuer_process issuer;
 *     static void setup(void) { issuer_process_start(&issuer, &(struct issuer_process_options){ .names =
 * "login.example" }); } static void teardown(void) { issuer_process_stop(&issuer); } tcase_add_unchecked_fixture(tcase,
 * setup, teardown);
 *
 * An unchecked fixture runs in the process that outlives each test, so the issuer is stopped whatever a test does; it
 * also gets SIGTERM from the kernel should its parent die. Whatever goes wrong here fails the test.
 */
#ifndef TAM_TESTS_SUPPORT_ISSUER_PROCESS_H
#define TAM_TESTS_SUPPORT_ISSUER_PROCESS_H

#include <sys/types.h>
#include <tools/issuer/mint.h>

#define ISSUER_PROCESS_ARGUMENTS 8

struct issuer_process_options {
    const char *names;   /* hosts to serve, separated by commas; NULL: login.microsoftonline.com */
    const char *fixture; /* a file; NULL: one new RS256 key. "entra" is tests/support/entra_fixture.json */
    const char *arguments[ISSUER_PROCESS_ARGUMENTS]; /* further ones; NULL ends them */
};

struct issuer_process {
    char *dir; /* absolute; `DIR/log` has a line for each request, `DIR/errors` what it complained of */
    char *ca;  /* its CA certificate */
    unsigned port;
    pid_t pid;
    struct issuer_keys *keys; /* in this process, to mint with; as of the start or the last rotation */
    char *names;              /* all hosts that it serves, separated by commas, loopback's not among them */
};

void issuer_process_start(struct issuer_process *ret_process, const struct issuer_process_options *options);
/* As issuer_process_end(); then the directory is removed. */
void issuer_process_stop(struct issuer_process *process);
/* A new signing key; when this returns, the key set has it and `keys` signs with it. */
void issuer_process_rotate(struct issuer_process *process);
/* SIGSTOP: connections are taken by the kernel and nobody answers. Then SIGCONT. */
void issuer_process_hold(const struct issuer_process *process);
void issuer_process_release(const struct issuer_process *process);
/* Every document is answered with 503 from now on; then as usual again. */
void issuer_process_fail(const struct issuer_process *process);
void issuer_process_recover(const struct issuer_process *process);
/* SIGTERM, and its exit status must be 0; then the same directory on the same port again. */
void issuer_process_end(struct issuer_process *process);
void issuer_process_again(struct issuer_process *process);
/* How many requests there were so far whose line in the log has this in it. */
size_t issuer_process_requests(const struct issuer_process *process, const char *part);

/* Appends "ca_file=… connect_to=HOST:443:127.0.0.1:PORT,…" with every name of the process, for a service's options. */
void issuer_process_add_options(const struct issuer_process *process, struct buf *ret_options);
/* Appends one token. */
void issuer_process_mint(const struct issuer_process *process, const struct mint_request *request,
                         struct buf *ret_token);
/* The same; "@+N" and "@-N" in the claims become times. */
void issuer_process_mint_timed(const struct issuer_process *process, const struct mint_request *request,
                               struct buf *ret_token);
/* The same with a header and claims in JSON, NULL for the defaults. */
void issuer_process_mint_json(const struct issuer_process *process, const char *header, const char *claims,
                              struct buf *ret_token);

/*
 * Appends the text with every string "@+N" or "@-N" replaced by the number now + N or now - N: the times of
 * entra_matrix.csv.
 */
void times_add(struct tam_str json, int64_t now, struct buf *ret_json);

#endif
