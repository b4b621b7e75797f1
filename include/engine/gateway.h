/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway is a value: everything of one daemon. The engine is the road itself: it dispatches
 * events to their rows, runs jobs, commits outcomes, reconciles peers. All calls on the loop's
 * thread. */
#ifndef VANTH_ENGINE_GATEWAY_H
#define VANTH_ENGINE_GATEWAY_H

#include "base/impair.h"
#include "ikev1/ikev1.h"
#include "ikev2/ikev2.h"
#include "log/log.h"
#include "network/network.h"
#include "sa/redirect.h"

enum gateway_event_type {
	GATEWAY_PROGRESS, /* a message sent or received, a decision: for `ipsec up` */
	GATEWAY_IKE_UP,
	GATEWAY_IKE_DOWN,
	GATEWAY_CHILD_UP,
	GATEWAY_CHILD_DOWN,
	GATEWAY_FAILED, /* an attempt to bring a tunnel up failed; it may be tried again */
};
extern const struct names gateway_event_names; /* "progress", "ike-up", ... */

struct gateway_event {
	enum gateway_event_type type;
	struct peer *peer;
	struct tunnel *tunnel; /* NULL: concerns the IKE SA of peer */
	uint64_t serial;       /* of the SA, or 0 */
	enum rc reason;	       /* DOWN, FAILED */
	const char *text;      /* a sentence; valid during the call */
};

/* The owner embeds it; unlink with gateway_unwatch() before freeing. May unwatch itself in the
 * call. */
struct watcher {
	void (*event)(struct watcher *watcher, const struct gateway_event *event);
	struct list in_gateway;
};

struct gateway_counters {
	uint64_t datagrams_in, datagrams_out, dropped, retransmits, answered_again;
	uint64_t ike_up, ike_down, child_up, child_down, failures;
	uint64_t cookies_sent, cookies_returned, half_open_timeouts, half_open_displaced,
		half_open_refused, auth_ignored;
	uint64_t integrity_failures, unknown_spi, v1_ignored, v1_refused;
	uint64_t deletes_unknown; /* IKEv1: for SAs that are not here, answered by nothing */
	/* of the peers: all, those that were here already, refused ones; our size lowered */
	uint64_t fragments_in, fragments_again, fragments_refused, path_lowered;
	/* unfinished messages that were given up: too old, or to make room */
	uint64_t reassembly_expired, reassembly_evicted;
	uint64_t requests_ahead, requests_beyond; /* of the peers' window: kept, refused */
	uint64_t redirects_sent, redirects_followed, redirects_refused;
	uint64_t requests_refused;	      /* sound ones that had no place */
	uint64_t scripts_run, scripts_failed; /* of updown=, each verb */
	uint64_t
		stuck; /* the watchdog's "wanted, no live Child SA, nothing pending": must stay 0 */
};

/* What peers wait for when many have an attempt under way (engine/line.c). */
enum gateway_line {
	LINE_INITIATING, /* a new IKE SA */
	LINE_CREATING,	 /* a CREATE_CHILD_SA request */
	LINE_COUNT
};

/* What engine/flood.c has to tell. */
struct flood {
	struct timer tick;	  /* about each second while there is a reason */
	uint64_t asked, returned; /* since told */
	uint64_t redirected;	  /* clients sent on meanwhile */
	usec_t told;
	struct log_limit displaced;
};

struct gateway {
	struct host *host;
	struct log *log;
	struct kernel *kernel;
	struct config *config;
	struct secrets *secrets;
	struct keyring *keyring;
	struct network *network; /* NULL: nothing is put on the host */
	struct revocation *revocation;
	struct deferred revoked_later; /* something new is known of certificates */
	uint64_t revoked_at;	       /* the same of the round that looks who is revoked now */
	struct peers peers;
	struct sas sas;
	struct sa_env env;
	struct timer_queue timers;
	struct list dirty; /* of struct peer.dirty */
	struct deferred reconcile_later;
	struct deferred wake_later;
	usec_t woken_for;
	struct list tasks;   /* requests to the kernel that are on their own */
	struct list errands; /* events that wait for a job or the kernel; in order of birth */
	uint64_t errands_begun;
	struct reloading *reloading; /* NULL: none is under way */
	struct list retired; /* configurations and secrets that were replaced, and may be in use */
	struct table traps;  /* their policies (engine/traps.c) */
	struct list orphans; /* traps whose conn is loaded anew */
	struct timer put_back; /* of what others took away from the host */
	struct list outfits;   /* what tunnels have on the host (engine/outfit.c) */
	struct list queries;   /* for counters, out at the kernel */
	struct list watchers;
	struct timer watchdog, names_timer;
	uint64_t watched; /* serial of the last peer that the watchdog looked at */
	struct deferred orient_later;
	uint64_t oriented; /* the same of the round that orients */
	bool host_changed;
	enum orient_again { ORIENT_DONE, ORIENT_PEERS, ORIENT_HOST_CHANGED } orient_again;
	usec_t orient_begun;
	struct timer orient_pause;
	struct gateway_counters counters;
	uint32_t row_runs[IKEV2_ROWS_MAX]; /* how often each row (ikev2_row_at) was reached, rejects
					      too */
	uint32_t row_runs_v1[IKEV1_ROWS_MAX]; /* ikev1_row_at */
	struct log_limit drop_limit, v1_limit, reject_limit, redirect_limit;
	struct redirect_policy redirect; /* begins as the configuration has it */
	usec_t invalid_spi_second;	 /* INVALID_IKE_SPI answers are bounded */
	unsigned invalid_spi_sent;
	bool listening, stopping;
	unsigned initiating;	      /* IKE SAs of ours that are not established yet */
	unsigned creating;	      /* CREATE_CHILD_SA requests of ours that are not out yet */
	struct list line[LINE_COUNT]; /* of struct peer.in_line */
	struct flood flood;
	struct updown *updown; /* engine/updown.c; NULL: no script was ever run */
	struct timer stop_limit;
	usec_t stop_by;
	void (*stopped)(void *context);
	void *stopped_context;
};

/* Takes a reference to config; owns secrets from now on (NULL: none). Host, kernel and log belong
 * to the caller and outlive the gateway. Loads every conn (auto=ignore excepted), but sends nothing
 * before gateway_start(). */
enum rc gateway_new(struct host *host, struct kernel *kernel, struct log *log,
		    struct config *config, struct secrets *secrets, struct gateway **out,
		    struct diag *diag) MUST_CHECK;
/* Before gateway_start(): what crash tokens are made with (RFC 6290), the same as before the crash.
 * Without it none are made. */
void gateway_crash_secret(struct gateway *gateway, const uint8_t secret[32]);
/* Before gateway_start(): what puts addresses, interfaces and routes on the host; the caller's, and
 * outlives the gateway. */
void gateway_use_network(struct gateway *gateway, struct network *network);
/* Before gateway_start(): the program that asks PAM about users (auth/xauth_pam.h). Without it
 * xauthby=pam lets nobody in. RC_NO_MEMORY. */
enum rc gateway_use_pam(struct gateway *gateway, const char *program) MUST_CHECK;
/* Opens the sockets, removes stale kernel state, orients, starts what has auto=start, traps what
 * has auto=ondemand. */
enum rc gateway_start(struct gateway *gateway, struct diag *diag) MUST_CHECK;
/* Deletes all SAs, tells the peers, waits for answers at most `limit` and then for updown scripts
 * at most ten seconds, then calls stopped. */
void gateway_stop(struct gateway *gateway, usec_t limit, void (*stopped)(void *context),
		  void *context);
/* Frees everything, whatever state it is in; nothing is sent. Outstanding jobs must have been
 * completed by freeing or draining the host's workers first (virtual: world_settle). */
void gateway_free(struct gateway *gateway);

/* What became of the conns of a reload. */
struct gateway_reload_report {
	unsigned added, removed;
	unsigned changed; /* their SAs were made anew */
	unsigned updated; /* they have changed, and their SAs stay */
	unsigned unchanged;
	unsigned failed; /* the log says why */
};
struct gateway_reload_watch {
	void (*progress)(void *context, unsigned done, unsigned total); /* conns; NULL: not told */
	void (*done)(void *context, const struct gateway_reload_report *report);
	void *context;
};
/* Replaces the configuration as a whole, some conns a turn: only what changed is touched, and SAs
 * end only where config_conn_change() says so. Nothing changes when there is no memory for it. The
 * watch (NULL: none) is told after this has returned; not when the gateway is freed meanwhile. One
 * that is still under way is brought to its end first, in this turn. */
enum rc gateway_reload_watched(struct gateway *gateway, struct config *config,
			       const struct gateway_reload_watch *watch,
			       struct diag *diag) MUST_CHECK;
/* Without a watch; few conns are done when it returns. */
enum rc gateway_reload(struct gateway *gateway, struct config *config,
		       struct diag *diag) MUST_CHECK;
/* ipsec rereadall: what x509_trust_load() has read, on a worker, is trusted from now on, and
 * certificates and keys are read anew when they are next asked for; SAs stay. Takes the reference.
 */
void gateway_renew_keys(struct gateway *gateway, struct x509_trust *trust);
/* Certificates and keys in files, read on a worker (x509_files_load()), take the place of those so
 * far; SAs stay. Takes the reference. */
void gateway_renew_files(struct gateway *gateway, struct x509_files *files);
/* Before the start: CRLs lie in that folder too (there need not be one), and are read at once, with
 * those of the NSS database. What is wrong with one is logged. RC_NO_MEMORY. */
enum rc gateway_open_crls(struct gateway *gateway, const char *folder) MUST_CHECK;
/* They are read again, on a worker. */
void gateway_read_crls(struct gateway *gateway);
void gateway_reload_secrets(struct gateway *gateway, struct secrets *secrets); /* owns them */

/* The operator's verbs; name is a conn or one of its tunnels. RC_NOT_FOUND with the nearest name.
 */
enum rc gateway_up(struct gateway *gateway, const char *name,
		   struct diag *diag) MUST_CHECK; /* wanted UP, no backoff */
/* The same, for an XAUTH client whose user and password are said by the operator ("": the conn's
 * username=). RC_UNSUPPORTED: it is none. */
enum rc gateway_login(struct gateway *gateway, const char *name, const char *user,
		      struct span password, struct diag *diag) MUST_CHECK;
/* An XAUTH client that is wanted up and has no password yet; a tunnel of it. */
bool gateway_lacks_password(const struct gateway *gateway, const struct tunnel *tunnel);
/* Ends its SAs. It is not begun again, but answered; auto=ondemand keeps its trap. */
enum rc gateway_down(struct gateway *gateway, const char *name, struct diag *diag) MUST_CHECK;
enum rc gateway_route(struct gateway *gateway, const char *name,
		      struct diag *diag) MUST_CHECK; /* wanted ON_DEMAND */
enum rc gateway_unroute(struct gateway *gateway, const char *name, struct diag *diag) MUST_CHECK;
enum gateway_rekey_what {
	REKEY_CHILD,  /* the Child SAs */
	REKEY_IKE,    /* the IKE SAs, which keep their Child SAs */
	REKEY_REAUTH, /* the IKE SAs, by new ones in which both ends prove themselves again */
};
/* Its SAs are replaced now, before their time (RFC 7296 §2.8); those of the peer's other tunnels in
 * the same IKE SA go with it. RC_CHILD_NOT_FOUND: it has none. */
enum rc gateway_rekey(struct gateway *gateway, const char *name, enum gateway_rekey_what what,
		      struct diag *diag) MUST_CHECK;
/* Loads (or replaces) the conn as config (freshly read) has it. */
enum rc gateway_add(struct gateway *gateway, struct config *config, const char *name,
		    struct diag *diag) MUST_CHECK;
/* The same, but what is loaded keeps its SAs if they can stay, and is left alone if config has not
 * got it. */
enum rc gateway_take(struct gateway *gateway, struct config *config, const char *name,
		     struct diag *diag) MUST_CHECK;
enum rc gateway_delete(struct gateway *gateway, const char *name, struct diag *diag) MUST_CHECK;
/* A configuration that was given to one of the functions above and is not needed any more: it is
 * freed (on a worker) when no conn is of it. Takes the reference. */
void gateway_retire(struct gateway *gateway, struct config *config);

/* Peers that accept redirects and are connected by that conn (NULL: by any) are told to go to one
 * of these gateways (addresses or host names, separated by commas; RFC 5685 §5), and have a minute
 * for it. */
enum rc gateway_redirect(struct gateway *gateway, const char *name, const char *to,
			 struct diag *diag) MUST_CHECK;

/* global-redirect= and global-redirect-to= until the next reload or change; NULL: as it is.
 * RC_SYNTAX, or RC_UNSUPPORTED: nobody can be sent anywhere without gateways. */
enum rc gateway_global_redirect(struct gateway *gateway, const char *when, const char *to,
				struct diag *diag) MUST_CHECK;

/* A timer of whoever embeds the gateway: timer_arm() that ends in a wake-up of the host. */
void gateway_timer(struct gateway *gateway, struct timer *timer, usec_t due);
void gateway_cancel(struct gateway *gateway, struct timer *timer);

void gateway_watch(struct gateway *gateway, struct watcher *watcher);
void gateway_unwatch(struct watcher *watcher);
/* Names for recorder_text(). */
const char *gateway_record_name(enum record_event event, unsigned code);
/* Traffic counters of a Child SA are asked from the kernel every few seconds while somebody looks;
 * this asks now and calls done (later, on the loop) when the answers are in child->in and
 * child->out. */
void gateway_refresh_counters(struct gateway *gateway, struct tunnel *tunnel,
			      void (*done)(void *context), void *context);

#endif
