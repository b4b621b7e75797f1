/* SPDX-License-Identifier: Apache-2.0 */
/* One throw-away P-256 key as OpenSSL 3 writes it; its passphrase is "sesame". */
#ifndef VANTH_KEY_TEXTS_H
#define VANTH_KEY_TEXTS_H

static const char key_plain[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEjMpgojQ6hP3T5vb\n"
				"t7Aif0TfgHyZ0YisAzkDXNuBYuShRANCAATw/bDndSuTFqbm1lN7Z9dy7e5aZs28\n"
				"A6+ZQMB8mS/T2NftNmygfrbVFxpMN7ejeDSeuqBW7LI3taueDm2U00xd\n"
				"-----END PRIVATE KEY-----\n";
static const char key_pbes2[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
				"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjZ4xDUMxDUPgICCAAw\n"
				"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEg+Fiiz/UWBQNyONKytSl0EgZB2\n"
				"IwspTTeoDOVLIFTVpW2RP0KQpNkGEBqVn0sLSt5uvZisc3UJkdgkr4NrcyH62jYU\n"
				"Wo7tXAGkq3gJ8xIy/yehSH4xmEZP+yI8daoOT/FNlcxy3O1ODwz8NRSgFlmM5z0E\n"
				"SUI9EEwF47MIMYhlgx6KAU8BdBoSrAvrnp94cq4d7MxVZNJ6Ayo6H5OPpWooy8I=\n"
				"-----END ENCRYPTED PRIVATE KEY-----\n";
static const char key_aes128[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-128-CBC,F442DC86499E5369C969A497D9F98F6A\n"
	"\n"
	"xRcyqjpy0aIj2VYIt9xCuIkWG7vKCr32HYkipwjA1Dz/0YYRcKsWx6vvTH4Pf1GS\n"
	"key4RMius4LlDdidDirfRE6TEZxrk+EP+7Gfo+4MfnfrA7N6qPPIjLHfDMJGcJes\n"
	"eM6LkXCTyYRVlVC4Vs4E7++eStP2pSZq+1Cdy5T6/p4=\n"
	"-----END EC PRIVATE KEY-----\n";
static const char key_aes256[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-256-CBC,3DBC010AB996D4CCA1D6C2530668770E\n"
	"\n"
	"iv4HUJZEFfVyPKBL9JkGrCzERbmdSsnvDr6C1vUKW8M+636wzEVRZVMGS2tCnhpt\n"
	"7/2SfulyZ/INYnOdd9KERu/H0jIcwlfWWjr2acWYaXP2QLubNwBO2gId4TONEtYt\n"
	"+SDKtI5wjZXG8LLzx9+33q50GzZnf/tMzl6nFMxBdUM=\n"
	"-----END EC PRIVATE KEY-----\n";
static const char key_des3[] = "-----BEGIN EC PRIVATE KEY-----\n"
			       "Proc-Type: 4,ENCRYPTED\n"
			       "DEK-Info: DES-EDE3-CBC,0FF903F9958D5074\n"
			       "\n"
			       "psNj/mUEjYjsFUyRJ9+4PehYLS05mGiKS90Q4JmGr4QIm+0pPM1d6OSkag6gOFsq\n"
			       "tRzSoz2g1kKU/NmTlhUubw/OwdBuYr5ZtYZw0TGdgu5Qs2Dnp8MC2ndQi/qSclrj\n"
			       "Pwx3nUZHdiJNQZYhe3oxmsT3j/8sIX9etrgqd45vI5w=\n"
			       "-----END EC PRIVATE KEY-----\n";
static const char key_camellia[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: CAMELLIA-128-CBC,0CB627ADF2953FEC75E8BCFA892F99A5\n"
	"\n"
	"c/OAhvUsiUB69u76fDxbEDOcTMS+DgIIOJBnUgtKq1ECcK/aLhqRmfEBElv8AxD8\n"
	"HpOUT6kU33OFCtHVWMfGyd7uP62owX9yLPAiXTD5Ndc9q+6uZhxJKO8g/qyZlT3O\n"
	"1MV857B1l4T4Uo3tPLkvVjEr3uRzYFFVBcKe7o4Wi0M=\n"
	"-----END EC PRIVATE KEY-----\n";

/* Signed by itself. */
static const char key_certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBcTCCARegAwIBAgIUUB1iCvAUpS+auKyOMNUV2xyIkgYwCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCZ3cwIBcNMjYxMTIyMTUxNDA4WhgPMjA1MTA3MTQxNTE0MDha\n"
	"MA0xCzAJBgNVBAMMAmd3MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8P2w53Ur\n"
	"kxam5tZTe2fXcu3uWmbNvAOvmUDAfJkv09jX7TZsoH621RcaTDe3o3g0nrqgVuyy\n"
	"N7Wrng5tlNNMXaNTMFEwHQYDVR0OBBYEFFpwBOk6KVyC72FzZVsY4xDGMGU+MB8G\n"
	"A1UdIwQYMBaAFFpwBOk6KVyC72FzZVsY4xDGMGU+MA8GA1UdEwEB/wQFMAMBAf8w\n"
	"CgYIKoZIzj0EAwIDSAAwRQIhALpkXEqtKTqcMjcacXtmYd2rx9HNvxO8xMG8Fbb5\n"
	"NmERAiARy7wQ3a1wJsdxkERmeSXr+qJgLBn3CeR6qAS4YtBUCg==\n"
	"-----END CERTIFICATE-----\n";

#endif
