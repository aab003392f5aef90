//! A Merkle tree of fixed depth that stores only what differs from the empty tree.

use std::collections::BTreeMap;

use ark_crypto_primitives::sponge::{Absorb, poseidon::PoseidonConfig};
use ark_ff::PrimeField;

use crate::poseidon::hash;

/// A Merkle tree with 2^depth leaves, of which most are the empty one.
#[derive(Clone, Debug)]
pub struct Tree<F: PrimeField> {
    parameters: PoseidonConfig<F>,
    /// Root of an empty subtree, by height; the first is the empty leaf.
    empty: Vec<F>,
    /// Nodes that were ever written, by height and index in their layer.
    layers: Vec<BTreeMap<u64, F>>,
}

impl<F: PrimeField + Absorb> Tree<F> {
    /// A tree of this depth in which every leaf is `empty_leaf`.
    pub fn new(parameters: PoseidonConfig<F>, depth: usize, empty_leaf: F) -> Self {
        let empty = std::iter::successors(Some(empty_leaf), |below| {
            Some(hash(&parameters, &[*below, *below]))
        })
        .take(depth + 1)
        .collect();
        Self {
            parameters,
            empty,
            layers: vec![BTreeMap::new(); depth + 1],
        }
    }

    /// Edges from a leaf to the root.
    pub fn depth(&self) -> usize {
        self.layers.len() - 1
    }

    /// The digest of the whole tree.
    pub fn root(&self) -> F {
        self.node(self.depth(), 0)
    }

    /// The siblings on the way from leaf `index` to the root, the leaf's own first.
    pub fn siblings(&self, index: u64) -> Vec<F> {
        (0..self.depth())
            .map(|height| self.node(height, (index >> height) ^ 1))
            .collect()
    }

    /// Replaces leaf `index`, which must be below 2^depth.
    pub fn set(&mut self, index: u64, leaf: F) {
        self.layers[0].insert(index, leaf);
        for height in 0..self.depth() {
            let parent = index >> (height + 1);
            let children = [
                self.node(height, 2 * parent),
                self.node(height, 2 * parent + 1),
            ];
            self.layers[height + 1].insert(parent, hash(&self.parameters, &children));
        }
    }

    fn node(&self, height: usize, index: u64) -> F {
        self.layers[height]
            .get(&index)
            .copied()
            .unwrap_or(self.empty[height])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::parameters;
    use ark_bn254::Fr;

    /// The definition: all leaves, layer by layer.
    fn full_root(leaves: &[Fr]) -> Fr {
        let parameters = parameters::<Fr>();
        let mut layer = leaves.to_vec();
        while layer.len() > 1 {
            layer = layer
                .chunks(2)
                .map(|pair| hash(&parameters, pair))
                .collect();
        }
        layer[0]
    }

    #[test]
    fn agrees_with_the_full_tree() {
        let mut leaves = vec![Fr::from(7); 8];
        let mut tree = Tree::new(parameters(), 3, Fr::from(7));
        assert_eq!(tree.root(), full_root(&leaves));
        for (index, value) in [(5, 1), (0, 2), (5, 3), (4, 4)] {
            leaves[index] = Fr::from(value);
            tree.set(index as u64, Fr::from(value));
            assert_eq!(tree.root(), full_root(&leaves));
        }
        assert_eq!(tree.siblings(5)[0], leaves[4]);
    }
}
