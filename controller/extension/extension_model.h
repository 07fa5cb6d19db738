/* extension_model - put an extension into the models of sets, or take it out
 *
 * One set after the other, each followed to the end of Azure's operation.  Where Azure is
 * at it already, asked by somebody before, it is waited for and not asked again.
 *
 *     extension_model_open(loop, arm, &plan, on_done, me, &model, why)
 *     extension_model_close(model);         in on_done, or when arm is closed
 */
#ifndef CONTROLLER_EXTENSION_MODEL_H
#define CONTROLLER_EXTENSION_MODEL_H

struct arm;
struct extension_model;
struct extension_plan;
struct fail;
struct uv_loop_s;

/* The plan is borrowed until it is closed.  done comes once, not before this has returned;
 * why names the set, and those after it are as they were.  -1: as arm_act().
 */
int extension_model_open(struct uv_loop_s *loop, struct arm *arm,
                         const struct extension_plan *plan,
                         void (*done)(void *arg, const struct fail *why), void *arg,
                         struct extension_model **model, struct fail *why);

/* Frees it, in the loop; done does not come any more.  NULL is allowed. */
void extension_model_close(struct extension_model *model);

#endif
