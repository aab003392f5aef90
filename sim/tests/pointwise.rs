//! The engine of element-wise arithmetic on its card: values against the field's arithmetic, hostile boards, memory
//! errors and resets in mid-job.

#[path = "core_bench/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod core_bench;

use core_bench::{Bench as Host, Queue};
use gristmill_conformance::field::Field;
use gristmill_hdl::config::CardConfig;
use gristmill_hdl::datapath::Fill;
use gristmill_protocol::{
    Completion, Descriptor, FieldId, Handle, MultiplySubtract, Operation, Status, register,
};
use gristmill_sim::axi::Store;
use gristmill_sim::card::BoardOptions;
use gristmill_sim::simulated::design;
use gristmill_sim::verilator::{ModelLibrary, Optimise, Options};
use num_bigint::BigUint;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::{Arc, OnceLock};

/// First byte of the region.
const DATA: u64 = 0x0020_0000;

fn library(card: &str, fill: Fill, optimise: Optimise) -> Arc<ModelLibrary> {
    let design = design(&CardConfig::load(card).unwrap().design(fill).unwrap());
    let options = Options {
        optimise,
        ..Options::default()
    };
    Arc::new(ModelLibrary::build(&design.with_options(options)).unwrap())
}

fn toy() -> Arc<ModelLibrary> {
    static BUILT: OnceLock<Arc<ModelLibrary>> = OnceLock::new();
    let build = || library("toy_prover", Fill::Record, Optimise::Build);
    BUILT.get_or_init(build).clone()
}

struct Bench {
    host: Host,
    queue: Queue,
    data: Handle,
    length: u64,
    field: Field,
    random: SmallRng,
}

impl Bench {
    /// A board with so many bytes of card memory, if that is less than the card believes.
    fn new(card: &str, library: &Arc<ModelLibrary>, options: BoardOptions, bytes: u64) -> Self {
        let config = CardConfig::load(card).unwrap();
        let name = &config.ntt.as_ref().unwrap().field;
        let id = FieldId::ALL.into_iter().find(|id| id.name() == name);
        let options = BoardOptions {
            memory_bytes: config.memory_bytes.min(bytes),
            ..options
        };
        let mut host = Host::on(library, &options);
        host.wake();
        let length = config.memory_bytes - DATA;
        let mut queue = Queue::open(&mut host, 0, 4, 0);
        let data = queue.region(&mut host, 1, 0, DATA, length, false);
        Self {
            host,
            queue,
            data,
            length,
            field: Field::of(id.unwrap()),
            random: SmallRng::seed_from_u64(3),
        }
    }

    fn element(&mut self) -> BigUint {
        let bytes: Vec<u8> = (0..40).map(|_| self.random.r#gen()).collect();
        BigUint::from_bytes_le(&bytes) % &self.field.modulus
    }

    /// Puts a, b and c in places with a block between them; the job.
    fn place(&mut self, [a, b, c]: [&[BigUint]; 3]) -> MultiplySubtract {
        let mut job = MultiplySubtract {
            data: self.data,
            length: a.len() as u32,
            ..MultiplySubtract::default()
        };
        let step = job.area_bytes(self.field.element_bytes) + 64;
        (job.c, job.a, job.b) = (64, 64 + step, 64 + 2 * step);
        for (offset, elements) in [(job.a, a), (job.b, b), (job.c, c)] {
            let mut bytes: Vec<u8> = elements.iter().flat_map(|e| self.field.encode(e)).collect();
            // what stands behind the elements is none
            bytes.resize(bytes.len().next_multiple_of(64), 0xff);
            let memory = self.host.board.card_memory();
            memory.write(DATA + offset, &bytes).unwrap();
        }
        job
    }

    fn words(&self, job: MultiplySubtract, tag: u32) -> [u64; 8] {
        let descriptor = Descriptor {
            tag,
            statistics: 0,
            interrupt: true,
            operation: Operation::MultiplySubtract(job),
        };
        descriptor.words()
    }

    fn run(&mut self, job: MultiplySubtract) -> Completion {
        let words = self.words(job, 9);
        self.queue.words(&mut self.host, words)
    }

    /// Runs a job that must succeed, and compares every result.
    fn check(&mut self, [a, b, c]: [&[BigUint]; 3]) -> Completion {
        let job = self.place([a, b, c]);
        let completion = self.run(job);
        let status = completion.named_status();
        assert_eq!(status, Some(Status::Success), "{:#x}", completion.detail);
        let bytes = self.field.element_bytes;
        let mut found = vec![0; a.len() * bytes];
        let memory = self.host.board.card_memory();
        memory.read(DATA + job.a, &mut found).unwrap();
        let p = &self.field.modulus;
        for (i, found) in found.chunks_exact(bytes).enumerate() {
            let wanted = (&a[i] * &b[i] + p - &c[i]) % p;
            assert_eq!(
                self.field.decode(found),
                Some(wanted),
                "element {i} of {}",
                a.len()
            );
        }
        completion
    }

    fn check_random(&mut self, length: usize) -> Completion {
        let mut vector = || (0..length).map(|_| self.element()).collect::<Vec<_>>();
        let [a, b, c] = [vector(), vector(), vector()];
        self.check([&a, &b, &c])
    }
}

fn on_toy(test: impl Fn(&mut Bench)) {
    for options in [BoardOptions::default(), BoardOptions::hostile(11)] {
        test(&mut Bench::new("toy_prover", &toy(), options, u64::MAX));
    }
}

/// Every product and, against every product with one, every difference.
#[test]
fn every_pair_of_the_toy_field() {
    let p = 257u32;
    let mut bench = Bench::new("toy_prover", &toy(), BoardOptions::default(), u64::MAX);
    let all = |f: fn(u32, u32) -> u32| -> Vec<BigUint> {
        let pairs = (0..p).flat_map(|x| (0..p).map(move |y| (x, y)));
        pairs.map(|(x, y)| f(x, y).into()).collect()
    };
    let (x, y) = (all(|x, _| x), all(|_, y| y));
    let (mixed, ones) = (all(|x, y| (5 * x + 3 * y) % 257), all(|_, _| 1));
    bench.check([&x, &y, &mixed]);
    bench.check([&x, &ones, &y]);
}

#[test]
fn all_lengths() {
    on_toy(|bench| {
        for length in (1..20).chain([126, 127, 128, 129, 255, 256, 257, 1000]) {
            bench.check_random(length);
        }
    });
}

/// Three cycles a beat, where memory keeps up.
#[test]
fn the_port_of_the_operands_never_rests() {
    let mut bench = Bench::new("toy_prover", &toy(), BoardOptions::default(), u64::MAX);
    let lanes = 2;
    for length in [4096, 40_000] {
        let completion = bench.check_random(length);
        let beats = (length / lanes) as u64;
        assert_eq!(completion.busy, beats);
        // a request for each run of 64 beats may cost a few
        let most = 3 * beats + beats / 4 + 200;
        assert!(completion.cycles >= 3 * beats, "{completion:?}");
        assert!(
            completion.cycles <= most,
            "{} > {most}: {completion:?}",
            completion.cycles
        );
    }
}

#[test]
fn memory_errors_in_mid_job() {
    let mut bench = Bench::new(
        "toy_prover",
        &toy(),
        BoardOptions::hostile(2),
        DATA + 0x4000,
    );
    let vectors: Vec<Vec<BigUint>> = (0..3)
        .map(|_| (0..300).map(|_| bench.element()).collect())
        .collect();
    let job = bench.place([&vectors[0], &vectors[1], &vectors[2]]);
    // behind 0x4000 bytes there is no memory, whatever the card believes
    let far = 0x4000 - 1024;
    for (change, place) in [
        (MultiplySubtract { c: far, ..job }, far),
        (MultiplySubtract { b: far, ..job }, far),
        (MultiplySubtract { a: 0x5000, ..job }, 0x5000),
    ] {
        let completion = bench.run(change);
        let status = completion.named_status();
        assert_eq!(status, Some(Status::CardMemoryError), "{change:?}");
        assert_eq!(completion.detail, DATA + place);
        bench.check_random(200);
    }
}

#[test]
fn a_reset_at_any_time_leaves_a_good_engine() {
    on_toy(|bench| {
        let vector: Vec<BigUint> = (0..600).map(|_| bench.element()).collect();
        for cycles in [0, 20, 33, 47, 60, 75, 130, 210, 300, 420, 600, 900] {
            if cycles > 0 {
                let job = bench.place([&vector, &vector, &vector]);
                for tag in 0..3 {
                    let words = bench.words(job, tag);
                    bench.queue.put(words);
                }
                bench.queue.ring(&mut bench.host);
                for _ in 0..cycles {
                    bench.host.step();
                }
            }
            bench.host.soft_reset();
            let status = bench.host.read(register::STATUS);
            assert_eq!(
                status,
                register::status_bits::READY,
                "after {cycles} cycles"
            );
            bench.queue = Queue::open(&mut bench.host, 0, 4, 0);
            let length = bench.length;
            bench.data = bench
                .queue
                .region(&mut bench.host, 1, 0, DATA, length, false);
            bench.check_random(130);
        }
    });
}

/// The scalar field of BN254 in the fill of `make prove`.
#[test]
fn random_elements_of_bn254() {
    let library = library("bn254_prover", Fill::Fast, Optimise::Speed);
    for options in [BoardOptions::default(), BoardOptions::hostile(4)] {
        let mut bench = Bench::new("bn254_prover", &library, options, 1 << 28);
        let most = &bench.field.modulus - 1u32;
        for length in [1, 2, 3, 127, 129, 700] {
            bench.check_random(length);
        }
        let corners = [BigUint::ZERO, 1u32.into(), most];
        let all: Vec<[BigUint; 3]> = (0..27)
            .map(|i| [i % 3, i / 3 % 3, i / 9].map(|k: usize| corners[k].clone()))
            .collect();
        let vectors: [Vec<BigUint>; 3] =
            std::array::from_fn(|k| all.iter().map(|e| e[k].clone()).collect());
        bench.check([&vectors[0], &vectors[1], &vectors[2]]);
    }
}
