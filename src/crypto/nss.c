/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes NSS. NSS is one per process whatever we do, so what stands here is the one
 * mutable state of the room: how often it was opened, its two internal slots, and the keys that
 * stay in it. */
#include "crypto/nss.h"
#include <nss.h>
#include <prerror.h>
#include <pthread.h>
#include <secerr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "crypto/algorithms.h"
#include "crypto/key.h"
#include "crypto/nss_password.h"
#include "crypto/probe.h"

static struct {
	pthread_mutex_t lock;
	unsigned opens;
	char *nssdir; /* NULL: no database */
	PK11SlotInfo *slots[2];
	struct nss_kept kept;
} process = { .lock = PTHREAD_MUTEX_INITIALIZER, .kept = { .lock = PTHREAD_MUTEX_INITIALIZER } };

struct nss_kept *nss_kept(void)
{
	return &process.kept;
}

PK11SlotInfo *nss_slot(unsigned worker)
{
	return process.slots[worker % 2];
}

bool nss_has_database(void)
{
	return process.nssdir != NULL;
}

const char *nss_error_name(int error)
{
	const char *name = PR_ErrorToName(error);
	return name != NULL ? name : "an error without a name";
}

enum rc nss_rc(void)
{
	int error = PORT_GetError();
	return error == SEC_ERROR_NO_MEMORY || error == PR_OUT_OF_MEMORY_ERROR ? RC_NO_MEMORY
									       : RC_INTERNAL;
}

enum rc nss_fail(struct diag *diag, const char *what)
{
	int error = PORT_GetError();
	return diag_fail(diag, nss_rc(), "%s: NSS says %s (%d)", what, nss_error_name(error),
			 error);
}

SECItem nss_item(const void *ptr, size_t len)
{
	return (SECItem){ siBuffer, (unsigned char *)(uintptr_t)ptr, (unsigned)len };
}

/* Without NSS_INIT_OPTIMIZESPACE: NSS then keeps its objects in larger tables (goals.md, trap 2).
 */
static SECStatus initialize_without_database(void)
{
	return NSS_Initialize("", "", "", "",
			      NSS_INIT_READONLY | NSS_INIT_NOCERTDB | NSS_INIT_NOMODDB |
				      NSS_INIT_FORCEOPEN | NSS_INIT_NOROOTINIT);
}

static bool database_there(const char *dir)
{
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/cert9.db", dir);
	return len > 0 && (size_t)len < sizeof path && access(path, F_OK) == 0;
}

static enum rc initialize_with_database(const char *nssdir, bool create, struct diag *diag)
{
	const char *dir = strncmp(nssdir, "sql:", 4) == 0 ? nssdir + 4 : nssdir;
	char name[4096];
	if (!create && !database_there(dir))
		return diag_fail(diag, RC_NOT_FOUND,
				 "%s has no NSS database (cert9.db); make one with: ipsec initnss "
				 "--nssdir %s",
				 dir, dir);
	int len = snprintf(name, sizeof name, "sql:%s", dir);
	if (len < 0 || (size_t)len >= sizeof name)
		return diag_fail(diag, RC_LIMIT, "the path of the NSS database is too long");
	PRUint32 flags = NSS_INIT_NOROOTINIT | (create ? 0 : NSS_INIT_READONLY);
	if (NSS_Initialize(name, "", "", SECMOD_DB, flags) == SECSuccess)
		return RC_OK;
	int error = PORT_GetError();
	return diag_fail(
		diag, error == SEC_ERROR_NO_MEMORY ? RC_NO_MEMORY : RC_IO,
		"cannot open the NSS database in %s: NSS says %s (%d); does the directory exist, "
		"and may we %s it?",
		dir, nss_error_name(error), error, create ? "write to" : "read");
}

static void release(void)
{
	algorithm_forget();
	key_forget_all();
	for (int i = 0; i < 2; i++) {
		if (process.slots[i] != NULL)
			PK11_FreeSlot(process.slots[i]);
		process.slots[i] = NULL;
	}
	mem_free(process.nssdir);
	process.nssdir = NULL;
}

static enum rc start(const char *nssdir, bool create, struct diag *diag)
{
	process.slots[0] = PK11_GetInternalSlot();
	process.slots[1] = PK11_GetInternalKeySlot();
	if (process.slots[0] == NULL || process.slots[1] == NULL)
		return nss_fail(diag, "NSS has no internal token");
	if (nssdir != NULL && (process.nssdir = mem_text(nssdir)) == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory while opening NSS");
	if (nssdir != NULL)
		TRY(nss_password_use(process.slots[1], nssdir, create, diag));
	return probe_run(diag);
}

static enum rc open_first(const char *nssdir, bool create, struct diag *diag)
{
	if (NSS_IsInitialized())
		return diag_fail(diag, RC_EXISTS,
				 "NSS is already in use by something else in this process");
	if (nssdir != NULL)
		TRY(initialize_with_database(nssdir, create, diag));
	else if (initialize_without_database() != SECSuccess)
		return nss_fail(diag, "cannot start NSS");
	enum rc rc = start(nssdir, create, diag);
	if (rc == RC_OK)
		return RC_OK;
	release();
	(void)NSS_Shutdown();
	return rc;
}

static bool same_database(const char *nssdir)
{
	if (nssdir == NULL)
		return true; /* any will do */
	return process.nssdir != NULL && strcmp(nssdir, process.nssdir) == 0;
}

enum rc crypto_open(const char *nssdir, bool create, struct diag *diag)
{
	enum rc rc = RC_OK;
	pthread_mutex_lock(&process.lock);
	if (process.opens == 0)
		rc = open_first(nssdir, create, diag);
	else if (!same_database(nssdir))
		rc = diag_fail(diag, RC_EXISTS,
			       "this process already uses %s%s; it can have only one NSS database",
			       process.nssdir != NULL ? "the NSS database in "
						      : "NSS without a database",
			       process.nssdir != NULL ? process.nssdir : "");
	if (rc == RC_OK)
		process.opens++;
	pthread_mutex_unlock(&process.lock);
	return rc;
}

enum rc nss_close(void)
{
	enum rc rc = RC_OK;
	pthread_mutex_lock(&process.lock);
	if (process.opens > 0 && --process.opens == 0) {
		release();
		rc = NSS_Shutdown() == SECSuccess ? RC_OK : RC_INTERNAL;
	}
	pthread_mutex_unlock(&process.lock);
	return rc;
}

void crypto_close(void)
{
	(void)nss_close(); /* nothing is left to be done about it */
}
