/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's numbers for the algorithms of a proposal. */
#ifndef VANTH_PROPOSAL_ISAKMP_WORDS_H
#define VANTH_PROPOSAL_ISAKMP_WORDS_H

#include "proposal/isakmp.h"

/* 0: IKEv1 has none for it. */
uint16_t oakley_of_encr(uint16_t encr);
uint16_t oakley_of_integ(uint16_t integ); /* the hash that it is the HMAC of */
uint16_t ipsec_of_integ(uint16_t integ);
uint8_t ipsec_transform_of_encr(uint16_t encr);
uint8_t ipsec_transform_of_ah(uint16_t integ);
/* The other way round; ENCR_NONE, INTEG_NONE: not known. */
uint16_t encr_of_oakley(uint16_t number);
uint16_t integ_of_oakley(uint16_t number);
uint16_t integ_of_ipsec(uint16_t number);
uint16_t encr_of_ipsec_transform(uint8_t number);
uint16_t integ_of_ah_transform(uint8_t number);
/* Of the same hash as the integrity algorithm: IKEv1's PRF is no choice of its own. */
uint16_t prf_of_integ(uint16_t integ);

#endif
