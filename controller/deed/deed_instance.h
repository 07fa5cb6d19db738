/* deed_instance - what may be done to machines: restart, reimage, redeploy, ... (pure)
 *
 *     kind = deed_kind_named("restart");         deed_kinds.h
 *
 * None of them needs an arg.  The functions below are for kinds of others.
 */
#ifndef CONTROLLER_DEED_INSTANCE_H
#define CONTROLLER_DEED_INSTANCE_H

#include <stddef.h>

#include "controller/deed/deed.h"

#define DEED_API_VERSION "2024-03-01" /* of Compute */

/* "restart", "reimage", "redeploy", "start", "upgrade", "protect", "unprotect", in this
 * order; NULL past the last one.
 */
const struct deed_kind *deed_instance_kinds(size_t nth);

/* The path of the machine and what is below it ("/restart", ""): a machine of its own in
 * a Flexible set.  -1: FAIL_USAGE, it does not fit.
 */
int deed_path_of_machine(const struct scaleset *set, const struct scaleset_instance *of,
                         const char *below, char path[DEED_PATH_BYTES], struct fail *why);

/* The same as an instance of the set, which both kinds of sets have; and of the set. */
int deed_path_in_set(const struct scaleset *set, const struct scaleset_instance *of,
                     const char *below, char path[DEED_PATH_BYTES], struct fail *why);
int deed_path_of_set(const struct scaleset *set, const char *below,
                     char path[DEED_PATH_BYTES], struct fail *why);

/* As an ask of "upgrade": the model of the set onto this instance. */
int deed_ask_upgrade(void *arg, const struct scaleset *set,
                     const struct scaleset_instance *of, struct deed_ask *ask,
                     struct fail *why);

/* A look at an instance through its set, with its instance view. */
int deed_look_in_set(void *arg, const struct scaleset *set,
                     const struct scaleset_instance *of, struct deed_ask *look,
                     struct fail *why);

/* Of such a look: has it the set's latest model, and is it provisioned? */
enum deed_sight deed_judge_upgrade(void *arg, const struct scaleset_instance *of,
                                   const struct json *answer, struct fail *why);

/* Of such a look: SIGHT_AS_WANTED when Azure has nothing under way on it. */
enum deed_sight deed_judge_provisioning(const struct json *answer, struct fail *why);

#endif
