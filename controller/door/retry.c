#include "controller/door/retry.h"

#include "controller/door/pause.h"

bool retry_is_turned_away(enum fail_code code)
{
    return code == FAIL_TURNED_AWAY || code == FAIL_NOT_NOW;
}

enum retry retry_of(const struct retry_rules *rules, enum fail_code code, unsigned tries)
{
    if (rules->tries <= 1 || fail_kind_of(code) != FAIL_KIND_AGAIN)
        return RETRY_NEVER;
    if (retry_is_turned_away(code))
        return tries < RETRY_TURNED_AWAY_MOST ? RETRY_AT_THE_DOOR : RETRY_NEVER;
    if (code == FAIL_TIMEOUT || code == FAIL_NO_ANSWER || code == FAIL_INTERRUPTED ||
        (code == FAIL_CONNECT && !rules->unreachable))
        return RETRY_NEVER;
    return tries < rules->tries ? RETRY_AFTER_PAUSE : RETRY_NEVER;
}

uint64_t retry_pause_ms(const struct retry_rules *rules, unsigned tries, uint32_t chance)
{
    return pause_below_ms(rules->pause_ms, RETRY_PAUSE_MAX_MS, tries, chance);
}

void retry_tell(struct fail *why, unsigned tries)
{
    struct fail said = *why;

    if (tries > 1)
        fail_set(why, said.code, "%s (%u logins tried)", said.text, tries);
}
