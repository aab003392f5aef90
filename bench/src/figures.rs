//! The figures that the design promises.

use std::error::Error;

use gristmill_datapath::adder::complete_adder;
use gristmill_datapath::modular::modular_multiplier;
use gristmill_datapath::{Fill, curve, fields};

use crate::distribution::Distribution;
use crate::host;
use crate::points::{LinkKind, MemoryKind, MsmBench, Place, Run};
use crate::table::Bound::{self, AtLeast, AtMost};
use crate::table::Figure;

/// Uniform scalars: binary logarithm of the pairs, and the most cycles a pair.
const UNIFORM: [(u32, f64); 3] = [(12, 36.0), (14, 29.0), (16, 24.0)];
/// Least non-zero digits taken in a cycle of streaming.
const DIGITS: f64 = 0.97;
/// Scalars that make the buckets collide, which may cost a tenth more than uniform ones.
const COLLIDING: [Distribution; 4] = [
    Distribution::Equal,
    Distribution::Hot,
    Distribution::Runs,
    Distribution::OnePercentEqual,
];
/// Cheap scalars, and the most cycles as a fraction of those of uniform ones.
const CHEAP: [(Distribution, f64); 2] = [(Distribution::Bits, 0.08), (Distribution::Witness, 0.20)];

/// Figures, and the runs that they come from.
pub struct Measured {
    /// The figures.
    pub figures: Vec<Figure>,
    /// The card's runs.
    pub runs: Vec<Run>,
}

impl Measured {
    fn add(&mut self, name: impl Into<String>, value: f64, bound: Bound) {
        let name = name.into();
        self.figures.push(Figure { name, value, bound });
    }
}

/// Measures all figures.
///
/// # Errors
/// When a card cannot be simulated, or fails a job.
pub fn measure() -> Result<Measured, Box<dyn Error>> {
    let mut measured = Measured {
        figures: Vec::new(),
        runs: Vec::new(),
    };
    of_card(&mut measured)?;
    of_tiles(&mut measured);
    measured.add(
        format!(
            "wall time of `msm_bigint`, 2^16 uniform pairs, accelerated group without a card / stock arkworks, least of {} each",
            host::TRIALS
        ),
        host::overhead(1 << 16),
        AtMost(1.03),
    );
    measured.add(
        format!(
            "wall time that checking a sum of 2^16 uniform pairs takes on the host / the sum by stock arkworks, least of {} each",
            host::TRIALS
        ),
        host::check(1 << 16)?,
        AtMost(0.05),
    );
    Ok(measured)
}

fn of_card(measured: &mut Measured) -> Result<(), Box<dyn Error>> {
    let place = Place {
        card: "bn254".into(),
        link: LinkKind::Gen3,
        memory: MemoryKind::Flat,
    };
    let card = MsmBench::start(&place, 1 << 16)?;
    let mut uniform = Vec::new();
    for (log2, most) in UNIFORM {
        let run = card.run(1 << log2, Distribution::Uniform, None)?;
        measured.add(
            format!("cycles a pair, one adder, 2^{log2} uniform, descriptor to completion (scan, sweep, link)"),
            run.per_point(run.cycles()),
            AtMost(most),
        );
        uniform.push(run);
    }
    let [_, medium, large] = &uniform[..] else {
        unreachable!("there are three sizes");
    };
    for (log2, run) in [(14, medium), (16, large)] {
        measured.add(
            format!("non-zero digits taken a cycle of streaming, 2^{log2} uniform, resident bases"),
            run.digits_per_cycle(),
            AtLeast(DIGITS),
        );
    }
    for distribution in COLLIDING {
        let run = card.run(1 << 14, distribution, None)?;
        measured.add(
            format!("cycles, 2^14 {distribution} / 2^14 uniform"),
            run.cycles() / medium.cycles(),
            AtMost(1.1),
        );
        measured.runs.push(run);
    }
    for (distribution, most) in CHEAP {
        let run = card.run(1 << 16, distribution, None)?;
        measured.add(
            format!("cycles, 2^16 {distribution} / 2^16 uniform (scan, sweep, link)"),
            run.cycles() / large.cycles(),
            AtMost(most),
        );
        measured.runs.push(run);
    }
    measured.add(
        "bytes over the link a pair, both ways, results included, 2^16 uniform, resident bases",
        large.per_point(large.result.completion.link_bytes as f64),
        AtMost(33.0),
    );
    measured.add(
        "cycles of the whole card that the simulator runs a second of wall time, 2^16 uniform",
        large.simulated as f64 / large.wall.as_secs_f64(),
        AtLeast(200_000.0),
    );
    measured.runs.splice(0..0, uniform);
    Ok(())
}

fn of_tiles(measured: &mut Measured) {
    let multiplier = modular_multiplier(&fields::bn254_fq(), Fill::Record).tiles();
    let adder = complete_adder(&curve::bn254(), Fill::Record).tiles();
    measured.add(
        "DSP tiles of a multiplier of record, BN254 Fq",
        multiplier as f64,
        AtMost(190.0),
    );
    measured.add(
        "DSP tiles of the complete adder of record, BN254",
        adder as f64,
        AtMost(1650.0),
    );
}
