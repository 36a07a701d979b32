/* SPDX-License-Identifier: MIT
 *
 * Where a configuration comes from: a file or a string.
 */
#ifndef TAM_CONF_SOURCE_H
#define TAM_CONF_SOURCE_H

struct configuration_source {
    char *path; /* a file, absolute; NULL: a string */
    char *text; /* the string; NULL: a file */
};

#endif
