/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that leaves no trace: a call may carry a password (Login), and jansson copies what it reads
 * and writes. */
#ifndef VANTH_CONTROL_JSON_MEMORY_H
#define VANTH_CONTROL_JSON_MEMORY_H

/* From now on all memory of jansson is wiped when it is freed. For the whole process; to be called
 * before anything else uses jansson. */
void json_memory_wipes(void);
/* What json_dumps() made, wiped too; free() must not be used for it. NULL: nothing. */
void json_text_free(char *text);

#endif
