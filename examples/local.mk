# SPDX-License-Identifier: MIT
# Two hosts, as short as they can be. They see what an installed host sees: tam/tam.h and libtam.
noinst_PROGRAMS += examples/host examples/loop
examples_host_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE
examples_host_LDADD = src/libtam.la
examples_loop_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE
examples_loop_LDADD = src/libtam.la

# tamd before servers that are not written in C; installed, for users copy them.
exampledir = $(docdir)
nobase_dist_example_DATA = examples/host.c examples/loop.c examples/one.c examples/tamd.conf examples/caddy/Caddyfile \
	examples/envoy/tamd.conf examples/haproxy/haproxy.cfg examples/haproxy/tam.lua examples/hosts/tamd.conf \
	examples/nginx/api.example.com.conf examples/nginx/snippets/tam.conf examples/nginx/snippets/tam-headers.conf \
	examples/mcp/README.md examples/mcp/mcp.example.com examples/mcp/nginx.conf examples/mcp/package.json \
	examples/mcp/server.mjs examples/mcp/tamd.conf examples/systemd/credentials.conf examples/traefik/tam.yaml
