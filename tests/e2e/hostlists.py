#!/usr/bin/python3
"""hostlists.py TOOL CHECK   hold our hostlists against ClusterShell, pdsh and Slurm

What is known to differ, on purpose (see inventory/hostset.h):
  n1[9-11]     ClusterShell makes n19 to n111 of it; we, pdsh and Slurm: n19, n110, n111
  n[0-00]      ClusterShell takes it for n0; we refuse ends of different width
  n[1-2][3-4]  ClusterShell refuses it; we and pdsh read it
  n[1-9/2]5    ClusterShell refuses it; we read it
  a[4-0-9]     ClusterShell overlooks the first number; we refuse it
  a b          one name for ClusterShell, two for us
  -a  .a       ClusterShell takes nearly anything for a name; we do not
  x*           ClusterShell finds nobody; we refuse a typed pattern that finds nobody
The generators of right expressions leave these out; the broken ones meet them.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

from ClusterShell.NodeSet import NodeSet, NodeSetException, RESOLVER_NOGROUP
from ClusterShell.NodeUtils import GroupResolver, GroupSource

COUNT = 2500
# Why we may refuse what ClusterShell takes.
OURS = re.compile(r"cannot begin with|cannot be in a node name|is expected|differ in width|"
                  r"a number of more than|more than 1000000|is missing|runs backwards|"
                  r"not a group name|no node matches|no nodes are known|no groups here|"
                  r"a filter|not a regular|files are not read|cannot be padded|step is not above|a step without")
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


def ask_tool(tool, expressions, *groups):
    """For each: (folded, set of names, None, folded for Slurm) or (None, None, reason, None)."""
    run = subprocess.run([tool, *groups], input="".join(e + "\n" for e in expressions),
                         check=True, stdout=subprocess.PIPE, universal_newlines=True, timeout=120)
    answers = []
    for line in run.stdout.splitlines():
        if line.startswith("!"):
            answers.append((None, None, line[2:], None))
        else:
            folded, slurm, *names = line[2:].split()
            answers.append((folded.strip(","), set(names), None, slurm.strip(",")))
    assert len(answers) == len(expressions)
    return answers


def ask_clustershell(text, resolver=RESOLVER_NOGROUP):
    try:
        return set(NodeSet(text, resolver=resolver)), None
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
    for text, (folded, names, reason, _) in zip(expressions, answers):
        theirs, their_reason = ask_clustershell(text)
        if names is None or theirs is None:
            differ("one of us refuses " + text, reason, their_reason)
        if names != theirs:
            differ("no agreement on " + text, sorted(names ^ theirs))
        if ask_clustershell(folded)[0] != names:
            differ("ClusterShell reads our folding differently: " + folded, text)
        shell_folds.append(str(NodeSet(text, resolver=RESOLVER_NOGROUP)))
    for text, shell, (_, names, reason, _), mine in zip(
            expressions, shell_folds, ask_tool(tool, shell_folds), answers):
        if names != mine[1]:
            differ("we read ClusterShell's folding differently: " + shell, text, reason)
    print("%d expressions, %d names" % (COUNT, sum(len(a[1]) for a in answers)))


def broken(tool):
    """Broken expressions: what both take is the same; else the reason is a known one."""
    r = random.Random(4052)
    expressions = [break_it(r, expression(r)) for _ in range(COUNT)]
    both = neither = 0
    for text, (_, names, reason, _) in zip(expressions, ask_tool(tool, expressions)):
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
        elif not re.search(r"[0-9]\[|\S\s+[^\s,!&^]|,\s*[-/]", text):
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


def slurm(tool):
    """scontrol reads what we fold for it as the same set, and hostlists as we do where
    its syntax reaches: brackets at the end, no steps, no operators but ','."""
    r = random.Random(2205)
    texts = ["n1[9-11]", "r[1-2]n[01-03]", "n[08-12]", "a,b,a", "n[1-3,7]", "r[1-2]n[1-2]-[3-4]"]
    while len(texts) < 200:
        text = ",".join(term(r) for _ in range(r.choice((1, 1, 2))))
        if "/" not in text and len(NodeSet(text, resolver=RESOLVER_NOGROUP)) < 2000:
            texts.append(text)
    alike = 0
    for text, (_, names, reason, folded) in zip(texts, ask_tool(tool, texts)):
        if names is None or set(show_hostnames(folded)) != names:
            differ("Slurm reads our folding differently: " + str(folded), text, reason)
        theirs = show_hostnames(text)
        if theirs:
            alike += 1
            if set(theirs) != names:
                differ("no agreement with Slurm on " + text, sorted(names ^ set(theirs)))
    if alike < 50:
        differ("the generator is no good any more", alike)
    print("%d foldings, %d expressions" % (len(texts), alike))


def show_hostnames(text):
    run = subprocess.run(["scontrol", "show", "hostnames", text], timeout=20,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return run.stdout.split() if run.returncode == 0 else None


# Two sources.  The default one has every node under "*".
GROUPS = {
    "": {"io": "n[4-6]", "mds": "n6", "chassis1": "n[32-33]", "chassis2": "n[34-35]",
         "chassis3": "n[36-37]", "gpu": "@chassis[2-3]", "none": "", "odd": "n[1-39/2]",
         "rack-x1y1": "i1z1 i2z1", "rack-x1y2": "i[2-3]z1", "Upper": "n[1-2]",
         "all": "n[1-64],i[1-4]z1,login[01-03]-ib0,g-[1-2]-[1-3]", "mixed": "@io,@slurm:idle"},
    "slurm": {"idle": "n[1-8],n40", "down": "n[9-10] @drained", "drained": "n11",
              "part+x=1": "n[60-64]"},
}


def listed(names):
    """Those that can stand in a hostlist: '+' and '=' are for names of groups only."""
    return [n for n in names if "=" not in n]


class Source(GroupSource):
    def resolv_list(self):
        return listed(self.groups)


def group_term(r):
    """A group, a pattern or a plain term."""
    return r.choice((
        lambda: "@" + r.choice(list(GROUPS[""])),
        lambda: "@slurm:" + r.choice(list(GROUPS["slurm"])),
        lambda: "@chassis[%s]" % r.choice(("1-3", "1,3", "2", "1-3/2")),
        lambda: "@rack-x1y[1-2]",
        lambda: r.choice(("@*", "@slurm:*", "*", "@@", "@@slurm")),
        lambda: r.choice(("n?", "n??", "n*[1-4]", "*ib0", "g-*-[2-3]", "*1*", "?[1-9]*", "i?z1",
                          "n[1-2]*", "login0?-ib0", "*z*", "n*", "l*n*-*", "**1")),
        lambda: "n[%d-%d]" % (r.randrange(1, 30), r.randrange(30, 64)),
    ))()


def groups(tool):
    """Groups, sources and patterns, with an all of its own for each source."""
    r = random.Random(5590)
    everything = {source: names.get("all", "n[1-11,40,60-64]") for source, names in GROUPS.items()}
    resolver = GroupResolver(Source("", GROUPS[""], everything[""]))
    resolver.add_source(Source("slurm", GROUPS["slurm"], everything["slurm"]))
    texts = []
    while len(texts) < 600:
        text = group_term(r)
        for _ in range(r.choice((0, 1, 1, 2, 3))):
            text += r.choice((",", ",", "!", "&", "^", " ^ ")) + group_term(r)
        texts.append(text)
    with tempfile.NamedTemporaryFile("w", suffix=".groups") as file:
        for source, names in GROUPS.items():
            key = source + ":" if source else ""
            for name, text in names.items():
                file.write("%s%s=%s\n" % (key, name, text))
            file.write("%s*=%s\n%s@=%s\n" % (key, everything[source], key, ",".join(listed(names))))
        file.write("\n")
        file.flush()
        answers = ask_tool(tool, texts, file.name)
    for text, (_, names, reason, _) in zip(texts, answers):
        theirs, their_reason = ask_clustershell(text, resolver)
        if names != theirs:
            differ("no agreement on " + text, reason, their_reason, names and theirs and
                   sorted(names ^ theirs))
    print("%d expressions" % len(texts))


def picked(tool):
    """What the peers' documentation and tests care for, each a class of its own."""
    with open(os.path.join(os.path.dirname(sys.argv[0]), "../data/hostlists/agreed")) as file:
        texts = [line.rstrip("\n") for line in file if line.strip() and line[0] != "#"]
    for text, (folded, names, reason, _) in zip(texts, ask_tool(tool, texts)):
        theirs, their_reason = ask_clustershell(text)
        if (names is None) != (theirs is None) or names != theirs:
            differ("no agreement on " + text, reason, their_reason, names, theirs)
        if names is None or re.search(r"[\[,]-", text):  # only it folds below zero
            continue
        if folded.count("[") > str(NodeSet(text, resolver=RESOLVER_NOGROUP)).count("["):
            differ("ClusterShell folds shorter: " + text, folded)
    print("%d expressions" % len(texts))


{"meaning": meaning, "broken": broken, "groups": groups, "picked": picked, "pdsh": pdsh,
 "slurm": slurm}[sys.argv[2]](sys.argv[1])
