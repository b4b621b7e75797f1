/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/ikev1_known.h"

/* clang-format off */
const struct known known[KNOWN_COUNT] = {
	{ /* SHA-1 and 3DES */
	  .prf = PRF_HMAC_SHA1, .encr = ENCR_3DES, .key_bits = 0, .psk = true,
	  .skeyid = "ad00530b115c10019e665a5c03ffeab4a651983d",
	  .d = "25a88dc8686574c9bcda157f3aba5d3c41dcb8be",
	  .a = "4bcfef75862f89cdf11a8917d75c7fa4f638675e",
	  .e = "3bbc1b8fe0cfaa0ae43c2a73093da8436e982d81",
	  .key = "4a7879a093a1053b6c0e90bffb0c0a099cb7dca9a9fbaf74",
	  .hash_i = "6c1caf0e798265ec38e4a5078580331ec59e394d",
	  .hash_r = "6a3b5867aa1c4142f0deffec1ca15605919e2056",
	  .hash_1 = "33418d6a44298968a533dadb34372be1a9c9323f",
	  .keymat = "cccf2265611d8e3f6c6107982ebeb7d1d6dd8566a53338ca100ff0aef9f6f735b19185e6fe4e"
		 "601208759220ea12d7187289b6160d39fde6dc282f0726f4359219b518f4e84fce5d",
	  .keymat_plain = "6fd70ffc9832449df430c5f70aa2848e83825a6d203d529836d2073a37f1f0ca6e86fe7c",
	  .iv = "cb521a53f2ead26c",
	  .first = "eb4f0689d0b4cc7ca1b419fad78aabea1220b95db2fcdbb01ef2db377f1aaa87bb5ff9380514"
		 "f7d2b7d777fd51870a72",
	  .second = "bcf51eca6ac7b6925e7e795f4add5ff79ac93ab3077193f82e54be08fc5900eb817c469cc6a1"
		 "f699b331b9d63063f500",
	  .iv_exchange = "229885d5bf9b9fdf",
	  .third = "6ed12875fd3275df4c3a9827be5ec109409108bac91c083090491571e0167a23570f5f179bc8"
		 "28a4c5bace81d908302e",
	},
	{ /* SHA-256 and AES-128, signatures */
	  .prf = PRF_HMAC_SHA2_256, .encr = ENCR_AES_CBC, .key_bits = 128, .psk = false,
	  .skeyid = "b768842afd366dc8a11726b2bf5e987b9b06b33677f011f3f6575fae2e178cb4",
	  .d = "8fb70d6482737366ad8f366044750f5adfe4f2e3ccc8966b6ec75fe6c3159b08",
	  .a = "31f94498fd3d790fc725d900ed4e51bbd579bf8eff307ac75b2266eb5c2fc191",
	  .e = "94f2d18e400b2a986de499f17f27a08429a57e30e71bd5e72771bee7ce1254e4",
	  .key = "94f2d18e400b2a986de499f17f27a084",
	  .hash_i = "38e0e72c19350c79b6b184203d50223f54dee40cd6f949a09ae99366b04168c5",
	  .hash_r = "72dff5b1409b45e788b458b5d88f5e734e11d086710880d5db4d8756d05c1125",
	  .hash_1 = "213120bae248aa131dba05c029e45c7e6afa529d3de9ba1b5399342d7a778af8",
	  .keymat = "571fa95b53bc2fe0efa74d4c9d2bf92ddf189b4b7743e06a61e91b43c3033c9214f53eabece1"
		 "6870211240ea9e328a95bb62706716aea9a8185c889ee81e51c03e4e099385131ba3",
	  .keymat_plain = "8e80532c5a03cc610bc7084324a2f4a7e1d7ee4a0e2cb93ac3ad2ba4361deeb2d25b95bd",
	  .iv = "1f499d23f4b21ce90b37050340d11e64",
	  .first = "69a2bdeba75ae14ea50b454ea49fbf97335b262026bf64098a4cb186ea39458849f98332785b"
		 "74a9c3670c897676f2d0",
	  .second = "9472fef57e6dff26b4cfb04e83a658306cdba505709ca5458560f9fcb91c8c0ae54c669f33a5"
		 "ea60ae9c2ef5f70c0c76",
	  .iv_exchange = "6fab9f951d0319609bca329d7bb4e4e2",
	  .third = "15cc2851a4b178447022ae665c5ff03d6a6f5b094d970cbb51ea6bece4ad5e062a8660f29b05"
		 "94f8b029e84cdbcce829",
	},
	{ /* SHA-1 and AES-256 */
	  .prf = PRF_HMAC_SHA1, .encr = ENCR_AES_CBC, .key_bits = 256, .psk = true,
	  .skeyid = "ad00530b115c10019e665a5c03ffeab4a651983d",
	  .d = "25a88dc8686574c9bcda157f3aba5d3c41dcb8be",
	  .a = "4bcfef75862f89cdf11a8917d75c7fa4f638675e",
	  .e = "3bbc1b8fe0cfaa0ae43c2a73093da8436e982d81",
	  .key = "4a7879a093a1053b6c0e90bffb0c0a099cb7dca9a9fbaf7458dc345663ab2a32",
	  .hash_i = "6c1caf0e798265ec38e4a5078580331ec59e394d",
	  .hash_r = "6a3b5867aa1c4142f0deffec1ca15605919e2056",
	  .hash_1 = "33418d6a44298968a533dadb34372be1a9c9323f",
	  .keymat = "cccf2265611d8e3f6c6107982ebeb7d1d6dd8566a53338ca100ff0aef9f6f735b19185e6fe4e"
		 "601208759220ea12d7187289b6160d39fde6dc282f0726f4359219b518f4e84fce5d",
	  .keymat_plain = "6fd70ffc9832449df430c5f70aa2848e83825a6d203d529836d2073a37f1f0ca6e86fe7c",
	  .iv = "cb521a53f2ead26c8dd0466e8d1b59ea",
	  .first = "1f8639b31fd427844df4c6b1893a919499b069a661b3261da5db65723b9a2d9ca8ffdfac5336"
		 "742b619f67b5c4888196",
	  .second = "f0f9381918f2dc94cc9e095d56cad012df2c33691cb90ebd33576cd848e8c1a4af034ec9f913"
		 "4019f815fdaaf68ee583",
	  .iv_exchange = "a3c2111311d3c12667e0a92382ab625b",
	  .third = "b3a4300da31f8b3c3db3e42619df11a3d1de6eec66611b8c993d7e35c5aca0e6cde28a2d3305"
		 "e359e98b36f4897cbeb0",
	},
	{ /* SHA-512 and AES-192, signatures */
	  .prf = PRF_HMAC_SHA2_512, .encr = ENCR_AES_CBC, .key_bits = 192, .psk = false,
	  .skeyid = "9b72fc52dacfc568fc411da8c541b3168da43280cb383a3b7e86de29b5e65fb4d5d8bb20fe85"
		 "e2c333aeb36fe867a6d0ae133c70a48d8264cb51a4e4c45f3509",
	  .d = "ba5bd5a34faca86d7759ca4c45edc5c7c68609e96c5404ee9bd653002d79573d54c704fe8c3c"
		 "85f9a9fa081c75f636fabf0b6e6d06518455ed32fbdeccaecf58",
	  .a = "a1347abf61bd90a2f33aff9638187d4c02d2addba64c6679cbe50b23ae20ef6e33d8c5301aa8"
		 "8711f77000df9e25e5442802843a72814ea3ba79002ed1307624",
	  .e = "209ee3fc5be06954c794dd8467e71bdc47e1a80b0f134cfab41cb79eea686605ad69b62b8830"
		 "5a978ba0f543747bcd9a8f9aaa963d678c9ad1b6aa7255eede23",
	  .key = "209ee3fc5be06954c794dd8467e71bdc47e1a80b0f134cfa",
	  .hash_i = "461811416717c2b7fd99e268fb5723dd911aca7c0093a9ec6fef09a3a7501731f64b9c24c0dd"
		 "a24ec9f062b98533005a823dcfd58e872d105b58c1bf9b2fb91d",
	  .hash_r = "7888349998250a4481d9fa5b5f54ed2b31532ec01e296cf38fbd99ba01fa3f7db085ea13b5fb"
		 "e825c1a51a77f389704eeb7a515a4a6c0e19e718c5ec27c2dab2",
	  .hash_1 = "7567a39f2516a2259e1efc6699ebff44a8eb32ff9cf0864db1d0d808656a76f7ebf85a2a27a8"
		 "356277d29e2f747c546036952903e085387b99d1d09b81584cdb",
	  .keymat = "0603919950084ce54ad23d6d437ead94e9240874eddbc9969a57648afb0091e95c4d69cf1793"
		 "c52b875db73db34c870591ee332f70d10824d4c6d54698fc577e716109a7f09adac6",
	  .keymat_plain = "eff582516f8060eebb1bb56d652abd7339c9ec523ea3008bddf7a7bfdc807c363c9f74ea",
	  .iv = "70af93ac02eef5685d661f7300aeb88f",
	  .first = "cad4ad5408f6cbaf10aeceb42a8fda870ca0deace1b9f91cf4f88f28052752cddacaedd9dd90"
		 "274aab51e74f5279c274",
	  .second = "403c606d9d4631f1b46a5a9163bdc0b946027935e8a3b7d97c4b4956554422a67bd2d9a7810a"
		 "419927c3c581814c0a1e",
	  .iv_exchange = "5517d65a0be396d7a02ce2fc0baed5cf",
	  .third = "20fa76a6ab043e7999c051d9f84218d6de867a0118d55514807d4ae15886da129935f1e5794e"
		 "2e1e7e9d6cf83b4289cf",
	},
	{ /* MD5 and Camellia-256 */
	  .prf = PRF_HMAC_MD5, .encr = ENCR_CAMELLIA_CBC, .key_bits = 256, .psk = true,
	  .skeyid = "19b76f6c7cd47ed1dab90db5880cd79e",
	  .d = "29ecad2a350a02631c73ab2bd62f9063",
	  .a = "1b5856b831e82990869679c5bbc98408",
	  .e = "a70d53cf2581aa80587c45ab1a045347",
	  .key = "9359a30eae1e4b4bba5b70badb0f3d02c5b40356f5ca78009c0575931f9b4c54",
	  .hash_i = "70d97b3d7dfa995eb8057741356b2511",
	  .hash_r = "414b0a115d6687a0f7d0ea8c175e5602",
	  .hash_1 = "c88a9299b5e44dd451de091fa5669751",
	  .keymat = "ad6e746d5daf97cb9dad04dda02942dd32cb5a4e7b6a1650fc28ef0f24aa2600d432a9df231d"
		 "9b3751b607e87c1ea4e7ac9233f075c73ec7eeed814204f9e98657b19b47a0ae51bf",
	  .keymat_plain = "0e9088fd6875d607845cf0e72186dcad1659119c5bb7477a0a11e8f609873f61ca43c1ff",
	  .iv = "f3c1a413742f9b28861b35a9758e1b1c",
	  .first = "a657e25d5cdd3e660030760fc12cda5a8eeef292eacbc1b0d4451dbb181f69263a77fb7f8e50"
		 "c6ec6e68f44faa98c8ad",
	  .second = "0f850981d9fccec114ec98b2d44b030c86c8912407b7b9c270ee3e87380f186be82630b06ef2"
		 "e1b967cca77ad5f36097",
	  .iv_exchange = "c7c7dd0ce0e5b66332b9896b86229b20",
	  .third = "79e8fe2bd6402dd5fcd4d131aa339dc7654e82f9270a7ee91032eabb46d71b9a465f281ded19"
		 "23204ae93994c5c4d778",
	},
};
/* clang-format on */

void known_exchange(struct known_exchange *out)
{
	count_up(out->ni, sizeof out->ni, 0x20);
	count_up(out->nr, sizeof out->nr, 0x40);
	count_up(out->public_i, sizeof out->public_i, 0x80);
	count_up(out->public_r, sizeof out->public_r, 0x01);
	count_up(out->shared, sizeof out->shared, 0x55);
	out->exchange = (struct ikev1_exchange){ .cky_i = 0x0102030405060708u,
						 .cky_r = 0x1112131415161718u,
						 .ni = SPAN_OF(out->ni),
						 .nr = SPAN_OF(out->nr),
						 .public_i = SPAN_OF(out->public_i),
						 .public_r = SPAN_OF(out->public_r),
						 .shared = SPAN_OF(out->shared) };
}

struct ike_suite known_suite(const struct known *row)
{
	struct ike_suite suite = { .encr = ikev1_encr(row->encr),
				   .prf = ikev1_prf(row->prf),
				   .encr_key_bits = row->key_bits };
	assert_non_null(suite.encr);
	assert_non_null(suite.prf);
	return suite;
}

struct ike_keys known_keys(const struct known *row)
{
	struct ike_suite suite = known_suite(row);
	struct ike_keys keys = { { NULL, 0 } };
	struct known_exchange known_one;
	known_exchange(&known_one);
	assert_ok(ikev1_keys_derive(
		&suite, &known_one.exchange,
		row->psk ? span_make(KNOWN_PSK, sizeof KNOWN_PSK - 1) : SPAN_NONE, &keys));
	return keys;
}
