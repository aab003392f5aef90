"""A mapped module: what it takes, and its longest paths.

A path has look-up tables and carry bits; both are followed by themselves, so that the most of each may be of
different paths. Paths begin at outputs of registers, memories and multipliers and end at their inputs, or at a port of the
module; those through the ports are what the module above continues.
"""

import heapq
from collections import Counter, defaultdict

from cells import carry_counts, carry_paths, is_carry, kind

NONE = (0, 0)


class CombinationalLoop(Exception):
    """Paths through ports that come back to where they began."""


def longer(a, b):
    """The most of both."""
    return (max(a[0], b[0]), max(a[1], b[1]))


class Netlist:
    """The paths between the bits of a mapped module, its modules inside as their own paths say."""

    def __init__(self, module, children):
        self.ports = module["ports"]
        self.counts = Counter()
        # bit -> [(bit, look-up tables, carry bits)]
        self.after = defaultdict(list)
        # bit -> what a path has when it begins there, or has still to go when it ends there
        self.begins, self.ends = {}, {}
        self.cells = [cell for cell in module["cells"].values() if cell["type"] not in children]
        for cell in self.cells:
            self._cell(cell)
        for name, cell in module["cells"].items():
            if cell["type"] in children:
                self._child(name, cell, children[cell["type"]])
        self.order = self._order()

    def _cell(self, cell):
        type_, connections = cell["type"], cell["connections"]
        if is_carry(type_):
            self.counts.update(carry_counts(type_))
            for source, sink, levels, bits in carry_paths(type_, connections):
                self._path(source, sink, levels, bits)
            return
        what = kind(type_)
        self.counts.update(what.counts)
        directions = cell["port_directions"]
        sinks = [bit for port, bits in connections.items() if directions[port] == "output" for bit in bits]
        for port, bits in connections.items():
            if directions[port] == "output":
                continue
            through = what.through is None or port in what.through
            for bit in bits:
                if what.sequential:
                    self._end(bit, NONE)
                if through:
                    for sink in sinks:
                        self._path(bit, sink, what.levels, 0)
        if what.sequential:
            for sink in sinks:
                self._begin(sink, (what.levels, 0))

    def _child(self, name, cell, paths):
        for port, bits in cell["connections"].items():
            if port in paths["in"]:
                for bit in bits:
                    self._end(bit, tuple(paths["in"][port]))
            if port in paths["out"]:
                for bit in bits:
                    self._begin(bit, tuple(paths["out"][port]))
        for first, last, levels, carry in paths["through"]:
            entry, exit_ = (name, "in", first), (name, "out", last)
            self._path(entry, exit_, levels, carry)
            for bit in cell["connections"].get(first, ()):
                self._path(bit, entry, 0, 0)
            for bit in cell["connections"].get(last, ()):
                self._path(exit_, bit, 0, 0)

    def _path(self, source, sink, levels, bits):
        if not isinstance(source, str) and not isinstance(sink, str):
            self.after[source].append((sink, levels, bits))

    def _begin(self, bit, path):
        if not isinstance(bit, str):
            self.begins[bit] = longer(self.begins.get(bit, NONE), path)

    def _end(self, bit, path):
        if not isinstance(bit, str):
            self.ends[bit] = longer(self.ends.get(bit, NONE), path)

    def _order(self):
        """The place of every bit in an order in which paths only go forward."""
        before = Counter(sink for paths in self.after.values() for sink, _, _ in paths)
        ready = [bit for bit in self.after if not before[bit]]
        order = {}
        while ready:
            bit = ready.pop()
            order[bit] = len(order)
            for sink, _, _ in self.after.get(bit, ()):
                before[sink] -= 1
                if not before[sink]:
                    ready.append(sink)
        if any(before.values()):
            raise CombinationalLoop(f"{sum(1 for left in before.values() if left)} bits")
        return order

    def _reached(self, begins):
        """The longest paths to all bits that can be reached from these."""
        order = self.order
        reached = dict(begins)
        waiting = [(order[bit], bit) for bit in begins if bit in order]
        heapq.heapify(waiting)
        seen = {bit for _, bit in waiting}
        while waiting:
            _, bit = heapq.heappop(waiting)
            levels, carry = reached[bit]
            for sink, more_levels, more_carry in self.after.get(bit, ()):
                path = (levels + more_levels, carry + more_carry)
                reached[sink] = longer(reached.get(sink, NONE), path)
                if sink not in seen:
                    seen.add(sink)
                    heapq.heappush(waiting, (order[sink], sink))
        return reached

    def _longest(self, reached):
        """The longest path to an end, of these."""
        most, found = NONE, False
        for bit, path in reached.items():
            if bit in self.ends:
                more = self.ends[bit]
                most = longer(most, (path[0] + more[0], path[1] + more[1]))
                found = True
        return most if found else None

    def paths(self):
        """The longest paths between registers, from and to each port, and between each pair of ports."""
        inside = self._reached(self.begins)
        result = {"inside": list(self._longest(inside) or NONE), "in": {}, "out": {}, "through": []}
        outputs = [(name, port["bits"]) for name, port in sorted(self.ports.items()) if port["direction"] == "output"]
        for name, bits in outputs:
            arrivals = [inside[bit] for bit in bits if bit in inside]
            if arrivals:
                result["out"][name] = [max(path[i] for path in arrivals) for i in range(2)]
        for name, port in sorted(self.ports.items()):
            if port["direction"] == "output" or name == "clock":
                continue
            reached = self._reached({bit: NONE for bit in port["bits"] if not isinstance(bit, str)})
            longest = self._longest(reached)
            if longest is not None:
                result["in"][name] = list(longest)
            for output, bits in outputs:
                arrivals = [reached[bit] for bit in bits if bit in reached]
                if arrivals:
                    result["through"].append([name, output, *(max(path[i] for path in arrivals) for i in range(2))])
        return result

    def multipliers(self):
        """How the multipliers stand between registers.

        `dsp_inputs` and `dsp_outputs` count those whose operands all come straight from registers, and whose product goes
        straight into registers; `dsp_ff` the flip-flops that serve no one else, which registers inside could replace.
        """
        registers = ("FD", "SRL", "TRELLIS_FF")
        drivers, readers, flip_flops = {}, defaultdict(list), []
        for cell in self.cells:
            for port, bits in cell["connections"].items():
                for bit in bits:
                    if isinstance(bit, str):
                        continue
                    if cell["port_directions"][port] == "output":
                        drivers[bit] = cell["type"]
                    else:
                        readers[bit].append((cell["type"], port))
            if cell["type"].startswith(("FD", "TRELLIS_FF")):
                flip_flops.append(cell)
        result = Counter()
        operands, products = set(), set()
        for cell in self.cells:
            if cell["type"] not in ("DSP48E2", "MULT18X18D"):
                continue
            inputs, outputs = [], []
            for port, bits in cell["connections"].items():
                signals = [bit for bit in bits if not isinstance(bit, str)]
                if cell["port_directions"][port] == "output":
                    outputs += [bit for bit in signals if readers[bit]]
                elif not port.upper().startswith(("CLK", "CE", "RST")):
                    inputs += signals
            if inputs and all(drivers.get(bit, "").startswith(registers) for bit in inputs):
                result["dsp_inputs"] += 1
            if outputs and all(t.startswith(registers) for bit in outputs for t, _ in readers[bit]):
                result["dsp_outputs"] += 1
            operands.update(inputs)
            products.update(outputs)
        for cell in flip_flops:
            data = cell["connections"].get("D") or cell["connections"].get("DI") or cell["connections"].get("M") or [""]
            (q,) = cell["connections"]["Q"]
            takers = {t for t, _ in readers[q]} <= {"DSP48E2", "MULT18X18D"}
            if data[0] in products or (q in operands and takers):
                result["dsp_ff"] += 1
        return result
