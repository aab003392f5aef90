"""The cells of the two families that Yosys maps to: what each takes, and the paths through it."""

from dataclasses import dataclass, field

# Look-up tables that a distributed memory takes.
ULTRASCALE_MEMORIES = {
    "RAM16X1S": 1, "RAM16X1D": 2, "RAM32X1S": 1, "RAM32X1D": 2, "RAM32M": 4, "RAM32M16": 8,
    "RAM64X1S": 1, "RAM64X1D": 2, "RAM64M": 4, "RAM64M8": 8, "RAM64X8SW": 8,
    "RAM128X1S": 2, "RAM128X1D": 4, "RAM256X1S": 4, "RAM256X1D": 8, "RAM512X1S": 8,
}  # fmt: skip
SEQUENTIAL = {
    "FDRE", "FDSE", "FDCE", "FDPE", "FDRE_1", "FDSE_1", "FDCE_1", "FDPE_1", "TRELLIS_FF",
    "DSP48E2", "MULT18X18D", "ALU54B",
    "RAMB18E2", "RAMB36E2", "URAM288", "DP16KD", "PDPW16KD",
}  # fmt: skip
# Multiplexers beside the look-up tables, and inverters, which the next cell absorbs.
TRANSPARENT = {"MUXF7", "MUXF8", "MUXF9", "PFUMX", "L6MUX21", "INV", "BUFG"}
NOTHING = {"GND", "VCC", "$scopeinfo"}


class UnknownCell(Exception):
    """Yosys left a cell that is none of the family's."""


@dataclass
class Kind:
    """A type of cell."""

    # What it counts as.
    counts: dict = field(default_factory=dict)
    # Its outputs begin paths, and its inputs end them.
    sequential: bool = False
    # Ports from which a path goes on to every output; None for all of them.
    through: tuple | None = ()
    # Look-up tables on that path.
    levels: int = 0


def kind(type_):
    """What is known of a type of cell that is neither a carry chain nor a module."""
    if type_ in NOTHING:
        return Kind(sequential=True)
    if type_ in TRANSPARENT:
        return Kind(through=None)
    if type_.startswith("LUT") and type_[3:].isdigit():
        return Kind({"lut": 1}, through=None, levels=1)
    if type_.startswith("SRL"):
        return Kind({"lut": 1, "lut_shift": 1}, True, ("A", "A0", "A1", "A2", "A3"), 1)
    if type_ in ULTRASCALE_MEMORIES:
        size = ULTRASCALE_MEMORIES[type_]
        read = tuple(f"ADDR{letter}" for letter in "ABCDEFGH") + ("A", "DPRA")
        read += tuple(f"{port}{bit}" for port in ("A", "DPRA") for bit in range(9))
        return Kind({"lut": size, "lut_memory": size}, True, read, 1)
    if type_ == "TRELLIS_DPR16X4":
        return Kind({"lut": 6, "lut_memory": 6}, True, ("RAD",), 1)
    if type_ in SEQUENTIAL:
        return Kind(SEQUENTIAL_COUNTS[type_], True)
    raise UnknownCell(type_)


SEQUENTIAL_COUNTS = {type_: {"ff": 1} for type_ in SEQUENTIAL if type_.startswith("FD") or type_ == "TRELLIS_FF"} | {
    "DSP48E2": {"dsp": 1},
    "MULT18X18D": {"dsp": 1},
    "ALU54B": {"alu": 1},
    # halves of a block of 36 kbit; ECP5's blocks have 18 kbit
    "RAMB18E2": {"block_ram": 0.5},
    "RAMB36E2": {"block_ram": 1},
    "URAM288": {"ultra_ram": 1},
    "DP16KD": {"block_ram": 1},
    "PDPW16KD": {"block_ram": 1},
}


def is_carry(type_):
    """Whether the cell is a piece of a carry chain."""
    return type_ in ("CARRY4", "CARRY8", "CCU2C")


def carry_counts(type_):
    """What a piece of a carry chain counts as; the look-up tables of UltraScale+ before it are cells of their own."""
    if type_ == "CCU2C":
        return {"lut": 2, "carry": 2}
    return {"carry": int(type_[5:])}


def carry_paths(type_, connections):
    """The paths through a piece of a carry chain: (from, to, look-up tables, carry bits)."""
    if type_ == "CCU2C":
        for bit in range(2):
            for operand in "ABCD":
                for source in connections.get(f"{operand}{bit}", ()):
                    for to in range(bit, 2):
                        yield from ((source, sink, 1, to - bit + 1) for sink in connections.get(f"S{to}", ()))
                    yield from ((source, sink, 1, 2 - bit) for sink in connections.get("COUT", ()))
        for source in connections.get("CIN", ()):
            for to in range(2):
                yield from ((source, sink, 0, to + 1) for sink in connections.get(f"S{to}", ()))
            yield from ((source, sink, 0, 2) for sink in connections.get("COUT", ()))
        return
    width = int(type_[5:])
    results = [connections.get(port, ()) for port in ("O", "CO")]
    for port in ("S", "DI"):
        for low, source in enumerate(connections.get(port, ())):
            for bits in results:
                for high in range(low, min(width, len(bits))):
                    yield source, bits[high], 0, high - low + 1
    for port in ("CI", "CYINIT", "CI_TOP"):
        for source in connections.get(port, ()):
            for bits in results:
                for high in range(min(width, len(bits))):
                    yield source, bits[high], 0, high + 1
