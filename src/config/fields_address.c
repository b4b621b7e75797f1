/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of fields about addresses: pools, source addresses, interfaces, marks. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

#define POOLS_MAX	 64 /* ranges of one end */
#define POOL_BITS_MAX	 64 /* so many leases, as a power of two */
#define INTERFACE_ID_MAX "0..4294967294"

/* ---- pools ---- */
static unsigned full_length(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* "2001:db8::/48/64": the second number is the length of a lease. */
static enum rc split_lease(char *word, unsigned *lease, struct diag *diag)
{
	char *slash = strchr(word, '/'), *second = slash != NULL ? strchr(slash + 1, '/') : NULL;
	uint64_t number = 0;

	*lease = 0;
	if (second == NULL)
		return RC_OK;
	*second = '\0';
	TRY(value_number(second + 1, "1..128", &number, diag));
	*lease = (unsigned)number;
	return RC_OK;
}

static bool is_usable(const struct ip_range *range)
{
	const uint8_t *from = range->from.bytes, *to = range->to.bytes;
	if (range->from.family == AF_INET)
		return from[0] != 0 && from[0] != 127 && to[0] < 224;
	return to[0] != 0xff && !ip_is_any(&range->from);
}

static enum rc check_pool(const struct config_pool *pool, const char *word, struct diag *diag)
{
	struct ip_addr network;
	unsigned full = full_length(pool->range.from.family);
	int cover = range_cover(&pool->range, &network);

	if (!is_usable(&pool->range))
		return diag_fail(diag, RC_RANGE,
				 "%.60s holds addresses that no host can have (unspecified, "
				 "loopback or multicast ones)",
				 word);
	if (pool->lease < full && (full == 32 || range_prefix(&pool->range) < 0))
		return diag_fail(diag, RC_SYNTAX,
				 "%.60s: only of an IPv6 subnet can each client get a subnet",
				 word);
	if (pool->lease < cover)
		return diag_fail(diag, RC_SYNTAX, "%.60s: a lease of /%u is larger than the pool",
				 word, pool->lease);
	if (pool->range.from.family == AF_INET && cover < 8)
		return diag_fail(diag, RC_LIMIT,
				 "%.60s is too large for a pool: at most a /8 is allowed", word);
	if (pool->lease - cover > POOL_BITS_MAX)
		return diag_fail(diag, RC_LIMIT,
				 "%.60s is too large for a pool: at most 2^%d leases are allowed, "
				 "as in a /64",
				 word, POOL_BITS_MAX);
	return RC_OK;
}

static enum rc read_pool(char *word, struct config_pool *out, struct diag *diag)
{
	char whole[VALUE_WORD_MAX];
	unsigned lease;

	snprintf(whole, sizeof(whole), "%s", word);
	if (word[0] == '\0')
		return diag_fail(diag, RC_SYNTAX, "a range has at most %d characters",
				 VALUE_WORD_MAX - 1);
	if (word[0] == '%')
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%.40s\" is not supported: write the range of addresses", word);
	TRY(split_lease(word, &lease, diag));
	TRY(range_parse(word, &out->range, diag));
	out->lease = (uint8_t)(lease != 0 ? lease : full_length(out->range.from.family));
	return check_pool(out, whole, diag);
}

static enum rc no_overlap(const struct config_pool *pools, unsigned count, struct diag *diag)
{
	struct ip_range both;
	char a[IP_RANGE_TEXT_MAX], b[IP_RANGE_TEXT_MAX];

	for (unsigned i = 0; i + 1 < count; i++)
		if (range_intersect(&pools[i].range, &pools[count - 1].range, &both))
			return diag_fail(diag, RC_EXISTS, "%s and %s have addresses in common",
					 range_text(&pools[i].range, a),
					 range_text(&pools[count - 1].range, b));
	return RC_OK;
}

enum rc field_addresspool(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	const char *cursor = text;
	char word[VALUE_WORD_MAX];
	struct config_pool pools[POOLS_MAX];
	unsigned count = 0;

	if (end->pools != NULL)
		return diag_fail(&finding->diag, RC_EXISTS,
				 "the pool is given twice: by addresspool= and by sourceip=");
	while (value_word(&cursor, word)) {
		finding->column = (size_t)(cursor - text) - strlen(word);
		if (count == POOLS_MAX)
			return diag_fail(&finding->diag, RC_LIMIT, "at most %d ranges are allowed",
					 POOLS_MAX);
		TRY(read_pool(word, &pools[count++], &finding->diag));
		TRY(no_overlap(pools, count, &finding->diag));
	}
	if (count == 0)
		return diag_fail(&finding->diag, RC_SYNTAX, "the range is missing");
	end->pools = mem_alloc(count * sizeof(*end->pools));
	if (end->pools == NULL)
		return RC_NO_MEMORY;
	memcpy(end->pools, pools, count * sizeof(*pools));
	end->pool_count = (uint16_t)count;
	return RC_OK;
}

/* ---- source addresses ---- */
static enum rc wanted_address(const char *word, struct config_end *end, struct diag *diag)
{
	static const struct name list[] = {
		{ WANT_IPV4 | WANT_IPV6, "%config" },
		{ WANT_IPV4, "%config4" },
		{ WANT_IPV6, "%config6" },
		{ WANT_IPV4, "%modeconfig" },
		{ WANT_IPV4, "%modecfg" },
		{ WANT_IPV4 | WANT_IPV6, "%cfg" },
		{ 0, "%none" },
		{ 0, NULL },
	};
	static const struct names names = { "source address", list };
	static const char *const known[] = { "%config",	    "%config4", "%config6",
					     "%modeconfig", "%modecfg", NULL };
	const char *near = names_nearest(word, known);
	int bits = 0;

	if (!names_find(&names, word, &bits) && near == NULL) /* %dhcp, %radius, a named pool */
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%.40s\" is not supported: addresses come from addresspool=", word);
	if (!names_find(&names, word, &bits))
		return diag_fail(diag, RC_SYNTAX, "unknown \"%.40s\" (did you mean \"%s\"?)", word,
				 near);
	end->sourceip_wanted |= (uint8_t)bits;
	return RC_OK;
}

static enum rc fixed_address(const char *word, struct config_end *end, struct diag *diag)
{
	struct ip_addr addr, *field = &end->sourceip;

	TRY(value_address(word, &addr, diag));
	if (ip_is_set(field)) {
		if (field->family == addr.family || ip_is_set(&end->sourceip_other))
			return diag_fail(diag, RC_LIMIT,
					 "%.40s: one address of each IP version is allowed", word);
		field = &end->sourceip_other;
	}
	*field = addr;
	return RC_OK;
}

enum rc field_sourceip(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	const char *cursor = text;
	char word[VALUE_WORD_MAX];

	end->sourceip = end->sourceip_other = (struct ip_addr){ 0 };
	end->sourceip_wanted = 0;
	if (strpbrk(text, "/-") != NULL) /* strongSwan: rightsourceip=10.3.0.0/24 */
		return field_addresspool(text, object, finding);
	while (value_word(&cursor, word)) {
		finding->column = (size_t)(cursor - text) - strlen(word);
		if (word[0] == '%')
			TRY(wanted_address(word, end, &finding->diag));
		else
			TRY(fixed_address(word, end, &finding->diag));
	}
	return RC_OK;
}

/* ---- interfaces ---- */
static enum rc read_interface(const char *text, struct config_interface_address *out,
			      struct finding *finding)
{
	const char *slash = strchr(text, '/');
	char word[IP_TEXT_MAX], range[16];
	struct ip_addr addr;
	uint64_t len;

	snprintf(word, sizeof(word), "%.*s", slash != NULL ? (int)(slash - text) : IP_TEXT_MAX - 1,
		 text);
	TRY(value_address(word, &addr, &finding->diag));
	len = full_length(addr.family);
	snprintf(range, sizeof(range), "0..%u", full_length(addr.family));
	if (slash != NULL)
		TRY(value_number(slash + 1, range, &len, &finding->diag));
	*out = (struct config_interface_address){ addr, (uint8_t)len };
	return RC_OK;
}

enum rc field_vti(const char *text, void *object, struct finding *finding)
{
	return read_interface(text, &((struct config_end *)object)->vti, finding);
}

enum rc field_interface_ip(const char *text, void *object, struct finding *finding)
{
	return read_interface(text, &((struct config_end *)object)->interface_ip, finding);
}

enum rc field_ipsec_interface(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	bool on = false;
	uint64_t number = 1;

	if (text[0] >= '0' && text[0] <= '9') {
		TRY(value_number(text, INTERFACE_ID_MAX, &number, &finding->diag));
		on = true;
	} else if (value_bool(text, &on, NULL) != RC_OK) {
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "\"%.40s\": expected no, yes, or the number of the interface "
				 "(5 for ipsec5)",
				 text);
	}
	conn->interface = on;
	conn->interface_number = (uint32_t)number;
	return RC_OK;
}

enum rc field_vti_interface(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	char *copy;

	if (strlen(text) > 15 || strpbrk(text, "/ \t") != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "\"%.40s\" cannot be an interface's name: at most 15 characters, "
				 "without blanks and \"/\"",
				 text);
	copy = mem_text(text);
	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(conn->vti_interface);
	conn->vti_interface = copy;
	return RC_OK;
}

/* ---- marks ---- */
enum rc field_mark(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;

	conn->mark_unique = strcasecmp(text, "%unique") == 0;
	if (conn->mark_unique) {
		conn->mark = conn->mark_mask = 0;
		return RC_OK;
	}
	return value_mark(text, &conn->mark, &conn->mark_mask, &finding->diag);
}

enum rc field_mark_in(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	conn->has_mark_in = true;
	return value_mark(text, &conn->mark_in, &conn->mark_in_mask, &finding->diag);
}

enum rc field_mark_out(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	conn->has_mark_out = true;
	return value_mark(text, &conn->mark_out, &conn->mark_out_mask, &finding->diag);
}

/* ---- for clients ---- */
enum rc field_modecfgdns(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	return value_addresses(text, &conn->modecfgdns, &conn->modecfgdns_count, &finding->column,
			       &finding->diag);
}

/* A client asks for servers anyway, as %config says. */
static bool all_asked_for(const char *text)
{
	char word[VALUE_WORD_MAX];

	while (value_word(&text, word))
		if (strcasecmp(word, "%config") != 0 && strcasecmp(word, "%config4") != 0 &&
		    strcasecmp(word, "%config6") != 0)
			return false;
	return true;
}

enum rc field_dns(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;

	if (all_asked_for(text))
		return RC_OK;
	return value_addresses(text, &end->dns, &end->dns_count, &finding->column, &finding->diag);
}

static bool is_domain(const char *word)
{
	size_t len = strlen(word);
	return len > 0 && len < 254 && word[0] != '.' && word[0] != '-' &&
	       strstr(word, "..") == NULL &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       len;
}

size_t config_list_front(const char *list, size_t max)
{
	size_t len = strlen(list);

	while (len > max) {
		do
			len--;
		while (len > 0 && list[len] != ',');
	}
	return len;
}

enum rc field_modecfgdomains(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	const char *cursor = text;
	char word[VALUE_WORD_MAX], *list = mem_text(text);
	size_t len = 0;

	if (list == NULL)
		return RC_NO_MEMORY;
	while (value_word(&cursor, word)) {
		finding->column = (size_t)(cursor - text) - strlen(word);
		if (!is_domain(word)) {
			mem_free(list);
			return diag_fail(&finding->diag, RC_SYNTAX, "\"%.60s\" is no domain name",
					 word);
		}
		if (len > 0)
			list[len++] = ',';
		memcpy(list + len, word, strlen(word));
		len += strlen(word);
	}
	list[len] = '\0';
	mem_free(conn->modecfgdomains);
	conn->modecfgdomains = list;
	return RC_OK;
}

/* ---- scripts ---- */
static unsigned count_words(const char *text)
{
	unsigned count = 0;

	for (text += strspn(text, " \t"); text[0] != '\0'; text += strspn(text, " \t")) {
		text += strcspn(text, " \t");
		count++;
	}
	return count;
}

enum rc field_updown(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	size_t plain = strcspn(text, ";|&<>$`()*?~\"'\\");
	char *copy = NULL;
	bool none;

	if (text[plain] != '\0') {
		finding->column = plain;
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%c\" is not allowed: the command runs without a shell; put it "
				 "into a script",
				 text[plain]);
	}
	none = text[0] == '\0' || strcasecmp(text, "%disabled") == 0;
	if (!none && text[0] != '/' &&
	    (text[0] == '%' || memchr(text, '/', strcspn(text, " \t")) != NULL))
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "\"%.60s\": expected the script's absolute path or its name, with "
				 "arguments behind it, or %%disabled",
				 text);
	if (count_words(text) > CONFIG_UPDOWN_WORDS_MAX)
		return diag_fail(&finding->diag, RC_SYNTAX, "more than %d words",
				 CONFIG_UPDOWN_WORDS_MAX);
	if (!none && (copy = mem_text(text)) == NULL)
		return RC_NO_MEMORY;
	mem_free(end->updown);
	end->updown = copy;
	return RC_OK;
}
