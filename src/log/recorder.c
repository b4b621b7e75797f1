/* SPDX-License-Identifier: Apache-2.0 */
#include "log/recorder.h"
#include "base/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RING_FIRST 4

_Static_assert(sizeof(struct record) == 32, "every peer has up to 32 of them");

/* In a sentence: %w the code's word, %W the detail's; %c %d %e code, detail, extra as numbers; %x
 * %X detail and extra as SPIs; %r the code as a reason, %E as an errno; %q request or response; %n
 * ", " and the notify in extra, if there is one; %l %a the words of liveness and NAT; %i
 * " to " and the detail as an IPv4 address, if there is one. */
static const struct phrase {
	const char *sentence, *noun;
} phrases[RECORD_COUNT] = {
	[RECORD_NONE] = { "nothing", "event" },
	[RECORD_SENT] = { "sent %w %q, message ID %d%n", "exchange" },
	[RECORD_RECEIVED] = { "received %w %q, message ID %d%n", "exchange" },
	[RECORD_RETRANSMITTED] = { "retransmitted %w %q, message ID %d, try %e", "exchange" },
	[RECORD_ANSWERED_AGAIN] = { "answered the repeated %w request again, message ID %d",
				    "exchange" },
	[RECORD_DROPPED] = { "dropped a message: %r", "reason" },
	[RECORD_NOTIFY_IN] = { "peer notifies %w", "notify" },
	[RECORD_NOTIFY_OUT] = { "we notify %w", "notify" },
	[RECORD_STATE] = { "state is %w, was %W", "state" },
	[RECORD_IKE_UP] = { "IKE SA is up", "serial" },
	[RECORD_IKE_DOWN] = { "IKE SA ended: %r", "reason" },
	[RECORD_CHILD_UP] = { "Child SA is up, SPI in %x, out %X", "SPI" },
	[RECORD_CHILD_DOWN] = { "Child SA with SPI %x ended: %r", "reason" },
	[RECORD_WANTED] = { "wanted is now %w", "wanted state" },
	[RECORD_DECIDED] = { "decided to %w", "decision" },
	[RECORD_BACKOFF] = { "attempt %c failed, the next one follows in %d s", "attempt" },
	[RECORD_KERNEL] = { "kernel answers %W: %E", "operation" },
	[RECORD_ACQUIRE] = { "traffic asks for the tunnel", "acquire" },
	[RECORD_LIVENESS] = { "liveness: %l", "liveness" },
	[RECORD_NAT] = { "NAT detected: %a", "NAT" },
	[RECORD_COMMAND] = { "command %w", "command" },
	[RECORD_FRAGMENT] = { "dropped a fragment of message ID %d: %w", "fault" },
	[RECORD_WINDOW] = { "dropped a request far ahead of its turn: message ID %d, expected %e",
			    "message ID" },
	[RECORD_REDIRECT] = { "redirect%i: %w", "event" },
	[RECORD_REFUSED] = { "refused %w request, message ID %d: it has no place here",
			     "exchange" },
	[RECORD_USER] = { "XAUTH user %w", "event" },
	[RECORD_PATH] = { "sends packets of at most %d bytes from now on", "size" },
};

static const char *const liveness_words[] = { "probe sent", "peer is alive", "peer is dead" };
static const char *const nat_words[] = { "none", "we are behind one", "peer is behind one",
					 "both are behind one" };

struct writer {
	char *out;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct writer *writer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(writer->out + writer->len, writer->size - writer->len, format, args);
	va_end(args);
	if (len > 0)
		writer->len += (size_t)len;
	if (writer->len >= writer->size)
		writer->len = writer->size - 1;
}

static void add_word(struct writer *writer, recorder_namer namer, enum record_event event,
		     uint32_t code)
{
	const char *word = namer == NULL ? NULL : namer(event, code);
	if (word != NULL)
		add(writer, "%s", word);
	else
		add(writer, "%s %u", phrases[event].noun, code);
}

static void add_listed(struct writer *writer, const char *const *words, size_t count, unsigned code)
{
	if (code < count)
		add(writer, "%s", words[code]);
	else
		add(writer, "%u", code);
}

static void add_errno(struct writer *writer, int code)
{
	const char *text = strerrordesc_np(code);
	add(writer, "%s", text == NULL ? "unknown error" : text);
}

static void add_address(struct writer *writer, uint32_t addr)
{
	if (addr != 0)
		add(writer, " to %u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		    addr & 255);
}

/* Only exchange types carry the bit. */
static uint32_t code_of(const struct record *record)
{
	bool exchange = record->event >= RECORD_SENT && record->event <= RECORD_ANSWERED_AGAIN;
	return exchange ? record->code & ~RECORD_RESPONSE : record->code;
}

static void add_number(struct writer *writer, const struct record *record, char what)
{
	if (what == 'c')
		add(writer, "%u", (unsigned)record->code);
	else if (what == 'd')
		add(writer, "%u", record->detail);
	else if (what == 'e')
		add(writer, "%u", record->extra);
	else if (what == 'x')
		add(writer, "0x%08x", record->detail);
	else if (what == 'X')
		add(writer, "0x%08x", record->extra);
	else if (what == 'q')
		add(writer, "%s", record->code & RECORD_RESPONSE ? "response" : "request");
}

static void add_part(struct writer *writer, const struct record *record, recorder_namer namer,
		     char what)
{
	enum record_event event = (enum record_event)record->event;
	if (what == 'w')
		add_word(writer, namer, event, code_of(record));
	else if (what == 'W')
		add_word(writer, namer, event, record->detail);
	else if (what == 'r')
		add(writer, "%s", rc_name((enum rc)record->code));
	else if (what == 'E')
		add_errno(writer, record->code);
	else if (what == 'i')
		add_address(writer, record->detail);
	else if (what == 'l')
		add_listed(writer, liveness_words, 3, record->code);
	else if (what == 'a')
		add_listed(writer, nat_words, 4, record->code);
	else if (what != 'n')
		add_number(writer, record, what);
	else if (record->extra != 0) {
		add(writer, ", ");
		add_word(writer, namer, RECORD_NOTIFY_IN, record->extra);
	}
}

static unsigned oldest(const struct recorder *recorder)
{
	return (unsigned)(recorder->next + recorder->size - recorder->count) % recorder->size;
}

/* The old ring becomes the straight beginning of the new one. */
static void grow(struct recorder *recorder)
{
	uint16_t size = recorder->size == 0 ? RING_FIRST : (uint16_t)(recorder->size * 2);
	struct record *ring = mem_alloc(size * sizeof(*ring));
	if (ring == NULL)
		return;
	for (unsigned i = 0; i < recorder->count; i++)
		ring[i] = recorder->ring[(oldest(recorder) + i) % recorder->size];
	mem_free(recorder->ring);
	recorder->ring = ring;
	recorder->size = size;
	recorder->next = recorder->count;
}

static struct record *newest(const struct recorder *recorder)
{
	if (recorder->count == 0)
		return NULL;
	return &recorder->ring[(recorder->next + recorder->size - 1u) % recorder->size];
}

static bool same(const struct record *a, const struct record *b)
{
	return a->serial == b->serial && a->event == b->event && a->code == b->code &&
	       a->detail == b->detail && a->extra == b->extra;
}

static void append(struct recorder *recorder, const struct record *record)
{
	if (recorder->count == recorder->size && recorder->size < RECORDER_MAX)
		grow(recorder);
	if (recorder->size == 0 || recorder->count == recorder->size)
		recorder->lost += recorder->lost < UINT32_MAX;
	if (recorder->size == 0)
		return;
	recorder->ring[recorder->next] = *record;
	recorder->next = (uint16_t)((recorder->next + 1u) % recorder->size);
	if (recorder->count < recorder->size)
		recorder->count++;
}

void recorder_init(struct recorder *recorder)
{
	*recorder = (struct recorder){ 0 };
}

void recorder_free(struct recorder *recorder)
{
	mem_free(recorder->ring);
	recorder_init(recorder);
}

void recorder_add(struct recorder *recorder, usec_t when, uint64_t serial, enum record_event event,
		  unsigned code, uint32_t detail, uint32_t extra)
{
	struct record record = { .when = when,
				 .serial = serial,
				 .detail = detail,
				 .extra = extra,
				 .event = (uint16_t)event,
				 .code = (uint16_t)code };
	struct record *last = newest(recorder);
	if (last == NULL || !same(last, &record)) {
		append(recorder, &record);
		return;
	}
	last->when = when;
	last->repeat += last->repeat < UINT32_MAX;
}

const struct record *recorder_at(const struct recorder *recorder, unsigned index)
{
	if (index >= recorder->count)
		return NULL;
	return &recorder->ring[(oldest(recorder) + index) % recorder->size];
}

const char *recorder_text(const struct record *record, recorder_namer namer, char *buffer,
			  size_t size)
{
	struct writer writer = { buffer, size, 0 };
	if (size == 0)
		return "";
	buffer[0] = '\0';
	if (record->event >= RECORD_COUNT) {
		add(&writer, "unknown event %u", (unsigned)record->event);
		return buffer;
	}
	for (const char *at = phrases[record->event].sentence; *at != '\0'; at++) {
		if (*at != '%')
			add(&writer, "%c", *at);
		else
			add_part(&writer, record, namer, *++at);
	}
	if (record->repeat > 0)
		add(&writer, ", %llu times", record->repeat + 1ull);
	return buffer;
}
