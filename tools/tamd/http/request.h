/* SPDX-License-Identifier: MIT
 *
 * One request, from its headers to its answer, and the table of endpoints.
 */
#ifndef TAM_TAMD_REQUEST_H
#define TAM_TAMD_REQUEST_H

#include <tools/tamd/http/framing.h>
#include <tools/tamd/http/server.h>
#include <tools/tamd/admin/state.h>

struct endpoint;

struct request {
    struct server *server;
    struct state *state;
    struct MHD_Connection *connection;
    struct client *client;
    const char *method, *version;    /* libmicrohttpd's, until the request is over; so is the next */
    struct tam_str path;             /* of our own request line, as it came */
    struct tam_str below;            /* what of it lies below the endpoint's path */
    const struct endpoint *endpoint; /* NULL: there is none */
    struct framing framing;
    struct buf body;   /* where the endpoint keeps it; failed: it is too long */
    bool whole;        /* nothing of it is still to come that would be looked at */
    bool awaited;      /* it began before the process was stopping */
    struct site *site; /* NULL: not taken yet, or given back */
    struct parked parked;
    bool is_parked;
    uint64_t ticket; /* of the question; 0: not asked yet */
    int64_t began;   /* CLOCK_MONOTONIC, when it was first worked on */
};

/* Answers, or parks: then it is called again. An endpoint that keeps the body is called before it, too, while
 * !request->whole: what the headers are enough to refuse it refuses then, else it returns MHD_YES. */
typedef enum MHD_Result request_answer(struct request *request);

/* libmicrohttpd's callbacks; their first argument is a struct server. */
enum MHD_Result request_handle(void *server, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **state);
void request_over(void *server, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code);

/* The header's value; *ret_count says how often it is there. */
struct tam_str request_header(const struct request *request, const char *name, size_t *ret_count);

/*
 * Asks the service, in the scope of the query (its flags and ticket are filled in here). True: *ret_result is set, NULL
 * where the process stops. False: the request is parked, so return MHD_YES.
 */
bool request_ask(struct request *request, struct served *served, struct tam_query *query,
                 struct tam_result **ret_result);

/* Those that answer; one for each row of the table. */
request_answer auth_answer, metadata_answer, health_answer, ready_answer, metrics_answer, status_answer,
    introspect_answer;

#endif
