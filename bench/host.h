/* SPDX-License-Identifier: MIT
 *
 * Opens services and verifies tokens, over the public API alone, as any host does.
 */
#ifndef TAM_BENCH_HOST_H
#define TAM_BENCH_HOST_H

#include <stdbool.h>
#include <tam/tam.h>

/* Opens the service file DIR/PLUGIN with another first line before it, and the plugin in BUILD/plugins/PLUGIN. NULL:
 * there is no such file, or a message on stderr says why not. */
struct tam_service *host_open(const char *build, const char *dir, const char *plugin, const char *first_line);

/* Verifies a token and frees the result. Returns whether the verdict is the expected one. */
bool host_ask(struct tam_service *service, struct tam_str token, uint32_t verdict);

#endif
