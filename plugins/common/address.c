/* SPDX-License-Identifier: MIT
 *
 * The tables of special address ranges.
 */
#include <config.h>

#include <plugins/common/address.h>
#include <src/base/array.h>
#include <src/base/str.h>

#include <arpa/inet.h>
#include <netinet/in.h>

struct range {
    unsigned char prefix[16];
    unsigned bits;
};

/* RFC 6890 and the IANA registry: all that is not global unicast; and one global address that is special to Azure. */
static const struct range special4[] = {
    { { 0 }, 8 },
    { { 10 }, 8 },
    { { 100, 64 }, 10 },
    { { 127 }, 8 },
    { { 168, 63, 129, 16 },
      32 }, /* Azure: the virtual address of the host platform, reachable from a virtual machine */
    { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },
    { { 192, 0, 2 }, 24 },
    { { 192, 88, 99 }, 24 },
    { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },
    { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },
    { { 224 }, 4 },
    { { 240 }, 4 },
};
static const struct range global6 = { { 0x20 }, 3 }; /* 2000::/3; all else is special */
static const struct range special6[] = {
    { { 0x20, 0x01 }, 23 },             /* 2001::/23, Teredo and protocol assignments */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x20, 0x02 }, 16 },             /* 6to4: an IPv4 address inside */
    { { 0x3f, 0xff }, 20 },             /* documentation */
};

static bool in_range(const unsigned char *address, const struct range *range) {
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    unsigned mask = 0xffu << (8 - rest) & 0xff;
    return memcmp(address, range->prefix, whole) == 0 &&
           (rest == 0 || (address[whole] & mask) == (range->prefix[whole] & mask));
}

static bool in_any(const unsigned char *address, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (in_range(address, &ranges[i])) {
            return true;
        }
    }
    return false;
}

static const unsigned char *bytes4(const struct sockaddr *address) {
    return (const unsigned char *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
}

static const unsigned char *bytes6(const struct sockaddr *address) {
    return (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
}

bool address_is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        return !in_any(bytes4(address), special4, COUNT(special4));
    }
    return address->sa_family == AF_INET6 && in_range(bytes6(address), &global6) &&
           !in_any(bytes6(address), special6, COUNT(special6));
}

bool address_is_loopback(const struct sockaddr *address) {
    static const struct range loopback4 = { { 127 }, 8 };
    if (address->sa_family == AF_INET) {
        return in_range(bytes4(address), &loopback4);
    }
    return address->sa_family == AF_INET6 && memcmp(bytes6(address), &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

bool address_is(const struct sockaddr *address, struct tam_str host, struct tam_str port) {
    char text[INET6_ADDRSTRLEN + 1] = { 0 };
    unsigned char bytes[16];
    int64_t number = 0;
    if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) {
        host = (struct tam_str){ host.ptr + 1, host.len - 2 };
    }
    if (host.len >= sizeof text || !str_number(port, 65535, &number)) {
        return false;
    }
    memcpy(text, host.ptr, host.len);
    if (inet_pton(address->sa_family, text, bytes) != 1) {
        return false;
    }
    if (address->sa_family == AF_INET) {
        return memcmp(bytes, bytes4(address), 4) == 0 &&
               ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port) == number;
    }
    return memcmp(bytes, bytes6(address), 16) == 0 &&
           ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port) == number;
}
