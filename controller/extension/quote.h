/* quote - words and JSON such that a shell or ARM takes them as they are meant (pure) */
#ifndef CONTROLLER_QUOTE_H
#define CONTROLLER_QUOTE_H

struct fail;
struct json;
struct text;

#define QUOTE_MAX_DEPTH 32 /* of JSON in JSON */

/* 'word', with `inner` in place of each single quote in it: '' for ARM and PowerShell,
 * '\'' for a shell.
 */
void quote_single(struct text *text, const char *word, const char *inner);

/* JSON as a literal of PowerShell: @{ 'a' = @(1, $true) }.  -1: FAIL_USAGE, too deep;
 * FAIL_MEMORY.
 */
int quote_powershell(struct text *text, const struct json *value, struct fail *why);

/* A copy in which no text is taken for an expression of a template: '[x]' becomes '[[x]'.
 * The caller's; NULL when memory is exhausted.
 */
struct json *quote_arm(const struct json *value);

#endif
