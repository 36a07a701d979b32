# SPDX-License-Identifier: MIT

# Keys, certificates and minting: what tam-issuer, `tam mint` and the tests share. Never linked by libtam or a plugin.
noinst_LTLIBRARIES += tools/libissuer.la
tools_libissuer_la_SOURCES = \
	tools/issuer_authority.c tools/issuer_authority.h \
	tools/issuer_certificate.c tools/issuer_certificate.h \
	tools/issuer_files.c tools/issuer_files.h \
	tools/issuer_jwk.c \
	tools/issuer_key.c tools/issuer_key.h \
	tools/issuer_keys.c tools/issuer_keys.h \
	tools/libjwt.c tools/libjwt.h \
	tools/mint.c tools/mint.h \
	tools/mint_claims.c \
	tools/mint_command.c \
	tools/signing.c tools/signing.h \
	tools/terminal.c tools/terminal.h
tools_libissuer_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(LIBJWT_CFLAGS)
tools_libissuer_la_LIBADD = src/base/libbase.la $(LIBJWT_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bin_PROGRAMS += tools/tam-issuer
tools_tam_issuer_SOURCES = \
	tools/descriptors.c tools/descriptors.h \
	tools/issuer_discovery.c tools/issuer_discovery.h \
	tools/issuer_documents.c tools/issuer_documents.h \
	tools/issuer_http.c tools/issuer_http.h \
	tools/listen.c tools/listen.h \
	tools/tam-issuer.c
tools_tam_issuer_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
tools_tam_issuer_LDADD = tools/libissuer.la $(MICROHTTPD_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bin_PROGRAMS += tools/tam
tools_tam_SOURCES = \
	tools/command.c tools/command.h \
	tools/descriptors.c tools/descriptors.h \
	tools/tam.c \
	tools/tam_check.c \
	tools/tam_explain.c \
	tools/tam_plugins.c \
	tools/tam_service.c \
	tools/tam_tokens.c \
	tools/tam_verify.c
tools_tam_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
tools_tam_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
tools_tam_LDADD = src/libtam.la tools/libissuer.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
dist_man_MANS += tools/tam.1 tools/tam-issuer.1 tools/tam-mint.1

# They ask the programs themselves for commands and options, so they have nothing to keep in step.
completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = tools/completion/tam tools/completion/tamd tools/completion/tam-issuer
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = tools/completion/_tam
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = tools/completion/tam.fish tools/completion/tamd.fish tools/completion/tam-issuer.fish
