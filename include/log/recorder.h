/* SPDX-License-Identifier: Apache-2.0 */
/* The flight recorder: a small ring of the last protocol events of a peer, always on. Cheap enough
 * to never switch off: an entry is a few dozen bytes, texts are made only when somebody reads. */
#ifndef VANTH_LOG_RECORDER_H
#define VANTH_LOG_RECORDER_H

#include <stdint.h>
#include "base/timer.h"

/* One line of <recorder_events.h> style list: ENUM, text used by recorder_text(). */
enum record_event {
	RECORD_NONE,
	RECORD_SENT, /* code: exchange type (| RECORD_RESPONSE), detail: message ID, extra: first
			notify or 0 */
	RECORD_RECEIVED,       /* same */
	RECORD_RETRANSMITTED,  /* code: exchange type, detail: message ID, extra: try */
	RECORD_ANSWERED_AGAIN, /* a retransmitted request got its cached answer */
	RECORD_DROPPED,	       /* code: rc */
	RECORD_NOTIFY_IN,      /* code: notify type */
	RECORD_NOTIFY_OUT,
	RECORD_STATE,	   /* code: new state of the SA, detail: old */
	RECORD_IKE_UP,	   /* detail: low bits of the serial */
	RECORD_IKE_DOWN,   /* code: rc that tells why */
	RECORD_CHILD_UP,   /* detail: inbound SPI, extra: outbound SPI */
	RECORD_CHILD_DOWN, /* code: rc, detail: inbound SPI */
	RECORD_WANTED,	   /* code: the new wanted state */
	RECORD_DECIDED,	   /* code: what reconcile decided */
	RECORD_BACKOFF,	   /* detail: seconds, code: attempt */
	RECORD_KERNEL,	   /* code: errno, detail: operation */
	RECORD_ACQUIRE,
	RECORD_LIVENESS, /* code: 0 probe, 1 proof, 2 dead */
	RECORD_NAT,	 /* code: 1 we, 2 peer, 3 both */
	RECORD_COMMAND,	 /* code: control verb */
	RECORD_FRAGMENT, /* one of the peer's was dropped; code: what is wrong, detail: message ID
			  */
	RECORD_WINDOW,	 /* a request beyond the window; detail: message ID, extra: the expected */
	RECORD_PATH,	 /* no answer: smaller packets; detail: bytes */
	RECORD_REDIRECT, /* code: what became of it, detail: the gateway, if it has an IPv4 address
			  */
	RECORD_REFUSED,	 /* a request has no place here; code: exchange type, detail: message ID */
	RECORD_USER,	 /* XAUTH; code: what became of it, detail: wrong answers so far */
	RECORD_COUNT
};

#define RECORD_RESPONSE 0x100u /* with an exchange type: it is a response */

struct record {		 /* 32 bytes */
	usec_t when;	 /* of the latest repetition */
	uint64_t serial; /* SA it concerns, or 0 */
	uint32_t detail, extra;
	uint16_t event, code;
	uint32_t repeat; /* the same event again that many times */
};

struct recorder {
	struct record *ring; /* grows from 4 to RECORDER_MAX entries as it is used */
	uint16_t size, next, count;
	uint32_t lost; /* overwritten entries */
};
#define RECORDER_MAX 32

void recorder_init(struct recorder *recorder);
void recorder_free(struct recorder *recorder);
/* Never fails visibly: without memory the oldest entries are overwritten earlier. */
void recorder_add(struct recorder *recorder, usec_t when, uint64_t serial, enum record_event event,
		  unsigned code, uint32_t detail, uint32_t extra);
/* index 0 is the oldest; NULL past the end. */
const struct record *recorder_at(const struct recorder *recorder, unsigned index);
/* A sentence, e.g. "sent IKE_AUTH request, message ID 1". namer turns (event, code) into a word and
 * may be NULL or return NULL; it is asked for the code of exchanges (without RECORD_RESPONSE),
 * notifies, states, wanted states, decisions, commands and redirects, and for the detail of the old
 * state and of the kernel operation. */
typedef const char *(*recorder_namer)(enum record_event event, unsigned code);
const char *recorder_text(const struct record *record, recorder_namer namer, char *buffer,
			  size_t size);

#endif
