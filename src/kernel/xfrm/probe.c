/* SPDX-License-Identifier: Apache-2.0 */
/* Which algorithms this kernel has: it is asked for an SA with each, between documentation
 * addresses, and the SA goes again at once. What a kernel does not have is then never offered to a
 * peer. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "kernel/algorithms.h"
#include "kernel/xfrm/xfrm.h"
#include "wire/iana.h"

#define TRIALS_MAX 32

struct trial {
	uint16_t encr, integ;
	uint8_t family, protocol;
	uint32_t sequence; /* of the NEWSA */
	int error;
};
struct trials {
	unsigned count;
	struct trial items[TRIALS_MAX];
};

static void add_trial(struct trials *trials, uint16_t encr, uint16_t integ, uint8_t family)
{
	if (trials->count < TRIALS_MAX)
		trials->items[trials->count++] =
			(struct trial){ encr, integ, family, PROTOCOL_ESP, 0, ENOBUFS };
}

static void add_protocol(struct trials *trials, uint8_t protocol, uint16_t integ)
{
	add_trial(trials, ENCR_NONE, integ, AF_INET);
	trials->items[trials->count - 1].protocol = protocol;
}

/* First the plainest for each family, then each cipher, then each integrity algorithm, AH and
 * IPComp. */
static void list_trials(struct trials *trials)
{
	add_trial(trials, ENCR_AES_CBC, INTEG_HMAC_SHA2_256_128, AF_INET);
	add_trial(trials, ENCR_AES_CBC, INTEG_HMAC_SHA2_256_128, AF_INET6);
	for (unsigned i = 0; i < kernel_algorithm_encr_count; i++) {
		bool aead = kernel_algorithm_encrs[i].icv_bits != 0;
		add_trial(trials, kernel_algorithm_encrs[i].id,
			  aead ? INTEG_NONE : INTEG_HMAC_SHA2_256_128, AF_INET);
	}
	for (unsigned i = 0; i < kernel_algorithm_integ_count; i++)
		add_trial(trials, ENCR_AES_CBC, kernel_algorithm_integs[i].id, AF_INET);
	add_protocol(trials, PROTOCOL_AH, INTEG_HMAC_SHA2_256_128);
	add_protocol(trials, KERNEL_IPCOMP, INTEG_NONE);
}

static struct ip_addr documentation(uint8_t family, uint8_t last)
{
	static const uint8_t v4[4] = { 192, 0, 2 }, v6[4] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct ip_addr addr = { .family = family };
	memcpy(addr.bytes, family == AF_INET ? v4 : v6, 4);
	addr.bytes[ip_len(family) - 1] = last;
	return addr;
}

static struct kernel_sa sa_of(const struct trial *trial, uint32_t spi, const uint8_t key[64])
{
	const struct algorithm_encr *encr = kernel_algorithm_encr(trial->encr);
	const struct algorithm_integ *integ = kernel_algorithm_integ(trial->integ);
	uint16_t bits = encr != NULL && encr->bits[1] != 0 ? encr->bits[0] : 0;
	int len = encr != NULL ? kernel_algorithm_key_bytes(encr, bits) : 0;
	return (struct kernel_sa){
		.src = documentation(trial->family, 1),
		.dst = documentation(trial->family, 2),
		.spi = trial->protocol == KERNEL_IPCOMP ? (uint16_t)spi | 256u : spi,
		.protocol = trial->protocol,
		.direction = KERNEL_OUT,
		.mode = KERNEL_TUNNEL,
		.reqid = KERNEL_REQID_LAST,
		.encr = trial->encr,
		.encr_bits = bits,
		.integ = trial->integ,
		.encr_key = span_make(key, (size_t)len),
		.integ_key = span_make(key, integ != NULL ? integ->key_bits / 8u : 0),
		.hard_seconds = 60,
	};
}

static size_t append(uint8_t *batch, size_t used, struct nlmsghdr *message, uint32_t sequence)
{
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = sequence;
	memcpy(batch + used, message, message->nlmsg_len);
	return used + NLMSG_ALIGN(message->nlmsg_len);
}

static size_t encode_trials(struct trials *trials, uint32_t *sequence, uint32_t spi, uint8_t *batch)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	uint8_t key[64];
	size_t used = 0;
	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(i * 37 + 1); /* no weak DES key */
	for (unsigned i = 0; i < trials->count; i++) {
		struct kernel_sa sa = sa_of(&trials->items[i], spi + i, key);
		trials->items[i].sequence = ++*sequence;
		used = append(batch, used, xfrm_sa_add_encode(bytes, &sa), *sequence);
		used = append(batch, used, xfrm_sa_delete_encode(bytes, &sa), ++*sequence);
	}
	return used;
}

static void read_trial(void *context, const struct nlmsghdr *message)
{
	struct trials *trials = context;
	struct netlink_answer answer;
	xfrm_answer_decode(message, &answer);
	for (unsigned i = 0; i < trials->count; i++)
		if (trials->items[i].sequence == answer.sequence && answer.type == NLMSG_ERROR)
			trials->items[i].error = answer.error;
}

static void evaluate(const struct trials *trials, struct probe *out)
{
	const struct trial *item = &trials->items[2];
	*out = (struct probe){ .error_v4 = trials->items[0].error,
			       .error_v6 = trials->items[1].error };
	for (unsigned i = 0; i < kernel_algorithm_encr_count; i++, item++)
		if (item->error == 0)
			out->encrs |= 1u << i;
	for (unsigned i = 0; i < kernel_algorithm_integ_count; i++, item++)
		if (item->error == 0)
			out->integs |= 1u << i;
	out->error_ah = item++->error;
	out->error_ipcomp = item->error;
	out->blind = out->encrs == 0;
	if (out->blind)
		out->encrs = out->integs = UINT32_MAX;
}

static int probe_iptfs(int fd, uint32_t *sequence, uint32_t spi)
{
	static const uint8_t key[64] = { 1 };
	struct trial trial = { .encr = ENCR_AES_CBC,
			       .integ = INTEG_HMAC_SHA2_256_128,
			       .family = AF_INET,
			       .protocol = PROTOCOL_ESP };
	struct kernel_sa sa = sa_of(&trial, spi, key);
	sa.iptfs = (struct kernel_iptfs){ .on = true, .queue_bytes = 1u << 20 };
	return xfrm_iptfs_probe(fd, sequence, &sa);
}

enum rc xfrm_probe_run(int fd, uint32_t *sequence, uint32_t spi, struct probe *out,
		       struct diag *diag)
{
	_Alignas(8) uint8_t batch[TRIALS_MAX * 1024];
	struct trials trials = { 0 };
	list_trials(&trials);
	size_t used = encode_trials(&trials, sequence, spi, batch);
	int error = xfrm_send(fd, batch, used);
	if (error == 0)
		error = xfrm_receive(fd, UINT_MAX, read_trial, &trials);
	if (error == 0 && trials.items[0].error == EPERM)
		error = EPERM;
	if (error != 0)
		return diag_fail(diag, error == EPERM ? RC_PERMISSION : RC_IO,
				 "cannot ask the kernel which algorithms it has: %s%s",
				 strerrordesc_np(error),
				 error == EPERM
					 ? "; CAP_NET_ADMIN is needed in this network namespace"
					 : "");
	evaluate(&trials, out);
	out->error_iptfs = probe_iptfs(fd, sequence, spi + trials.count);
	return RC_OK;
}

static int encr_bit(uint16_t encr)
{
	const struct algorithm_encr *algorithm = kernel_algorithm_encr(encr);
	return algorithm != NULL ? (int)(algorithm - kernel_algorithm_encrs) : -1;
}

static int integ_bit(uint16_t integ)
{
	const struct algorithm_integ *algorithm = kernel_algorithm_integ(integ);
	return algorithm != NULL ? (int)(algorithm - kernel_algorithm_integs) : -1;
}

bool xfrm_probe_supports(const struct probe *probe, uint16_t encr, uint16_t encr_bits,
			 uint16_t integ)
{
	const struct algorithm_encr *cipher = kernel_algorithm_encr(encr);
	int encr_at = encr_bit(encr), integ_at = integ_bit(integ);
	bool needs_integ = encr == ENCR_NONE || (cipher != NULL && cipher->icv_bits == 0);
	if (encr != ENCR_NONE && (encr_at < 0 || !(probe->encrs >> encr_at & 1) ||
				  kernel_algorithm_key_bytes(cipher, encr_bits) < 0))
		return false;
	if (!needs_integ)
		return integ == INTEG_NONE;
	return integ_at >= 0 && (probe->integs >> integ_at & 1);
}
