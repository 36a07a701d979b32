/* SPDX-License-Identifier: MIT
 *
 * libmicrohttpd and nothing else, as tamd sets it up: epoll, one thread a core, suspending allowed. It answers every request
 * with 200. What tamd costs is what it costs beside this.
 *
 *     mhd200         prints "ready main=127.0.0.1:PORT"
 */
#include <config.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
    static int seen;
    struct MHD_Response *response;
    enum MHD_Result queued;

    (void)ctx;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (*state == NULL || *upload_size > 0) { /* an answer to the head alone would close the connection */
        *state = &seen;
        *upload_size = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Cache-Control", "no-store");
    queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    unsigned threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    struct MHD_Daemon *daemon;
    sigset_t signals;
    int signal_number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there is another thread */
    daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
                              MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "mhd200: no socket\n");
        return 1;
    }
    printf("ready main=127.0.0.1:%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    sigwait(&signals, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}
