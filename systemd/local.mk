# SPDX-License-Identifier: MIT
# The units of tamd, and the user that it runs as. Directories are known to make only, so make writes them in.
systemd_units = systemd/tamd.service systemd/tamd.socket systemd/tamd-admin.socket
if BUILD_TAMD
if SYSTEMD_UNITS
systemdsystemunit_DATA = $(systemd_units)
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = systemd/sysusers.d/tam.conf
endif
noinst_DATA = systemd/tamd.service
endif

systemd/tamd.service: $(srcdir)/systemd/tamd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
		'$(srcdir)/systemd/tamd.service.in' >$@.new && mv $@.new $@
CLEANFILES += systemd/tamd.service
EXTRA_DIST += systemd/tamd.service.in systemd/tamd.socket systemd/tamd-admin.socket systemd/sysusers.d/tam.conf
