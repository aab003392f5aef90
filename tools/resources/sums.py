"""The bits of a datapath's sums at which three or more operands meet.

UltraScale+ adds three operands in one look-up table a bit (a ternary adder: a LUT6 with both outputs, before the carry chain). Yosys
does not: it takes two for a carry-save step and one for the adder. The bits are counted in the text that the graph emits.
"""

import re

DECLARATION = re.compile(r"^\s*(?:input wire|output wire|wire|reg) (?:\[(\d+):0\] )?(\w+)[;,]?$", re.M)
SUM = re.compile(r"(?:<=|=) ([^;?]* \+ [^;?]*);")


def parts(expression, widths):
    """An expression's parts from the highest: (bits, whether they can be other than zero)."""
    expression = expression.strip()
    if expression.startswith("{"):
        depth, part, found = 0, "", []
        for character in expression[1:-1] + ",":
            depth += (character == "{") - (character == "}")
            if character == "," and not depth:
                found += parts(part, widths)
                part = ""
            else:
                part += character
        return found
    expression = expression.lstrip("~")
    if constant := re.fullmatch(r"(\d+)'h([0-9a-f]+)", expression):
        return [(int(constant[1]), int(constant[2], 16) != 0)]
    if bits := re.fullmatch(r"\w+\[(\d+):(\d+)\]", expression):
        return [(int(bits[1]) - int(bits[2]) + 1, True)]
    if "[" in expression:
        return [(1, True)]
    return [(widths.get(expression, 1), True)]


def bits_of_three(text):
    """How many bits of a module's sums have three operands or more."""
    widths = {name: int(top or 0) + 1 for top, name in DECLARATION.findall(text)}
    total = 0
    for sum_ in SUM.findall(text):
        operands = [parts(operand, widths) for operand in sum_.split(" + ")]
        met = [0] * max(sum(bits for bits, _ in operand) for operand in operands)
        for operand in operands:
            place = sum(bits for bits, _ in operand)
            for bits, live in operand:
                place -= bits
                if live:
                    for bit in range(place, place + bits):
                        met[bit] += 1
        total += sum(count >= 3 for count in met)
    return total
