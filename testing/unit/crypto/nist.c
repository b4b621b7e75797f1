/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/nist.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "crypto/algorithms.h"

static const struct hash_alg hash_sha224 = { SEC_OID_SHA224, 28, 64 };
static const struct prf_entry prf_sha224 = { { 65000, 28, "hmac_sha2_224" }, &hash_sha224 };

static const struct prf_alg *prf_named(const char *line)
{
	if (strcmp(line, "[SHA-1]") == 0)
		return crypto_prf(PRF_HMAC_SHA1);
	if (strcmp(line, "[SHA-224]") == 0)
		return &prf_sha224.alg;
	if (strcmp(line, "[SHA-256]") == 0)
		return crypto_prf(PRF_HMAC_SHA2_256);
	if (strcmp(line, "[SHA-384]") == 0)
		return crypto_prf(PRF_HMAC_SHA2_384);
	return strcmp(line, "[SHA-512]") == 0 ? crypto_prf(PRF_HMAC_SHA2_512) : NULL;
}

/* Does this line end a case? */
static bool read_line(const struct nist_set *set, char *line, const struct prf_alg **prf)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (prf_named(line) != NULL)
		*prf = prf_named(line);
	char *equals = strstr(line, " = ");
	if (line[0] == '[' || line[0] == '#' || equals == NULL)
		return false;
	*equals = '\0';
	for (size_t i = 0; i < set->field_count; i++)
		if (strcmp(set->fields[i].name, line) == 0)
			*set->fields[i].to = hex(equals + 3);
	return strcmp(line, set->last) == 0;
}

static FILE *unzip(const char *path, pid_t *child)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	*child = fork();
	assert_true(*child >= 0);
	if (*child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execlp("gzip", "gzip", "-dc", path, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

unsigned nist_each_case(const struct nist_set *set)
{
	const char *shared = getenv("VANTH_SHARED");
	char path[4096], line[4096];
	const struct prf_alg *prf = NULL;
	unsigned cases = 0;
	pid_t child;
	int status = -1;
	snprintf(path, sizeof path, "%s/vectors/nist-800-135/%s",
		 shared != NULL ? shared : "../shared", set->file);
	if (access(path, R_OK) != 0) {
		print_message("no NIST vectors at %s (set VANTH_SHARED)\n", path);
		skip();
	}
	FILE *in = unzip(path, &child);
	while (fgets(line, sizeof line, in) != NULL) {
		if (!read_line(set, line, &prf))
			continue;
		set->check(set->context, prf);
		cases++;
	}
	fclose(in);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	return cases;
}
