//! The state machine: accounts in a Merkle tree, and payments between them.

use std::collections::BTreeMap;

use ark_crypto_primitives::sponge::{Absorb, poseidon::PoseidonConfig};
use ark_ff::PrimeField;
use thiserror::Error;

use crate::{
    batch::{Batch, Opening, Transfer},
    poseidon::{hash, parameters},
    tree::Tree,
};

/// Bits of balances, amounts and fees.
pub const BALANCE_BITS: usize = 64;
/// Bits of nonces.
pub const NONCE_BITS: usize = 32;
/// Most levels of the tree: an index must fit its 32 bits in the commitment to a batch.
pub const MAX_DEPTH: usize = 32;

/// What a leaf of the tree stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account<F> {
    /// Hash of the secret that authorises payments; zero where there is no account.
    pub key: F,
    /// Units held.
    pub balance: u64,
    /// Payments made so far.
    pub nonce: u32,
}

impl<F: PrimeField + Absorb> Account<F> {
    /// The leaf: hash of the key and of balance + 2^64 * nonce.
    pub fn leaf(&self, parameters: &PoseidonConfig<F>) -> F {
        let packed = u128::from(self.balance) | u128::from(self.nonce) << BALANCE_BITS;
        hash(parameters, &[self.key, F::from(packed)])
    }
}

/// An order to move units from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment<F> {
    /// Index of the account that pays.
    pub from: u64,
    /// Index of the account that is paid; may be the same.
    pub to: u64,
    /// Units that the recipient gets.
    pub amount: u64,
    /// Units that the operator of the batch gets.
    pub fee: u64,
    /// The sender's nonce before the payment.
    pub nonce: u32,
    /// Preimage of the sender's key.
    pub secret: F,
}

impl<F: PrimeField> Payment<F> {
    /// What the commitment to a batch says of the payment: from + 2^32 to + 2^64 amount + 2^128 fee + 2^192 nonce.
    pub fn packed(&self) -> F {
        let words = [
            self.from | self.to << 32,
            self.amount,
            self.fee,
            u64::from(self.nonce),
        ];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        F::from_le_bytes_mod_order(&bytes)
    }
}

/// Why the ledger refuses a payment. Nothing has changed then.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum LedgerError {
    /// The tree has no leaf with this index, or no account stands there.
    #[error("there is no account {0}")]
    NoAccount(u64),
    /// The secret is not the preimage of the sender's key.
    #[error("the secret does not open the key of account {0}")]
    WrongSecret(u64),
    /// The payment was made for another state of the sender.
    #[error("the nonce is {found}, account {account} is at {expected}")]
    WrongNonce {
        /// The sender.
        account: u64,
        /// Its nonce.
        expected: u32,
        /// The payment's nonce.
        found: u32,
    },
    /// Amount and fee exceed the balance.
    #[error("account {account} holds {balance} units, the payment takes {needed}")]
    Overdraft {
        /// The sender.
        account: u64,
        /// Its balance.
        balance: u64,
        /// Amount and fee.
        needed: u128,
    },
    /// A balance or a nonce would leave its range.
    #[error("the balance or the nonce of account {0} would overflow")]
    Overflow(u64),
}

/// All accounts, and the tree over them.
#[derive(Clone, Debug)]
pub struct Ledger<F: PrimeField> {
    parameters: PoseidonConfig<F>,
    accounts: BTreeMap<u64, Account<F>>,
    tree: Tree<F>,
}

impl<F: PrimeField + Absorb> Ledger<F> {
    /// A ledger without accounts.
    ///
    /// # Panics
    /// If `depth` exceeds [`MAX_DEPTH`].
    pub fn new(depth: usize) -> Self {
        assert!(depth <= MAX_DEPTH, "a tree has at most {MAX_DEPTH} levels");
        let parameters = parameters();
        let tree = Tree::new(
            parameters.clone(),
            depth,
            Account::default().leaf(&parameters),
        );
        Self {
            parameters,
            accounts: BTreeMap::new(),
            tree,
        }
    }

    /// Opens or replaces the account at `index` with one that `secret` controls.
    ///
    /// # Errors
    /// [`LedgerError::NoAccount`] where the tree has no such leaf.
    pub fn open(&mut self, index: u64, secret: F, balance: u64) -> Result<(), LedgerError> {
        if index >> self.tree.depth() != 0 {
            return Err(LedgerError::NoAccount(index));
        }
        let account = Account {
            key: hash(&self.parameters, &[secret]),
            balance,
            nonce: 0,
        };
        self.write(index, account);
        Ok(())
    }

    /// The digest of all accounts.
    pub fn root(&self) -> F {
        self.tree.root()
    }

    /// The account at `index`.
    ///
    /// # Errors
    /// [`LedgerError::NoAccount`].
    pub fn account(&self, index: u64) -> Result<Account<F>, LedgerError> {
        self.accounts
            .get(&index)
            .copied()
            .ok_or(LedgerError::NoAccount(index))
    }

    /// Applies the payments in order, then credits their fees to `operator`, and returns the witness of
    /// all that. After an error the ledger is as before.
    ///
    /// # Errors
    /// That of the first payment that breaks a rule.
    pub fn apply(
        &mut self,
        payments: &[Payment<F>],
        operator: u64,
    ) -> Result<Batch<F>, LedgerError> {
        let mut next = self.clone();
        let old_root = next.root();
        let transfers = payments
            .iter()
            .map(|payment| next.pay(payment))
            .collect::<Result<Vec<_>, _>>()?;
        let fees = payments.iter().map(|p| u128::from(p.fee)).sum();
        let operator_opening = next.credit(operator, fees)?;
        let commitment = payments.iter().fold(F::from(operator), |chain, payment| {
            hash(&self.parameters, &[chain, payment.packed()])
        });
        *self = next;
        Ok(Batch {
            old_root,
            new_root: self.root(),
            commitment,
            transfers,
            operator: operator_opening,
        })
    }

    fn pay(&mut self, payment: &Payment<F>) -> Result<Transfer<F>, LedgerError> {
        let sender = self.opening(payment.from)?;
        if hash(&self.parameters, &[payment.secret]) != sender.account.key {
            return Err(LedgerError::WrongSecret(payment.from));
        }
        if payment.nonce != sender.account.nonce {
            return Err(LedgerError::WrongNonce {
                account: payment.from,
                expected: sender.account.nonce,
                found: payment.nonce,
            });
        }
        let needed = u128::from(payment.amount) + u128::from(payment.fee);
        let balance = u128::from(sender.account.balance)
            .checked_sub(needed)
            .ok_or(LedgerError::Overdraft {
                account: payment.from,
                balance: sender.account.balance,
                needed,
            })? as u64;
        let nonce = payment
            .nonce
            .checked_add(1)
            .ok_or(LedgerError::Overflow(payment.from))?;
        let debited = Account {
            balance,
            nonce,
            ..sender.account
        };
        self.write(payment.from, debited);
        let recipient = self.credit(payment.to, payment.amount.into())?;
        Ok(Transfer {
            amount: payment.amount,
            fee: payment.fee,
            nonce: payment.nonce,
            secret: payment.secret,
            sender,
            recipient,
        })
    }

    /// Adds to a balance; the opening is that before.
    fn credit(&mut self, index: u64, units: u128) -> Result<Opening<F>, LedgerError> {
        let opening = self.opening(index)?;
        let balance = u64::try_from(u128::from(opening.account.balance) + units)
            .map_err(|_| LedgerError::Overflow(index))?;
        self.write(
            index,
            Account {
                balance,
                ..opening.account
            },
        );
        Ok(opening)
    }

    fn opening(&self, index: u64) -> Result<Opening<F>, LedgerError> {
        Ok(Opening {
            index,
            account: self.account(index)?,
            siblings: self.tree.siblings(index),
        })
    }

    fn write(&mut self, index: u64, account: Account<F>) {
        self.accounts.insert(index, account);
        self.tree.set(index, account.leaf(&self.parameters));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;

    fn ledger() -> Ledger<Fr> {
        let mut ledger = Ledger::new(4);
        ledger.open(1, Fr::from(11), 100).unwrap();
        ledger.open(2, Fr::from(22), u64::MAX - 5).unwrap();
        ledger.open(9, Fr::from(99), 0).unwrap();
        ledger
    }

    fn payment() -> Payment<Fr> {
        Payment {
            from: 1,
            to: 9,
            amount: 60,
            fee: 3,
            nonce: 0,
            secret: Fr::from(11),
        }
    }

    #[test]
    fn moves_units_and_fees() {
        let mut ledger = ledger();
        let before = ledger.root();
        let batch = ledger.apply(&[payment()], 9).unwrap();
        assert_eq!(batch.old_root, before);
        assert_eq!(batch.new_root, ledger.root());
        assert_eq!(ledger.account(1).unwrap().balance, 37);
        assert_eq!(ledger.account(1).unwrap().nonce, 1);
        assert_eq!(ledger.account(9).unwrap().balance, 63);
    }

    #[test]
    fn a_payment_to_oneself_costs_the_fee() {
        let mut ledger = ledger();
        let to_self = Payment { to: 1, ..payment() };
        ledger.apply(&[to_self], 9).unwrap();
        assert_eq!(ledger.account(1).unwrap().balance, 97);
    }

    #[test]
    fn refuses_what_breaks_a_rule_and_changes_nothing() {
        let mut ledger = ledger();
        let before = ledger.root();
        let cases = [
            (Payment { to: 3, ..payment() }, LedgerError::NoAccount(3)),
            (
                Payment {
                    secret: Fr::from(12),
                    ..payment()
                },
                LedgerError::WrongSecret(1),
            ),
            (
                Payment {
                    nonce: 1,
                    ..payment()
                },
                LedgerError::WrongNonce {
                    account: 1,
                    expected: 0,
                    found: 1,
                },
            ),
            (
                Payment {
                    amount: 98,
                    ..payment()
                },
                LedgerError::Overdraft {
                    account: 1,
                    balance: 100,
                    needed: 101,
                },
            ),
            (Payment { to: 2, ..payment() }, LedgerError::Overflow(2)),
        ];
        for (bad, error) in cases {
            assert_eq!(ledger.apply(&[bad], 9).unwrap_err(), error);
            assert_eq!(ledger.root(), before);
        }
    }
}
