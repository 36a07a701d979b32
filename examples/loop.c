/* SPDX-License-Identifier: MIT
 *
 * A host that never waits for a key: host.c with one poll() loop. A question that libtam cannot answer yet is kept in a
 * list, and asked again when the waiter wakes or the first deadline is over. The line number tells which question an
 * answer belongs to.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tam/tam.h>
#include <time.h>

struct question { /* one request of a real server; the bytes of its query follow */
    struct question *next;
    struct tam_query query;
    unsigned long number;
};
static struct tam_service *service;
static struct question *parked;       /* the questions that libtam answered with AGAIN */
static long long first_deadline = -1; /* of the parked questions, milliseconds; -1: none */
static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
static void ask(struct question *question) {
    struct tam_result *result = tam_verify(service, &question->query);
    int accepted = tam_result_verdict(result) == TAM_VERDICT_ACCEPT;
    struct tam_str text = accepted ? tam_result_subject(result) : tam_result_challenge(result);
    long long deadline = now_ms() + tam_result_wait_ms(result);
    if (tam_result_verdict(result) == TAM_VERDICT_AGAIN) {
        question->query.ticket = tam_result_ticket(result); /* asking with it keeps the first deadline */
        question->next = parked;
        parked = question;
        first_deadline = first_deadline < 0 || deadline < first_deadline ? deadline : first_deadline;
    } else {
        printf("%lu %d %.*s\n", question->number, tam_result_status(result), (int)text.len, text.len ? text.ptr : "");
        free(question);
    }
    tam_result_free(result);
}
static void ask_parked(struct tam_waiter *waiter) {
    struct question *question = parked, *next;
    tam_waiter_clear(waiter); /* first clear, then ask: a wake in between is kept */
    for (parked = NULL, first_deadline = -1; question != NULL; question = next) {
        next = question->next;
        ask(question);
    }
}
static void take_line(const char *line, unsigned long number) {
    struct question *question = calloc(1, sizeof *question + strlen(line));
    if (question == NULL) {
        abort();
    }
    question->number = number;
    question->query = (struct tam_query){ .size = sizeof question->query, .flags = TAM_NONBLOCK };
    question->query.authorization.ptr = memcpy(question + 1, line, strlen(line));
    question->query.authorization.len = strcspn(line, "\r\n");
    ask(question);
}
int main(int argc, char **argv) {
    static char line[65536];
    struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
    struct tam_waiter *waiter;
    unsigned long number = 0;
    if (argc != 2 || tam_service_open_file(argv[1], NULL, &service, NULL) < 0 ||
        tam_waiter_open(service, &waiter) < 0) {
        return 3; /* host.c shows how to say why */
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* a buffer would hide lines from poll() */
    for (fds[1].fd = tam_waiter_fd(waiter); fds[0].fd >= 0 || parked != NULL;) {
        long long left = first_deadline < 0 ? -1 : first_deadline - now_ms();
        if (poll(fds, 2, left < 0 && first_deadline >= 0 ? 0 : (int)left) == 0 || fds[1].revents != 0) {
            ask_parked(waiter);
        }
        if (fds[0].revents != 0 && fgets(line, sizeof line, stdin) == NULL) {
            fds[0].fd = -1; /* no more input */
        } else if (fds[0].revents != 0) {
            take_line(line, ++number);
        }
    }
    tam_waiter_close(waiter);
    tam_service_close(service);
    return 0;
}
