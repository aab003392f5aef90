"""What the page shows: which modules of which designs, in which family.

UltraScale+ gets the fill of record (tiles of 26 x 17 bits), ECP5 the portable one (16 x 16), whose tile is its multiplier.
"""

from dataclasses import dataclass

ULTRASCALE, ECP5 = "ultrascale-plus", "ecp5"
# The designs by their folder below that of the run, in the order in which they are synthesised.
DESIGNS = {
    "cells": "cells",
    "bn254_prover": "record/bn254_prover",
    "ntt_baby_bear": "record/ntt_baby_bear",
    "ntt_goldilocks": "record/ntt_goldilocks",
    "bls12_381": "record/bls12_381",
    "ntt_koala_bear": "record/ntt_koala_bear",
    "ntt_baby_bear, 16x16": "portable/ntt_baby_bear",
    "ntt_bls12_381": "record/ntt_bls12_381",
    "ntt_goldilocks, 16x16": "portable/ntt_goldilocks",
}
FIELDS = {
    "baby_bear": "BabyBear",
    "koala_bear": "KoalaBear",
    "goldilocks": "Goldilocks",
    "bn254_fq": "BN254 Fq",
    "bn254_fr": "BN254 Fr",
    "bls12_381_fq": "BLS12-381 Fq",
    "bls12_381_fr": "BLS12-381 Fr",
}
CURVES = {"bn254": "BN254", "bls12_381": "BLS12-381"}
TRANSFORMS = ("baby_bear", "koala_bear", "goldilocks", "bn254_fr", "bls12_381_fr")


# On ECP5, whose largest device has 156 multipliers: the fields of which one fits several times, and one of 254 bits.
SMALL = ("baby_bear", "koala_bear", "goldilocks")
ON_ECP5 = (*SMALL, "bn254_fr")


@dataclass(frozen=True)
class Subject:
    """A row of the page."""

    # The heading under which it stands.
    part: str
    title: str
    design: str
    module: str
    family: str
    # Lower ones are synthesised first.
    rank: int


def leaf_cells():
    for family, fill in ((ULTRASCALE, ""), (ECP5, "_16x16")):
        fields = [field for field in FIELDS if family == ULTRASCALE or field in ON_ECP5]

        def cell(title, module, field):
            rank = 0 if family == ULTRASCALE and field in SMALL else 2 if field in SMALL else len(DESIGNS) + 2
            return Subject("Leaf cells", title, "cells", module, family, rank)

        for field in fields:
            yield cell(f"{FIELDS[field]} multiplier", f"{field}_multiplier{fill}", field)
        for field in fields:
            yield cell(f"{FIELDS[field]} adder", f"{field}_adder", field)
            yield cell(f"{FIELDS[field]} subtractor", f"{field}_subtractor", field)
        for field in fields:
            name = FIELDS[field]
            if field == "goldilocks":
                yield cell(f"{name} butterfly, shifts of order 64", f"{field}_shift_butterfly_6", field)
            elif field in TRANSFORMS and (family == ULTRASCALE or field in SMALL):
                yield cell(f"{name} butterfly", f"{field}_butterfly{fill}", field)
            if field in TRANSFORMS:
                yield cell(f"{name} butterfly without a factor", f"{field}_plain_butterfly", field)
        for curve, name in CURVES.items():
            if family == ULTRASCALE:
                yield cell(f"{name} a b, reduced, for the point adder", f"{curve}_sum_of_products_1", curve)
                yield cell(f"{name} a b + c d, reduced, for the point adder", f"{curve}_sum_of_products_2", curve)
                yield cell(f"{name} entry of points", f"{curve}_point_entry", curve)
                yield cell(f"{name} entry of scalars", f"{curve}_scalar_entry", curve)


def engines():
    msm = {"bn254_prover": "bn254", "bls12_381": "bls12_381"}
    for rank, design in enumerate(DESIGNS):
        if design == "cells":
            continue
        family = ECP5 if design.endswith("16x16") else ULTRASCALE
        top = design.split(",")[0]

        def part(title, module):
            return Subject("Engines", title, design, module, family, rank + 1 if rank > 1 else 1)

        if design in msm:
            curve = msm[design]
            yield part(f"{CURVES[curve]} complete adder", f"{curve}_complete_adder")
            yield part(f"{CURVES[curve]} MSM engine, one adder, 2^15 buckets", f"{top}_msm")
        if design != "bls12_381":
            field = top.removeprefix("ntt_")
            field = {"bn254_prover": "bn254_fr", "bls12_381": "bls12_381_fr"}.get(field, field)
            yield part(f"{FIELDS[field]} NTT pipeline, 2^14 a pass", f"{top}_pipeline")
            yield part(f"{FIELDS[field]} NTT engine", f"{top}_ntt")
        yield part(f"card core of `{top}`", f"{top}_core")
        yield part(f"card `{top}`, whole", top)


SUBJECTS = [*leaf_cells(), *engines()]
