/* SPDX-License-Identifier: MIT
 *
 * The key-set options: the same rows, in the same order, in the option table of every token plugin. A plugin that has
 * other defaults for ages says so in the macro's arguments (texts as in a service file).
 */
#ifndef TAM_JOSE_KEYSET_OPTIONS_H
#define TAM_JOSE_KEYSET_OPTIONS_H

#include <tam/plugin.h>

/* Offsets from keyset_config.first_row. jwks_uri is not among them: its meaning is the plugin's. */
enum keyset_option {
    KEYSET_CA_FILE,
    KEYSET_CONNECT_TO,
    KEYSET_JWKS_FILE,
    KEYSET_JWKS_CACHE_FILE,
    KEYSET_JWKS_HOSTS,
    KEYSET_JWKS_REFRESH,
    KEYSET_JWKS_TTL,
    KEYSET_JWKS_COOLDOWN,
    KEYSET_CONNECT_TIMEOUT,
    KEYSET_FETCH_TIMEOUT,
    KEYSET_WAIT_FOR_KEYS,
    KEYSET_ALLOW_PRIVATE,
    KEYSET_INSECURE_HTTP,
    KEYSET_PROXY,
    KEYSET_OPTION_COUNT
};

/* clang-format off */
#define KEYSET_OPTIONS(refresh, ttl, cooldown) \
    { "ca_file", TAM_OPT_FILE, 0, 0, 0, NULL, NULL, \
      "PEM file of the authorities trusted for fetching keys, instead of the system's" }, \
    { "connect_to", TAM_OPT_STRING | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, \
      "HOST:PORT:ADDRESS:PORT, connect there for that host; its certificate is still checked" }, \
    { "jwks_file", TAM_OPT_FILE, 0, 0, 0, NULL, NULL, \
      "read the key set from this file instead of fetching it; watched for change" }, \
    { "jwks_cache_file", TAM_OPT_FILE, 0, 0, 0, NULL, NULL, \
      "keep the last good key set here, for a restart during an outage" }, \
    { "jwks_hosts", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 259, NULL, NULL, \
      "further hosts that a discovered jwks_uri may name: HOST, or HOST:PORT where it is not 443" }, \
    { "jwks_refresh", TAM_OPT_DURATION, 0, 60, 86400, refresh, NULL, \
      "how old keys may become before they are fetched again" }, \
    { "jwks_ttl", TAM_OPT_DURATION, 0, 0, 604800, ttl, NULL, \
      "how long the last good keys serve while fetching fails; 0: not beyond their age" }, \
    { "jwks_cooldown", TAM_OPT_DURATION, 0, 1, 3600, cooldown, NULL, \
      "least time between two fetches for an unknown kid" }, \
    { "connect_timeout", TAM_OPT_DURATION, 0, 1, 60, "2s", NULL, "longest wait for a connection to the key server" }, \
    { "fetch_timeout", TAM_OPT_DURATION, 0, 1, 120, "5s", NULL, "longest time for one fetch" }, \
    { "wait_for_keys", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, \
      "opening the service waits for the first keys, up to fetch_timeout, and fails without" }, \
    { "allow_private", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, \
      "fetch also from loopback, private and link-local addresses" }, \
    { "insecure_http", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, "allow http, to loopback only; not for production" }, \
    { "proxy", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "HTTP proxy for fetching; the environment's is ignored" }
/* clang-format on */

#endif
