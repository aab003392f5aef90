"""`hdl/resources.json`: the figures of all modules, and what they were taken of.

    format        1
    yosys         the version that Yosys says of itself
    scripts       by family: what Yosys ran
    partial       by family: the modules that have no figures yet; empty after a whole run
    designs       by name: the modules of a card or of the leaf cells, each with
        sha256      of its text, as in hdl/checksums
        children    by name: how many of each other module are in it
        sums_of_three   the bits of its sums at which three operands meet (see tools/resources/sums.py)
        figures     by family: the key of its figures
    figures       by family, by key: what the module takes itself, the modules inside as black boxes
        own         lut (of these lut_shift shift registers and lut_memory memories), ff, dsp, block_ram, carry (bits), and of
                    the multipliers dsp_inputs, dsp_outputs and dsp_ff (see tools/resources/netlist.py)
        paths       inside, in, out, through: [look-up tables, carry bits] between registers, ports and both
        seconds     that the run took which made it
    rows          what hdl/RESOURCES.md shows: design, module, family, what it is, the totals with all below, and the longest
                  path at and below it

dsp is DSP48E2 on UltraScale+ and MULT18X18D on ECP5; block_ram is in blocks of 36 kbit on UltraScale+ and of 18 kbit on ECP5.
A key is of a module's text and of the paths of the modules inside, so that figures are taken anew when either changes.
"""

import hashlib
import json
from pathlib import Path

FORMAT = 1


def key(module, child_paths):
    """The key of a module's figures."""
    inside = json.dumps(child_paths, sort_keys=True)
    block = "block" if module.has_long_memory else ""
    return hashlib.sha256((module.common + inside + block).encode()).hexdigest()[:24]


class Record:
    """The figures, and the file that they are kept in."""

    def __init__(self, path, yosys, scripts):
        self.path = Path(path)
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        same = (known.get("format"), known.get("yosys"), known.get("scripts")) == (FORMAT, yosys, scripts)
        if known and not same:
            print(f"{self.path.name} is of another Yosys or another script: everything is taken anew", flush=True)
        self.yosys, self.scripts = yosys, scripts
        self.figures = known["figures"] if same else {family: {} for family in scripts}
        self.designs, self.partial, self.rows = {}, {}, []

    def drop_unused(self):
        """Forgets the figures that no module has any more."""
        used = {
            (family, key_)
            for modules in self.designs.values()
            for module in modules.values()
            for family, key_ in module["figures"].items()
        }
        for family, figures in self.figures.items():
            self.figures[family] = {key_: value for key_, value in figures.items() if (family, key_) in used}

    def write(self):
        """Writes the file, whole or not at all."""
        content = {
            "format": FORMAT,
            "yosys": self.yosys,
            "scripts": self.scripts,
            "partial": self.partial,
            "rows": self.rows,
            "designs": self.designs,
            "figures": self.figures,
        }
        text = lines(content, 3)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(text + "\n")
        temporary.replace(self.path)


def lines(value, depth):
    """JSON with a line for each member down to this depth."""
    if not depth or not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, sort_keys=True)
    if isinstance(value, list):
        return "[\n" + ",\n".join(lines(item, 0) for item in value) + "\n]"
    members = (f"{json.dumps(name)}: {lines(item, depth - 1)}" for name, item in sorted(value.items()))
    return "{\n" + ",\n".join(members) + "\n}"
