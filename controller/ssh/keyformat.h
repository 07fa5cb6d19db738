/* keyformat - the text of a private key file -> an OpenSSL key
 *
 * OpenSSL reads PEM but not OpenSSH's own format ("BEGIN OPENSSH PRIVATE KEY"), so
 * that one is read here: openssh-key-v1, unencrypted, ed25519 and ECDSA.
 */
#ifndef CONTROLLER_KEYFORMAT_H
#define CONTROLLER_KEYFORMAT_H

#include <stddef.h>

struct evp_pkey_st;
struct fail;

/* The caller's to free (EVP_PKEY_free), or NULL: FAIL_KEY_FILE says what is wrong with
 * the key, without the name of the file.
 */
struct evp_pkey_st *keyformat_parse(const char *text, size_t len_bytes, struct fail *why);

#endif
