/* SPDX-License-Identifier: MIT
 *
 * tamd's configuration: statements of the same spelling as service files, read into one immutable object. Nothing is
 * opened here but the file itself and the secrets, keys and certificates it names.
 */
#ifndef TAM_TAMD_SETTINGS_H
#define TAM_TAMD_SETTINGS_H

#include <src/base/arena.h>
#include <src/conf/source.h>
#include <src/conf/faults.h>

struct tls;

/* `listen` or `admin`. Empty views: not given. */
struct settings_listen {
    struct tam_str address;
    struct tls *tls;       /* the settings'; NULL: it speaks plain HTTP */
    struct tam_str secret; /* admin: a client of /introspect must send it */
};

/* Where a statement is written. */
struct settings_place {
    const char *file;
    unsigned line;
};

/* `access` of a route, and `default` of a service: what the bearer must have. */
enum settings_access { ACCESS_TOKEN, ACCESS_OPEN, ACCESS_REFUSE };

/* `case`: what becomes of a path or header that is like a rule's but for the case of letters. */
enum settings_case { CASE_UNSET, CASE_REFUSE, CASE_IGNORE, CASE_EXACT };

/* `absent`: what becomes of a request that lacks a header of the route. */
enum settings_absent { ABSENT_UNSET, ABSENT_REFUSE, ABSENT_MATCH, ABSENT_SKIP };

/* `service` */
struct settings_service {
    struct settings_place place;
    struct tam_str name;
    struct tam_str file;         /* absolute, a NUL follows; empty: that name in the folder of service files */
    struct tam_str host;         /* empty: any */
    struct tam_str path;         /* as target_path() gives it; empty: any */
    enum settings_access access; /* of a request that no route fits */
    bool access_given;
    enum settings_case letters; /* never CASE_UNSET in settings that were read */
};

/* `header=NAME:PATTERN` */
struct settings_condition {
    struct tam_str name; /* a NUL follows */
    struct tam_str pattern;
};

/* `route`; empty: any. */
struct settings_route {
    struct settings_place place;
    struct tam_str service, host, path;
    struct tam_list methods;
    const struct settings_condition *conditions; /* all of them */
    size_t condition_count;
    enum settings_absent absent; /* ABSENT_UNSET: there is no condition */
    enum settings_case letters;  /* CASE_UNSET: as the service has it */
    struct tam_list scopes, roles;
    enum settings_access access;
};

/* What of the principal goes into which header; the order of the option table of `headers`. */
enum settings_header {
    HEADER_SUBJECT,
    HEADER_ISSUER,
    HEADER_TENANT,
    HEADER_CLIENT,
    HEADER_KIND,
    HEADER_SCOPES,
    HEADER_ROLES,
    HEADER_EXPIRES,
    HEADER_SERVICE,
    HEADER_COUNT
};

struct settings_limits {
    size_t header_size, body_size; /* bytes */
    unsigned connections, connections_per_address, threads;
    unsigned idle_timeout, header_timeout, request_timeout, stop_timeout; /* seconds */
};

struct settings {
    struct arena memory;
    struct settings_listen *listens, *admins;
    size_t listen_count, admin_count;
    struct settings_service *services;
    size_t service_count;
    struct settings_route *routes;
    size_t route_count;
    enum settings_access access; /* `tamd`: for services that do not say their own */
    bool access_given;
    enum settings_case letters;
    bool from_path;                                       /* the original request is in our own request line */
    const char *uri_header, *method_header, *host_header; /* where else it is */
    struct tam_list allowed;                              /* headers that the proxy sets itself, see route.c */
    const char *headers[HEADER_COUNT];                    /* NULL: not sent */
    struct settings_limits limits;
    bool log_access, log_subject;
    bool needs_path, needs_host, needs_method; /* some service or route looks at it */
};

/* Reads and checks it all, and reports every fault. NULL when there is one of level error. */
struct settings *settings_read(const struct configuration_source *source, bool any_owner, struct faults *faults);
void settings_free(struct settings *settings); /* NULL is fine */

/* Could the running process take these without a restart? NULL: yes; else what would need one. */
const char *settings_need_restart(const struct settings *old, const struct settings *new);

#endif
