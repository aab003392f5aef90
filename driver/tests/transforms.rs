//! Number-theoretic transforms through the driver, on the reference card.

mod common;

use common::{PATIENCE, eventually, options, soon};
use gristmill_conformance::field::Field;
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{
    Card, CardError, JobError, NttDirection, NttInput, NttOrder, NttRequest, NttShape,
};
use gristmill_protocol::{CurveId, FieldId, Status};
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;

fn open(field: FieldId) -> (Arc<ReferenceCard>, Arc<Card>) {
    let reference = ReferenceCard::new(ReferenceOptions::ntt(field)).unwrap();
    let card = Card::open(reference.clone(), options()).unwrap();
    (reference, card)
}

/// Transforms, as numbers and as bytes.
struct Batch {
    field: Field,
    shape: NttShape,
    values: Vec<Vec<BigUint>>,
}

impl Batch {
    fn random(id: FieldId, size_log2: u32, batch: usize, columns: bool) -> Self {
        let mut random = StdRng::seed_from_u64(u64::from(size_log2) << 32 | batch as u64);
        let field = Field::of(id);
        let mut transform = || {
            (0..1 << size_log2)
                .map(|_| random.gen_biguint_below(&field.modulus))
                .collect()
        };
        Self {
            values: (0..batch).map(|_| transform()).collect(),
            field,
            shape: NttShape {
                field: id,
                size_log2,
                extension_log2: None,
                batch,
                columns,
            },
        }
    }

    /// Tightly packed, natural order or reversed.
    fn bytes(&self, values: &[Vec<BigUint>], order: NttOrder) -> Vec<u8> {
        let length = values.first().map_or(0, Vec::len);
        let bits = length.trailing_zeros();
        let place = |at: usize| match order {
            NttOrder::BitReversed if bits > 0 => at.reverse_bits() >> (usize::BITS - bits),
            _ => at,
        };
        let mut bytes = Vec::new();
        match self.shape.columns {
            true => (0..length).for_each(|row| {
                values
                    .iter()
                    .for_each(|x| bytes.extend(self.field.encode(&x[place(row)])));
            }),
            false => values.iter().for_each(|x| {
                (0..length).for_each(|at| bytes.extend(self.field.encode(&x[place(at)])));
            }),
        }
        bytes
    }

    fn expected(&self, direction: NttDirection, shift: &BigUint) -> Vec<Vec<BigUint>> {
        let one = BigUint::from(1u32);
        let transform = |x: &Vec<BigUint>| match self.shape.extension_log2 {
            Some(extension) => {
                let mut coefficients = self.field.transform(x, true, &one);
                coefficients.resize(x.len() << extension, BigUint::ZERO);
                self.field.transform(&coefficients, false, shift)
            }
            None => self
                .field
                .transform(x, direction == NttDirection::Inverse, shift),
        };
        self.values.iter().map(transform).collect()
    }
}

fn request<'a>(batch: &Batch, input: &'a [u8]) -> NttRequest<'a> {
    NttRequest {
        shape: batch.shape,
        direction: NttDirection::Forward,
        input_order: NttOrder::Natural,
        output_order: NttOrder::Natural,
        offset: None,
        input: NttInput::Bytes(input),
        patience: PATIENCE,
    }
}

#[test]
fn every_field_and_mode_comes_back_as_the_definition_says() {
    let (natural, reversed) = (NttOrder::Natural, NttOrder::BitReversed);
    for id in FieldId::ALL {
        let (_, card) = open(id);
        let shift = BigUint::from(5u32);
        for (size_log2, batch, columns) in [
            (0, 1, false),
            (3, 3, false),
            (3, 5, true),
            (7, 2, false),
            (7, 19, true),
        ] {
            for direction in [NttDirection::Forward, NttDirection::Inverse] {
                for (input_order, output_order, coset) in [
                    (natural, natural, false),
                    (reversed, natural, true),
                    (natural, reversed, true),
                ] {
                    let batch = Batch::random(id, size_log2, batch, columns);
                    let input = batch.bytes(&batch.values, input_order);
                    let one = BigUint::from(1u32);
                    let shift = if coset { &shift } else { &one };
                    let offset = batch.field.encode(shift);
                    let request = NttRequest {
                        direction,
                        input_order,
                        output_order,
                        offset: coset.then_some(&offset),
                        ..request(&batch, &input)
                    };
                    let mut output = vec![0; input.len()];
                    let usage = card.ntt(&request, &mut output).unwrap();
                    let expected = batch.expected(direction, shift);
                    assert_eq!(
                        output,
                        batch.bytes(&expected, output_order),
                        "{:?}",
                        batch.shape
                    );
                    assert_eq!(usage.jobs.len(), 1);
                    assert!(usage.jobs[0].0.cycles > 0 && usage.jobs[0].1.passes[0].beats > 0);
                    assert!(usage.copied_bytes >= 2 * input.len() as u64);
                }
            }
        }
    }
}

#[test]
fn an_extension_is_one_job() {
    for (id, columns) in [(FieldId::BabyBear, true), (FieldId::Bn254Fr, false)] {
        let (_, card) = open(id);
        let mut batch = Batch::random(id, 5, 6, columns);
        batch.shape.extension_log2 = Some(2);
        let input = batch.bytes(&batch.values, NttOrder::Natural);
        let shift = BigUint::from(31u32);
        let offset = batch.field.encode(&shift);
        let request = NttRequest {
            output_order: NttOrder::BitReversed,
            offset: Some(&offset),
            ..request(&batch, &input)
        };
        let mut output = vec![0; 4 * input.len()];
        let usage = card.ntt(&request, &mut output).unwrap();
        let expected = batch.expected(NttDirection::Forward, &shift);
        assert_eq!(output, batch.bytes(&expected, NttOrder::BitReversed));
        assert_eq!(usage.jobs.len(), 1);
        let inverse = NttRequest {
            direction: NttDirection::Inverse,
            ..request
        };
        let refused = card.ntt(&inverse, &mut output);
        assert!(matches!(refused, Err(CardError::Argument { .. })));
    }
}

#[test]
fn a_batch_that_does_not_fit_is_cut_into_jobs() {
    for columns in [false, true] {
        let (_, card) = open(FieldId::Bn254Fr);
        let batch = Batch::random(FieldId::Bn254Fr, 10, 21, columns);
        let plan = card.ntt_plan(&batch.shape).unwrap();
        assert!(plan.jobs > 2, "{plan:?}");
        let input = batch.bytes(&batch.values, NttOrder::Natural);
        let mut output = vec![0; input.len()];
        let usage = card.ntt(&request(&batch, &input), &mut output).unwrap();
        assert_eq!(usage.jobs.len(), plan.jobs);
        let expected = batch.expected(NttDirection::Forward, &BigUint::from(1u32));
        assert_eq!(output, batch.bytes(&expected, NttOrder::Natural));
        let refused = card.submit_ntt(&request(&batch, &input));
        assert!(matches!(refused, Err(CardError::Argument { .. })));
    }
}

#[test]
fn tables_are_loaded_once() {
    let (_, card) = open(FieldId::Goldilocks);
    let batch = Batch::random(FieldId::Goldilocks, 6, 2, false);
    let input = batch.bytes(&batch.values, NttOrder::Natural);
    let mut output = vec![0; input.len()];
    for _ in 0..5 {
        card.ntt(&request(&batch, &input), &mut output).unwrap();
    }
    assert_eq!(card.counters().loads, 1);
    // More sets than the card has regions for: the ones not used for longest leave, and return.
    let expected = |shift: u32| batch.expected(NttDirection::Forward, &shift.into());
    for shift in (2..30u32).chain(2..4) {
        let offset = batch.field.encode(&shift.into());
        let request = NttRequest {
            offset: Some(&offset),
            ..request(&batch, &input)
        };
        card.ntt(&request, &mut output).unwrap();
        assert_eq!(output, batch.bytes(&expected(shift), NttOrder::Natural));
    }
    let counters = card.counters();
    assert_eq!(counters.loads, 1 + 28 + 2);
    assert!(counters.evictions > 0);
    // After a reset they are loaded again.
    card.recover().unwrap();
    card.ntt(&request(&batch, &input), &mut output).unwrap();
    assert_eq!(output, batch.bytes(&expected(1), NttOrder::Natural));
}

#[test]
fn a_ticket_is_a_future_and_takes_dma_memory() {
    let (_, card) = open(FieldId::KoalaBear);
    let batch = Batch::random(FieldId::KoalaBear, 4, 16, true);
    let input = batch.bytes(&batch.values, NttOrder::Natural);
    let mut dma = card.alloc::<u8>(input.len()).unwrap();
    dma.as_mut_slice().unwrap().copy_from_slice(&input);
    let dma = dma.as_dma();
    let request = NttRequest {
        input: NttInput::Dma(&dma),
        ..request(&batch, &[])
    };
    let ticket = card.submit_ntt(&request).unwrap();
    let result = block_on(ticket).unwrap();
    let mut output = vec![0; input.len()];
    result.read(&mut output).unwrap();
    let expected = batch.expected(NttDirection::Forward, &BigUint::from(1u32));
    assert_eq!(output, batch.bytes(&expected, NttOrder::Natural));
    assert_eq!(dma.as_bytes(), input);
    assert!(matches!(
        result.read(&mut output[1..]),
        Err(CardError::Argument { .. })
    ));
    // Rows of 60 bytes have no blocks of their own.
    let odd = Batch::random(FieldId::KoalaBear, 4, 15, true);
    let request = NttRequest {
        shape: odd.shape,
        ..request
    };
    assert!(matches!(
        card.submit_ntt(&request),
        Err(CardError::Argument { .. })
    ));
}

/// Polls on this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park_timeout(PATIENCE),
        }
    }
}

#[test]
fn what_is_wrong_has_a_type() {
    let (_, card) = open(FieldId::BabyBear);
    let batch = Batch::random(FieldId::BabyBear, 3, 2, false);
    let mut input = batch.bytes(&batch.values, NttOrder::Natural);
    let mut output = vec![0; input.len()];
    let good = request(&batch, &input);
    let zero = [0; 4];
    for wrong in [
        NttRequest {
            input: NttInput::Bytes(&input[1..]),
            ..good
        },
        NttRequest {
            offset: Some(&zero),
            ..good
        },
        NttRequest {
            offset: Some(&[0xff; 4]),
            ..good
        },
    ] {
        let refused = card.ntt(&wrong, &mut output);
        assert!(
            matches!(refused, Err(CardError::Argument { .. })),
            "{refused:?}"
        );
    }
    let refused = card.ntt(&good, &mut output[1..]);
    assert!(matches!(refused, Err(CardError::Argument { .. })));
    for shape in [
        NttShape {
            field: FieldId::KoalaBear,
            ..batch.shape
        },
        NttShape {
            size_log2: 13,
            batch: 0,
            ..batch.shape
        },
    ] {
        let request = NttRequest { shape, ..good };
        match shape.batch {
            0 => assert_eq!(card.ntt(&request, &mut []).unwrap().jobs.len(), 0),
            _ => assert!(matches!(
                card.ntt(&request, &mut output),
                Err(CardError::NoTransform { .. })
            )),
        }
    }
    input[20..24].fill(0xff);
    let error = card.ntt(&request(&batch, &input), &mut output).unwrap_err();
    let CardError::Job(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.status(), Some(Status::NonCanonicalElement));
    assert!(matches!(error, JobError::Refused { detail: 5, .. }));

    let msm = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let msm = Card::open(msm, options()).unwrap();
    let refused = msm.ntt_plan(&batch.shape);
    assert!(matches!(refused, Err(CardError::NoEngine { .. })));
}

#[test]
fn a_reset_between_two_steps_ends_the_transforms() {
    let (reference, card) = open(FieldId::Toy);
    let batch = Batch::random(FieldId::Toy, 3, 2, false);
    let input = batch.bytes(&batch.values, NttOrder::Natural);
    let ticket = card.submit_ntt(&request(&batch, &input)).unwrap();
    // The copy to the card is done, nobody has asked for the next step yet.
    let done = card.counters().submitted;
    eventually(|| card.counters().succeeded == done);
    card.recover().unwrap();
    let failed = ticket.wait(soon());
    assert!(matches!(failed, Err(CardError::Job(JobError::Aborted))));

    let ticket = card.submit_ntt(&request(&batch, &input)).unwrap();
    reference.inject(|faults| faults.hang_engine = true);
    let failed = ticket.wait(soon());
    assert!(matches!(failed, Err(CardError::Job(JobError::Lost(_)))));
    reference.inject(|faults| faults.hang_engine = false);
    card.recover().unwrap();
    let mut output = vec![0; input.len()];
    card.ntt(&request(&batch, &input), &mut output).unwrap();
    let expected = batch.expected(NttDirection::Forward, &BigUint::from(1u32));
    assert_eq!(output, batch.bytes(&expected, NttOrder::Natural));
}
