/* SPDX-License-Identifier: Apache-2.0 */
/* Private: what the files that check a conn share. */
#ifndef VANTH_CONFIG_CHECK_H
#define VANTH_CONFIG_CHECK_H

#include "config/loader.h"

/* Of one setting each is said once, however many conns share it. */
enum check {
	CHECK_HOSTS = 1,
	CHECK_FAMILY = 2,
	CHECK_TRANSPORT = 4,
	CHECK_SUBNETS = 8,
	CHECK_PORTS = 16,
	CHECK_SOURCEIP = 32,
	CHECK_LIFETIME = 64,
	CHECK_DPD = 128,
	CHECK_RETRANSMIT = 256,
	CHECK_START = 512,
	CHECK_REPLAY = 1024,
	CHECK_AUTH = 2048,
	CHECK_TOTAL = 4096,
	CHECK_WAIT = 8192,
	CHECK_VOLUME = 16384,
	CHECK_BUDGET = 32768,
	CHECK_KEYS = 65536,
	CHECK_NULL = 131072,
	CHECK_POOL = 262144,
	CHECK_CLIENT = 524288,
	CHECK_NO_EFFECT = 1048576,
	CHECK_INTERFACE = 2097152,
	CHECK_MODE = 4194304,
	CHECK_OFFLOAD = 8388608,
	CHECK_IKEV1 = 16777216,
	CHECK_XAUTH = 33554432,
};

struct checking {
	struct loader *loader;
	const struct section *section;
	const struct merge *merge;
	struct config_conn *conn;
};

static inline bool conn_is_shunt(const struct config_conn *conn)
{
	return conn->type == TYPE_PASSTHROUGH || conn->type == TYPE_DROP ||
	       conn->type == TYPE_REJECT;
}

/* ---- check.c ---- */
/* The setting that gives the conn this keyword (a row's own name), or NULL. */
struct setting *check_setting(const struct merge *merge, const char *name, unsigned side);
/* At the named setting, or at the conn's head; once for a setting that several conns share. */
void check_say(const struct checking *c, enum check what, bool warning, const char *name,
	       unsigned side, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Where config setup has this keyword. */
struct place check_setup_place(const struct loader *loader, const char *name);

/* ---- check_auth.c: methods, certificates, keys ---- */
void check_auth(const struct checking *c);
void check_revocation(struct loader *loader);

/* ---- check_addresses.c: pools, clients ---- */
void check_addresses(const struct checking *c);

/* ---- check_kernel.c: modes, marks, interfaces, offload ---- */
void check_kernel(const struct checking *c);

/* ---- check_ikev1.c ---- */
/* What IKEv1 cannot say, or Vanth does not say in it yet. */
void check_ikev1(const struct checking *c);

/* ---- check_xauth.c ---- */
void check_xauth(const struct checking *c);

/* ---- check_selectors.c ---- */
/* leftsubnet=a,b: as many as one Child SA can have. */
void check_together(const struct checking *c);

#endif
