//! The constraints of a batch.
//!
//! Public inputs: old root, new root, commitment to the payments. For each payment, in order:
//! * the sender's account is in the tree (under the root that the step before left);
//! * the payment's secret hashes to the account's key, its nonce is the account's nonce;
//! * balance - amount - fee and nonce + 1 are in range, and the account with them gives the next root;
//! * the recipient's account exists and is in that tree; its balance + amount is in range, and gives the next root.
//!
//! Then the operator is credited with all fees in the same way, the root is the new root, and the chain of
//! hashes over the payments is the commitment. Every number is checked against its range where it
//! enters, so that no packed field element has two readings and no sum wraps.

use ark_crypto_primitives::sponge::{
    Absorb,
    constraints::CryptographicSpongeVar,
    poseidon::{PoseidonConfig, constraints::PoseidonSpongeVar},
};
use ark_ff::{BigInteger, PrimeField};
use ark_r1cs_std::{
    GR1CSVar, alloc::AllocVar, boolean::Boolean, eq::EqGadget, fields::FieldVar, fields::fp::FpVar,
    select::CondSelectGadget,
};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};

use crate::{
    batch::{Batch, Opening, Transfer},
    ledger::{BALANCE_BITS, NONCE_BITS},
    poseidon::parameters,
};

impl<F: PrimeField + Absorb> ConstraintSynthesizer<F> for Batch<F> {
    fn generate_constraints(self, cs: ConstraintSystemRef<F>) -> Result<(), SynthesisError> {
        let old_root = FpVar::new_input(cs.clone(), || Ok(self.old_root))?;
        let new_root = FpVar::new_input(cs.clone(), || Ok(self.new_root))?;
        let commitment = FpVar::new_input(cs.clone(), || Ok(self.commitment))?;
        let statement = Statement {
            cs,
            parameters: parameters(),
        };
        let mut root = old_root;
        let mut fees = FpVar::zero();
        let mut packed = Vec::with_capacity(self.transfers.len());
        for transfer in &self.transfers {
            let payment = statement.pay(transfer, &root)?;
            root = payment.root;
            fees += payment.fee;
            packed.push(payment.packed);
        }
        let operator = statement.open(&self.operator, &root)?;
        root = statement.credit(&operator, &fees)?;
        root.enforce_equal(&new_root)?;
        let mut chain = operator.index;
        for payment in packed {
            chain = statement.hash(&[chain, payment])?;
        }
        chain.enforce_equal(&commitment)
    }
}

/// What the steps of the synthesis share.
struct Statement<F: PrimeField> {
    cs: ConstraintSystemRef<F>,
    parameters: PoseidonConfig<F>,
}

/// An account that was shown to be in the tree.
struct Member<F: PrimeField> {
    key: FpVar<F>,
    balance: FpVar<F>,
    nonce: FpVar<F>,
    index: FpVar<F>,
    /// The index again: whether the node is the right child, from the leaf upwards.
    right: Vec<Boolean<F>>,
    siblings: Vec<FpVar<F>>,
}

/// What a payment leaves for the rest of the batch.
struct Paid<F: PrimeField> {
    root: FpVar<F>,
    fee: FpVar<F>,
    packed: FpVar<F>,
}

impl<F: PrimeField + Absorb> Statement<F> {
    fn pay(&self, transfer: &Transfer<F>, root: &FpVar<F>) -> Result<Paid<F>, SynthesisError> {
        let amount = self.number(transfer.amount, BALANCE_BITS)?;
        let fee = self.number(transfer.fee, BALANCE_BITS)?;
        let nonce = FpVar::new_witness(self.cs.clone(), || Ok(F::from(transfer.nonce)))?;
        let secret = FpVar::new_witness(self.cs.clone(), || Ok(transfer.secret))?;

        let sender = self.open(&transfer.sender, root)?;
        self.hash(&[secret])?.enforce_equal(&sender.key)?;
        nonce.enforce_equal(&sender.nonce)?;
        let balance = &sender.balance - &amount - &fee;
        self.range(&balance, BALANCE_BITS)?;
        let next_nonce = &nonce + F::one();
        self.range(&next_nonce, NONCE_BITS)?;
        let root = self.root_with(&sender, &balance, &next_nonce)?;

        let recipient = self.open(&transfer.recipient, &root)?;
        let root = self.credit(&recipient, &amount)?;
        let packed = sender.index
            + recipient.index * power_of_two::<F>(32)
            + amount * power_of_two::<F>(64)
            + &fee * power_of_two::<F>(128)
            + nonce * power_of_two::<F>(192);
        Ok(Paid { root, fee, packed })
    }

    /// The root after `units` were added to the balance of an account that exists.
    fn credit(&self, member: &Member<F>, units: &FpVar<F>) -> Result<FpVar<F>, SynthesisError> {
        member.key.enforce_not_equal(&FpVar::zero())?;
        let balance = &member.balance + units;
        self.range(&balance, BALANCE_BITS)?;
        self.root_with(member, &balance, &member.nonce)
    }

    /// Shows that an account is in the tree with this root.
    fn open(&self, opening: &Opening<F>, root: &FpVar<F>) -> Result<Member<F>, SynthesisError> {
        let right = (0..opening.siblings.len())
            .map(|height| {
                Boolean::new_witness(self.cs.clone(), || Ok(opening.index >> height & 1 == 1))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let member = Member {
            key: FpVar::new_witness(self.cs.clone(), || Ok(opening.account.key))?,
            balance: self.number(opening.account.balance, BALANCE_BITS)?,
            nonce: self.number(opening.account.nonce.into(), NONCE_BITS)?,
            index: Boolean::le_bits_to_fp(&right)?,
            right,
            siblings: Vec::new_witness(self.cs.clone(), || Ok(opening.siblings.as_slice()))?,
        };
        self.root_with(&member, &member.balance, &member.nonce)?
            .enforce_equal(root)?;
        Ok(member)
    }

    /// The root of the tree in which the account has this balance and nonce.
    fn root_with(
        &self,
        member: &Member<F>,
        balance: &FpVar<F>,
        nonce: &FpVar<F>,
    ) -> Result<FpVar<F>, SynthesisError> {
        let packed = balance + nonce * power_of_two::<F>(BALANCE_BITS);
        let mut node = self.hash(&[member.key.clone(), packed])?;
        for (right, sibling) in member.right.iter().zip(&member.siblings) {
            let left = FpVar::conditionally_select(right, sibling, &node)?;
            let other = &node + sibling - &left;
            node = self.hash(&[left, other])?;
        }
        Ok(node)
    }

    /// A witness that is shown to have at most `bits` bits.
    fn number(&self, value: u64, bits: usize) -> Result<FpVar<F>, SynthesisError> {
        let bits = (0..bits)
            .map(|bit| Boolean::new_witness(self.cs.clone(), || Ok(value >> bit & 1 == 1)))
            .collect::<Result<Vec<_>, _>>()?;
        Boolean::le_bits_to_fp(&bits)
    }

    /// Shows that a computed value has at most `bits` bits.
    fn range(&self, value: &FpVar<F>, bits: usize) -> Result<(), SynthesisError> {
        let known = value.value().map(|value| value.into_bigint());
        let bits = (0..bits)
            .map(|bit| {
                Boolean::new_witness(self.cs.clone(), || {
                    known.as_ref().map(|k| k.get_bit(bit)).map_err(|e| *e)
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Boolean::le_bits_to_fp(&bits)?.enforce_equal(value)
    }

    fn hash(&self, inputs: &[FpVar<F>]) -> Result<FpVar<F>, SynthesisError> {
        let mut sponge = PoseidonSpongeVar::new(self.cs.clone(), &self.parameters);
        sponge.absorb(&inputs)?;
        Ok(sponge.squeeze_field_elements(1)?.remove(0))
    }
}

fn power_of_two<F: PrimeField>(exponent: usize) -> F {
    F::from(2u64).pow([exponent as u64])
}
