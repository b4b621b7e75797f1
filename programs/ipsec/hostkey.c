/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec newhostkey, ipsec showhostkey: raw keys, for those who want no certificates. */
#include <stdio.h>
#include <string.h>
#include "keys.h"

#define ID_TEXT	 (2 * KEY_ID_LEN + 1)
#define TEXT_MAX 8192

static void id_text(const struct private_key *key, char out[ID_TEXT])
{
	uint8_t id[KEY_ID_LEN];

	public_key_id(private_key_public(key), id);
	for (size_t i = 0; i < sizeof(id); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id[i]);
}

int verb_newhostkey(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct private_key *key = NULL;
	struct diag diag = { "" };
	char id[ID_TEXT];
	int code = key_options(ipsec, argc, argv, KEY_OPTION_NAME | KEY_OPTION_MAKE, &options);

	if (code == EXIT_DONE && options.count > 0)
		code = complain(EXIT_USAGE, "usage: ipsec newhostkey [--bits N | --curve CURVE] "
					    "[--name NAME] [--nssdir DIR]");
	if (code == EXIT_DONE)
		code = open_keys(ipsec, &options, true);
	if (code != EXIT_DONE)
		return code;
	if (private_key_generate(options.kind, options.bits, true, options.name, 0, &key, &diag) !=
	    RC_OK) {
		code = complain(EXIT_FAILED, "%s", diag.text);
	} else {
		id_text(key, id);
		(void)printf("a new %s key of %u bits, ckaid %s\n"
			     "  here:          leftckaid=%s\n"
			     "  for the peer:  ipsec showhostkey --left --ckaid %s\n",
			     kind_text(options.kind), public_key_bits(private_key_public(key)), id,
			     id, id);
		tell_daemon(ipsec);
	}
	private_key_unref(key);
	close_keys();
	return code;
}

/* ---- showing ---- */

static void base64(struct span bytes, char out[TEXT_MAX])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = 0;

	for (size_t i = 0; i < bytes.len && len + 5 < TEXT_MAX; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)bytes.ptr[i] << 16;
		group |= left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0;
		group |= left > 2 ? bytes.ptr[i + 2] : 0;
		out[len++] = digits[group >> 18];
		out[len++] = digits[group >> 12 & 63];
		out[len++] = left > 1 ? digits[group >> 6 & 63] : '=';
		out[len++] = left > 2 ? digits[group & 63] : '=';
	}
	out[len] = '\0';
}

/* RSA as in RFC 3110, which every IPsec implementation reads; others as SubjectPublicKeyInfo. */
static int key_bytes(const struct private_key *key, bool spki, struct arena *arena,
		     struct span *out)
{
	const struct public_key *public = private_key_public(key);

	*out = public_key_spki(public);
	if (spki || public_key_kind(public) != KEY_RSA)
		return EXIT_DONE;
	return public_key_to_rfc3110(public, arena, out) == RC_OK
		       ? EXIT_DONE
		       : complain(EXIT_FAILED, "out of memory");
}

static void print_pem(const char *text)
{
	(void)puts("-----BEGIN PUBLIC KEY-----");
	for (size_t at = 0; at < strlen(text); at += 64)
		(void)printf("%.64s\n", text + at);
	(void)puts("-----END PUBLIC KEY-----");
}

/* RFC 4025 §3: precedence 10, no gateway, algorithm 2 (RSA as in RFC 3110). */
static int print_ipseckey(const struct private_key *key, const char *text)
{
	if (public_key_kind(private_key_public(key)) != KEY_RSA)
		return complain(EXIT_FAILED, "an IPSECKEY record is shown for RSA keys only");
	(void)printf("IN IPSECKEY 10 0 2 . %s\n", text);
	return EXIT_DONE;
}

static int show(const struct key_options *options, const struct private_key *key)
{
	bool rsa = public_key_kind(private_key_public(key)) == KEY_RSA;
	char text[TEXT_MAX], id[ID_TEXT];
	struct arena arena;
	struct span bytes;
	int code;

	arena_init(&arena, (size_t)1 << 16);
	id_text(key, id);
	code = key_bytes(key, options->pem, &arena, &bytes);
	if (code == EXIT_DONE)
		base64(bytes, text);
	arena_free(&arena);
	if (code != EXIT_DONE)
		return code;
	if (options->pem)
		print_pem(text);
	else if (options->ipseckey)
		return print_ipseckey(key, text);
	else if (options->left || options->right)
		(void)printf("\t# ckaid %s\n\t%s%s=0s%s\n", id, options->left ? "left" : "right",
			     rsa ? "rsasigkey" : "pubkey", text);
	else
		(void)printf("ckaid %s\n%s 0s%s\n", id, rsa ? "rsasigkey" : "pubkey", text);
	return EXIT_DONE;
}

struct search {
	const struct key_options *options;
	const struct ipsec *ipsec;
	unsigned found;
	int code;
};

static bool is_wanted(const struct key_options *options, const char *id, const char *nickname)
{
	if (options->ckaid != NULL && strcasecmp(options->ckaid, id) != 0)
		return false;
	return options->name == NULL || strcmp(options->name, nickname) == 0;
}

static enum rc visit(void *context, struct span ckaid, const char *nickname)
{
	struct search *search = context;
	struct private_key *key = NULL;
	struct diag diag = { "" };
	char id[2 * 64 + 1] = "";

	for (size_t i = 0; i < ckaid.len && i < 64; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", ckaid.ptr[i]);
	if (!is_wanted(search->options, id, nickname))
		return RC_OK;
	search->found++;
	if (private_key_find_id(ckaid, &key, &diag) != RC_OK) {
		search->code = complain(EXIT_FAILED, "ckaid %s: %s", id, diag.text);
	} else if (search->options->list) {
		(void)printf("< %u> %s keyid: %s ckaid: %s\n", search->found,
			     kind_text(public_key_kind(private_key_public(key))), nickname, id);
	} else if (search->options->dump || search->found == 1) {
		search->code = show(search->options, key);
	}
	private_key_unref(key);
	return RC_OK;
}

static int check_found(const struct search *search)
{
	const struct key_options *options = search->options;

	if (search->found == 0)
		return complain(EXIT_NOT_FOUND,
				options->ckaid != NULL || options->name != NULL
					? "there is no such private key (\"ipsec showhostkey "
					  "--list\" shows what is there)"
					: "there is no private key (\"ipsec newhostkey\" makes "
					  "one)");
	if (search->found > 1 && !options->list && !options->dump)
		return complain(EXIT_USAGE,
				"there are %u private keys, and the first was shown; --ckaid or "
				"--name says which (\"ipsec showhostkey --list\")",
				search->found);
	return search->code;
}

int verb_showhostkey(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct diag diag = { "" };
	struct search search = { .options = &options, .ipsec = ipsec };
	int code = key_options(ipsec, argc, argv, KEY_OPTION_NAME | KEY_OPTION_SHOW, &options);

	if (code == EXIT_DONE &&
	    (options.count > 0 ||
	     options.left + options.right + options.ipseckey + options.pem > 1))
		code = complain(EXIT_USAGE,
				"usage: ipsec showhostkey --list | --left|--right|--ipseckey|--pem|"
				"--dump [--ckaid ID | --name NAME] [--nssdir DIR]");
	if (code == EXIT_DONE)
		code = open_keys(ipsec, &options, false);
	if (code != EXIT_DONE)
		return code;
	if (store_keys(visit, &search, &diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s", diag.text);
	else
		code = check_found(&search);
	close_keys();
	return code;
}
