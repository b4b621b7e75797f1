/* SPDX-License-Identifier: Apache-2.0 */
#include "import_crls.h"
#include <stdio.h>
#include <time.h>

int crls_check(struct import_crl *crls, unsigned count, struct certificate *const *cas,
	       unsigned ca_count)
{
	struct diag diag = { "" };

	for (unsigned i = 0; i < count; i++) {
		enum rc rc = store_check_crl(crls[i].der, cas, ca_count, &crls[i].crl, &diag);
		if (rc != RC_OK)
			return complain(EXIT_FAILED, "%s: the CRL: %s%s", crls[i].file, diag.text,
					rc == RC_NOT_FOUND ? "; import that first" : "");
	}
	return EXIT_DONE;
}

enum rc crls_write(struct import_crl *crls, unsigned count, struct diag *diag)
{
	for (unsigned i = 0; i < count; i++) {
		enum rc rc = store_add_crl(crls[i].der, diag);
		crls[i].before = rc == RC_EXISTS;
		if (rc != RC_OK && rc != RC_EXISTS)
			return rc;
	}
	return RC_OK;
}

static void tell(const struct import_crl *crl)
{
	char made[DATE_MAX], next[DATE_MAX];
	const struct store_crl *found = &crl->crl;

	(void)printf("CRL of %s: made %s, next %s, %u revoked%s\n", found->issuer,
		     date_text(found->this_update, made),
		     found->next_update != 0 ? date_text(found->next_update, next) : "not told",
		     found->entries,
		     crl->before ? " (not taken: it was there already, or a newer one is)" : "");
	if (found->next_update != 0 && found->next_update < time(NULL))
		(void)puts("  it is out of date: it says who is revoked, but not who is good");
}

void crls_tell(const struct import_crl *crls, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		tell(&crls[i]);
}
