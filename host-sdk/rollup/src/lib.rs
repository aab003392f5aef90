//! A rollup batch as a Groth16 statement: payments in a Poseidon Merkle tree.
