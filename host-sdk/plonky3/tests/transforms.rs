//! Each transform of the trait, beside the stock one.

mod common;

use common::{builder, session};
use gristmill::{Error, Fallback, Operation, Place, Reason, Session};
use gristmill_conformance::{Mutation, ReferenceOptions};
use gristmill_plonky3::{AcceleratedDft, CardField};
use gristmill_protocol::FieldId;
use p3_baby_bear::BabyBear;
use p3_dft::{Radix2DitParallel, TwoAdicSubgroupDft};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;
use p3_koala_bear::KoalaBear;
use p3_matrix::Matrix;
use p3_matrix::bitrev::BitReversibleMatrix;
use p3_matrix::dense::RowMajorMatrix;
use rand::{RngCore, SeedableRng, rngs::StdRng};

fn random<F: CardField>(height: usize, width: usize) -> RowMajorMatrix<F> {
    let mut rng = StdRng::seed_from_u64((height * width) as u64);
    let values = (0..height * width).map(|_| F::from_u64(rng.next_u64()));
    RowMajorMatrix::new(values.collect(), width)
}

/// The values as they lie in memory: rows in bit-reversed order.
fn in_memory<F: CardField>(view: impl BitReversibleMatrix<F>) -> Vec<F> {
    view.bit_reverse_rows().to_row_major_matrix().values
}

fn transforms_agree<F: CardField>() {
    let (stock, card) = (
        Radix2DitParallel::<F>::default(),
        AcceleratedDft::<F>::default(),
    );
    let checked = builder(ReferenceOptions::ntt(F::FIELD)).check(true).build();
    for session in [session(F::FIELD), checked] {
        for (log2, width) in [(0, 1), (1, 3), (3, 5), (6, 16), (8, 33)] {
            let x = || random::<F>(1 << log2, width);
            let shift = F::GENERATOR;
            let scoped = session.scope(|| {
                assert_eq!(
                    in_memory(card.dft_batch(x())),
                    in_memory(stock.dft_batch(x()))
                );
                assert_eq!(
                    in_memory(card.coset_dft_batch(x(), shift)),
                    in_memory(stock.coset_dft_batch(x(), shift))
                );
                assert_eq!(card.idft_batch(x()), stock.idft_batch(x()));
                assert_eq!(
                    card.coset_idft_batch(x(), shift),
                    stock.coset_idft_batch(x(), shift)
                );
                for added in 0..3 {
                    assert_eq!(
                        in_memory(card.coset_lde_batch(x(), added, shift)),
                        in_memory(stock.coset_lde_batch(x(), added, shift))
                    );
                }
                // What the trait derives goes the same way.
                assert_eq!(card.dft(x().values[..1].to_vec()), x().values[..1]);
                let natural = card.lde_batch(x(), 1).to_row_major_matrix();
                assert_eq!(natural, stock.lde_batch(x(), 1).to_row_major_matrix());
            });
            let report = scoped.unwrap().report;
            let counts = [
                Operation::Fft,
                Operation::CosetFft,
                Operation::Ifft,
                Operation::CosetIfft,
                Operation::Extension,
            ]
            .map(|operation| report.on_card(operation));
            assert_eq!(counts, [2, 1, 1, 1, 4], "{report}");
            assert_eq!(report.events.len(), 9);
            assert!(
                report
                    .events
                    .iter()
                    .all(|event| event.group == F::FIELD.name())
            );
        }
    }
}

#[test]
fn transforms_of_baby_bear() {
    transforms_agree::<BabyBear>();
}

#[test]
fn transforms_of_koala_bear() {
    transforms_agree::<KoalaBear>();
}

#[test]
fn transforms_of_goldilocks() {
    transforms_agree::<Goldilocks>();
}

#[test]
fn goldilocks_words_above_the_modulus_are_residues() {
    let words = [
        u64::MAX,
        Goldilocks::ORDER_U64,
        Goldilocks::ORDER_U64 + 5,
        3,
    ];
    let x = || RowMajorMatrix::new(words.map(Goldilocks::new).to_vec(), 1);
    assert_eq!(Goldilocks::bytes(&x().values)[..8], [0xff; 8]);
    let session = builder(ReferenceOptions::ntt(FieldId::Goldilocks))
        .check(true)
        .build();
    let card = AcceleratedDft::<Goldilocks>::default();
    let scoped = session.scope(|| (in_memory(card.dft_batch(x())), card.idft_batch(x())));
    let (forward, inverse) = scoped.unwrap().value;
    let stock = Radix2DitParallel::default();
    assert_eq!(forward, in_memory(stock.dft_batch(x())));
    assert_eq!(inverse, stock.idft_batch(x()));
    for bytes in Goldilocks::bytes(&[forward, inverse.values].concat())
        .as_chunks::<8>()
        .0
    {
        assert!(u64::from_le_bytes(*bytes) < Goldilocks::ORDER_U64);
    }
}

#[test]
fn a_wrong_transform_is_found_out() {
    // The driver transforms in place what is not extended, so that this card is wrong each time.
    let wrong = || builder(ReferenceOptions::ntt(FieldId::BabyBear).with(Mutation::NttInPlace));
    let (stock, card) = (
        Radix2DitParallel::default(),
        AcceleratedDft::<BabyBear>::default(),
    );
    let x = || random::<BabyBear>(16, 7);
    let found = |session: &Session| {
        session.scope(|| {
            (
                in_memory(card.dft_batch(x())),
                card.coset_idft_batch(x(), BabyBear::TWO),
            )
        })
    };
    let right = (
        in_memory(stock.dft_batch(x())),
        stock.coset_idft_batch(x(), BabyBear::TWO),
    );
    let unchecked = found(&wrong().build()).unwrap().value;
    assert!(unchecked.0 != right.0 && unchecked.1 != right.1);
    assert!(matches!(
        found(&wrong().check(true).build()),
        Err(Error::CheckFailed)
    ));
    let cpu = wrong().check(true).fallback(Fallback::Cpu).build();
    let scoped = found(&cpu).unwrap();
    assert!(scoped.value == right);
    assert_eq!(scoped.report.on_cpu(Operation::Fft), 1);

    // An extension whose values are exchanged.
    let wrong = ReferenceOptions::ntt(FieldId::BabyBear).with(Mutation::NttExtension);
    let never = builder(wrong).check(true).build();
    let failed = never.scope(|| in_memory(card.coset_lde_batch(x(), 1, BabyBear::GENERATOR)));
    assert!(matches!(failed, Err(Error::CheckFailed)));
}

#[test]
fn what_the_card_does_not_do_the_inner_transform_does() {
    let (stock, card) = (
        Radix2DitParallel::default(),
        AcceleratedDft::<BabyBear>::default(),
    );
    let koala = session(FieldId::KoalaBear);
    let none = Session::builder().build();
    let small = builder(ReferenceOptions::ntt(FieldId::BabyBear))
        .fallback(Fallback::Cpu)
        .threshold(1 << 10)
        .build();
    let is_expected = |reason: &Reason, number| match number {
        0 => matches!(reason, Reason::Unsupported),
        1 => matches!(reason, Reason::Failed(Error::NoCard)),
        _ => matches!(reason, Reason::TooSmall),
    };
    for (number, session) in [koala, none, small].iter().enumerate() {
        let x = || random::<BabyBear>(16, 3);
        let scoped = session.scope(|| in_memory(card.lde_batch(x(), 1))).unwrap();
        assert_eq!(scoped.value, in_memory(stock.lde_batch(x(), 1)));
        let event = &scoped.report.events[0];
        assert_eq!((event.operation, event.length), (Operation::Extension, 96));
        assert!(matches!(&event.place, Place::Cpu(reason) if is_expected(reason, number)));
    }
}
