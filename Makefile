# One Makefile for everything.  The targets that a person types:
#
#   make                    build/ibfleet and build/ibfleet-agent; V=1 shows each command
#   make arm64              build/ibfleet-agent.aarch64, for nodes of that architecture; make
#                           builds it, too, where the cross compiler is
#   make demo               a lab of four virtual machines, the main job end to end
#   make check              every test tier; make check SAN=1 under ASan and UBSan
#   make check-azure        all that talks to Azure, against a fake of it on loopback
#   make check-lab          all lab scenarios
#   make lab-up N=4         boot a lab and leave it up; lab-ssh NODE=2, lab-down
#   make mutants            take each safeguard out: its test must turn red
#   make torture KILLS=500  kill controllers and agents at random and resume, until so many
#                           were killed, 10 of them on virtual machines (LAB=0: none); SEED=N
#                           repeats the dice of an earlier one
#   make powercut DRAWS=40  the power goes at each write and sync of both journals, and more
#                           often than in make check
#   make bench              figures beside those of others, as ratios of one run: bench-fanout
#                           against pdsh and such, bench-verbs against perftest; bench-fold
#                           folds 10,000 irregular names: CPU time; bench-relay
#                           reaches 1,000 nodes behind one jump host; bench-scale
#                           runs commands on 10,000 nodes, simulated; bench-rollout takes as
#                           many through policy, journal and display; bench-azure asks for
#                           1,000 instances of a scale set: calls and CPU
#   make fuzz SECONDS=60    feed every parser what nobody would write
#   make what-runs-where    which driver each captured machine gets, or why none
#   make layers             who may include whom
#   make tidy               functions and files that have outgrown the house style
#   make deps               what apt has to install; the others call it when needed
#   make man                build/man: the manual pages, man -l build/man/man1/ibfleet.1
#   make install PREFIX=/usr/local DESTDIR=

SHELL := /bin/bash
.DELETE_ON_ERROR:

O       ?= build$(if $(SAN),/san)
N       ?= 4
NODE    ?= 1
PREFIX  ?= /usr/local
VERSION := 0.1.0

WARN  := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wformat=2 -Wundef -Wvla \
         -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual
SANIT := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all) \
         $(if $(FUZZ),-fsanitize=fuzzer-no-link)
CFLAGS ?= -O2 -g
FLAGS  = -std=gnu11 -D_GNU_SOURCE -I. -MMD -MP -DIBFLEET_VERSION='"$(VERSION)"' \
         $(WARN) $(SANIT) $(CFLAGS)

# A word for each file that is made; `make V=1` shows the whole commands.
say = $(if $V$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $1  $@' &&)

# ---- what is built from what ---------------------------------------------

folders    = $(filter-out %/main.c,$(wildcard $(foreach d,$1,$d/*.c $d/*/*.c)))
protocol   := $(call folders,protocol)
inventory  := $(call folders,inventory)
controller := $(call folders,controller)
agent      := $(call folders,node-agent)
ours       := $(protocol) $(inventory) $(controller) $(agent) \
              $(wildcard controller/main.c node-agent/main.c)

PROVIDERS  := -lmlx5 -lmlx4 -lmana -lrxe-rdmav34
controller_libs = -luv -lssh2 -lcurl -lcrypto -lsqlite3 -linih -lyaml -lcjson -lmd -lm -lpthread
verbs_libs     := -libverbs $(PROVIDERS) -libverbs -lnl-route-3 -lnl-3 -lmd -lm -lpthread
agent_libs      = $(if $(SAN),-libverbs -lcjson -lmd -lm -lpthread,$O/deps/libcjson.a $(verbs_libs))

verbs_flags    := -DRDMA_STATIC_PROVIDERS=mlx5,mlx4,mana,rxe
$O/node-agent/verbs/%.o: FLAGS += $(if $(SAN),,$(verbs_flags))

# Nobody is held up who has no cross compiler; under the sanitizers no agent is static.
arm_cc := aarch64-linux-gnu-gcc
.PHONY: all arm64
all: $O/ibfleet $O/ibfleet-agent $(if $(SAN),,$(if $(shell command -v $(arm_cc)),arm64))

$O/%.o: %.c | $O/deps.ok
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FLAGS) -c -o $@ $<

archive = $(call say,AR)rm -f $@ && $(AR) rcs $@ $^
$O/protocol.a:   $(protocol:%.c=$O/%.o)   ; $(archive)
$O/inventory.a:  $(inventory:%.c=$O/%.o)  ; $(archive)
$O/controller.a: $(controller:%.c=$O/%.o) ; $(archive)
$O/agent.a:      $(agent:%.c=$O/%.o)      ; $(archive)

# The journal carries its schema inside, the manual its prose, both programs the catalog.
$O/controller/journal/database.o: controller/journal/schema.sql
$O/controller/report/report.o: controller/report/report.css
$O/controller/manual/prose.o: controller/manual/prose.txt
$O/controller/manual/machine_list.o: controller/manual/machines.txt
$O/inventory/catalog_builtin.o: inventory/catalog.json

$O/ibfleet: $O/controller/main.o $O/controller.a $O/inventory.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ $(controller_libs)

# One static file: it must start on a node that has no libibverbs yet.  The warnings
# are of libnl's name look-ups, which we never call.
static = $(if $(SAN),,-static -Wl,--no-warnings)
$O/ibfleet-agent: $O/node-agent/main.o $O/agent.a $O/inventory.a $O/protocol.a $(if $(SAN),,$O/deps/libcjson.a)
	$(call say,LINK)$(CC) $(FLAGS) $(static) -o $@ $(filter %.o %.a,$(filter-out %/libcjson.a,$^)) $(agent_libs)

# Debian has no static cJSON, so the agent's is built from Debian's source package.
$O/deps/libcjson.a: tests/deps.sh | $O/deps.ok
	$(call say,CC)tests/deps.sh cjson $(@D) $(CC)

# ---- the same agent for aarch64, by the cross compiler ------------------------

# Debian's packages for it are unpacked beside what we build, and not installed.
arm       := $O/aarch64
arm_deps  := $O/deps/aarch64
arm_flags  = $(FLAGS) -isystem $(arm_deps)/usr/include -isystem $(arm_deps)/cjson
arm_libs   = $(arm_deps)/cjson/libcjson.a $(foreach d,usr/lib lib,-L$(arm_deps)/$d/aarch64-linux-gnu) $(verbs_libs)

arm64: $O/ibfleet-agent.aarch64
$O/ibfleet-agent.aarch64: $(arm)/node-agent/main.o $(arm)/agent.a $(arm_deps)/cjson/libcjson.a
	$(call say,LINK)$(arm_cc) $(arm_flags) -static -Wl,--no-warnings -o $@ $(filter-out %/libcjson.a,$^) $(arm_libs)
$(arm)/agent.a: $(patsubst %.c,$(arm)/%.o,$(agent) $(inventory) $(protocol)) ; $(archive)
$(arm)/%.o: %.c | $(arm_deps)/cjson/libcjson.a
	@mkdir -p $(@D)
	$(call say,CC)$(arm_cc) $(arm_flags) -c -o $@ $<
$(arm)/node-agent/verbs/%.o: FLAGS += $(verbs_flags)
$(arm)/inventory/catalog_builtin.o: inventory/catalog.json

$(arm_deps)/cjson/libcjson.a: tests/deps.sh | $(arm_deps)/usr
	$(call say,CC)tests/deps.sh cjson $(@D) $(arm_cc)
$(arm_deps)/usr: tests/foreign.sh | $O/arm64-deps.ok
	$(call say,GET)tests/foreign.sh $(@D) arm64 libibverbs-dev libnl-3-dev libnl-route-3-dev libmd-dev \
	    libinih-dev libyaml-dev && touch $@
$O/arm64-deps.ok: tests/deps.sh
	@mkdir -p $(@D)
	@tests/deps.sh install arm64 && touch $@

# ---- what apt has to install -----------------------------------------------

.PHONY: deps
deps:
	@tests/deps.sh install
$O/deps.ok: tests/deps.sh
	@mkdir -p $(@D)
	@tests/deps.sh install build && touch $@

# ---- tests -----------------------------------------------------------------

tests_of = $(patsubst %.c,$O/%,$(wildcard tests/$1/*.c))
unit := $(call tests_of,unit)
loop := $(call tests_of,loop)
test_archives = $O/controller.a $O/agent.a $O/inventory.a $O/protocol.a
test_libs     = -lcmocka -Wl,--as-needed $(controller_libs) -libverbs

# A fake named before the archives wins over the module of the same interface.
# Each loop test says in its first lines which fakes it wants:  /* fakes: link */
fakes_of = $(patsubst %,$O/tests/fake/%.o,$(shell sed -n 's|^/\* fakes: \(.*\) \*/|\1|p' $1))
.SECONDEXPANSION:
wrapped = $(foreach f,$1,-Wl,--wrap=$f)
$O/tests/loop/test_journal_cut: private FLAGS += $(call wrapped,writer_put uv_async_send sqlite3_open_v2)
$O/tests/unit/test_node_cut: private FLAGS += $(call wrapped,exec_run unit_start unit_detach ledger_append)
burning := $(foreach t,nomem userkey hosttable keyagent_wire,$O/tests/unit/test_$t)
$(burning): private FLAGS += $(call wrapped,malloc calloc realloc strdup strndup)
$(unit) $(loop): $O/%: $O/%.o $$(call fakes_of,$$*.c) $(test_archives)
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(test_libs)

# Machines for detect, written from one table; beside them those that are kept by hand.
trees := tests/data/trees
$O/trees.ok: $(trees)/make.py $(trees)/machines.ini $(trees)/expected.txt | $O/test-deps.ok
	@rm -rf $O/trees && mkdir -p $O && cp -r $(trees) $O/trees
	@$(trees)/make.py $O/trees && touch $@
$O/tests/unit/test_machines $O/tests/unit/test_machine_decisions $O/tests/unit/test_fitness: | $O/trees.ok

# The table of ibfleet-machines(7) is what this prints: >controller/manual/machines.txt
.PHONY: what-runs-where
what-runs-where: $O/tests/machines/what-runs-where $O/trees.ok
	@$< $O/trees
$O/tests/machines/what-runs-where: $O/tests/machines/what_runs_where.o $O/tests/fake/machines.o $O/agent.a $O/inventory.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ -libverbs -lcjson -lmd -lm -lpthread
test-tools: $O/trees.ok

# The scripts of the tiers find what was built in $BUILD.
# Under the sanitizers, what our own bytes and processes meet others in; what is mostly other
# people's programs, or parsers that unit tests and fuzzers go through with them, is left out.
sanitized := agent commands copy exec follow install keep link openssh outside policy relay report rollout scheduler_trouble simulated ssh status \
    validate
e2e       := $(if $(SAN),$(sanitized:%=tests/e2e/%.bats),$(wildcard tests/e2e/*.bats))
azure     := $(if $(SAN),tests/azure/extension.bats tests/azure/vmss.bats,$(wildcard tests/azure/*.bats))
lab_small := $(wildcard tests/lab/small_*.bats)
lab_fabric := tests/lab/validate.bats tests/lab/verbs.bats
# Six machines and a Slurm, seven minutes: with `make check-lab`, not with .ci/run.
lab_long  := tests/lab/cluster.bats
lab_rest  := $(filter-out $(lab_small) $(lab_fabric) $(lab_long),$(wildcard tests/lab/*.bats))
scripts    = $O/test-deps.ok all $(if $(SAN),,arm64) test-tools

# Programs that only tests use, each built by a rule of its own below its tier.
.PHONY: test-tools
test-tools: $O/tests/e2e/link-tool $O/tests/e2e/hostlist-tool $O/tests/e2e/logbook-tool $O/tests/e2e/arm-tool \
    $O/tests/e2e/outside-tool $O/tests/e2e/scheduler-tool
$O/tests/e2e/%-tool: $O/tests/e2e/%_tool.o $O/controller.a $O/inventory.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ $(controller_libs)

# The moves that the product's own table has, for whoever judges a journal.
$O/tests/torture/moves: $O/tests/torture/moves_tool.o $O/controller.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^
test-tools: $O/tests/torture/moves
# Of Debian's prometheus, which is not installed: that would start a server.
promtool := build/deps/promtool
$(promtool): tests/foreign.sh
	$(call say,GET)tests/foreign.sh $@.packages $$(dpkg --print-architecture) prometheus && \
	    cp $@.packages/usr/bin/promtool $@ && rm -r $@.packages
test-tools: $(promtool)

# Lets a login on this machine start programs of aarch64.
$O/tests/fake/foreign_exec.so: tests/fake/foreign_exec.c
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(FLAGS) -fPIC -shared -o $@ $<
test-tools: $(if $(SAN),,$O/tests/fake/foreign_exec.so)

# Many cheap nodes in one process; libssh comes with what the tests need.
simulated := $(patsubst %,$O/tests/fake/simulated_%.o,sshd session deed)
$(simulated): | $O/test-deps.ok
$O/tests/fake/simulated-sshd: $(simulated) $O/controller.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ -lssh -lcjson
test-tools: $O/tests/fake/simulated-sshd

export BUILD := $(abspath $O)

# What often waits, for a deadline or an answer, leaves room for others; less so under the
# sanitizers.  Where machines measure each other, nothing else runs.
waiting := $${JOBS:-$$(($$(nproc) + $(if $(SAN),1,2)))}

.PHONY: torture
torture: export KILLS := $(or $(KILLS),500)
torture: export LAB := $(or $(LAB),10)
torture: $(scripts) ; @PATH=/usr/bin:/bin:/usr/sbin:/sbin:$$PATH tests/torture/torture
# Each draw loses, keeps, tears and reorders something else; SEED is the first.
DRAWS ?= 40
SEED  ?= 1
.PHONY: powercut
powercut: $O/tests/loop/test_journal_cut $O/tests/unit/test_node_cut
	@POWERCUT_DRAWS=$(DRAWS) POWERCUT_SEED=$(SEED) tests/run.sh powercut $^

.PHONY: unit loop e2e azure lab lab-rest lab-fabric lab-long check check-azure check-lab mutants mutants-fit
unit: $(unit) ; @tests/run.sh unit $^
loop: $(loop) $O/tests/lab/test_switch ; @tests/run.sh loop $^
e2e: $(scripts) ; @JOBS=$(waiting) tests/run.sh e2e $(e2e)
azure: $(scripts) ; @JOBS=$(waiting) tests/run.sh azure $(azure)
check-azure: $(scripts) ; @JOBS=$(waiting) tests/azure/honesty/check.sh $(azure)
lab: $(scripts) ; @JOBS=1 tests/run.sh lab $(lab_small)
lab-rest: $(scripts) ; @tests/run.sh lab-rest $(lab_rest)
lab-fabric: $(scripts) ; @JOBS=1 tests/run.sh lab-fabric $(lab_fabric)
lab-long: $(scripts) ; @JOBS=1 tests/run.sh lab-long $(lab_long)

# Under the sanitizers the agent is dynamic, so the lab is left out; and the judge of
# Azure's traffic has had its turn without them.
TIERS ?= layers mutants-fit all unit loop e2e $(if $(SAN),azure,check-azure lab)
check: $O/test-deps.ok
	@tests/check.sh $(TIERS)
check-lab: $O/test-deps.ok
	@tests/check.sh lab lab-rest lab-fabric lab-long
mutants: $O/test-deps.ok
	@tests/mutants.sh $(MUTANT)
mutants-fit: ; @tests/mutants.sh --fit

$O/test-deps.ok: tests/deps.sh
	@mkdir -p $(@D)
	@tests/deps.sh install all && touch $@
# The fuzzers are built by clang, beside everything else, with the sanitizers on.
fuzzers := $(call tests_of,fuzz)
$(fuzzers): $O/%: $O/%.o $(test_archives)
	$(call say,LINK)$(CC) $(FLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(test_libs)

SECONDS ?= 60
.PHONY: fuzz fuzzers
fuzzers: $(fuzzers)
fuzz: $O/test-deps.ok
	$(MAKE) -s CC=clang SAN=1 FUZZ=1 O=$O/fuzz fuzzers
	tests/fuzz/run.sh $(SECONDS) $(patsubst $O/%,$O/fuzz/%,$(fuzzers))

# ---- into a system --------------------------------------------------------------

# ibfleet writes its own manual, from the tables that it is parsed and helped by.
.PHONY: man
man: $O/man.ok
$O/man.ok: $O/ibfleet
	@rm -rf $O/man
	@for p in $$($O/ibfleet man --list); do \
	    mkdir -p $O/man/man$${p##*.} && $O/ibfleet man $${p%.*} >$O/man/man$${p##*.}/$$p || exit 1; done
	@touch $@

.PHONY: install
install: all man
	install -D -m 755 $O/ibfleet $(DESTDIR)$(PREFIX)/bin/ibfleet
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/libexec $O/ibfleet-agent $(wildcard $O/ibfleet-agent.aarch64)
	install -D -m 644 controller/manual/ibfleet.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ibfleet
	for s in 1 5 7 8; do install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$$s $O/man/man$$s/*; done

# ---- the lab: virtual machines on a fabric that breaks when told ----------------

$O/tests/lab/switch: $O/tests/lab/switch.o $O/tests/lab/faults.o
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^
$O/tests/lab/test_switch: $O/tests/lab/test_switch.o | $O/tests/lab/switch
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ -lcmocka

test-tools: $O/tests/lab/switch

# One node's half of a measurement, without an agent around it.
$O/tests/lab/pair-probe: $O/tests/lab/pair_probe.o $O/agent.a $O/protocol.a $(if $(SAN),,$O/deps/libcjson.a)
	$(call say,LINK)$(CC) $(FLAGS) $(static) -o $@ $(filter %.o %.a,$(filter-out %/libcjson.a,$^)) $(agent_libs)
test-tools: $O/tests/lab/pair-probe

# Ten thousand irregular names, folded: CPU time.
$O/tests/bench/fold: $O/tests/bench/fold.o $O/inventory.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ -lcjson -linih -lmd -lm
test-tools: $O/tests/bench/fold

# Ten thousand simulated nodes through a whole rollout in one process.
$O/tests/bench/rollout-nodes: $O/tests/bench/rollout_nodes.o $O/tests/fake/scripted_link.o $O/controller.a $O/inventory.a $O/protocol.a
	$(call say,LINK)$(CC) $(FLAGS) -o $@ $^ $(controller_libs)
test-tools: $O/tests/bench/rollout-nodes

.PHONY: lab-up lab-down lab-ssh
lab-up: $O/test-deps.ok all $O/tests/lab/switch
	@tests/lab/lab up $N
	@printf '%s\n' '' 'The lab is up until `make lab-down`. In your shell:' '' \
	    "    export PATH=$(abspath $O):\$$PATH IBFLEET_FLEET=$${LAB:-$(abspath $O)/lab}/fleet.ini" \
	    '    ibfleet probe -a'
lab-down: ; @tests/lab/lab down
lab-ssh:  ; @tests/lab/lab ssh $(NODE)

# One after the other, since each wants the machine for itself.
BENCHES := fold rollout azure fanout scale relay verbs
.PHONY: bench $(BENCHES:%=bench-%)
bench: $(scripts) $O/bench-deps.ok
	@for b in $(BENCHES); do $(MAKE) -s bench-$$b || exit; done
$(BENCHES:%=bench-%): bench-%: $(scripts) $O/bench-deps.ok
	@tests/bench/$*.sh $(TURNS)
$O/bench-deps.ok: tests/deps.sh
	@mkdir -p $(@D)
	@tests/deps.sh install bench && touch $@

.PHONY: demo
demo: $O/test-deps.ok all $O/tests/lab/switch
	@tests/lab/demo.sh

# ---- order in the house ------------------------------------------------------

.PHONY: layers tidy format clean
layers: ; @tests/layers.sh
tidy:   ; @tests/tidy.sh
format:
	clang-format -i $(shell git ls-files '*.[ch]')
clean:
	rm -rf build

-include $(shell find $O \( -path $O/mutants -o -path $O/lab-base \) -prune -o -name '*.d' -type f -print 2>/dev/null)
