/* SPDX-License-Identifier: Apache-2.0 */
/* What ipsec import of files and of folders share. */
#ifndef VANTH_IPSEC_IMPORT_PARTS_H
#define VANTH_IPSEC_IMPORT_PARTS_H

#include "keys.h"

bool key_is_certified(const struct private_key *private, const struct certificate *certificate);
/* In the database, not only in this process. */
bool key_is_kept(const struct public_key *public);

/* ---- import_folder.c: ipsec.d as strongSwan has it ---- */
bool is_folder(const char *path);
/* The database is open. What is there already stays as it is; a file that cannot be used is named,
 * and the others go on. EXIT_DONE, or EXIT_FAILED when one could not be used. */
int import_folder(const struct ipsec *ipsec, const struct key_options *options, const char *path);

#endif
