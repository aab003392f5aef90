"""What a module takes with all that is in it."""

from collections import Counter


class Incomplete(Exception):
    """A module at or below has no figures."""


class Totals:
    """The sums over the modules of a design for a family."""

    def __init__(self, modules, figures, family):
        self.modules, self.figures, self.family = modules, figures, family
        self.known = {}

    def _figures(self, name):
        key = self.modules[name]["figures"].get(self.family)
        if key is None or key not in self.figures:
            raise Incomplete(name)
        return self.figures[key]

    def of(self, name):
        """Own figures, and those of every instance below; and the longest paths between registers at and below."""
        if name not in self.known:
            own = self._figures(name)
            total, longest = Counter(own["own"]), list(own["paths"]["inside"])
            total["sums_of_three"] = self.modules[name].get("sums_of_three", 0)
            for child, count in self.modules[name]["children"].items():
                below, paths = self.of(child)
                for what, number in below.items():
                    total[what] += count * number
                longest = [max(pair) for pair in zip(longest, paths)]
            self.known[name] = (total, longest)
        return self.known[name]
