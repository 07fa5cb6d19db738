#!/usr/bin/python3
"""hostlists.py TOOL CHECK   hold our hostlists against ClusterShell and pdsh

What is known to differ, on purpose (see inventory/hostset.h):
  n1[9-11]     ClusterShell makes n19 to n111 of it; we and pdsh: n19, n110, n111
  n[0-00]      ClusterShell takes it for n0; we refuse ends of different width
  n[1-2][3-4]  ClusterShell refuses it; we and pdsh read it
  n[1-9/2]5    ClusterShell refuses it; we read it
  a[-5-1]      ClusterShell counts below zero; we do not
  a[4-0-9]     ClusterShell overlooks the first number; we refuse it
  -a  .a  a b  ClusterShell takes nearly anything for a name; we do not
The generators of right expressions leave these out; the broken ones meet them.
"""
import random
import re
import subprocess
import sys

from ClusterShell.NodeSet import NodeSet, NodeSetException, RESOLVER_NOGROUP

COUNT = 2500
# Why we may refuse what ClusterShell takes.
OURS = re.compile(r"cannot begin with|cannot be in a node name|is expected|differ in width|"
                  r"a number of more than|more than 1000000|is missing|runs backwards")
# What ClusterShell may refuse that we take.
THEIRS = re.compile(r"\]\s*\[|/[^\]]*\][0-9]|\][0-9]|[0-9]\[|\[\[")


def number(r, width):
    return str(r.randrange(0, 10 ** width)).zfill(width if r.random() < .5 else 0)


def span(r):
    """One number or range, of equal width when it is padded."""
    width = r.choice((1, 1, 2, 3))
    low = r.randrange(0, 10 ** width)
    high = min(low + r.choice((0, 1, 5, 40)), 10 ** width - 1)
    pad = width if r.random() < .5 else 0
    if r.random() < .3:
        return str(low).zfill(pad)
    step = "/%d" % r.choice((1, 2, 3, 10)) if r.random() < .3 else ""
    return "%s-%s%s" % (str(low).zfill(pad), str(high).zfill(pad), step)


def term(r, step=True):
    prefix = r.choice(("ib", "ib", "gpu-", "n", "rack1n", "x.y_"))
    text = prefix
    for _ in range(r.choice((0, 1, 1, 1, 2))):
        spans = ",".join(span(r) for _ in range(r.choice((1, 1, 2, 3))))
        text += "[%s]%s" % (spans, r.choice(("-ib", "-e", "s", "-r2x")))
    if text == prefix:
        return text + number(r, 2)
    return text if r.random() < .3 else re.sub(r"\][^\]]*$", "]", text)


def expression(r):
    text = term(r)
    for _ in range(r.choice((0, 0, 1, 2, 3, 5))):
        text += r.choice((",", ",", ",", "!", "&", "^", " , ", " ! ")) + term(r)
    return text


def break_it(r, text):
    for _ in range(r.choice((1, 1, 2, 3))):
        at = r.randrange(len(text) + 1)
        text = text[:at] + r.choice("[]-,/!&^ 0x17") * r.randrange(2) + text[at + r.randrange(2):]
    return text


def ask_tool(tool, expressions):
    """For each: (folded, set of names, None) or (None, None, reason)."""
    run = subprocess.run([tool], input="".join(e + "\n" for e in expressions), check=True,
                         stdout=subprocess.PIPE, universal_newlines=True, timeout=120)
    answers = []
    for line in run.stdout.splitlines():
        if line.startswith("!"):
            answers.append((None, None, line[2:]))
        else:
            folded, _, names = line[2:].partition(" ")
            answers.append((folded, set(names.split()), None))
    assert len(answers) == len(expressions)
    return answers


def ask_clustershell(text):
    try:
        return set(NodeSet(text, resolver=RESOLVER_NOGROUP)), None
    except (NodeSetException, ValueError) as why:
        return None, str(why)


def ask_pdsh(text):
    run = subprocess.run(["pdsh", "-R", "exec", "-w", text, "-q"], timeout=20,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return run.stdout.splitlines()[-1] if run.returncode == 0 and run.stdout else None


def differ(what, *details):
    sys.exit("%s\n  %s" % (what, "\n  ".join(str(d)[:2000] for d in details)))


def meaning(tool):
    """Right expressions mean the same, and fold to the same set."""
    r = random.Random(2026)
    expressions = [expression(r) for _ in range(COUNT)]
    answers = ask_tool(tool, expressions)
    shell_folds = []
    for text, (folded, names, reason) in zip(expressions, answers):
        theirs, their_reason = ask_clustershell(text)
        if names is None or theirs is None:
            differ("one of us refuses " + text, reason, their_reason)
        if names != theirs:
            differ("no agreement on " + text, sorted(names ^ theirs))
        if ask_clustershell(folded)[0] != names:
            differ("ClusterShell reads our folding differently: " + folded, text)
        shell_folds.append(str(NodeSet(text, resolver=RESOLVER_NOGROUP)))
    for text, shell, (_, names, reason), mine in zip(
            expressions, shell_folds, ask_tool(tool, shell_folds), answers):
        if names != mine[1]:
            differ("we read ClusterShell's folding differently: " + shell, text, reason)
    print("%d expressions, %d names" % (COUNT, sum(len(a[1]) for a in answers)))


def broken(tool):
    """Broken expressions: what both take is the same; else the reason is a known one."""
    r = random.Random(4052)
    expressions = [break_it(r, expression(r)) for _ in range(COUNT)]
    both = neither = 0
    for text, (_, names, reason) in zip(expressions, ask_tool(tool, expressions)):
        theirs, their_reason = ask_clustershell(text)
        if names is None and theirs is None:
            neither += 1
        elif names is None:
            if not OURS.search(reason):
                differ("we refuse " + text, reason)
        elif theirs is None:
            if not THEIRS.search(text):
                differ("ClusterShell refuses " + text, their_reason)
        elif names == theirs:
            both += 1
        elif not re.search(r"[0-9]\[", text):
            differ("no agreement on " + text, sorted(names ^ theirs))
    if both < COUNT // 10 or neither < COUNT // 10:
        differ("the generator is no good any more", both, neither)
    print("%d taken by both, %d refused by both" % (both, neither))


def pdsh(tool):
    """pdsh agrees where its syntax reaches: no steps, no operators but ','.  It
    cuts its answer at 1,024 bytes, so the lists are short."""
    r = random.Random(234)
    texts = ["n1[9-11]", "n[9-11]5", "n[1-2][3-4]", "r[1-2]n[01-03]-ib0", "a,b,a"]
    while len(texts) < 200:
        text = ",".join(term(r) for _ in range(r.choice((1, 1, 2))))
        if "/" not in text and len(NodeSet(text, resolver=RESOLVER_NOGROUP)) < 60:
            texts.append(text)
    theirs = [ask_pdsh(t) for t in texts]
    if None in theirs:
        differ("pdsh refuses " + texts[theirs.index(None)])
    for text, mine, other in zip(texts, ask_tool(tool, texts), ask_tool(tool, theirs)):
        if mine[1] is None or mine[1] != other[1]:
            differ("no agreement with pdsh on " + text, mine, other)
    print("%d expressions" % len(texts))


{"meaning": meaning, "broken": broken, "pdsh": pdsh}[sys.argv[2]](sys.argv[1])
