/* survey - ask Azure for a scale set: what it is, its instances, their addresses
 *
 * One call for the set, one list each of instances and of network interfaces, and one of
 * sizes where that is wanted: at most four calls, as long as a list fits a page.
 *
 *     survey_new(arm, &order, on_done, me, &survey, why)
 *     ... on_done(me, why): survey_take_set(survey) ...
 *     survey_free(survey);             when arm is closed, or after on_done
 *
 * What our identity may not see beyond the set and its instances is no failure: the
 * survey goes on without, and says which right it lacks.
 */
#ifndef CONTROLLER_AZURE_SURVEY_H
#define CONTROLLER_AZURE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

struct arm;
struct fail;
struct preflight_right;
struct scaleset;
struct sku_list;
struct survey;

#define SURVEY_MAX_GROUP 90 /* bytes in the name of a resource group */
#define SURVEY_MAX_NAME  64 /* bytes in the name of a set            */

struct survey_order {
    char group[SURVEY_MAX_GROUP + 1], name[SURVEY_MAX_NAME + 1];
    bool wants_sizes; /* nobody has a list of them that is young enough */
};

/* "RG/NAME" of the command line.  -1: FAIL_USAGE says what a name may have in it. */
int survey_order_parse(const char *text, struct survey_order *order, struct fail *why);

/* Begin; done comes once, not before this has returned, and not after arm is closed.  -1:
 * as arm_call(), and done is not called.
 */
int survey_new(struct arm *arm, const struct survey_order *order,
               void (*done)(void *arg, const struct fail *why), void *arg,
               struct survey **survey, struct fail *why);

/* NULL is allowed.  Not while calls of it are under way. */
void survey_free(struct survey *survey);

/* After done without a failure: the closed set, which is the caller's from now on. */
struct scaleset *survey_take_set(struct survey *survey);

/* The sizes; NULL: not wanted, or not told.  Borrowed. */
const struct sku_list *survey_sizes(const struct survey *survey);

/* The rights that were missing; *count of them.  Borrowed. */
const struct preflight_right *survey_rights(const struct survey *survey, size_t *count);

#endif
