# SPDX-License-Identifier: Apache-2.0
# Vanth: one Makefile. Each folder of src/ becomes a static library; a test links only the folders at or
# below its own. "make help" lists the goals. config.mk comes from ./configure, which comes from configure.ac.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Goals that do their own set-up or need none; every other goal builds and reads config.mk, which then is
# made first if need be.
setup_goals := help demo check lab bench configure clean distclean
ifneq ($(filter-out $(setup_goals),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif


LAYERS := base log host wire crypto proposal selector config x509 kernel network peer sa auth ikev1 ikev2 engine control daemon
# what the user said, for those who make again
B_given := $(B)
CC_given := $(if $(filter environment% command%,$(origin CC)),$(CC))

# --- what is built with ------------------------------------------------------------------------------------
ifdef SANITIZE
B ?= build/sanitize
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -D_FORTIFY_SOURCE=0
else
B ?= build
OPT ?= -O2 -g -D_FORTIFY_SOURCE=2
endif
ifdef PKGS
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS)))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS))
endif
WARN := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Werror
PLACES = -DVANTH_VERSION='"$(VERSION)"' -DVANTH_SYSCONFDIR='"$(sysconfdir)"' -DVANTH_RUNDIR='"$(rundir)"' \
	-DVANTH_NSSDIR='"$(nssdir)"' -DVANTH_LIBEXECDIR='"$(libexecdir)/ipsec"'
CFLAGS_ALL = -std=gnu17 $(WARN) $(OPT) -fPIE -fstack-protector-strong -D_GNU_SOURCE $(PLACES) -Iinclude -Isrc $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(OPT) -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)
LIBS = $(PKG_LIBS) -lpthread -lm

# --- libraries and programs --------------------------------------------------------------------------------
sources = $(wildcard src/$(1)/*.c src/$(1)/*/*.c)
objects = $(patsubst %.c,$(B)/%.o,$(call sources,$(1)))
with_sources := $(foreach l,$(LAYERS),$(if $(call sources,$(l)),$(l)))
program_objects = $(patsubst %.c,$(B)/%.o,$(wildcard programs/$(1)/*.c))
# told WHAT: says in short what the command does; V=1 shows the command instead
told = $(if $(V),,@echo '  $(1)' && )
link = $(call told,LD $@)$(CC) $(CFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS_ALL)

all: $(B)/vanth $(B)/ipsec $(B)/xauth-pam

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call told,CC $<)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

define layer_rule
$(B)/lib$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call told,AR $$@)$$(or $$(AR),ar) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
all_archives := $(patsubst %,$(B)/lib%.a,$(with_sources))

define program_rule
$(B)/$(1): $(call program_objects,$(1)) $(all_archives)
	$$(link) $$(LIBS)
endef
$(foreach p,vanth ipsec keywords xauth-pam,$(eval $(call program_rule,$(p))))

# the manual page of ipsec.conf, from the keyword table; its result is committed, and a test compares
manual: docs/man/ipsec.conf.5.in $(B)/keywords
	$(B)/keywords <$< >docs/man/ipsec.conf.5

# --- tests -------------------------------------------------------------------------------------------------
# testing/unit/FOLDER/test_*.c are programs; its other .c files are linked with each of them. The same goes
# for testing/exchange and testing/sim, which may use everything.
tests_in = $(wildcard testing/$(1)/test_*.c testing/$(1)/*/test_*.c)
test_programs = $(patsubst %.c,$(B)/%,$(call tests_in,$(1)))
helper_objects = $(patsubst %.c,$(B)/%.o,$(filter-out $(call tests_in,$(1)) %/simulate.c,$(wildcard testing/$(1)/*.c testing/$(1)/*/*.c)))
# the layers at or below $(1)
below = $(wordlist 1,$(call position,$(1),$(LAYERS),1),$(LAYERS))
position = $(if $(filter $(1),$(firstword $(2))),$(words $(3)),$(call position,$(1),$(wordlist 2,99,$(2)),$(3) 1))
archives = $(patsubst %,$(B)/lib%.a,$(filter $(with_sources),$(call below,$(1))))

$(B)/testing/%.o: CFLAGS += -Itesting
# what only calls and compares need not be fast, but made quickly
ifndef SANITIZE
$(B)/testing/unit/%.o $(B)/testing/exchange/%.o: CFLAGS += -O0 -U_FORTIFY_SOURCE
endif

# test_rule FOLDER-IN-TESTING, ARCHIVES
define test_rule
$(call test_programs,$(1)): $(B)/testing/$(1)/%: $(B)/testing/$(1)/%.o $(call helper_objects,$(1)) $(2)
	$$(link) -lcmocka $$(LIBS)
endef
$(foreach l,$(LAYERS),$(if $(call tests_in,unit/$(l)),$(eval $(call test_rule,unit/$(l),$(call archives,$(l))))))
$(foreach t,exchange sim,$(if $(call tests_in,$(t)),$(eval $(call test_rule,$(t),$(all_archives)))))
# testing/sim/run starts it
simulator := $(B)/testing/sim/simulate
$(simulator): $(simulator).o $(call helper_objects,sim) $(all_archives)
	$(link) $(LIBS)
simulator: $(simulator)
# these play with two whole gateways too
$(call test_programs,unit/ikev1) $(call test_programs,unit/ikev2) $(call test_programs,unit/engine): $(B)/testing/exchange/pair.o $(call archives,engine)

# testing/fuzz/fuzz_*.c: targets in libFuzzer's form, each linked with a main that replays its corpus
fuzz_targets := $(patsubst %.c,$(B)/%,$(wildcard testing/fuzz/fuzz_*.c))
$(fuzz_targets): $(B)/testing/fuzz/%: $(B)/testing/fuzz/%.o $(B)/testing/fuzz/replay.o $(all_archives)
	$(link) $(LIBS)

# testing/bench: the load generator, a flood, what SAs and hostile certificates cost, and what the crypto room's calls cost
bench_programs := $(B)/testing/bench/load $(B)/testing/bench/flood $(B)/testing/bench/lives $(B)/testing/bench/hostile $(B)/testing/bench/bench_crypto
$(B)/testing/bench/load $(B)/testing/bench/flood: $(B)/testing/bench/%: $(B)/testing/bench/%.o $(patsubst %,$(B)/testing/bench/%.o,initiator initiator_v1 meter wire) $(call archives,proposal)
	$(link) $(LIBS)
$(B)/testing/bench/bench_crypto: $(B)/testing/bench/bench_crypto.o $(call archives,crypto)
	$(link) $(LIBS)
$(B)/testing/bench/lives: $(B)/testing/bench/lives.o $(call archives,engine)
	$(link) $(LIBS)
$(B)/testing/bench/hostile: $(B)/testing/bench/hostile.o $(B)/testing/exchange/pair.o $(all_archives)
	$(link) -lcmocka $(LIBS)
bench-programs: $(bench_programs)

# make unit-wire: the unit tests of one folder
unit-%: FORCE
	@$(MAKE) unit-run T=$*
ifdef T
unit-run: $(call test_programs,unit/$(T))
	@testing/run-tests $^
endif
exchange sim: %: FORCE
	@$(MAKE) tests-run G=$@
ifdef G
tests-run: $(call test_programs,$(G))
	@testing/run-tests $^
endif

# everything that "make check" runs, built
tests: $(foreach l,$(LAYERS),$(call test_programs,unit/$(l))) $(call test_programs,exchange) $(call test_programs,sim) $(fuzz_targets)

lint:
	@testing/lint/run

# what the lab's scenarios run beside the programs
lab-programs: all $(B)/testing/bench/flood $(filter %/test_xfrm,$(call test_programs,unit/kernel))

# what testing/check asks
programs-of:
	@echo $(if $(filter unit,$(T)),$(foreach l,$(LAYERS),$(call test_programs,unit/$(l))),$(if $(filter fuzz,$(T)),$(fuzz_targets),$(call test_programs,$(T))))
compiler-flags:
	@printf '%s\n' $(call quoted,$(CFLAGS_ALL))
build-folder:
	@echo $(B)
quoted = '$(subst ','\'',$(1))'

# --- goals that do everything from a fresh clone ----------------------------------------------------------
check:
	@B='$(B_given)' CC='$(CC_given)' SANITIZE='$(SANITIZE)' testing/check
lab:
	@B='$(B_given)' CC='$(CC_given)' SANITIZE='$(SANITIZE)' testing/check lab
demo:
	@testing/lab/demo
bench:
	@testing/setup build test lab peers bench
	@$(MAKE) all bench-programs
	@testing/bench/run

# --- configure ---------------------------------------------------------------------------------------------
configure: configure.ac
	@command -v autoconf >/dev/null || { echo 'autoconf is missing: "sudo testing/setup build" installs what a build needs' >&2; exit 1; }
	autoconf
	@rm -rf autom4te.cache configure~
	@touch $@

config.mk: config.mk.in configure
	./configure -q
	@touch $@

# --- install -----------------------------------------------------------------------------------------------
man_pages := $(wildcard docs/man/*.[58])
installed_man = $(foreach m,$(man_pages),$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
installed_unit = $(if $(filter-out no,$(systemdunitdir)),$(systemdunitdir)/vanth.service)
installed_completion = $(if $(filter-out no,$(bashcompletiondir)),$(bashcompletiondir)/ipsec)

$(B)/vanth.service: programs/vanth.service.in config.mk
	sed -e 's|@libexecdir@|$(libexecdir)|g; s|@sbindir@|$(sbindir)|g; s|@sysconfdir@|$(sysconfdir)|g; s|@rundir@|$(rundir)|g; s|@nssdir@|$(nssdir)|g' $< >$@

install: all $(B)/vanth.service
	$(INSTALL) -D -m 755 $(B)/vanth $(DESTDIR)$(libexecdir)/ipsec/vanth
	$(INSTALL) -D -m 755 $(B)/xauth-pam $(DESTDIR)$(libexecdir)/ipsec/xauth-pam
	$(INSTALL) -D -m 755 $(B)/ipsec $(DESTDIR)$(sbindir)/ipsec
	$(foreach m,$(man_pages),$(INSTALL) -D -m 644 $(m) $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)) &&) true
	$(if $(installed_unit),$(INSTALL) -D -m 644 $(B)/vanth.service $(DESTDIR)$(installed_unit))
	$(if $(installed_completion),$(INSTALL) -D -m 644 programs/ipsec.bash-completion $(DESTDIR)$(installed_completion))
	$(INSTALL) -d -m 755 $(DESTDIR)$(sysconfdir)/ipsec.d
	$(INSTALL) -d -m 700 $(DESTDIR)$(nssdir)
	@[ -e $(DESTDIR)$(sysconfdir)/ipsec.conf ] || $(INSTALL) -m 644 programs/ipsec.conf $(DESTDIR)$(sysconfdir)/ipsec.conf
	@[ -e $(DESTDIR)$(sysconfdir)/ipsec.secrets ] || $(INSTALL) -m 600 programs/ipsec.secrets $(DESTDIR)$(sysconfdir)/ipsec.secrets

# what an administrator may have changed (the configuration, the NSS database) stays
uninstall:
	rm -f $(DESTDIR)$(libexecdir)/ipsec/vanth $(DESTDIR)$(libexecdir)/ipsec/xauth-pam $(DESTDIR)$(sbindir)/ipsec
	rm -f $(addprefix $(DESTDIR),$(installed_man) $(installed_unit) $(installed_completion))
	-@rmdir $(DESTDIR)$(libexecdir)/ipsec 2>/dev/null || true

# build/unpacked holds packages that were downloaded for the lab; distclean removes them too
clean:
	find build -mindepth 1 -maxdepth 1 ! -name unpacked -exec rm -rf {} + 2>/dev/null || true

distclean:
	rm -rf build configure config.log config.status config.mk autom4te.cache

help:
	@echo 'make [all]            build/vanth and build/ipsec (SANITIZE=1: with ASan and UBSan, in build/sanitize)'
	@echo 'make demo             as root: set-up, then a tunnel between two gateways, shown step by step'
	@echo 'make check            as root: set-up, then every tier of tests; SANITIZE=1 as above'
	@echo 'make lab              as root: every lab scenario (testing/lab/run --list)'
	@echo 'make bench            as root: what a handshake and an SA cost, beside strongSwan and Libreswan'
	@echo 'make unit-FOLDER      one folder of unit tests; make exchange, make sim, make lint: one tier'
	@echo 'make install, uninstall (DESTDIR=…), clean, distclean, configure'

FORCE:
.PHONY: all manual simulator FORCE bench-programs unit-run tests-run tests programs-of compiler-flags build-folder lab-programs lint check lab demo bench install uninstall clean distclean help
ifneq ($(filter-out $(setup_goals),$(or $(MAKECMDGOALS),all)),)
-include $(shell find $(B)/src $(B)/programs $(B)/testing -type f -name '*.d' 2>/dev/null)
endif
