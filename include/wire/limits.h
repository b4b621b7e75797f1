/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound on what a peer may send, with its reason. */
#ifndef VANTH_WIRE_LIMITS_H
#define VANTH_WIRE_LIMITS_H

#define LIMIT_MESSAGE 65535 /* a UDP datagram cannot carry more */
#define LIMIT_PAYLOADS                                                                             \
	64 /* IKE_AUTH with a long certificate chain and many CERTREQ has about 30                 \
	    */
#define LIMIT_PROPOSALS	    64	 /* initiators that list every combination send about 20 */
#define LIMIT_TRANSFORMS    128	 /* per proposal; the registry has fewer useful ones */
#define LIMIT_SELECTORS	    64	 /* per TS payload; peers with many subnets send about 30 */
#define LIMIT_NONCE_MIN	    16	 /* RFC 7296 §3.9 */
#define LIMIT_NONCE_MAX	    256	 /* RFC 7296 §3.9 */
#define LIMIT_COOKIE	    64	 /* RFC 7296 §2.6 */
#define LIMIT_ID	    1024 /* a distinguished name of this length is already absurd */
#define LIMIT_KE	    2048 /* ML-KEM-1024 has 1568 bytes, MODP8192 1024 */
#define LIMIT_DELETE_SPIS   256	 /* more than anybody has Child SAs in one message */
#define LIMIT_CP_ATTRIBUTES 64	 /* address, DNS, subnets, domains: about 20 */
#define LIMIT_CP_VALUE	    256	 /* a long DNS domain */
#define LIMIT_SPLIT_DNS	    1000 /* all its names; a client of ours takes so many bytes */
#define LIMIT_FRAGMENTS	    64	 /* a 65535-byte message in 1280-byte packets */
#define LIMIT_ATTRIBUTES                                                                           \
	64 /* IKEv1: of a transform (about 6), of a transaction message (about 20) */
#define LIMIT_ISAKMP_NONCE_MIN 8  /* RFC 2409 §5 */
#define LIMIT_HASH	       64 /* SHA-512's */
#define LIMIT_EVENT_ARENA                                                                          \
	262144 /* everything parsed from one datagram: four times the largest message */

#endif
