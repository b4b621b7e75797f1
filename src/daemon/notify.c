/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager is told (sd_notify(3)); without one, nothing happens here. */
#include <systemd/sd-daemon.h>
#include <time.h>
#include "daemon/private.h"

#define STATUS_INTERVAL (10 * USEC_PER_SEC)

/* STATUS for `systemctl status`, WATCHDOG twice as often as it is expected. */
static usec_t interval(void)
{
	uint64_t watchdog = 0;

	if (sd_watchdog_enabled(0, &watchdog) > 0 && watchdog / 2 < (uint64_t)STATUS_INTERVAL)
		return (usec_t)(watchdog / 2);
	return STATUS_INTERVAL;
}

static void tell(struct daemon *daemon, const char *first)
{
	const struct gateway *gateway = daemon->gateway;

	(void)sd_notifyf(0, "%sWATCHDOG=1\nSTATUS=%zu IKE SAs, %zu Child SAs, %zu tunnels loaded",
			 first, gateway->sas.established_count, gateway->sas.child_count,
			 gateway->peers.tunnel_count);
	gateway_timer(daemon->gateway, &daemon->notify, host_now(daemon->host) + interval());
}

static void notify_fire(struct timer *timer)
{
	tell(container_of(timer, struct daemon, notify), "");
}

void notify_begin(struct daemon *daemon)
{
	daemon->notify.fire = notify_fire;
	tell(daemon, "READY=1\n");
}

void notify_end(struct daemon *daemon)
{
	gateway_cancel(daemon->gateway, &daemon->notify);
}

/* The time is that of now: the manager takes it for older news if it is from before its signal, as
 * that of the loop's turn could be. */
void notify_reloading(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
			 (long long)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000);
}

void notify_reloaded(struct daemon *daemon)
{
	tell(daemon, "READY=1\n");
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_failed(const char *why)
{
	(void)sd_notifyf(0, "STATUS=cannot start: %s", why);
}
