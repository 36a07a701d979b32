/* SPDX-License-Identifier: MIT
 *
 * Linked with examples/host.c: functions of jansson's, libjwt's and our own rooms' names that mean something else here,
 * as nginx, Samba or PHP have them. The host exports them all; a plugin that used one would end the process.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#define HOSTILE(name)                                                                                                  \
    __attribute__((visibility("default"))) void name(void);                                                            \
    void name(void) {                                                                                                  \
        fputs("a plugin called the host's " #name "\n", stderr);                                                       \
        abort();                                                                                                       \
    }

HOSTILE(json_array_get)
HOSTILE(json_decref)
HOSTILE(json_delete)
HOSTILE(json_integer_value)
HOSTILE(json_is)
HOSTILE(json_loadb)
HOSTILE(json_loads)
HOSTILE(json_member)
HOSTILE(json_object_get)
HOSTILE(json_quote)
HOSTILE(json_read)
HOSTILE(json_scan)
HOSTILE(json_string_value)
HOSTILE(json_to_integer)
HOSTILE(json_walk_begin)
HOSTILE(json_walk_next)
HOSTILE(jwt_decode)
HOSTILE(jwt_free)
HOSTILE(jwt_get_grant)
HOSTILE(jwt_new)
HOSTILE(jwt_verify)
HOSTILE(signed_token_verify)
HOSTILE(base64_decode)
HOSTILE(base64_encode)
HOSTILE(buf_add)
HOSTILE(buf_format)
HOSTILE(claims_find)
HOSTILE(key_judge)
HOSTILE(keys_find)
HOSTILE(mem_alloc)
HOSTILE(str_equal)
HOSTILE(token_read)
HOSTILE(url_split)
