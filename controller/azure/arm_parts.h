/* arm_parts - between the files of arm: the object, and one request with all its tries
 *
 * arm.c has the object and finds out where it is; arm_send.c sends a request until there
 * is an answer to tell; arm_call.c, arm_list.c and arm_act.c are what is made of that.
 */
#ifndef CONTROLLER_ARM_PARTS_H
#define CONTROLLER_ARM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/azure/arm.h"
#include "controller/azure/arm_error.h"
#include "controller/azure/cloud.h"
#include "controller/azure/token.h"
#include "protocol/fail.h"

struct deed;
struct shipment;
struct throttle;
struct uv_timer_s;
struct web;
struct web_answer;
struct web_call;

struct arm {
    struct uv_loop_s *loop;
    struct web *web;
    struct tokens *tokens;
    struct throttle *throttle;
    struct cloud cloud;
    char *subscription; /* NULL: not known yet */
    char *metadata;
    bool is_settled; /* cloud and subscription have been looked for         */
    bool is_settling, is_cloud_said;
    struct web_call *settling;
    struct uv_timer_s *timer;   /* tells who waits for the settling                    */
    struct shipment *shipments; /* all that are under way */
    struct deed *deeds;         /* operations between two polls */
    size_t sent, open;          /* requests sent; parts that are not closed yet */
    bool is_closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* ---- one request with all its tries ------------------------------------------------------ */

/* What a shipment tells.  The web answer is there for its headers; NULL: there was none. */
struct arm_reply {
    struct arm_answer answer;
    const struct web_answer *web;
};

/* Who started a shipment: one of the two is called, once; dropped when arm closes. */
struct arm_receiver {
    void (*done)(void *arg, const struct arm_reply *reply);
    void (*dropped)(void *arg);
    void *arg;
};

/* A request as arm.h has it. */
int arm_ship(struct arm *arm, const struct arm_request *ask,
             const struct arm_receiver *receiver, struct fail *why);

/* A GET of an URL that Azure gave, which has been checked to lead to the same host. */
int arm_ship_url(struct arm *arm, const char *url, const struct arm_request *ask,
                 const struct arm_receiver *receiver, struct fail *why);

/* From arm_send.c: it is settled where Azure is; arm closes. */
void arm_ships_settled(struct arm *arm);
void arm_ships_drop(struct arm *arm);

/* From arm_act.c, when arm closes. */
void arm_deeds_drop(struct arm *arm);

/* From shipments and deeds: something of arm's has closed. */
void arm_part_closed(struct arm *arm);
void arm_settle(struct arm *arm);

#endif
