/* prose - what the manual says beyond the tables (pure)
 *
 * prose.txt is inside the program.  `# PAGE` begins a page, `## TITLE` a section of it;
 * paragraphs are parted by empty lines, lines indented by four keep their form, `* TAG`
 * begins an item whose words are the lines below, and a line `@name` is where the page
 * wants a table.
 */
#ifndef CONTROLLER_PROSE_H
#define CONTROLLER_PROSE_H

struct text;

/* All of a page as roff, nothing for one that there is not; insert is called for each `@name` (without the @, not
 * NUL-terminated) and adds what belongs there.
 */
void prose_render(const char *page,
                  void (*insert)(struct text *roff, const char *name, int len_bytes),
                  struct text *roff);

#endif
