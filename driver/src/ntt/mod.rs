//! Number-theoretic transforms: the request and what comes back.

mod tables;

pub use tables::table_set;
