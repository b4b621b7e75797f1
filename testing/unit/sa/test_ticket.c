/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/extra.h"
#include "sa/ticket.h"
#include "unit/sa/sas_test.h"

#define HOUR (3600 * USEC_PER_SEC)

static struct ticket sample(void)
{
	static uint8_t sk_d[32] = { 5 };
	struct ticket ticket = {
		.expires = 10 * HOUR,
		.authenticated = 77,
		.spi_i = 1,
		.spi_r = 2,
		.choice = { .encr = ENCR_AES_GCM_16,
			    .encr_bits = 256,
			    .prf = PRF_HMAC_SHA2_256,
			    .addke = { 20, [6] = 21 } },
		.sk_d = { sk_d, 32 },
		.mark = { 3 },
	};

	assert_int_equal(identity_parse("@west", &ticket.client, NULL), RC_OK);
	assert_int_equal(identity_parse("@east", &ticket.gateway, NULL), RC_OK);
	return ticket;
}

static struct span seal(struct sas_fixture *f, usec_t now, usec_t expires, uint8_t buffer[1024])
{
	struct ticket ticket = sample();
	struct sink sink;

	ticket.expires = expires;
	sink_init(&sink, buffer, 1024);
	assert_int_equal(ticket_seal(&f->sas, now, &ticket, &sink), RC_OK);
	identity_free(&ticket.client);
	identity_free(&ticket.gateway);
	return sink_written(&sink);
}

static void sealed_state_comes_back_whole(void **state)
{
	struct sas_fixture f;
	uint8_t buffer[1024];
	struct ticket want = sample(), *got;

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_int_equal(ticket_open(&f.sas, HOUR, seal(&f, 1, 10 * HOUR, buffer), &got, NULL),
			 RC_OK);
	assert_int_equal(got->expires, 10 * HOUR);
	assert_int_equal(got->authenticated, 77);
	assert_int_equal(got->spi_i, 1);
	assert_int_equal(got->spi_r, 2);
	assert_int_equal(got->choice.encr_bits, 256);
	assert_int_equal(got->choice.prf, PRF_HMAC_SHA2_256);
	assert_memory_equal(got->choice.addke, want.choice.addke, sizeof(want.choice.addke));
	assert_true(identity_equal(&got->client, &want.client));
	assert_true(identity_equal(&got->gateway, &want.gateway));
	assert_memory_equal(got->mark, want.mark, sizeof(want.mark));
	assert_true(secret_equal(secret_span(&got->sk_d), secret_span(&want.sk_d)));
	ticket_free(got);
	identity_free(&want.client);
	identity_free(&want.gateway);
	sas_end(&f);
}

static void what_certificates_there_were_comes_back_with_it(void **state)
{
	struct sas_fixture f;
	uint8_t buffer[1024];
	struct ticket want = sample(), *got;
	struct sink sink;

	(void)state;
	sas_begin(&f, SAS_CONN);
	want.certified_until = 1234567890123;
	want.proof = mem_alloc(sizeof(*want.proof) + 2 * sizeof(want.proof->certificates[0]));
	assert_non_null(want.proof);
	want.proof->count = 2;
	for (unsigned i = 0; i < 2; i++) {
		memset(want.proof->certificates[i].issuer, (int)(7 + i), 32);
		memset(want.proof->certificates[i].serial, (int)(9 + i), 20 + i);
		want.proof->certificates[i].serial_len = (uint8_t)(20 + i);
	}
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ticket_seal(&f.sas, 1, &want, &sink), RC_OK);
	assert_int_equal(ticket_open(&f.sas, 2, sink_written(&sink), &got, NULL), RC_OK);
	assert_true(got->certified_until == want.certified_until);
	assert_int_equal(got->proof->count, 2);
	assert_memory_equal(got->proof->certificates, want.proof->certificates,
			    2 * sizeof(want.proof->certificates[0]));
	ticket_free(got);
	mem_free(want.proof);
	identity_free(&want.client);
	identity_free(&want.gateway);
	sas_end(&f);
}

static void no_two_tickets_are_alike_and_none_shows_what_is_in_it(void **state)
{
	struct sas_fixture f;
	uint8_t a[1024], b[1024];
	struct span first, second;

	(void)state;
	sas_begin(&f, SAS_CONN);
	first = seal(&f, 1, HOUR, a);
	second = seal(&f, 1, HOUR, b);
	assert_false(span_equal(first, second));
	assert_null(memmem(first.ptr, first.len, "west", 4));
	sas_end(&f);
}

static void every_changed_bit_and_every_length_is_refused(void **state)
{
	struct sas_fixture f;
	uint8_t buffer[1024];
	struct ticket *got;
	struct diag diag;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct span whole = seal(&f, 1, HOUR, buffer);
	for (size_t i = 0; i < whole.len * 8; i += 3) {
		buffer[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(ticket_open(&f.sas, 2, whole, &got, &diag), RC_INTEGRITY);
		assert_null(got);
		buffer[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(ticket_open(&f.sas, 2, span_make(buffer, len), &got, &diag),
				 RC_INTEGRITY);
	assert_int_equal(ticket_open(&f.sas, 2, whole, &got, &diag), RC_OK);
	ticket_free(got);
	sas_end(&f);
}

static void keys_rotate_and_old_ones_open_their_tickets_for_as_long_as_those_live(void **state)
{
	struct sas_fixture f;
	uint8_t first[1024], other[1024];
	struct ticket *got;
	struct diag diag;

	(void)state;
	sas_begin(&f, SAS_CONN);
	/* sealed by a key at the end of its time */
	struct span zeroth = seal(&f, 0, HOUR, other);
	(void)zeroth;
	struct span old = seal(&f, TICKET_ROTATION - 1, TICKET_ROTATION - 1 + 24 * HOUR, first);
	for (usec_t now = TICKET_ROTATION; now < TICKET_ROTATION + 24 * HOUR - HOUR; now += HOUR) {
		struct span fresh = seal(&f, now, now + HOUR, other);
		assert_false(span_equal(span_make(fresh.ptr, 9), span_make(old.ptr, 9)));
		assert_int_equal(ticket_open(&f.sas, now, old, &got, &diag), RC_OK);
		ticket_free(got);
	}
	assert_int_equal(ticket_open(&f.sas, TICKET_ROTATION - 1 + 24 * HOUR, old, &got, &diag),
			 RC_TIMEOUT);
	assert_int_equal(ticket_open(&f.sas, TICKET_ROTATION + 24 * HOUR, old, &got, &diag),
			 RC_INTEGRITY);
	assert_non_null(strstr(diag.text, "too old"));
	sas_end(&f);
}

static void ticket_of_another_gateway_or_before_a_restart_is_refused(void **state)
{
	struct sas_fixture a, b;
	uint8_t buffer[1024];
	struct ticket *got;
	struct diag diag;

	(void)state;
	sas_begin(&a, SAS_CONN);
	struct span ticket = seal(&a, 1, HOUR, buffer);
	sas_begin(&b, SAS_CONN);
	assert_int_equal(ticket_open(&b.sas, 2, ticket, &got, &diag), RC_INTEGRITY);
	sas_end(&b);
	sas_end(&a);
}

static void mark_depends_on_the_secret_and_the_session(void **state)
{
	uint8_t a[TICKET_MARK_LEN], b[TICKET_MARK_LEN];

	(void)state;
	assert_int_equal(ticket_mark(span_make("psk", 3), 1, 2, a), RC_OK);
	assert_int_equal(ticket_mark(span_make("psk", 3), 1, 2, b), RC_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(ticket_mark(span_make("PSK", 3), 1, 2, b), RC_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(ticket_mark(span_make("psk", 3), 1, 3, b), RC_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

static struct ticket *client_ticket(usec_t expires)
{
	struct ticket *ticket = mem_alloc(sizeof(*ticket));

	assert_non_null(ticket);
	ticket->expires = expires;
	return ticket;
}

/* What the IKE SA had of it goes to the peer, and is used by who may. */
static void ticket_of_a_lost_sa_is_kept_and_usable_until_any_end_comes(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;
	struct peer *peer;

	(void)state;
	sas_begin(&f, SAS_CONN "\tsession-resumption=yes\n\tike=aes_gcm256-sha2_256-dh19\n");
	sa = sas_ike_bound(&f);
	peer = sa->peer;
	sa->choice = (struct proposal_choice){ .protocol = PROTOCOL_IKE,
					       .encr = ENCR_AES_GCM_16,
					       .encr_bits = 256,
					       .prf = PRF_HMAC_SHA2_256,
					       .dh = DH_ECP_256 };
	assert_int_equal(proposal_ike_suite(&sa->choice, &sa->suite), RC_OK);
	assert_int_equal(ike_keys_derive(&sa->suite, span_make("ni", 2), span_make("nr", 2),
					 span_make("g", 1), 1, 2, &sa->keys),
			 RC_OK);
	ticket_keep(sa); /* nothing there */
	assert_null(peer->ticket);
	ike_extra_of(sa)->ticket = client_ticket(100);
	sa->auth_ends = 50;
	ticket_keep(sa);
	assert_null(sa->extra->ticket);
	assert_true(secret_equal(secret_span(&peer->ticket->sk_d),
				 ike_key(&sa->keys, &sa->suite, SK_d)));
	assert_non_null(ticket_usable(peer, 49));
	assert_null(ticket_usable(peer, 50)); /* the authentication has ended */
	peer->ticket->auth_ends = 0;
	assert_non_null(ticket_usable(peer, 99));
	assert_null(ticket_usable(peer, 100));
	peer->ticket->choice.encr_bits = 128; /* ike= does not allow it any more */
	assert_null(ticket_usable(peer, 1));
	ticket_forget(peer);
	assert_null(ticket_usable(peer, 1));
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_state_comes_back_whole),
		cmocka_unit_test(what_certificates_there_were_comes_back_with_it),
		cmocka_unit_test(no_two_tickets_are_alike_and_none_shows_what_is_in_it),
		cmocka_unit_test(every_changed_bit_and_every_length_is_refused),
		cmocka_unit_test(
			keys_rotate_and_old_ones_open_their_tickets_for_as_long_as_those_live),
		cmocka_unit_test(ticket_of_another_gateway_or_before_a_restart_is_refused),
		cmocka_unit_test(mark_depends_on_the_secret_and_the_session),
		cmocka_unit_test(ticket_of_a_lost_sa_is_kept_and_usable_until_any_end_comes),
	};

	return sas_run(tests);
}
