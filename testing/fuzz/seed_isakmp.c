/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the seed files of testing/fuzz/corpus/isakmp with the project's own emit functions:
 * seed_isakmp <folder>. */
#include <stdio.h>
#include "wire/isakmp.h"

static const uint8_t zeros[256];

static const struct isakmp_attribute phase1[] = {
	{ .type = OAKLEY_ENCRYPTION_ALGORITHM, .basic = true, .value = OAKLEY_AES_CBC },
	{ .type = OAKLEY_KEY_LENGTH, .basic = true, .value = 256 },
	{ .type = OAKLEY_HASH_ALGORITHM, .basic = true, .value = OAKLEY_SHA2_256 },
	{ .type = OAKLEY_GROUP_DESCRIPTION, .basic = true, .value = 14 },
	{ .type = OAKLEY_AUTHENTICATION_METHOD, .basic = true, .value = OAKLEY_PRESHARED_KEY },
	{ .type = OAKLEY_LIFE_TYPE, .basic = true, .value = LIFE_SECONDS },
	{ .type = OAKLEY_LIFE_DURATION, .data = { (const uint8_t *)"\0\1\x51\x80", 4 } },
};
static const struct isakmp_attribute phase2[] = {
	{ .type = IPSEC_ENCAPSULATION_MODE, .basic = true, .value = ENCAPSULATION_TUNNEL },
	{ .type = IPSEC_LIFE_TYPE, .basic = true, .value = LIFE_KILOBYTES },
	{ .type = IPSEC_LIFE_DURATION, .data = { (const uint8_t *)"\0\0\0\1\0\0\0\0", 8 } },
	{ .type = IPSEC_AUTHENTICATION_ALGORITHM, .basic = true, .value = IPSEC_AUTH_HMAC_SHA },
};

static void sa_add(struct writer *writer, uint8_t protocol, const struct isakmp_attribute *first,
		   unsigned count)
{
	struct isakmp_attribute *attributes = (struct isakmp_attribute *)(uintptr_t)first;
	struct isakmp_transform transforms[] = {
		{ .number = 1, .id = 1, .attributes = attributes, .attribute_count = count },
		{ .number = 2, .id = 3, .attributes = attributes, .attribute_count = count - 1 },
	};
	size_t spi_len = protocol == PROTOCOL_IKE ? 0 : 4;
	struct isakmp_proposal proposals[] = {
		{ 1, protocol, span_make(zeros, spi_len), transforms, 2 },
		{ 1, ISAKMP_PROTOCOL_IPCOMP, span_make(zeros, 2), transforms, 1 },
	};
	struct isakmp_sa sa = { .doi = ISAKMP_DOI_IPSEC,
				.situation = SIT_IDENTITY_ONLY,
				.proposals = proposals,
				.proposal_count = protocol == PROTOCOL_IKE ? 1 : 2 };
	isakmp_sa_emit(writer, &sa);
}

static void id_add(struct writer *writer, const char *subnet)
{
	struct ip_range range;
	struct isakmp_id id;
	uint8_t data[32];

	if (range_parse(subnet, &range, NULL) != RC_OK)
		return;
	isakmp_id_of_range(&range, 17, 1701, data, &id);
	isakmp_id_emit(writer, &id);
}

static void main1_add(struct writer *writer)
{
	sa_add(writer, PROTOCOL_IKE, phase1, sizeof(phase1) / sizeof(phase1[0]));
	isakmp_vendor_emit(writer, UINT32_MAX);
}

static void main3_add(struct writer *writer)
{
	isakmp_bytes_emit(writer, ISAKMP_KE, span_make(zeros, 128));
	isakmp_bytes_emit(writer, ISAKMP_NONCE, span_make(zeros, 16));
	isakmp_bytes_emit(writer, ISAKMP_NAT_D, span_make(zeros, 20));
	isakmp_bytes_emit(writer, ISAKMP_NAT_D, span_make(zeros, 20));
}

static void main5_add(struct writer *writer)
{
	struct wire_cert cert = { CERT_X509_SIGNATURE, span_make(zeros, 20) };
	struct isakmp_id id = { .type = ID_FQDN, .data = span_make("a.example", 9) };

	isakmp_id_emit(writer, &id);
	isakmp_cert_emit(writer, ISAKMP_CERT, &cert);
	isakmp_cert_emit(writer, ISAKMP_CR, &cert);
	isakmp_bytes_emit(writer, ISAKMP_SIG, span_make(zeros, 64));
	isakmp_bytes_emit(writer, ISAKMP_HASH, span_make(zeros, 20));
}

static void quick_add(struct writer *writer)
{
	struct ip_addr addr = ip_any(AF_INET);

	isakmp_bytes_emit(writer, ISAKMP_HASH, span_make(zeros, 20));
	sa_add(writer, PROTOCOL_ESP, phase2, sizeof(phase2) / sizeof(phase2[0]));
	isakmp_bytes_emit(writer, ISAKMP_NONCE, span_make(zeros, 16));
	id_add(writer, "192.0.2.0/24");
	id_add(writer, "2001:db8::1-2001:db8::9");
	isakmp_nat_oa_emit(writer, ISAKMP_NAT_OA, &addr);
}

static void informational_add(struct writer *writer)
{
	struct isakmp_notify dpd = { ISAKMP_DOI_IPSEC, PROTOCOL_IKE, ISAKMP_R_U_THERE,
				     span_make(zeros, 16), span_make(zeros, 4) };
	struct isakmp_notify lifetime = { ISAKMP_DOI_IPSEC, PROTOCOL_ESP, IPSEC_RESPONDER_LIFETIME,
					  span_make(zeros, 4), span_make("\x80\1\0\1", 4) };
	struct isakmp_delete esp = { ISAKMP_DOI_IPSEC, PROTOCOL_ESP, 4, 2, span_make(zeros, 8) };

	isakmp_bytes_emit(writer, ISAKMP_HASH, span_make(zeros, 20));
	isakmp_notify_emit(writer, &dpd);
	isakmp_notify_emit(writer, &lifetime);
	isakmp_delete_emit(writer, &esp);
}

static void transaction_add(struct writer *writer)
{
	struct isakmp_attribute attributes[] = {
		{ .type = XAUTH_TYPE, .basic = true },
		{ .type = XAUTH_USER_NAME, .data = span_make("user", 4) },
		{ .type = INTERNAL_IP4_ADDRESS, .data = span_make(zeros, 4) },
		{ .type = UNITY_SPLIT_INCLUDE, .data = span_make(zeros, 14) },
	};
	struct isakmp_config config = { ISAKMP_CFG_REPLY, 7, attributes, 4 };

	isakmp_bytes_emit(writer, ISAKMP_HASH, span_make(zeros, 20));
	isakmp_config_emit(writer, &config);
}

static void fragment_add(struct writer *writer)
{
	struct isakmp_fragment fragment = { 1, 2, true, span_make(zeros, 40) };
	isakmp_fragment_emit(writer, &fragment);
}

static int seed_save(const char *folder, const char *name, uint8_t exchange, uint32_t id,
		     void (*add)(struct writer *writer))
{
	struct ike_header header = { .spi_i = 0x0102030405060708u,
				     .spi_r = 0x1112131415161718u,
				     .version = IKE_VERSION_1,
				     .exchange = exchange,
				     .flags = id == 0 ? 0 : ISAKMP_FLAG_ENCRYPTION,
				     .message_id = id };
	uint8_t buffer[4096];
	char path[4096];
	struct writer writer;
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	add(&writer);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = writer_message_end(&writer) == RC_OK ? fopen(path, "wb") : NULL;
	if (file == NULL)
		return 1;
	size_t written = fwrite(buffer, 1, sink.len, file);
	return fclose(file) != 0 || written != sink.len;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seed_isakmp <folder>\n");
		return 2;
	}
	return seed_save(argv[1], "main-1", EXCHANGE_V1_MAIN, 0, main1_add) |
	       seed_save(argv[1], "main-3", EXCHANGE_V1_MAIN, 0, main3_add) |
	       seed_save(argv[1], "main-5", EXCHANGE_V1_MAIN, 0, main5_add) |
	       seed_save(argv[1], "quick", EXCHANGE_V1_QUICK, 0x5b3f0a11, quick_add) |
	       seed_save(argv[1], "informational", EXCHANGE_V1_INFORMATIONAL, 3,
			 informational_add) |
	       seed_save(argv[1], "transaction", EXCHANGE_V1_TRANSACTION, 9, transaction_add) |
	       seed_save(argv[1], "fragment", EXCHANGE_V1_MAIN, 0, fragment_add);
}
