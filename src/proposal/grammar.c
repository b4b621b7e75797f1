/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of ike=, esp= and ah=.
 *
 *	list     := proposal { "," proposal } [ "!" ]
 *	proposal := word { ( "-" | ";" | "+" ) word }
 *	word     := algorithm | "addke" digit "=" algorithm | "ke" digit "_" algorithm
 *
 * A word says by itself what it is (a cipher, a hash, a group), so that Libreswan's "+" and
 *strongSwan's repeated "-" both mean alternatives, and their order between kinds is free. ";" is
 *only special before "none": the group. strongSwan's "!" asks for what Vanth always does: nothing
 *but the listed proposals. */
#include <string.h>
#include "proposal/draft.h"

struct reader {
	const char *text;
	size_t at;
};

static void skip_blanks(struct reader *in)
{
	in->at += strspn(in->text + in->at, " \t");
}

static bool take(struct reader *in, char c)
{
	skip_blanks(in);
	if (in->text[in->at] != c)
		return false;
	in->at++;
	return true;
}

/* RC_OK: *word is filled; in->at stays on the word after a failure. */
static enum rc read_word(struct reader *in, char word[WORD_TEXT_MAX], struct diag *diag)
{
	skip_blanks(in);
	const char *begin = in->text + in->at;
	size_t len = strcspn(begin, "-;+,! \t");
	if (len == 0 && *begin == '\0')
		return diag_fail(diag, RC_SYNTAX, "an algorithm is missing at the end");
	if (len == 0)
		return diag_fail(diag, RC_SYNTAX, "an algorithm is missing before \"%c\"", *begin);
	if (len >= WORD_TEXT_MAX)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.24s...\" is too long for an algorithm's name", begin);
	memcpy(word, begin, len);
	word[len] = '\0';
	return RC_OK;
}

static enum rc read_proposal(struct reader *in, struct draft *draft, struct diag *diag)
{
	char word[WORD_TEXT_MAX];
	bool group_place = false;
	skip_blanks(in);
	draft->column = in->at;
	for (;;) {
		TRY(read_word(in, word, diag));
		TRY(proposal_draft_word(draft, word, group_place, diag));
		in->at += strlen(word);
		group_place = false;
		if (take(in, '+'))
			continue;
		draft->addke_at = 0;
		group_place = take(in, ';');
		if (!group_place && !take(in, '-'))
			return RC_OK;
	}
}

static enum rc read_end(struct reader *in, struct diag *diag)
{
	if (take(in, '!'))
		skip_blanks(in);
	skip_blanks(in);
	char c = in->text[in->at];
	if (c != '\0')
		return diag_fail(diag, RC_SYNTAX,
				 "\"%c\" does not belong here: proposals are separated by \",\"",
				 c);
	return RC_OK;
}

static enum rc read_list(struct reader *in, const struct draft *start, struct proposal_list *list,
			 struct diag *diag)
{
	do {
		struct draft draft = *start;
		TRY(read_proposal(in, &draft, diag));
		size_t after = in->at;
		enum rc rc = proposal_draft_finish(&draft, list, diag);
		in->at = rc == RC_OK ? after : draft.column;
		TRY(rc);
	} while (take(in, ','));
	return read_end(in, diag);
}

enum rc proposal_read(uint8_t protocol, const char *text, bool pfs, bool lenient,
		      struct proposal_list **out, size_t *column, struct diag *diag)
{
	struct reader in = { .text = text };
	struct draft start;
	struct proposal_list *list = proposal_list_new();
	if (list == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for proposals");
	proposal_draft_init(&start, protocol, pfs, lenient);
	enum rc rc = read_list(&in, &start, list, diag);
	if (rc == RC_OK && list->count == 0)
		rc = diag_fail(diag, RC_UNSUPPORTED,
			       "none of the default algorithms is available: is NSS open?");
	if (column != NULL)
		*column = in.at;
	if (rc != RC_OK)
		proposal_free(list);
	else
		*out = list;
	return rc;
}

enum rc proposal_parse(uint8_t protocol, const char *text, bool pfs, struct proposal_list **out,
		       size_t *column, struct diag *diag)
{
	return proposal_read(protocol, text, pfs, false, out, column, diag);
}
