/* SPDX-License-Identifier: MIT
 *
 * An HTTP server behind a proxy that is tested: it answers every request with what it got, so that a test sees what
 * came through. Loopback; nothing of a body is kept.
 *
 *     backend        prints "ready port=N"; answers "METHOD URL" and each header as "Name: value", one a line
 */
#include <config.h>

#include <tests/support/serve.h>

#include <stdio.h>
#include <stdlib.h>

static enum MHD_Result print_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    FILE *out = ctx;
    (void)kind;
    fprintf(out, "%s: %s\n", name, value == NULL ? "" : value);
    return MHD_YES;
}

static struct MHD_Response *what_came(struct MHD_Connection *connection, const char *method, const char *url) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        return NULL;
    }
    fprintf(out, "%s %s\n", method, url);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, print_header, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
    struct MHD_Response *response;
    enum MHD_Result queued;
    (void)ctx;
    (void)version;
    (void)upload;
    if (serve_waits(upload_size, state)) {
        return MHD_YES;
    }
    response = what_came(connection, method, url);
    if (response == NULL) {
        return MHD_NO;
    }
    queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(void) {
    return serve(handle, MHD_USE_INTERNAL_POLLING_THREAD, 1);
}
