/* arm_error - an answer that is no success, as one clear sentence (pure)
 *
 * Azure's error is {"error":{code,message,details}}, or without that wrapper where Compute
 * throttles; the login's is {"error","error_description"}.
 */
#ifndef CONTROLLER_ARM_ERROR_H
#define CONTROLLER_ARM_ERROR_H

#include <stddef.h>

struct fail;
struct json;

#define ARM_ERROR_CODE 80

/* what names the object ("scale set rg/hb"); body may be NULL; request_id may be NULL.
 * code takes Azure's own code, "" when there is none.  Fills *why:
 * FAIL_AZURE_FORBIDDEN names the missing action and its scope as far as Azure says them,
 * FAIL_AZURE_NOT_FOUND, FAIL_AZURE_THROTTLED, FAIL_AZURE_LOGIN (401), FAIL_AZURE_SERVER
 * (5xx), FAIL_AZURE_REFUSED the others.
 */
void arm_error_tell(const char *what, int status, const struct json *body,
                    const char *request_id, char code[ARM_ERROR_CODE], struct fail *why);

/* {code, message} of an operation that failed; error may be NULL. */
void arm_error_of_operation(const char *what, const char *status,
                            const struct json *error, char code[ARM_ERROR_CODE],
                            struct fail *why);

#endif
