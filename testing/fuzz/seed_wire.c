/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the seed files of testing/fuzz/corpus/wire with the project's own emit functions: seed_wire
 * <folder>. */
#include <stdio.h>
#include <string.h>
#include "wire/payloads.h"

static const uint8_t zeros[128];

struct seed {
	uint8_t buffer[4096];
	struct sink sink;
	struct writer writer;
};

static void seed_begin(struct seed *seed, uint8_t exchange, uint8_t flags, uint32_t id)
{
	struct ike_header header = { .spi_i = 0x0102030405060708u,
				     .spi_r = 0x1112131415161718u,
				     .version = IKE_VERSION_2,
				     .exchange = exchange,
				     .flags = flags,
				     .message_id = id };
	sink_init(&seed->sink, seed->buffer, sizeof(seed->buffer));
	writer_message(&seed->writer, &seed->sink, &header);
}

static int seed_save(struct seed *seed, const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = writer_message_end(&seed->writer) == RC_OK ? fopen(path, "wb") : NULL;
	if (file == NULL)
		return 1;
	size_t written = fwrite(seed->buffer, 1, seed->sink.len, file);
	return fclose(file) != 0 || written != seed->sink.len;
}

static void notify_add(struct writer *writer, uint16_t type, uint8_t protocol, size_t spi_len,
		       size_t len)
{
	struct wire_notify notify = { .protocol = protocol,
				      .type = type,
				      .spi = span_make(zeros, spi_len),
				      .data = span_make(zeros, len) };
	wire_notify_emit(writer, &notify);
}

static void sa_add(struct writer *writer, uint8_t protocol, size_t spi_len)
{
	struct wire_transform aead[] = { { TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, false },
					 { TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, false },
					 { TRANSFORM_DH, DH_CURVE25519, 0, false } };
	struct wire_transform cbc[] = { { TRANSFORM_ENCR, ENCR_AES_CBC, 128, false },
					{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, false },
					{ TRANSFORM_ESN, ESN_NO, 0, false } };
	struct wire_proposal proposals[] = { { 1, protocol, span_make(zeros, spi_len), aead, 3 },
					     { 2, protocol, span_make(zeros, spi_len), cbc, 3 } };
	struct wire_sa sa = { proposals, 2 };
	wire_sa_emit(writer, &sa);
}

static void ts_add(struct writer *writer, enum payload_type which)
{
	struct wire_ts items[] = {
		{ .type = TS_IPV4_ADDR_RANGE, .port_to = 65535, .range = range_all(AF_INET) },
		{ .type = TS_IPV6_ADDR_RANGE, .port_to = 65535, .range = range_all(AF_INET6) }
	};
	struct wire_ts_list list = { items, 2 };
	wire_ts_emit(writer, which, &list);
}

static void init_add(struct writer *writer)
{
	struct wire_ke ke = { DH_CURVE25519, span_make(zeros, 32) };
	sa_add(writer, PROTOCOL_IKE, 0);
	wire_ke_emit(writer, &ke);
	wire_nonce_emit(writer, span_make(zeros, 32));
	notify_add(writer, NAT_DETECTION_SOURCE_IP, 0, 0, 20);
	notify_add(writer, COOKIE, 0, 0, 8);
	notify_add(writer, SIGNATURE_HASH_ALGORITHMS, 0, 0, 4);
	wire_vendor_emit(writer, span_make("vanth", 5));
}

/* What IKE_AUTH has inside its SK. */
static void auth_add(struct writer *writer)
{
	struct wire_id fqdn = { ID_FQDN, span_make("a.example", 9) };
	struct wire_id address = { ID_IPV4_ADDR, span_make(zeros, 4) };
	struct wire_cert cert = { CERT_X509_SIGNATURE, span_make(zeros, 20) };
	struct wire_auth auth = { AUTH_SHARED_KEY, span_make(zeros, 32) };
	wire_id_emit(writer, PAYLOAD_IDi, &fqdn);
	wire_id_emit(writer, PAYLOAD_IDr, &address);
	wire_cert_emit(writer, PAYLOAD_CERT, &cert);
	wire_cert_emit(writer, PAYLOAD_CERTREQ, &cert);
	wire_auth_emit(writer, &auth);
	sa_add(writer, PROTOCOL_ESP, 4);
	ts_add(writer, PAYLOAD_TSi);
	ts_add(writer, PAYLOAD_TSr);
}

static void info_add(struct writer *writer)
{
	struct wire_delete ike = { .protocol = PROTOCOL_IKE };
	struct wire_delete esp = { PROTOCOL_ESP, 4, 2, span_make(zeros, 8) };
	struct wire_cp_attribute attributes[] = {
		{ INTERNAL_IP4_ADDRESS, span_make(zeros, 4) },
		{ INTERNAL_IP6_SUBNET, span_make(zeros, 17) },
		{ INTERNAL_DNS_DOMAIN, span_make("example", 7) },
	};
	struct wire_cp cp = { CP_CFG_REPLY, attributes, 3 };
	struct wire_eap identity = { .code = EAP_RESPONSE, .type = 1, .data = span_make("a", 1) };
	wire_delete_emit(writer, &ike);
	wire_delete_emit(writer, &esp);
	wire_cp_emit(writer, &cp);
	wire_eap_emit(writer, &identity);
	notify_add(writer, REKEY_SA, PROTOCOL_ESP, 4, 0);
	notify_add(writer, NO_PROPOSAL_CHOSEN, 0, 0, 0);
}

/* An SK or SKF whose "ciphertext" is the plain inside, which the target parses as such. */
static int protected_save(const char *folder, const char *name, uint16_t fragments,
			  void (*add)(struct writer *writer))
{
	uint8_t buffer[2048];
	struct sink sink;
	struct writer inner;
	struct wire_sk_room room;
	struct seed seed;
	sink_init(&sink, buffer, sizeof(buffer));
	writer_inner(&inner, &sink);
	add(&inner);
	seed_begin(&seed, EXCHANGE_IKE_AUTH, IKE_FLAG_INITIATOR, 1);
	if (writer_message_end(&inner) != RC_OK ||
	    wire_sk_emit(&seed.writer, inner.first_type, fragments, fragments, 0, sink.len, 0,
			 &room) != RC_OK)
		return 1;
	memcpy(room.text, buffer, sink.len);
	return seed_save(&seed, folder, name);
}

static int clear_save(const char *folder, const char *name, uint8_t exchange,
		      void (*add)(struct writer *writer))
{
	struct seed seed;
	seed_begin(&seed, exchange, IKE_FLAG_INITIATOR, 0);
	add(&seed.writer);
	return seed_save(&seed, folder, name);
}

static void nothing_add(struct writer *writer)
{
	(void)writer;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seed_wire <folder>\n");
		return 2;
	}
	return clear_save(argv[1], "header", EXCHANGE_INFORMATIONAL, nothing_add) |
	       clear_save(argv[1], "init", EXCHANGE_IKE_SA_INIT, init_add) |
	       clear_save(argv[1], "auth-clear", EXCHANGE_IKE_AUTH, auth_add) |
	       clear_save(argv[1], "info-clear", EXCHANGE_INFORMATIONAL, info_add) |
	       protected_save(argv[1], "auth-sk", 0, auth_add) |
	       protected_save(argv[1], "info-sk", 0, info_add) |
	       protected_save(argv[1], "init-sk", 0, init_add) |
	       protected_save(argv[1], "auth-skf", 1, auth_add);
}
