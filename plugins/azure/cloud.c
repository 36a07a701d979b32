/* SPDX-License-Identifier: MIT
 *
 * Microsoft's clouds (MSAL's instance discovery). Germany's closed in 2021.
 */
#include <config.h>

#include <plugins/azure/cloud.h>
#include <src/base/array.h>
#include <src/base/str.h>

static const struct cloud clouds[] = {
    { STR_INIT("login.microsoftonline.com"),
      STR_INIT("sts.windows.net"),
      STR_INIT("microsoftonline.com"),
      { STR_INIT("login.windows.net"), STR_INIT("login.microsoft.com"), STR_INIT("sts.windows.net") },
      true },
    { STR_INIT("login.microsoftonline.us"),
      STR_INIT("sts.windows.net"),
      STR_INIT("microsoftonline.us"),
      { STR_INIT("login.usgovcloudapi.net") },
      false },
    { STR_INIT("login.partner.microsoftonline.cn"),
      STR_INIT("sts.chinacloudapi.cn"),
      STR_INIT("partner.microsoftonline.cn"),
      { STR_INIT("login.chinacloudapi.cn") },
      false },
};

static bool is_alias(const struct cloud *cloud, struct tam_str host) {
    for (size_t i = 0; i < COUNT(cloud->aliases); i++) {
        if (cloud->aliases[i].len > 0 && str_equal_nocase(cloud->aliases[i], host)) {
            return true;
        }
    }
    return false;
}

struct tam_str cloud_host(struct tam_str authority) {
    struct tam_str host = str_starts_nocase(authority, STR("https://")) ? str_from(authority, 8) : authority;
    if (str_ends(host, STR("/"))) {
        host.len--;
    }
    return host;
}

const struct cloud *cloud_find(struct tam_str authority) {
    struct tam_str host = cloud_host(authority);
    for (size_t i = 0; i < COUNT(clouds); i++) {
        if (str_equal_nocase(clouds[i].host, host) || is_alias(&clouds[i], host)) {
            return &clouds[i];
        }
    }
    return NULL;
}
