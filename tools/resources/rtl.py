"""Modules as `gristmill-hdl emit` and `gristmill-hdl cells` write them."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass

# Of longer memories only the first word's initial contents are read: the loop over the others takes Yosys minutes.
LONG_LOOP = re.compile(r"(for \((\w+) = 0; \2 )<=? (\d{4,})(?=;)")
# Memories of 1024 words or more, which shall be block RAM: Yosys 0.70 begins to make look-up tables of some, of a size
# that it has no cells for.
LONG_MEMORY = re.compile(r"^( *)(reg (?:\[[^]]*\] )?\w+ \[0:\d{4,}\];)", re.M)
INSTANCE = re.compile(r"^\s*(\w+) (?:#\([^;]*?\) )?\w+ ?\(", re.M)


@dataclass
class Module:
    """A module, with how often it instantiates each of the others."""

    name: str
    text: str
    children: Counter
    # The text and the name without the name of the design in them, so that designs share what is equal.
    common: str
    common_name: str
    # Of that text and of all that is below.
    identity: str = ""

    @property
    def sha256(self):
        """As in `hdl/checksums`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def has_long_memory(self):
        """There is a memory that shall be block RAM."""
        return bool(LONG_MEMORY.search(self.text))

    def shortened(self):
        """The text with short loops over the contents of memories, and with what the long ones shall be."""
        text = LONG_LOOP.sub(lambda loop: loop[1] + "< 1" if int(loop[3]) > 1024 else loop[0], self.text)
        return LONG_MEMORY.sub(r'\1(* ram_style = "block" *) \2', text)


class Design:
    """A folder of modules, a file each, which `files.f` lists."""

    def __init__(self, name, folder, cells=()):
        """The modules `cells` are called alike in all designs, also where the name of one begins like that of a design."""
        self.name = name
        prefix = re.compile(rf"\b{folder.name}(_|\b)")
        self.modules = {}
        for file in (folder / "files.f").read_text().split():
            text = (folder / file).read_text()
            name = file.removesuffix(".v")
            common, common_name = text, name
            if name not in cells:
                common, common_name = (prefix.sub(r"design\1", words) for words in (text, name))
            self.modules[name] = Module(name, text, Counter(), common, common_name)
        for module in self.modules.values():
            words = Counter(INSTANCE.findall(module.text))
            module.children = Counter({word: count for word, count in words.items() if word in self.modules})

        for module in self.below(self.modules):
            inside = (self.modules[child].identity for child in sorted(module.children))
            module.identity = hashlib.sha256("\n".join([module.common, *inside]).encode()).hexdigest()

    def below(self, tops):
        """The modules at and below these, each after those that it instantiates."""
        order = {}

        def visit(name):
            if name not in order:
                for child in sorted(self.modules[name].children):
                    visit(child)
                order[name] = self.modules[name]

        for top in tops:
            visit(top)
        return list(order.values())
