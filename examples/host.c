/* SPDX-License-Identifier: MIT
 *
 * A host that may wait: reads Authorization values from standard input, one a line, and prints for each the line
 * number, the HTTP status, and the subject or the challenge for the client.
 *
 *     host SERVICE_FILE < values
 */
#include <stdio.h>
#include <string.h>
#include <tam/tam.h>

#define LINE_MAX 65536

static int open_service(const char *path, struct tam_service **ret_service) {
    struct tam_faults *faults = NULL;
    if (tam_service_open_file(path, NULL, ret_service, &faults) == 0) {
        return 0;
    }
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        fprintf(stderr, "%s\n", tam_faults_text(faults, i));
    }
    tam_faults_free(faults);
    return -1;
}

static void print(unsigned long number, const struct tam_result *result) {
    struct tam_str text = tam_result_challenge(result);
    if (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) {
        text = tam_result_subject(result);
    }
    printf("%lu %d %.*s\n", number, tam_result_status(result), (int)text.len, text.len > 0 ? text.ptr : "");
}

static void answer(struct tam_service *service, unsigned long number, const char *line) {
    struct tam_query query = { .size = sizeof query };
    query.authorization.ptr = line;
    query.authorization.len = strcspn(line, "\r\n");
    struct tam_result *result = tam_verify(service, &query);
    print(number, result);
    tam_result_free(result);
}

int main(int argc, char **argv) {
    static char line[LINE_MAX];
    struct tam_service *service;
    unsigned long number = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s SERVICE_FILE < AUTHORIZATION_VALUES\n", argv[0]);
        return 3;
    }
    if (open_service(argv[1], &service) < 0) {
        return 3;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        answer(service, ++number, line);
    }
    tam_service_close(service);
    return 0;
}
