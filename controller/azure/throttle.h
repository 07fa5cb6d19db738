/* throttle - when may the next call go, so that Azure need not turn it away (pure)
 *
 * Azure counts calls in buckets and says with each answer how many are left.  Which
 * buckets a call draws from is not known before its first answer, so calls are told apart
 * by class (method and path without names), and a class learns its buckets.
 *
 *     wait_ms = throttle_take(t, class, now_ms);
 *     if (wait_ms > 0) ...                       ask again after that
 *     throttle_note_remaining(t, class, header, now_ms);   for each such header
 *     throttle_note_refusal(t, class, pause_ms, now_ms);   after a 429
 */
#ifndef CONTROLLER_THROTTLE_H
#define CONTROLLER_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct throttle;

#define THROTTLE_LOW          5u      /* calls left: from here on they are spread       */
#define THROTTLE_MAX_PAUSE_MS 600000u /* longer than that is not waited for             */
#define THROTTLE_MAX_CLASSES  64u
#define THROTTLE_MAX_BUCKETS  64u
#define THROTTLE_CLASS_BYTES  200u

struct throttle *throttle_new(void); /* NULL: no memory */
void throttle_free(struct throttle *t);

/* 0: the call may go, and is counted.  Else ask again after so many milliseconds. */
uint64_t throttle_take(struct throttle *t, const char *class, uint64_t now_ms);

/* One header x-ms-ratelimit-remaining-NAME and its value: a number, or a list as in
 * "Microsoft.Compute/GetVMScaleSet3Min;35,Microsoft.Compute/GetVMScaleSet30Min;175".
 * What is neither is passed over.
 */
void throttle_note_remaining(struct throttle *t, const char *class, const char *name,
                             const char *value, uint64_t now_ms);

/* Nothing of that class before pause_ms have gone by, and then one by one. */
void throttle_note_refusal(struct throttle *t, const char *class, uint64_t pause_ms,
                           uint64_t now_ms);

/* The class of a call: names are left out, what Azure counts together stays together. */
void throttle_class(const char *method, const char *path,
                    char class[THROTTLE_CLASS_BYTES]);

/* Retry-After: seconds, or a date (of which now_s, seconds since 1970, is taken).
 * Returns -1 when value is neither; a past date is 0.
 */
int64_t throttle_retry_after_ms(const char *value, int64_t now_s);

/* Before the try after `tries` failed ones, when Azure has not said how long: doubled from
 * 1 s to 60 s, between half of it and all of it by chance.
 */
uint64_t throttle_back_off_ms(unsigned tries, uint32_t chance);

#endif
