//! A card on the reference card: what the driver does when all is well.

mod common;

use common::{Pairs, eventually, open, options, soon};
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{
    BasesSource, Card, CardError, Density, MsmBases, MsmRequest, MsmScalars, Plan,
};
use gristmill_protocol::{CurveId, EngineKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_card_says_what_it_is() {
    let (_, card) = open(CurveId::Bn254G1);
    assert_eq!(card.capabilities().queues, 4);
    assert_eq!(card.engines()[0].group, CurveId::Bn254G1 as u32);
    assert!(matches!(
        card.engine(EngineKind::Ntt),
        Err(CardError::NoEngine {
            kind: EngineKind::Ntt
        })
    ));
}

#[test]
fn an_unmodified_result_comes_back_whatever_the_path() {
    for curve in [CurveId::Toy, CurveId::Bn254G1, CurveId::Bls12381G1] {
        let (_, card) = open(curve);
        let pairs = Pairs::random(curve, 40, 1);
        let stride = pairs.stride();
        let bases = card.load_bases(pairs.points.clone(), stride, 40).unwrap();
        let mut zero_copy = card.alloc::<u8>(pairs.scalars.len()).unwrap();
        zero_copy
            .as_mut_slice()
            .unwrap()
            .copy_from_slice(&pairs.scalars);
        let zero_copy = zero_copy.as_dma();
        let mut points = card.alloc::<u8>(pairs.points.len()).unwrap();
        points
            .as_mut_slice()
            .unwrap()
            .copy_from_slice(&pairs.points);
        let points = points.as_dma();
        let resident = MsmBases::Resident {
            bases: &bases,
            first: 0,
        };
        let streamed = MsmBases::Streamed {
            points: &points,
            stride,
        };
        let bytes = MsmScalars::Bytes(&pairs.scalars);
        for (bases, scalars) in [
            (resident, bytes),
            (resident, MsmScalars::Dma(&zero_copy)),
            (streamed, bytes),
        ] {
            let request = MsmRequest {
                scalars,
                ..pairs.request(bases)
            };
            let result = card.msm(&request).unwrap();
            pairs.assert_sum(&result, 0..40);
            assert!(result.completion.cycles > 0 && result.statistics.passes > 0);
        }
    }
}

#[test]
fn a_part_of_the_bases_is_enough() {
    let (_, card) = open(CurveId::Bn254G1);
    let pairs = Pairs::random(CurveId::Bn254G1, 20, 2);
    let bases = card
        .load_bases(pairs.points.clone(), pairs.stride(), 20)
        .unwrap();
    let request = MsmRequest {
        count: 8,
        scalars: MsmScalars::Bytes(&pairs.scalars[5 * 32..]),
        ..pairs.request(MsmBases::Resident {
            bases: &bases,
            first: 5,
        })
    };
    pairs.assert_sum(&card.msm(&request).unwrap(), 5..13);
    let beyond = MsmRequest {
        count: 16,
        ..request
    };
    assert!(matches!(card.msm(&beyond), Err(CardError::Argument { .. })));
}

#[test]
fn nothing_is_answered_without_the_card() {
    let (_, card) = open(CurveId::Toy);
    let pairs = Pairs::random(CurveId::Toy, 1, 3);
    let bases = card
        .load_bases(pairs.points.clone(), pairs.stride(), 1)
        .unwrap();
    let submitted = card.counters().submitted;
    let request = MsmRequest {
        count: 0,
        ..pairs.request(MsmBases::Resident {
            bases: &bases,
            first: 0,
        })
    };
    assert_eq!(card.msm(&request).unwrap().slots, []);
    assert_eq!(card.counters().submitted, submitted);
}

#[test]
fn all_plans_of_the_toy_agree() {
    let (_, card) = open(CurveId::Toy);
    let engine = *card.engine(EngineKind::Msm).unwrap();
    let pairs = Pairs::random(CurveId::Toy, 30, 4);
    let bases = card
        .load_bases(pairs.points.clone(), pairs.stride(), 30)
        .unwrap();
    let mut several_passes = 0;
    for window in engine.window_min..=engine.window_max {
        let plan = Plan::with_window(&engine, window, 30, Density::UNIFORM).unwrap();
        several_passes += u32::from(plan.passes > 1);
        let request = MsmRequest {
            plan: Some(plan),
            ..pairs.request(MsmBases::Resident {
                bases: &bases,
                first: 0,
            })
        };
        pairs.assert_sum(&card.msm(&request).unwrap(), 0..30);
    }
    assert!(several_passes > 1);
}

/// Points that count how often they are read from the start.
struct Counted {
    points: Vec<u8>,
    loads: AtomicU64,
}

impl BasesSource for Counted {
    fn bytes(&self) -> u64 {
        self.points.bytes()
    }
    fn read(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        self.loads
            .fetch_add(u64::from(offset == 0), Ordering::Relaxed);
        self.points.read(offset, into)
    }
}

#[test]
fn what_was_not_used_for_longest_makes_room_and_comes_back() {
    // 1 MiB of card memory, three objects of 384 KiB: two fit.
    let (_, card) = open(CurveId::Bn254G1);
    let pairs = Pairs::random(CurveId::Bn254G1, 8, 5);
    let mut points = pairs.points.clone();
    points.resize(384 << 10, 0);
    let sources: Vec<_> = (0..3)
        .map(|_| {
            Arc::new(Counted {
                points: points.clone(),
                loads: AtomicU64::new(0),
            })
        })
        .collect();
    let bases: Vec<_> = sources
        .iter()
        .map(|source| card.load_bases_from(source.clone(), 64, 6144, 0).unwrap())
        .collect();
    let run = |i: usize| {
        let request = pairs.request(MsmBases::Resident {
            bases: &bases[i],
            first: 0,
        });
        pairs.assert_sum(&card.msm(&request).unwrap(), 0..8);
    };
    [0, 1, 0, 2, 0, 1].into_iter().for_each(run);
    let loads = sources.map_loads();
    assert_eq!(loads, [1, 2, 1]);
    assert_eq!(card.counters().evictions, 2);

    // After a reset everything is loaded again, when it is used.
    card.recover().unwrap();
    run(0);
    assert_eq!(sources.map_loads(), [2, 2, 1]);

    drop(bases);
    let whole = card.load_bases(vec![0; 1 << 20], 64, 1 << 14).unwrap();
    assert_eq!(whole.count(), 1 << 14);
    let error = card.load_bases(vec![0; 2 << 20], 64, 1 << 15).err();
    assert_eq!(
        error,
        Some(CardError::OutOfMemory {
            wanted: 2 << 20,
            free: 1 << 20,
            largest: 1 << 20
        })
    );
}

trait MapLoads {
    fn map_loads(&self) -> Vec<u64>;
}

impl MapLoads for Vec<Arc<Counted>> {
    fn map_loads(&self) -> Vec<u64> {
        let loads = self
            .iter()
            .map(|source| source.loads.load(Ordering::Relaxed));
        loads.collect()
    }
}

#[test]
fn domains_have_their_own_queues_and_memory() {
    let reference = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let mut options = options();
    options.queue_domains = vec![0, 7];
    let card = Card::open(reference, options).unwrap();
    let pairs = Pairs::random(CurveId::Toy, 16, 6);
    let source = Arc::new(pairs.points.clone());
    for domain in [7, 0, 7] {
        let bases = card
            .load_bases_from(source.clone(), pairs.stride(), 16, domain)
            .unwrap();
        let request = pairs.request(MsmBases::Resident {
            bases: &bases,
            first: 0,
        });
        pairs.assert_sum(&card.msm(&request).unwrap(), 0..16);
    }
    let error = card.load_bases_from(source, pairs.stride(), 16, 3).err();
    assert_eq!(error, Some(CardError::NoDomain { domain: 3 }));
}

#[test]
fn many_threads_share_a_card() {
    let (_, card) = open(CurveId::Toy);
    let sets: Vec<_> = (0..4)
        .map(|i| Pairs::random(CurveId::Toy, 24, 10 + i))
        .collect();
    let bases: Vec<_> = sets
        .iter()
        .map(|pairs| {
            card.load_bases(pairs.points.clone(), pairs.stride(), 24)
                .unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (card, pairs, bases) = (&card, &sets[thread % 4], &bases[thread % 4]);
            scope.spawn(move || {
                for round in 0..25 {
                    let first = (thread + round) % 8;
                    let request = MsmRequest {
                        count: 16,
                        scalars: MsmScalars::Bytes(&pairs.scalars[first * 8..]),
                        ..pairs.request(MsmBases::Resident { bases, first })
                    };
                    pairs.assert_sum(&card.msm(&request).unwrap(), first..first + 16);
                    card.ping(0, soon()).unwrap().wait(soon()).unwrap();
                }
            });
        }
    });
    // Jobs are counted right after their tickets are settled.
    eventually(|| card.counters().submitted == card.counters().succeeded);
    assert_eq!(card.counters().failed, 0);
}
