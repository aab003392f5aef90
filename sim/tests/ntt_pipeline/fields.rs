//! The fields of provers, against the transforms of arkworks and Plonky3.

use ark_ff::PrimeField;
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use gristmill_datapath::{Field, Fill, Form, fields, largest};
use gristmill_hdl::ntt::Parameters;
use gristmill_sim::verilator::Optimise;
use num_bigint::BigUint;
use num_traits::ToPrimitive;
use p3_dft::{Radix2Dit, TwoAdicSubgroupDft};
use p3_field::{PrimeField64, TwoAdicField};

use crate::bench::{Bench, Frame, MANY, NONE, Pass, check_text};

/// Elements that a run takes at least.
const RUN: usize = 1 << 9;

/// The inverse transform without 1/N is the forward one at the opposite places.
fn directed(mut outputs: Vec<BigUint>, inverse: bool) -> Vec<BigUint> {
    if inverse {
        outputs[1..].reverse();
    }
    outputs
}

fn arkworks<F: PrimeField>(elements: &[BigUint], inverse: bool) -> Vec<BigUint> {
    let elements: Vec<F> = elements.iter().map(|x| F::from(x.clone())).collect();
    let domain = Radix2EvaluationDomain::<F>::new(elements.len()).expect("a small domain");
    let outputs = domain.fft(&elements).into_iter();
    directed(outputs.map(|x| x.into_bigint().into()).collect(), inverse)
}

fn plonky3<F: PrimeField64 + TwoAdicField>(elements: &[BigUint], inverse: bool) -> Vec<BigUint> {
    let elements = elements
        .iter()
        .map(|x| F::from_u64(x.to_u64().expect("a small modulus")));
    let outputs = Radix2Dit::default().dft(elements.collect::<Vec<F>>());
    let outputs = outputs.into_iter().map(|x| x.as_canonical_u64().into());
    directed(outputs.collect(), inverse)
}

fn parameters(field: Field, pass_log2: usize, fill: Fill) -> Parameters {
    Parameters {
        lanes: 512 / field.word_bits(),
        field,
        pass_log2,
        table_log2: 7,
        fill,
    }
}

/// Frames of random and of extreme elements, of every size from 0 on.
fn check(parameters: Parameters, transform: fn(&[BigUint], bool) -> Vec<BigUint>) {
    let mut bench = Bench::new(parameters.clone(), Optimise::Build);
    let p = &parameters.field.modulus;
    let one = BigUint::from(1u32);
    let extremes = match parameters.field.form {
        // any word may come
        Form::Goldilocks => [largest(64), p.clone(), p - 1u32, p + 1u32],
        Form::Montgomery { .. } => [p - 1u32, BigUint::ZERO, one.clone(), p >> 1],
    };
    for size_log2 in 0..=parameters.pass_log2 {
        for (inverse, post) in [(false, false), (false, true), (true, false), (true, true)] {
            let pass = Pass {
                size_log2,
                inverse,
                post,
            };
            let mut frames: Vec<Frame> = Vec::new();
            while frames.len() < 3 || frames.len() << size_log2 < RUN {
                let number = frames.len();
                let mut frame = bench.random_frame(size_log2, number as u64 % 3);
                match number % 8 {
                    1 => frame.elements.fill(extremes[0].clone()),
                    3 => frame.elements.fill(extremes[number / 8 % 4].clone()),
                    5 => {
                        let corners = extremes.iter().cycle();
                        frame.elements = corners.take(frame.elements.len()).cloned().collect();
                    }
                    7 if parameters.field.form != Form::Goldilocks => {
                        let place = number / 8 % frame.elements.len();
                        frame.elements[place] = match number / 8 % 2 {
                            0 => p.clone(),
                            _ => largest(parameters.field.word_bits()),
                        };
                    }
                    _ => {}
                }
                frames.push(frame);
            }
            let pauses = if post == inverse { NONE } else { MANY };
            bench.run(pass, &frames, pauses, &transform);
        }
        bench.write_tables(size_log2 % 2);
    }
}

#[test]
fn bn254_fr() {
    let parameters = parameters(fields::bn254_fr(), 12, Fill::Fast);
    check(parameters, arkworks::<ark_bn254::Fr>);
}

#[test]
fn bls12_381_fr() {
    let parameters = parameters(fields::bls12_381_fr(), 8, Fill::Fast);
    check(parameters, arkworks::<ark_bls12_381::Fr>);
}

/// Three groups of shifts.
#[test]
fn goldilocks() {
    let parameters = parameters(fields::goldilocks(), 13, Fill::Fast);
    check(parameters, plonky3::<p3_goldilocks::Goldilocks>);
}

#[test]
fn goldilocks_of_record() {
    let parameters = parameters(fields::goldilocks(), 8, Fill::Record);
    check_text(&parameters);
    check(parameters, plonky3::<p3_goldilocks::Goldilocks>);
}

#[test]
fn baby_bear() {
    let parameters = parameters(fields::baby_bear(), 10, Fill::Fast);
    check(parameters, plonky3::<p3_baby_bear::BabyBear>);
}

#[test]
fn baby_bear_of_record() {
    let parameters = parameters(fields::baby_bear(), 7, Fill::Record);
    check_text(&parameters);
    check(parameters, plonky3::<p3_baby_bear::BabyBear>);
}

#[test]
fn koala_bear() {
    let parameters = parameters(fields::koala_bear(), 8, Fill::Fast);
    check(parameters, plonky3::<p3_koala_bear::KoalaBear>);
}

#[test]
#[ignore = "builds for minutes"]
fn bn254_fr_of_record() {
    let parameters = parameters(fields::bn254_fr(), 3, Fill::Record);
    check(parameters, arkworks::<ark_bn254::Fr>);
}

/// The text of pipelines of the sizes of cards.
#[test]
#[ignore = "a minute of lint"]
fn texts_are_clean() {
    for field in [
        fields::bn254_fr(),
        fields::bls12_381_fr(),
        fields::goldilocks(),
        fields::baby_bear(),
        fields::koala_bear(),
    ] {
        for fill in [Fill::Record, Fill::Portable] {
            check_text(&Parameters {
                table_log2: 12,
                ..parameters(field.clone(), 14, fill)
            });
        }
    }
}

/// What pipelines of the sizes of cards cost, and how fast they are simulated.
#[test]
#[ignore = "measures; run in release, alone"]
fn figures() {
    for (field, pass_log2) in [
        (fields::bn254_fr(), 14),
        (fields::bls12_381_fr(), 14),
        (fields::goldilocks(), 14),
        (fields::baby_bear(), 14),
    ] {
        let parameters = Parameters {
            table_log2: 12,
            ..parameters(field, pass_log2, Fill::Fast)
        };
        let name = parameters.field.name;
        let mut bench = Bench::new(parameters, Optimise::Speed);
        let summary = &bench.summary;
        println!("{name}: latency {:?}", summary.latency);
        println!("  {summary:?}");
        let pass = Pass {
            size_log2: pass_log2,
            inverse: false,
            post: false,
        };
        for _ in 0..3 {
            println!("  {:.0} cycles/s", bench.speed(pass, 1 << 18));
        }
    }
}
