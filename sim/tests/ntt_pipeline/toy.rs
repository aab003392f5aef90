//! The field of 257 elements: every size, both directions, every kind of factor.

use gristmill_datapath::{Field, Fill, fields};
use gristmill_hdl::ntt::{Parameters, kind};
use gristmill_sim::verilator::Optimise;
use num_bigint::BigUint;
use num_traits::ToPrimitive;

use crate::bench::{Bench, Frame, MANY, NONE, Pass, check_text, verilog};

const PASS_LOG2: usize = 4;

fn parameters(lanes: usize) -> Parameters {
    Parameters {
        field: fields::toy_ntt(),
        lanes,
        pass_log2: PASS_LOG2,
        table_log2: 4,
        fill: Fill::Record,
    }
}

/// The definition: Σ_j x_j w^(jk).
pub fn naive(field: &Field, elements: &[BigUint], inverse: bool) -> Vec<BigUint> {
    let p = field.modulus.to_u64().expect("a toy modulus");
    let size_log2 = elements.len().trailing_zeros() as usize;
    let root = field.root(size_log2, inverse);
    let output = |k: usize| {
        let terms = elements.iter().enumerate().map(|(j, element)| {
            let power = root.modpow(&(j * k).into(), &field.modulus);
            (power * element)
                .to_u64()
                .expect("a product of toy residues")
                % p
        });
        BigUint::from(terms.sum::<u64>() % p)
    };
    (0..elements.len()).map(output).collect()
}

fn passes() -> impl Iterator<Item = Pass> {
    (0..=PASS_LOG2).flat_map(|size_log2| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(inverse, post)| Pass {
            size_log2,
            inverse,
            post,
        })
    })
}

fn every_pass(lanes: usize) {
    let mut bench = Bench::new(parameters(lanes), Optimise::Build);
    let field = fields::toy_ntt();
    let transform = |elements: &[BigUint], inverse| naive(&field, elements, inverse);
    for pass in passes() {
        // every scaled unit vector: by linearity all that the transform does
        let count = (1 << pass.size_log2).max(lanes);
        let mut frames = Vec::new();
        for place in 0..count {
            for scale in 1u32..257 {
                let mut elements = vec![BigUint::ZERO; count];
                elements[place] = scale.into();
                frames.push(Frame {
                    elements,
                    ..Frame::default()
                });
            }
        }
        bench.run(pass, &frames, NONE, &transform);
        for pauses in [NONE, MANY] {
            let mut frames = Vec::new();
            for number in 0..60 {
                let kinds = [kind::NONE, kind::POWER, kind::TWIDDLE];
                let mut frame = bench.random_frame(pass.size_log2, kinds[number % 3]);
                if number % 7 == 6 {
                    // a word that is none of the field's disturbs no other frame
                    frame.elements[number % count] = (257 + number).into();
                }
                frames.push(frame);
            }
            frames.push(Frame {
                missing: number_of_beats(pass, lanes) / 2,
                ..bench.random_frame(pass.size_log2, kind::POWER)
            });
            bench.run(pass, &frames, pauses, &transform);
        }
        bench.write_tables(pass.size_log2 % 2);
    }
}

fn number_of_beats(pass: Pass, lanes: usize) -> usize {
    parameters(lanes).beats(pass.size_log2)
}

/// What the bench does with a pipeline whose text was changed.
fn with_fault(from: &str, to: &str) {
    let text = verilog(&parameters(2));
    assert!(text.contains(from), "the text has no {from}");
    let mut bench = Bench::of_text(parameters(2), text.replace(from, to), Optimise::Build);
    let field = fields::toy_ntt();
    let transform = |elements: &[BigUint], inverse| naive(&field, elements, inverse);
    for pass in passes() {
        let frames: Vec<Frame> = (0..20)
            .map(|number| bench.random_frame(pass.size_log2, number % 3))
            .collect();
        bench.run(pass, &frames, MANY, &transform);
    }
}

#[test]
#[should_panic(expected = "beat")]
fn a_wrong_twiddle_factor_is_found() {
    let field = fields::toy_ntt();
    let factor = field.to_memory(&field.root(PASS_LOG2, false));
    with_fault(
        &format!("words[1] = 64'h{factor:x};"),
        &format!("words[1] = 64'h{:x};", factor + 1u32),
    );
}

#[test]
#[should_panic(expected = "beat")]
fn a_wrong_switch_is_found() {
    with_fault("crossed ? high1 : low1", "crossed ? low1 : high1");
}

#[test]
#[should_panic(expected = "cycle")]
fn a_lost_beat_is_found() {
    with_fault("valid2 <= advance1 && valid1", "valid2 <= valid1");
}

#[test]
fn every_pass_of_two_lanes() {
    every_pass(2);
}

#[test]
fn every_pass_of_four_lanes() {
    every_pass(4);
}

#[test]
fn text_is_clean() {
    for lanes in [2, 4] {
        check_text(&parameters(lanes));
    }
}
