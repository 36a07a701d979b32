/* SPDX-License-Identifier: MIT
 *
 * An HTTP server on loopback from a handler of libmicrohttpd's, until SIGTERM: for programs that tests and measurements
 * put behind or beside tamd.
 */
#ifndef TAM_TESTS_SERVE_H
#define TAM_TESTS_SERVE_H

#include <microhttpd.h>

/* For main(): prints "ready port=N", serves, and returns the exit status. Several threads need an epoll flag. */
int serve(MHD_AccessHandlerCallback handle, unsigned flags, unsigned threads);

/* True of the calls before the last of a request: for the head, where an answer would close the connection, and for a
 * body, of which nothing is kept. The handler returns MHD_YES then. */
int serve_waits(size_t *upload_size, void **state);

#endif
