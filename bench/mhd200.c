/* SPDX-License-Identifier: MIT
 *
 * A server of libmicrohttpd alone, with tamd's settings: epoll, one thread for each core, suspending allowed. It
 * answers every request with 200, and is the base that tamd is compared with.
 *
 *     mhd200         prints "ready port=N"
 */
#include <config.h>

#include <tests/support/serve.h>

#include <unistd.h>

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
    struct MHD_Response *response;
    enum MHD_Result queued;
    (void)ctx;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (serve_waits(upload_size, state)) {
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, "Cache-Control", "no-store");
    queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(void) {
    unsigned threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return serve(handle, (unsigned)MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, threads);
}
