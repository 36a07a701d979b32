/* SPDX-License-Identifier: MIT
 *
 * Starts a server of libmicrohttpd at a port of the kernel's choice, says so, and stops it when it is told to.
 */
#include <config.h>

#include <tests/support/serve.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>

int serve_waits(size_t *upload_size, void **state) {
    static int seen;
    int waits = *state == NULL || *upload_size > 0;
    *state = &seen;
    *upload_size = 0;
    return waits;
}

int serve(MHD_AccessHandlerCallback handle, unsigned flags, unsigned threads) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    sigset_t signals;
    int signal_number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there is another thread */
    struct MHD_Daemon *daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
                         threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "no server at loopback\n");
        return 1;
    }
    printf("ready port=%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    sigwait(&signals, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}
