/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a network card can do ESP, as ethtool -k says it: the bit of the feature of that name. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kernel/xfrm/xfrm.h"

#define FEATURE	     "esp-hw-offload"
#define FEATURES_MAX 256 /* Linux 6.1 has 64 */

static bool ask(int fd, const char *name, void *question)
{
	struct ifreq request = { .ifr_data = question };

	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

static unsigned feature_count(int fd, const char *name)
{
	union {
		struct ethtool_sset_info info;
		uint32_t room[sizeof(struct ethtool_sset_info) / 4 + 1];
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES } };

	if (!ask(fd, name, &set) || set.info.sset_mask == 0)
		return 0;
	return set.room[sizeof(struct ethtool_sset_info) / 4];
}

/* Negative: this kernel has no such feature. */
static int feature_index(int fd, const char *name, unsigned count)
{
	union {
		struct ethtool_gstrings strings;
		uint8_t room[sizeof(struct ethtool_gstrings) + FEATURES_MAX * ETH_GSTRING_LEN];
	} names = {
		.strings = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = count }
	};
	const uint8_t *each = names.room + sizeof names.strings;

	if (!ask(fd, name, &names))
		return -1;
	for (unsigned i = 0; i < count; i++)
		if (strncmp((const char *)each + i * ETH_GSTRING_LEN, FEATURE, ETH_GSTRING_LEN) ==
		    0)
			return (int)i;
	return -1;
}

static enum card_ability read_feature(int fd, const char *name)
{
	union {
		struct ethtool_gfeatures features;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     FEATURES_MAX / 32 * sizeof(struct ethtool_get_features_block)];
	} state = { .features = { .cmd = ETHTOOL_GFEATURES } };
	struct ethtool_get_features_block block;
	unsigned count = feature_count(fd, name);
	int index = count > 0 && count <= FEATURES_MAX ? feature_index(fd, name, count) : -1;

	if (index < 0)
		return CARD_UNKNOWN;
	state.features.size = (count + 31) / 32;
	if (!ask(fd, name, &state))
		return CARD_UNKNOWN;
	memcpy(&block, state.room + sizeof state.features + (size_t)index / 32 * sizeof block,
	       sizeof block);
	return block.active >> index % 32 & 1 ? CARD_CAN : CARD_CANNOT;
}

enum card_ability xfrm_card_can(uint32_t device)
{
	char name[IF_NAMESIZE] = "";
	enum card_ability ability;
	int fd;

	if (device == 0 || if_indextoname(device, name) == NULL)
		return CARD_UNKNOWN;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return CARD_UNKNOWN;
	ability = read_feature(fd, name);
	(void)close(fd);
	return ability;
}

void xfrm_card_text(uint32_t device, char text[CARD_TEXT_MAX])
{
	char name[IF_NAMESIZE] = "";

	if (device == 0 || if_indextoname(device, name) == NULL)
		(void)snprintf(text, CARD_TEXT_MAX, "the network card has no ESP offload");
	else if (xfrm_card_can(device) == CARD_CAN)
		(void)snprintf(text, CARD_TEXT_MAX,
			       "%s does ESP offload, but its driver does not take this SA", name);
	else
		(void)snprintf(text, CARD_TEXT_MAX,
			       "%s has no ESP offload (ethtool -k %s says " FEATURE ")", name,
			       name);
}
