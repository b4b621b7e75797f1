/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of pcap files, just enough to get at the IKE messages in them: classic format, either
 * byte order; Ethernet (with VLAN tags), Linux cooked, loopback and raw IP; IPv4 and IPv6; UDP
 * ports 500 and 4500. */
#ifndef VANTH_TEST_PCAP_H
#define VANTH_TEST_PCAP_H

#include <stdio.h>
#include <stdlib.h>
#include "base/span.h"
#include "wire/iana.h"

#define PCAP_FILE_MAX (16u << 20)

/* The whole file; the caller frees .ptr. NULL when it cannot be read. */
static inline struct span pcap_load(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = file == NULL ? NULL : malloc(PCAP_FILE_MAX);
	size_t len = bytes == NULL ? 0 : fread(bytes, 1, PCAP_FILE_MAX, file);
	if (file != NULL)
		fclose(file);
	return span_make(bytes, len);
}

static inline uint32_t pcap_u32(const uint8_t *p, bool little)
{
	return little ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]
		      : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Behind the link layer. */
static inline enum rc pcap_link_skip(struct span *in, uint32_t link)
{
	struct span ignored;
	uint16_t ethertype;
	switch (link) {
	case 0: /* loopback */
		return span_take(in, 4, &ignored);
	case 1: /* Ethernet */
		TRY(span_take(in, 12, &ignored));
		TRY(span_u16(in, &ethertype));
		while (ethertype == 0x8100) {
			TRY(span_take(in, 2, &ignored));
			TRY(span_u16(in, &ethertype));
		}
		return RC_OK;
	case 113: /* Linux cooked */
		return span_take(in, 16, &ignored);
	case 12:
	case 101: /* raw IP */
		return RC_OK;
	default:
		return RC_UNSUPPORTED;
	}
}

/* Behind the IP header, without what follows the packet (Ethernet padding). RC_UNSUPPORTED: not
 * UDP. */
static inline enum rc pcap_ip_skip(struct span *in)
{
	struct span packet, header;
	if (in->len < 40 && (in->len < 20 || in->ptr[0] >> 4 != 4))
		return RC_TRUNCATED;
	if (in->ptr[0] >> 4 == 4) {
		size_t total = (size_t)(in->ptr[2] << 8 | in->ptr[3]);
		uint8_t protocol = in->ptr[9];
		size_t header_len = (size_t)(in->ptr[0] & 15) * 4;
		TRY(span_take(in, total, &packet));
		TRY(span_take(&packet, header_len, &header));
		*in = packet;
		return protocol == 17 ? RC_OK : RC_UNSUPPORTED;
	}
	size_t payload = (size_t)(in->ptr[4] << 8 | in->ptr[5]);
	uint8_t next = in->ptr[6];
	TRY(span_take(in, 40, &header));
	TRY(span_take(in, payload, &packet));
	*in = packet;
	return next == 17 && header.ptr[0] >> 4 == 6 ? RC_OK : RC_UNSUPPORTED;
}

/* The IKE message in a UDP packet; on port 4500 behind the non-ESP marker of RFC 3948 §2.2. */
static inline enum rc pcap_udp_ike(struct span in, struct span *out)
{
	uint16_t from, to, length, checksum;
	uint32_t marker = 0;
	TRY(span_u16(&in, &from));
	TRY(span_u16(&in, &to));
	TRY(span_u16(&in, &length));
	TRY(span_u16(&in, &checksum));
	if (length < 8)
		return RC_SYNTAX;
	TRY(span_take(&in, (size_t)length - 8, out));
	if (from == IKE_NATT_PORT || to == IKE_NATT_PORT)
		TRY(span_u32(out, &marker));
	else if (from != IKE_PORT && to != IKE_PORT)
		return RC_UNSUPPORTED;
	return marker == 0 ? RC_OK : RC_UNSUPPORTED;
}

/* Calls fn with every IKE message of the file; returns how many there were, -1 when it is no pcap
 * file. */
static inline int pcap_each_ike(struct span file, void (*fn)(struct span message, void *context),
				void *context)
{
	struct span header, record, packet, message;
	int count = 0;
	if (span_take(&file, 24, &header) != RC_OK)
		return -1;
	uint32_t magic = pcap_u32(header.ptr, true);
	bool little = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
	magic = pcap_u32(header.ptr, little);
	if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return -1;
	while (span_take(&file, 16, &record) == RC_OK &&
	       span_take(&file, pcap_u32(record.ptr + 8, little), &packet) == RC_OK) {
		if (pcap_link_skip(&packet, pcap_u32(header.ptr + 20, little)) != RC_OK ||
		    pcap_ip_skip(&packet) != RC_OK || pcap_udp_ike(packet, &message) != RC_OK)
			continue;
		fn(message, context);
		count++;
	}
	return count;
}

#endif
