"""Tests of what is read from a netlist: python3 -m unittest discover --start-directory tools/resources"""

import unittest
from collections import Counter

from cells import UnknownCell
from netlist import CombinationalLoop, Netlist
from rtl import INSTANCE, Module
from sums import bits_of_three
from totals import Incomplete, Totals


def cell(type_, inputs, outputs):
    """A cell as in Yosys's JSON."""
    directions = {port: "input" for port in inputs} | {port: "output" for port in outputs}
    return {"type": type_, "port_directions": directions, "connections": inputs | outputs}


def register(d, q):
    return cell("FDRE", {"C": [1], "CE": ["1"], "D": [d], "R": ["0"]}, {"Q": [q]})


def lut(inputs, output):
    return cell(f"LUT{len(inputs)}", {f"I{n}": [bit] for n, bit in enumerate(inputs)}, {"O": [output]})


def module(cells, **ports):
    """Ports as name=(direction, bits)."""
    return {
        "ports": {name: {"direction": direction, "bits": bits} for name, (direction, bits) in ports.items()},
        "cells": {f"cell{number}": found for number, found in enumerate(cells)},
    }


class Paths(unittest.TestCase):
    def test_the_longest_path_between_registers(self):
        cells = [register(2, 3), lut([3, 4], 5), lut([5], 6), register(6, 4)]
        netlist = Netlist(module(cells, d=("input", [2])), {})
        self.assertEqual(netlist.counts, Counter(ff=2, lut=2))
        paths = netlist.paths()
        self.assertEqual(paths["inside"], [2, 0])
        self.assertEqual(paths["in"], {"d": [0, 0]})

    def test_carry_bits_add_up_along_a_chain(self):
        low = cell("CARRY4", {"CI": ["0"], "CYINIT": ["0"], "DI": ["0"] * 4, "S": [3, "0", "0", "0"]}, {"CO": [10, 11, 12, 13]})
        high = cell("CARRY4", {"CI": [13], "CYINIT": ["0"], "DI": ["0"] * 4, "S": ["0"] * 4}, {"O": [20, 21, 22, 23]})
        netlist = Netlist(module([register(2, 3), low, high, register(21, 4)], d=("input", [2])), {})
        self.assertEqual(netlist.counts["carry"], 8)
        self.assertEqual(netlist.paths()["inside"], [0, 4 + 2])

    def test_paths_go_on_through_modules(self):
        inner = module([lut([2], 3)], a=("input", [2]), y=("output", [3]))
        paths = Netlist(inner, {}).paths()
        self.assertEqual(paths["through"], [["a", "y", 1, 0]])
        child = cell("inner", {"a": [5]}, {"y": [6]})
        outer = module([register(2, 3), lut([3], 5), child, register(6, 4)], d=("input", [2]))
        self.assertEqual(Netlist(outer, {"inner": paths}).paths()["inside"], [2, 0])

    def test_a_register_in_a_module_begins_and_ends_paths(self):
        inner = module([lut([2], 5), register(5, 3)], d=("input", [2]), q=("output", [3]))
        paths = Netlist(inner, {}).paths()
        child = cell("inner", {"d": [7]}, {"q": [6]})
        outer = module([child, lut([6], 7)])
        self.assertEqual(Netlist(outer, {"inner": paths}).paths()["inside"], [2, 0])

    def test_a_loop_is_an_error(self):
        with self.assertRaises(CombinationalLoop):
            Netlist(module([lut([2, 3], 3)], a=("input", [2])), {})

    def test_a_cell_that_is_not_known_is_an_error(self):
        with self.assertRaises(UnknownCell):
            Netlist(module([cell("$add", {"A": [2]}, {"Y": [3]})]), {})


class Multipliers(unittest.TestCase):
    def dsp(self, a, p):
        return cell("DSP48E2", {"A": [a], "B": ["0"], "CLK": [1]}, {"P": [p]})

    def test_between_registers(self):
        netlist = Netlist(module([register(2, 3), self.dsp(3, 4), register(4, 5)]), {})
        self.assertEqual(netlist.multipliers(), Counter(dsp_inputs=1, dsp_outputs=1, dsp_ff=2))

    def test_not_behind_logic(self):
        cells = [register(2, 3), lut([3], 6), self.dsp(6, 4), lut([4], 7), register(7, 5)]
        self.assertEqual(Netlist(module(cells), {}).multipliers(), Counter())


class Sums(unittest.TestCase):
    modules = {
        "top": {"children": {"leaf": 3}, "sums_of_three": 1, "figures": {"f": "t"}},
        "leaf": {"children": {}, "figures": {"f": "l"}},
    }
    figures = {
        "t": {"own": {"lut": 5}, "paths": {"inside": [1, 9]}},
        "l": {"own": {"lut": 2, "ff": 1}, "paths": {"inside": [4, 0]}},
    }

    def test_instances_count(self):
        self.assertEqual(Totals(self.modules, self.figures, "f").of("top"), (Counter(lut=11, ff=3, sums_of_three=1), [4, 9]))

    def test_what_is_missing_is_said(self):
        with self.assertRaises(Incomplete):
            Totals(self.modules, {"t": self.figures["t"]}, "f").of("top")


class Text(unittest.TestCase):
    def test_long_memories_are_asked_to_be_block_ram(self):
        def of(last):
            text = f"  reg [7:0] words [0:{last}];\n  reg other;\n"
            return Module("memory", text, Counter(), text, "memory")

        self.assertFalse(of(511).has_long_memory)
        self.assertEqual(of(511).shortened(), of(511).text)
        self.assertTrue(of(1023).has_long_memory)
        self.assertIn('  (* ram_style = "block" *) reg [7:0] words [0:1023];', of(1023).shortened())

    def test_bits_of_three_operands(self):
        text = "  reg [4:0] s;\n  wire [3:0] a;\n    s <= {1'h0, a} + {1'h0, ~a} + {3'h0, a[1:0]};\n    s <= {1'h0, a} + {1'h0, a};\n"
        self.assertEqual(bits_of_three(text), 2)

    def test_instances(self):
        text = "module top (\n  input wire a\n);\n  leaf one (\n    .a(a)\n  );\n  leaf two(.a(a));\nendmodule\n"
        self.assertEqual(Counter(INSTANCE.findall(text))["leaf"], 2)


if __name__ == "__main__":
    unittest.main()
