# SPDX-License-Identifier: MIT

# What the programs share.
noinst_LTLIBRARIES += tools/libcommon.la
tools_libcommon_la_SOURCES = \
	tools/common/descriptors.c tools/common/descriptors.h \
	tools/common/listen.c tools/common/listen.h \
	tools/common/terminal.c tools/common/terminal.h
tools_libcommon_la_LIBADD = src/base/libbase.la

# Keys, certificates and minting: what tam-issuer, `tam mint` and the tests share. Never linked by libtam or a plugin.
if BUILD_ISSUER
noinst_LTLIBRARIES += tools/libissuer.la
tools_libissuer_la_SOURCES = \
	tools/issuer/authority.c tools/issuer/authority.h \
	tools/issuer/certificate.c tools/issuer/certificate.h \
	tools/issuer/files.c tools/issuer/files.h \
	tools/issuer/jwk.c \
	tools/issuer/key.c tools/issuer/key.h \
	tools/issuer/keys.c tools/issuer/keys.h \
	tools/issuer/libjwt.c tools/issuer/libjwt.h \
	tools/issuer/mint.c tools/issuer/mint.h \
	tools/issuer/mint_claims.c \
	tools/issuer/mint_command.c \
	tools/issuer/signing.c tools/issuer/signing.h
tools_libissuer_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(LIBJWT_CFLAGS)
tools_libissuer_la_LIBADD = tools/libcommon.la $(LIBJWT_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bin_PROGRAMS += tools/issuer/tam-issuer
tools_issuer_tam_issuer_SOURCES = \
	tools/issuer/discovery.c tools/issuer/discovery.h \
	tools/issuer/documents.c tools/issuer/documents.h \
	tools/issuer/http.c tools/issuer/http.h \
	tools/issuer/tam-issuer.c
tools_issuer_tam_issuer_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
tools_issuer_tam_issuer_LDADD = tools/libissuer.la $(MICROHTTPD_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
man_MANS += tools/issuer/tam-issuer.1 tools/issuer/tam-mint.1
endif

if BUILD_TAM
bin_PROGRAMS += tools/tam/tam
tools_tam_tam_SOURCES = \
	tools/tam/command.c tools/tam/command.h \
	tools/tam/tam.c \
	tools/tam/check.c \
	tools/tam/explain.c \
	tools/tam/plugins.c \
	tools/tam/service.c \
	tools/tam/tokens.c \
	tools/tam/verify.c
tools_tam_tam_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
tools_tam_tam_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tools_tam_tam_LDADD = src/libtam.la tools/libcommon.la $(JANSSON_LIBS)
if BUILD_ISSUER
tools_tam_tam_LDADD += tools/libissuer.la
endif
man_MANS += tools/tam/tam.1
endif

# They ask the programs themselves for commands and options, so they have nothing to keep in step.
completiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_completion_DATA =
dist_zshcompletion_DATA =
dist_fishcompletion_DATA =
if BUILD_TAM
dist_completion_DATA += tools/completion/tam
dist_zshcompletion_DATA += tools/completion/_tam
dist_fishcompletion_DATA += tools/completion/tam.fish
endif
if BUILD_ISSUER
dist_completion_DATA += tools/completion/tam-issuer
dist_fishcompletion_DATA += tools/completion/tam-issuer.fish
endif
if BUILD_TAMD
dist_completion_DATA += tools/completion/tamd
dist_fishcompletion_DATA += tools/completion/tamd.fish
endif
EXTRA_DIST += tools/issuer/tam-issuer.1 tools/issuer/tam-mint.1 tools/tam/tam.1
