/* SPDX-License-Identifier: Apache-2.0 */
/* When new peers are asked for a cookie (RFC 7296 §2.6). The measure is what honest peers do and
 * forged ones do not: they finish. */
#include "sa/sa.h"

#define LEAST	     256 /* half-open SAs that honest peers hardly ever reach together */
#define MOST_SHARE   8	 /* of max-halfopen-ike, as a divisor */
#define LEAST_SHARE  4
#define LEARNED_MOST 8192 /* so that it falls soon when it must */
#define FADE	     (60 * USEC_PER_SEC)
#define WINDOW	     (5 * USEC_PER_SEC)
#define BEHIND	     (USEC_PER_SEC / 2) /* a key pair that waits so long: workers are behind */
#define PRESSED	     3			/* half-open time under pressure, as a divisor */
#define PRESSED_MIN  (5 * USEC_PER_SEC)

static const struct name why_entries[] = {
	{ COOKIES_NOT, "not asked for" },
	{ COOKIES_ALWAYS, "ddos-mode=busy" },
	{ COOKIES_HALF_OPEN, "many half-open IKE SAs" },
	{ COOKIES_WORKERS, "key pairs are asked for faster than they are made" },
	{ 0, NULL },
};
const struct names cookies_why_names = { "reason for cookies", why_entries };

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned least(const struct config_setup *setup)
{
	unsigned part = smaller(LEAST, setup->max_halfopen / LEAST_SHARE);

	return part > 0 ? part : 1;
}

unsigned cookies_threshold(const struct sas *sas, const struct config_setup *setup)
{
	unsigned low = least(setup), high = setup->max_halfopen / MOST_SHARE;

	if (setup->ddos_threshold != 0)
		return setup->ddos_threshold;
	if (high < low)
		return low;
	return low + smaller(sas->pressure.learned, high - low);
}

static void fade(struct pressure *pressure, usec_t now)
{
	while (pressure->learned > 0 && now - pressure->faded >= FADE) {
		pressure->learned /= 2;
		pressure->faded += FADE;
	}
	if (pressure->learned == 0)
		pressure->faded = now;
}

void pressure_finished(struct sas *sas, usec_t now)
{
	fade(&sas->pressure, now);
	if (sas->pressure.learned < LEARNED_MOST)
		sas->pressure.learned++;
}

void pressure_failed(struct sas *sas, usec_t now)
{
	fade(&sas->pressure, now);
	sas->pressure.learned -= smaller(sas->pressure.learned, 2);
}

static enum cookies_why reason(const struct sas *sas, const struct config_setup *setup, usec_t now)
{
	if (sas->table.unproven >= cookies_threshold(sas, setup))
		return COOKIES_HALF_OPEN;
	return half_open_queue_age(sas, now) >= BEHIND ? COOKIES_WORKERS : COOKIES_NOT;
}

enum cookies_why cookies_state(const struct sas *sas, const struct config_setup *setup)
{
	switch (setup->ddos_mode) {
	case DDOS_BUSY:
		return COOKIES_ALWAYS;
	case DDOS_UNLIMITED:
		return COOKIES_NOT;
	case DDOS_AUTO:
		break;
	}
	return sas->pressure.why;
}

enum cookies_why cookies_wanted(struct sas *sas, const struct config_setup *setup, usec_t now)
{
	struct pressure *pressure = &sas->pressure;

	if (setup->ddos_mode != DDOS_AUTO || pressure->why != COOKIES_NOT)
		return cookies_state(sas, setup);
	fade(pressure, now);
	pressure->why = reason(sas, setup, now);
	if (pressure->why != COOKIES_NOT) {
		pressure->since = pressure->window = now;
		pressure->asked = pressure->returned = 0;
	}
	return pressure->why;
}

void cookies_asked(struct sas *sas)
{
	sas->pressure.asked++;
}

void cookies_returned(struct sas *sas)
{
	sas->pressure.returned++;
}

/* So many, had they become half-open instead. */
static uint64_t in_vain(const struct pressure *pressure, const struct config_setup *setup,
			usec_t now)
{
	uint64_t lost =
		pressure->asked > pressure->returned ? pressure->asked - pressure->returned : 0;

	return lost * (uint64_t)setup->halfopen_timeout / (uint64_t)(now - pressure->window);
}

bool cookies_review(struct sas *sas, const struct config_setup *setup, usec_t now)
{
	struct pressure *pressure = &sas->pressure;
	unsigned half = (cookies_threshold(sas, setup) + 1) / 2;
	bool quiet;

	if (pressure->why == COOKIES_NOT || now - pressure->window < WINDOW)
		return false;
	fade(pressure, now);
	quiet = in_vain(pressure, setup, now) < half;
	pressure->window = now;
	pressure->asked = pressure->returned = 0;
	if (!quiet || sas->table.unproven >= half || half_open_queue_age(sas, now) >= BEHIND / 2)
		return false;
	pressure->why = COOKIES_NOT;
	return true;
}

usec_t half_open_lifetime(const struct sas *sas, const struct config_setup *setup)
{
	usec_t pressed = setup->halfopen_timeout / PRESSED;

	if (sas->pressure.why == COOKIES_NOT && sas->half_open_count <= setup->max_halfopen / 2)
		return setup->halfopen_timeout;
	if (pressed < PRESSED_MIN)
		pressed = PRESSED_MIN;
	return pressed < setup->halfopen_timeout ? pressed : setup->halfopen_timeout;
}
