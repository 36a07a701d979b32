# SPDX-License-Identifier: MIT

# Keys, certificates and minting: what tam-issuer, `tam mint` and the tests share. Never linked by libtam or a plugin.
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
	tools/issuer/signing.c tools/issuer/signing.h \
	tools/common/terminal.c tools/common/terminal.h
tools_libissuer_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(LIBJWT_CFLAGS)
tools_libissuer_la_LIBADD = src/base/libbase.la $(LIBJWT_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bin_PROGRAMS += tools/issuer/tam-issuer
tools_issuer_tam_issuer_SOURCES = \
	tools/common/descriptors.c tools/common/descriptors.h \
	tools/issuer/discovery.c tools/issuer/discovery.h \
	tools/issuer/documents.c tools/issuer/documents.h \
	tools/issuer/http.c tools/issuer/http.h \
	tools/common/listen.c tools/common/listen.h \
	tools/issuer/tam-issuer.c
tools_issuer_tam_issuer_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
tools_issuer_tam_issuer_LDADD = tools/libissuer.la $(MICROHTTPD_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bin_PROGRAMS += tools/tam/tam
tools_tam_tam_SOURCES = \
	tools/tam/command.c tools/tam/command.h \
	tools/common/descriptors.c tools/common/descriptors.h \
	tools/tam/tam.c \
	tools/tam/check.c \
	tools/tam/explain.c \
	tools/tam/plugins.c \
	tools/tam/service.c \
	tools/tam/tokens.c \
	tools/tam/verify.c
tools_tam_tam_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
tools_tam_tam_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
tools_tam_tam_LDADD = src/libtam.la tools/libissuer.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
dist_man_MANS += tools/tam/tam.1 tools/issuer/tam-issuer.1 tools/issuer/tam-mint.1

# They ask the programs themselves for commands and options, so they have nothing to keep in step.
completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = tools/completion/tam tools/completion/tamd tools/completion/tam-issuer
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = tools/completion/_tam
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = tools/completion/tam.fish tools/completion/tamd.fish tools/completion/tam-issuer.fish
