#!/usr/bin/env python3
"""Synthesises the RTL with Yosys, module by module, and says what it takes: hdl/resources.json and hdl/RESOURCES.md.

    python3 tools/resources [options] <folder with the designs>

Only what has changed since the figures that are recorded is synthesised. A run that is interrupted, or some of whose
modules exceed the limits, keeps what it has, says in the record which modules are missing, and is continued by the next one.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import page
import record
import synthesis
from cells import UnknownCell
from netlist import CombinationalLoop, Netlist
from rtl import Design
from subjects import DESIGNS, SUBJECTS
from sums import bits_of_three

# Text of modules that one run may have, in bytes, and how many.
RUN_BYTES, RUN_MODULES = 60_000, 24


class Work:
    """What is to be synthesised for a family, modules inside first."""

    def __init__(self, family, record_, subjects, designs, limits):
        self.family, self.record, self.limits = family, record_, limits
        # by identity: designs share what is equal
        self.modules, self.users, self.ranks = {}, {}, {}
        for subject in sorted(subjects, key=lambda subject: subject.rank):
            design = designs[subject.design]
            known = self.record.designs.setdefault(design.name, {})
            for module in design.below([subject.module]):
                self.ranks.setdefault(module.identity, subject.rank)
                if module.name not in known:
                    known[module.name] = {
                        "sha256": module.sha256,
                        "children": dict(sorted(module.children.items())),
                        "sums_of_three": bits_of_three(module.text),
                        "figures": {},
                    }
                self.modules.setdefault(module.identity, (design, module))
                self.users.setdefault(module.identity, set()).add((design.name, module.name))
        self.order = list(self.modules)
        self.paths, self.failed = {}, {}

    def key(self, identity):
        """The key of a module whose modules inside are done, otherwise nothing."""
        design, module = self.modules[identity]
        inside = {}
        for child in module.children:
            paths = self.paths.get(design.modules[child].identity)
            if paths is None:
                return None
            # the paths between registers below end below
            inside[design.modules[child].common_name] = {name: paths[name] for name in ("in", "out", "through")}
        return record.key(module, inside)

    def settle(self, identity, key):
        """A module whose figures are there."""
        figures = self.record.figures[self.family][key]
        self.paths[identity] = figures["paths"]
        for design, module in self.users[identity]:
            self.record.designs[design][module]["figures"][self.family] = key

    def ready(self):
        """Modules that can be synthesised now; those whose figures are known are settled on the way."""
        ready, progress = [], True
        while progress:
            progress, ready = False, []
            for identity in self.order:
                if identity in self.paths or identity in self.failed:
                    continue
                key = self.key(identity)
                if key is None:
                    continue
                if key in self.record.figures[self.family]:
                    self.settle(identity, key)
                    progress = True
                else:
                    ready.append((identity, key))
        return sorted(ready, key=lambda one: self.ranks[one[0]])

    def group(self, ready, busy):
        """Some of these modules, of one design, for one run."""
        group, size, first = [], 0, None
        for identity, key in ready:
            design, module = self.modules[identity]
            if key in busy or (group and (design is not first or self.ranks[identity] > self.ranks[group[0][0]] + 1)):
                continue
            if group and (size + len(module.text) > RUN_BYTES or len(group) == RUN_MODULES):
                continue
            group.append((identity, key))
            size += len(module.text)
            first = design
        return group

    def run(self, group):
        """Synthesises a group; (text, key, figures or the problem) of each."""
        started = time.monotonic()
        modules = [self.modules[identity][1] for identity, _ in group]
        design = self.modules[group[0][0]][0]
        names = {module.name for module in modules}
        boxes = {child for module in modules for child in module.children} - names
        boxes = [design.modules[name] for name in sorted(boxes)]
        try:
            found = synthesis.synthesise(self.family, modules, boxes, self.limits)
        except synthesis.Failed as problem:
            if len(group) > 1:
                return [result for one in group for result in self.run([one])]
            return [(*group[0], str(problem))]
        seconds = time.monotonic() - started
        results = []
        for (identity, key), module in zip(group, modules):
            inside = {child: self.paths[design.modules[child].identity] for child in module.children}
            try:
                netlist = Netlist(found[module.name], inside)
                own = dict(sorted((netlist.counts + netlist.multipliers()).items()))
                figures = {"own": own, "paths": netlist.paths(), "seconds": round(seconds / len(group), 1)}
            except CombinationalLoop as loop:
                figures = f"a loop through {loop}"
            except UnknownCell as cell:
                figures = f"Yosys left a cell {cell}"
            results.append((identity, key, figures))
        print(f"  {self.family}: {len(group)} modules up to {modules[-1].name}: {seconds:.0f} s", flush=True)
        return results

    def missing(self):
        """The modules without figures, with the problem where there was one."""
        return {
            self.modules[identity][1].name: self.failed.get(identity, "not synthesised yet")
            for identity in self.order
            if identity not in self.paths
        }


def work_off(works, all_works, record_, jobs, until):
    """Synthesises all that is to be, with so many runs at a time, until a time."""
    busy = {work.family: set() for work in works}
    with ThreadPoolExecutor(jobs) as pool:
        running = {}
        while True:
            while len(running) < jobs and time.monotonic() < until:
                groups = [(work.group(work.ready(), busy[work.family]), work) for work in works]
                groups = [(group, work) for group, work in groups if group]
                if not groups:
                    break
                group, work = min(groups, key=lambda one: one[1].ranks[one[0][0][0]])
                busy[work.family] |= {key for _, key in group}
                running[pool.submit(work.run, group)] = (work, group)
            if not running:
                return
            done = next(as_completed(running))
            work, group = running.pop(done)
            for identity, key, figures in done.result():
                busy[work.family].discard(key)
                if isinstance(figures, str):
                    work.failed[identity] = figures
                    print(f"  {work.family}: {work.modules[identity][1].name}: {figures}", file=sys.stderr, flush=True)
                else:
                    record_.figures[work.family][key] = figures
                    work.settle(identity, key)
            save(all_works, record_)


def save(works, record_):
    """Writes the record with what is there."""
    record_.partial = {work.family: work.missing() for work in works if work.missing()}
    record_.rows = page.rows(record_)
    record_.write()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1200, help="limit of processor time of a run (%(default)s)")
    parser.add_argument("--megabytes", type=int, default=6000, help="limit of a run (%(default)s)")
    parser.add_argument("--total-seconds", type=int, default=1 << 30, help="begin no run after so many seconds")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (%(default)s)")
    parser.add_argument("--families", default=",".join(synthesis.SCRIPTS), help="which (%(default)s)")
    parser.add_argument("--page-only", action="store_true", help="write hdl/RESOURCES.md from the record, synthesise nothing")
    parser.add_argument("folder", nargs="?", type=Path, default=synthesis.ROOT / "target/resources/verilog")
    arguments = parser.parse_args()
    hdl = synthesis.ROOT / "hdl"
    if arguments.page_only:
        page.write(hdl / "RESOURCES.md", page.load(hdl / "resources.json"))
        return
    try:
        yosys = synthesis.version()
    except synthesis.MissingTool as problem:
        sys.exit(f"tools/resources: {problem}")
    record_ = record.Record(hdl / "resources.json", yosys, synthesis.SCRIPTS)
    limits = synthesis.Limits(arguments.seconds, arguments.megabytes)
    cells = Design("cells", arguments.folder / "cells")
    designs = {name: Design(name, arguments.folder / folder, cells.modules) for name, folder in DESIGNS.items()}
    works = []
    for family in synthesis.SCRIPTS:
        subjects = [subject for subject in SUBJECTS if subject.family == family]
        works.append(Work(family, record_, subjects, designs, limits))
    for work in works:
        work.ready()
    started = time.monotonic()
    try:
        chosen = [work for work in works if work.family in arguments.families.split(",")]
        work_off(chosen, works, record_, arguments.jobs, started + arguments.total_seconds)
    except KeyboardInterrupt:
        print("interrupted: what is there is kept", file=sys.stderr)
    for work in works:
        work.ready()
    record_.drop_unused()
    save(works, record_)
    page.write(hdl / "RESOURCES.md", page.load(hdl / "resources.json"))
    missing = sum(len(modules) for modules in record_.partial.values())
    print(f"{time.monotonic() - started:.0f} s; {missing} modules are missing" if missing else "all modules have figures")
    sys.stdout.flush()
    # a run that is still going when this one is interrupted ends by its own limit
    os._exit(bool(missing))


if __name__ == "__main__":
    main()
