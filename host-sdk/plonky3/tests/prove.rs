//! Proofs of two AIRs with the transforms on the card, in plain Rust and as Verilog: the same bytes as the stock prover's.

mod common;

use common::{session, simulated};
use gristmill::Operation;
use gristmill_plonky3::{AcceleratedDft, CardField};
use gristmill_protocol::FieldId;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_baby_bear::BabyBear;
use p3_challenger::{HashChallenger, SerializingChallenger32, SerializingChallenger64};
use p3_commit::ExtensionMmcs;
use p3_dft::{Radix2DitParallel, TwoAdicSubgroupDft};
use p3_field::PrimeCharacteristicRing;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_goldilocks::Goldilocks;
use p3_keccak::Keccak256Hash;
use p3_keccak_air::{KeccakAir, generate_trace_rows};
use p3_koala_bear::KoalaBear;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, SerializingHasher};
use p3_uni_stark::{StarkConfig, prove, verify};

/// Two columns: the rows are neighbours in a Fibonacci sequence.
struct Fibonacci;

impl<F> BaseAir<F> for Fibonacci {
    fn width(&self) -> usize {
        2
    }
    fn num_public_values(&self) -> usize {
        3
    }
}

impl<AB: AirBuilder> Air<AB> for Fibonacci {
    fn eval(&self, builder: &mut AB) {
        let main = builder.main();
        let public = builder.public_values();
        let (first, second, last) = (public[0], public[1], public[2]);
        let (row, next) = (main.current_slice(), main.next_slice());
        let (a, b, next_a, next_b) = (row[0], row[1], next[0], next[1]);
        builder.when_first_row().assert_eq(a, first);
        builder.when_first_row().assert_eq(b, second);
        builder.when_transition().assert_eq(b, next_a);
        builder.when_transition().assert_eq(a + b, next_b);
        builder.when_last_row().assert_eq(b, last);
    }
}

fn fibonacci<F: CardField>(height: usize) -> (RowMajorMatrix<F>, Vec<F>) {
    let (mut a, mut b) = (F::ZERO, F::ONE);
    let mut values = Vec::new();
    for _ in 0..height {
        values.extend([a, b]);
        (a, b) = (b, a + b);
    }
    let public = vec![F::ZERO, F::ONE, values[2 * height - 1]];
    (RowMajorMatrix::new(values, 2), public)
}

type FieldHash = SerializingHasher<Keccak256Hash>;
type Compress = CompressionFunctionFromHasher<Keccak256Hash, 2, 32>;
type Tree<F> = MerkleTreeMmcs<F, u8, FieldHash, Compress, 2, 32>;
type ChallengeTree<F> = ExtensionMmcs<F, <F as CardField>::Extension, Tree<F>>;
type Bytes = HashChallenger<u8, Keccak256Hash, 32>;
type Config<F, Dft, Challenger> = StarkConfig<
    TwoAdicFriPcs<F, Dft, Tree<F>, ChallengeTree<F>>,
    <F as CardField>::Extension,
    Challenger,
>;

macro_rules! proofs_agree {
    ($field:ty, $challenger:ident, $air:expr, $trace:expr, $public:expr) => {{
        type Challenger = $challenger<$field, Bytes>;
        fn config<Dft: TwoAdicSubgroupDft<$field>>(dft: Dft) -> Config<$field, Dft, Challenger> {
            let tree = Tree::<$field>::new(
                FieldHash::new(Keccak256Hash {}),
                Compress::new(Keccak256Hash {}),
                0,
            );
            let parameters = FriParameters {
                log_blowup: 1,
                log_final_poly_len: 0,
                max_log_arity: 1,
                num_queries: 10,
                batch_proof_of_work_bits: 0,
                commit_proof_of_work_bits: 0,
                query_proof_of_work_bits: 4,
                mmcs: ChallengeTree::<$field>::new(tree.clone()),
            };
            let challenger = Challenger::from_hasher(vec![], Keccak256Hash {});
            StarkConfig::new(TwoAdicFriPcs::new(dft, tree, parameters), challenger)
        }
        let (trace, public): (RowMajorMatrix<$field>, Vec<$field>) = ($trace, $public);
        let (height, width) = (trace.height(), trace.width());
        let stock = config(Radix2DitParallel::<$field>::default());
        let expected = prove(&stock, &$air, trace.clone(), &public).unwrap();
        let expected = serde_json::to_vec(&expected).unwrap();

        let card = config(AcceleratedDft::<$field>::default());
        let field = <$field as CardField>::FIELD;
        let reports = [session(field), simulated(field)].map(|session| {
            let scoped = session
                .scope(|| prove(&card, &$air, trace.clone(), &public).unwrap())
                .unwrap();
            assert!(serde_json::to_vec(&scoped.value).unwrap() == expected);
            verify(&card, &$air, &scoped.value, &public).unwrap();
            // Trace and quotient are extended on the card, and nothing is transformed elsewhere.
            let report = scoped.report;
            assert!(report.on_card(Operation::Extension) >= 2, "{report}");
            assert_eq!(report.on_cpu(Operation::Extension), 0);
            assert_eq!(report.events[0].length, 2 * height * width);
            report
        });

        let proof = serde_json::from_slice(&expected).unwrap();
        verify(&stock, &$air, &proof, &public).unwrap();
        let mut wrong = public.clone();
        if let Some(last) = wrong.last_mut() {
            *last += <$field>::ONE;
            assert!(verify(&stock, &$air, &proof, &wrong).is_err());
        }
        reports
    }};
}

#[test]
fn fibonacci_over_baby_bear() {
    let (trace, public) = fibonacci(1 << 9);
    proofs_agree!(BabyBear, SerializingChallenger32, Fibonacci, trace, public);
}

#[test]
fn fibonacci_over_koala_bear() {
    let (trace, public) = fibonacci(1 << 7);
    proofs_agree!(KoalaBear, SerializingChallenger32, Fibonacci, trace, public);
}

#[test]
fn fibonacci_over_goldilocks() {
    let (trace, public) = fibonacci(1 << 8);
    proofs_agree!(
        Goldilocks,
        SerializingChallenger64,
        Fibonacci,
        trace,
        public
    );
}

/// 2633 columns.
#[test]
fn keccak_over_baby_bear() {
    let inputs = (0..4u64)
        .map(|i| std::array::from_fn(|j| i << 32 | j as u64))
        .collect();
    let trace = generate_trace_rows::<BabyBear>(inputs, 0);
    assert_eq!((trace.height(), trace.width()), (128, 2633));
    let reports = proofs_agree!(
        BabyBear,
        SerializingChallenger32,
        KeccakAir {},
        trace,
        vec![]
    );
    for report in reports {
        assert!(report.usage.link_bytes > 3 * 128 * 2633 * 4);
    }
    assert_eq!(FieldId::BabyBear.element_bytes(), 4);
}
