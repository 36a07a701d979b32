/* SPDX-License-Identifier: MIT
 *
 * How a program of bench/ is a host: opens services and asks. The public API, as any host has it, and nothing else.
 */
#ifndef TAM_BENCH_HOST_H
#define TAM_BENCH_HOST_H

#include <stdbool.h>
#include <tam/tam.h>

/* The service file DIR/PLUGIN with a first line of its own; its plugin is in BUILD/plugins/PLUGIN. NULL: there is no such
 * file, or it said why it could not be opened. */
struct tam_service *host_open(const char *build, const char *dir, const char *plugin, const char *first_line);

/* Asks as a host does, looks at the verdict, and gives the answer back. True: it is that verdict. */
bool host_ask(struct tam_service *service, struct tam_str token, uint32_t verdict);

#endif
