//! Each rule of the batch, kept and broken.

use ark_bn254::Fr;
use ark_ff::Field;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, OptimizationGoal};
use gristmill_rollup::{Batch, Ledger, Payment, Shape};

fn satisfied(batch: Batch<Fr>) -> bool {
    let cs = ConstraintSystem::new_ref();
    batch.generate_constraints(cs.clone()).unwrap();
    cs.is_satisfied().unwrap()
}

fn constraints(shape: Shape) -> usize {
    let cs = ConstraintSystem::new_ref();
    cs.set_optimization_goal(OptimizationGoal::Constraints);
    let batch = Batch::<Fr>::example(shape, 1).unwrap();
    batch.generate_constraints(cs.clone()).unwrap();
    cs.finalize();
    cs.num_constraints() + cs.num_instance_variables()
}

const SMALL: Shape = Shape {
    payments: 2,
    depth: 3,
};

fn example() -> Batch<Fr> {
    Batch::example(SMALL, 7).unwrap()
}

#[test]
fn honest_batches_satisfy() {
    for seed in 0..4 {
        assert!(satisfied(Batch::example(SMALL, seed).unwrap()));
    }
    assert_eq!(example(), example());
}

#[test]
fn works_over_another_field() {
    type Other = ark_bls12_381::Fr;
    let cs = ConstraintSystem::<Other>::new_ref();
    let batch = Batch::<Other>::example(SMALL, 1).unwrap();
    batch.generate_constraints(cs.clone()).unwrap();
    assert!(cs.is_satisfied().unwrap());
}

#[test]
fn the_default_fills_a_domain_of_two_to_the_sixteen() {
    let rows = constraints(Shape::default());
    assert!((60_000..=65_536).contains(&rows), "{rows} rows");
}

/// A single change to an honest batch, by the rule that it breaks.
#[test]
fn each_broken_rule_is_caught() {
    type Change = fn(&mut Batch<Fr>);
    let changes: &[(&str, Change)] = &[
        ("old root", |b| b.old_root += Fr::ONE),
        ("new root", |b| b.new_root += Fr::ONE),
        ("commitment", |b| b.commitment += Fr::ONE),
        ("sender's sibling", |b| {
            b.transfers[0].sender.siblings[1] += Fr::ONE
        }),
        ("recipient's sibling", |b| {
            b.transfers[1].recipient.siblings[0] += Fr::ONE
        }),
        ("operator's sibling", |b| b.operator.siblings[2] += Fr::ONE),
        ("sender's index", |b| b.transfers[0].sender.index ^= 1),
        ("recipient's index", |b| b.transfers[0].recipient.index ^= 4),
        ("secret", |b| b.transfers[1].secret += Fr::ONE),
        ("nonce", |b| b.transfers[0].nonce += 1),
        ("amount", |b| b.transfers[0].amount += 1),
        ("fee", |b| b.transfers[1].fee += 1),
        ("sender's balance", |b| {
            b.transfers[0].sender.account.balance += 1
        }),
        ("recipient's balance", |b| {
            b.transfers[0].recipient.account.balance += 1
        }),
        ("operator's balance", |b| b.operator.account.balance += 1),
    ];
    for (rule, change) in changes {
        let mut batch = example();
        change(&mut batch);
        assert!(!satisfied(batch), "{rule} was not caught");
    }
}

/// Batches that are consistent in all hashes and break one rule of the ledger: made by a ledger that
/// does not check it.
mod consistent_but_forbidden {
    use super::*;
    use gristmill_rollup::{Account, Opening, Transfer, poseidon, tree::Tree};

    /// One payment from account 1 to account 2, fees to account 3, without any rule.
    struct Careless {
        sender: Account<Fr>,
        recipient: Account<Fr>,
        operator: Account<Fr>,
        payment: Payment<Fr>,
        next_nonce: u32,
    }

    impl Careless {
        fn new() -> Self {
            let key = |secret: u64| poseidon::hash(&poseidon::parameters(), &[Fr::from(secret)]);
            let account = |secret, balance, nonce| Account {
                key: key(secret),
                balance,
                nonce,
            };
            Self {
                sender: account(11, 100, 5),
                recipient: account(22, 7, 0),
                operator: account(33, 1, 0),
                payment: Payment {
                    from: 1,
                    to: 2,
                    amount: 90,
                    fee: 4,
                    nonce: 5,
                    secret: Fr::from(11),
                },
                next_nonce: 6,
            }
        }

        fn batch(&self) -> Batch<Fr> {
            let parameters = poseidon::parameters();
            let empty = Account::<Fr>::default().leaf(&parameters);
            let mut tree = Tree::new(parameters.clone(), 3, empty);
            let mut write = |index, account: Account<Fr>| -> (Fr, Opening<Fr>) {
                let siblings = tree.siblings(index);
                tree.set(index, account.leaf(&parameters));
                let opening = Opening {
                    index,
                    account,
                    siblings,
                };
                (tree.root(), opening)
            };
            write(1, self.sender);
            write(2, self.recipient);
            let (old_root, _) = write(3, self.operator);
            let taken = self.payment.amount.wrapping_add(self.payment.fee);
            let after = |account: Account<Fr>, balance, nonce| Account {
                balance,
                nonce,
                ..account
            };
            let mut step = |index, before: Account<Fr>, next: Account<Fr>| {
                let (_, opening) = write(index, next);
                Opening {
                    account: before,
                    ..opening
                }
            };
            let (s, r, o) = (self.sender, self.recipient, self.operator);
            let sender = step(
                1,
                s,
                after(s, s.balance.wrapping_sub(taken), self.next_nonce),
            );
            let paid = r.balance.wrapping_add(self.payment.amount);
            let recipient = step(2, r, after(r, paid, r.nonce));
            let earned = o.balance.wrapping_add(self.payment.fee);
            let operator = step(3, o, after(o, earned, o.nonce));
            let commitment = poseidon::hash(&parameters, &[Fr::from(3), self.payment.packed()]);
            Batch {
                old_root,
                new_root: tree.root(),
                commitment,
                transfers: vec![Transfer {
                    amount: self.payment.amount,
                    fee: self.payment.fee,
                    nonce: self.payment.nonce,
                    secret: self.payment.secret,
                    sender,
                    recipient,
                }],
                operator,
            }
        }
    }

    #[test]
    fn the_careless_ledger_is_honest_when_no_rule_is_broken() {
        assert!(satisfied(Careless::new().batch()));
    }

    #[test]
    fn overdraft() {
        let mut careless = Careless::new();
        careless.payment.amount = 97;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn amount_and_fee_that_wrap() {
        let mut careless = Careless::new();
        careless.payment.amount = u64::MAX;
        careless.payment.fee = 2;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn recipient_that_overflows() {
        let mut careless = Careless::new();
        careless.recipient.balance = u64::MAX - 3;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn operator_that_overflows() {
        let mut careless = Careless::new();
        careless.operator.balance = u64::MAX;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn recipient_that_does_not_exist() {
        let mut careless = Careless::new();
        careless.recipient = Account::default();
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn replayed_nonce() {
        let mut careless = Careless::new();
        careless.payment.nonce = 4;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn nonce_that_wraps() {
        let mut careless = Careless::new();
        careless.sender.nonce = u32::MAX;
        careless.payment.nonce = u32::MAX;
        careless.next_nonce = 0;
        assert!(!satisfied(careless.batch()));
    }

    #[test]
    fn somebody_elses_secret() {
        let mut careless = Careless::new();
        careless.payment.secret = Fr::from(22);
        assert!(!satisfied(careless.batch()));
    }
}

#[test]
fn the_ledger_follows_a_second_batch() {
    let mut ledger = Ledger::<Fr>::new(3);
    ledger.open(0, Fr::from(1), 50).unwrap();
    ledger.open(5, Fr::from(2), 0).unwrap();
    let payment = |nonce| Payment {
        from: 0,
        to: 5,
        amount: 10,
        fee: 1,
        nonce,
        secret: Fr::from(1),
    };
    let first = ledger.apply(&[payment(0)], 5).unwrap();
    let second = ledger.apply(&[payment(1)], 5).unwrap();
    assert_eq!(first.new_root, second.old_root);
    assert!(satisfied(first) && satisfied(second));
}
