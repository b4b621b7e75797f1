# Vanth: one Makefile. Each folder of src/ becomes a static library; a test links only the folders at or below its own.
# (bootstrap: config.mk is made by ./configure, which autoconf makes from configure.ac)
-include config.mk
CC ?= gcc
B ?= build
LAYERS := base log host wire crypto proposal selector config kernel peer sa auth ikev2 engine control daemon
PKGS := nss nspr libevent libevent_pthreads libcap-ng libsystemd libmnl jansson
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
WARN := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Werror
OPT ?= -O2 -g
ifdef SANITIZE
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
B := build/sanitize
endif
CFLAGS_ALL := -std=gnu17 $(WARN) $(OPT) -fPIE -fstack-protector-strong -D_GNU_SOURCE -D_FORTIFY_SOURCE=0 -Iinclude -Isrc $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL := $(OPT) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

sources = $(wildcard src/$(1)/*.c src/$(1)/*/*.c)
objects = $(patsubst %.c,$(B)/%.o,$(call sources,$(1)))
libs_upto = $(foreach l,$(LAYERS),$(if $(call sources,$(l)),$(B)/lib$(l).a))

all: $(B)/vanth $(B)/ipsec

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

define layer_rule
$(B)/lib$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

# the layers at or below $(1), highest first (link order)
below = $(shell echo $(LAYERS) | awk -v t=$(1) '{for(i=1;i<=NF;i++){s=$$i" "s; if($$i==t)break} print s}')
archives = $(foreach l,$(call below,$(1)),$(if $(call sources,$(l)),$(B)/lib$(l).a))

# make unit-wire: the unit tests of one folder
unit-%: FORCE
	@$(MAKE) --no-print-directory unit-run T=$*
unit_tests = $(patsubst %.c,$(B)/%,$(wildcard testing/unit/$(1)/test_*.c))
ifdef T
unit-run: $(call unit_tests,$(T))
	@fail=0; for t in $^; do echo "== $$t"; $$t || fail=1; done; exit $$fail
$(B)/testing/unit/$(T)/%: testing/unit/$(T)/%.c $(call archives,$(T))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itesting -o $@ $< -Wl,--start-group $(call archives,$(T)) -Wl,--end-group $(LDFLAGS_ALL) -lcmocka $(PKG_LIBS) -lpthread -lm
endif
FORCE:
.PHONY: all FORCE unit-run
-include $(shell find $(B)/src $(B)/programs $(B)/testing -type f -name '*.d' 2>/dev/null)
