/* SPDX-License-Identifier: Apache-2.0 */
/* Vendor ID payload, RFC 7296 §3.12: its body is the ID, whatever it is. */
#include "wire/payloads.h"

void wire_vendor_emit(struct writer *writer, struct span id)
{
	writer_payload_begin(writer, PAYLOAD_VENDOR, false);
	sink_span(writer->sink, id);
	writer_payload_end(writer);
}
