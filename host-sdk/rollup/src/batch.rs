//! A batch of payments with its witness, and examples of it.

use ark_crypto_primitives::sponge::Absorb;
use ark_ff::PrimeField;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::ledger::{Account, Ledger, LedgerError, Payment};

/// What fixes the circuit: two batches of one shape have the same constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Payments in the batch.
    pub payments: usize,
    /// Levels of the Merkle tree; 2^depth accounts. At most [`crate::ledger::MAX_DEPTH`].
    pub depth: usize,
}

impl Default for Shape {
    /// Three payments in a tree of depth 16: the largest batch that a domain of 2^16 holds.
    fn default() -> Self {
        Self {
            payments: 3,
            depth: 16,
        }
    }
}

/// An account and its path to a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening<F> {
    /// Index of the leaf.
    pub index: u64,
    /// What stands there.
    pub account: Account<F>,
    /// Siblings from the leaf upwards.
    pub siblings: Vec<F>,
}

/// One payment with all that shows it to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer<F> {
    /// Units to the recipient.
    pub amount: u64,
    /// Units to the operator.
    pub fee: u64,
    /// The sender's nonce that the payment was made for.
    pub nonce: u32,
    /// Preimage of the sender's key.
    pub secret: F,
    /// The sender before the payment.
    pub sender: Opening<F>,
    /// The recipient after the sender was debited.
    pub recipient: Opening<F>,
}

/// The statement and its witness: [`crate::circuit`] makes constraints of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<F> {
    /// Public: digest of the accounts before.
    pub old_root: F,
    /// Public: digest of the accounts after.
    pub new_root: F,
    /// Public: the chain c <- hash(c, packed payment) over all payments, from c = the operator's index.
    pub commitment: F,
    /// The payments, in order.
    pub transfers: Vec<Transfer<F>>,
    /// The account that gets the fees, after the last payment.
    pub operator: Opening<F>,
}

impl<F: PrimeField + Absorb> Batch<F> {
    /// A batch of random payments between the accounts of a random ledger, the same for the same seed.
    ///
    /// # Errors
    /// None for a depth from 1 to [`crate::ledger::MAX_DEPTH`].
    pub fn example(shape: Shape, seed: u64) -> Result<Self, LedgerError> {
        let mut rng = StdRng::seed_from_u64(seed);
        let leaves = 1u64 << shape.depth;
        let mut ledger = Ledger::new(shape.depth);
        let mut indices: Vec<u64> = (0..2 * shape.payments + 2)
            .map(|_| rng.gen_range(0..leaves))
            .collect();
        indices.sort_unstable();
        indices.dedup();
        let secrets: Vec<F> = indices.iter().map(|_| F::rand(&mut rng)).collect();
        for (index, secret) in indices.iter().zip(&secrets) {
            ledger.open(*index, *secret, rng.gen_range(1 << 32..1 << 48))?;
        }
        let mut nonces = vec![0; indices.len()];
        let payments: Vec<Payment<F>> = (0..shape.payments)
            .map(|_| {
                let from = rng.gen_range(0..indices.len());
                nonces[from] += 1;
                Payment {
                    from: indices[from],
                    to: indices[rng.gen_range(0..indices.len())],
                    amount: rng.gen_range(1..1 << 24),
                    fee: rng.gen_range(1..1 << 8),
                    nonce: nonces[from] - 1,
                    secret: secrets[from],
                }
            })
            .collect();
        let operator = indices[rng.gen_range(0..indices.len())];
        ledger.apply(&payments, operator)
    }

    /// The public inputs, in the order of the circuit: old root, new root, commitment.
    pub fn public_inputs(&self) -> [F; 3] {
        [self.old_root, self.new_root, self.commitment]
    }
}
