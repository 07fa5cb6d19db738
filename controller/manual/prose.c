#include "controller/manual/prose.h"

#include <stddef.h>
#include <string.h>

#include "controller/manual/roff.h"
#include "controller/screen/text.h"

/* prose.txt, as it is; the Makefile rebuilds us when it changes. */
extern const char prose_txt[];
__asm__(".pushsection .rodata\n"
        "prose_txt: .incbin \"controller/manual/prose.txt\"\n"
        ".byte 0\n"
        ".popsection\n");

#define INDENT "    "

/* What the lines before this one were. */
enum block { BLOCK_NONE, BLOCK_WORDS, BLOCK_LITERAL };

struct line {
    const char *at;
    size_t len;
};

static struct line line_at(const char *at)
{
    return (struct line){at, strcspn(at, "\n")};
}

static const char *after(struct line line)
{
    return line.at + line.len + (line.at[line.len] == '\n');
}

static bool starts(struct line line, const char *with)
{
    return line.len >= strlen(with) && memcmp(line.at, with, strlen(with)) == 0;
}

/* The first line after `# page`; NULL when there is none. */
static const char *find_page(const char *page)
{
    for (struct line l = line_at(prose_txt); *l.at; l = line_at(after(l)))
        if (starts(l, "# ") && strlen(page) == l.len - 2 &&
            memcmp(l.at + 2, page, l.len - 2) == 0)
            return after(l);
    return NULL;
}

/* `## TITLE` and `* TAG` */
static void put_heading(struct text *roff, struct line line)
{
    char title[120];
    size_t skip = *line.at == '#' ? 3 : 2;
    size_t len = line.len - skip < sizeof title ? line.len - skip : sizeof title - 1;

    memcpy(title, line.at + skip, len);
    title[len] = '\0';
    if (*line.at == '#') {
        roff_section(roff, title);
    } else {
        text_add(roff, ".TP\n");
        roff_words(roff, title, len);
    }
}

static enum block put_literal(struct text *roff, struct line line, enum block before)
{
    size_t indent = strlen(INDENT);

    if (before != BLOCK_LITERAL)
        roff_literal_begin(roff);
    roff_line(roff, line.at + indent, line.len - indent);
    return BLOCK_LITERAL;
}

static enum block put_words(struct text *roff, struct line line, enum block before)
{
    if (before != BLOCK_WORDS)
        roff_paragraph(roff);
    roff_words(roff, line.at, line.len);
    return BLOCK_WORDS;
}

static enum block put_line(struct text *roff, struct line line, enum block before)
{
    bool is_heading = starts(line, "## ") || starts(line, "* ");

    if (starts(line, INDENT))
        return put_literal(roff, line, before);
    if (before == BLOCK_LITERAL)
        roff_literal_end(roff);
    if (line.len == 0)
        return BLOCK_NONE;
    if (!is_heading)
        return put_words(roff, line, before);
    put_heading(roff, line);
    return BLOCK_WORDS; /* what follows at once belongs to it */
}

void prose_render(const char *page,
                  void (*insert)(struct text *roff, const char *name, int len_bytes),
                  struct text *roff)
{
    enum block block = BLOCK_NONE;
    const char *at = find_page(page);

    for (struct line l = line_at(at ? at : ""); *l.at && !starts(l, "# ");
         l = line_at(after(l))) {
        if (!starts(l, "@")) {
            block = put_line(roff, l, block);
            continue;
        }
        insert(roff, l.at + 1, (int)l.len - 1);
        block = BLOCK_NONE;
    }
    if (block == BLOCK_LITERAL)
        roff_literal_end(roff);
}
