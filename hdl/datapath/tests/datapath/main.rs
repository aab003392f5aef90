//! Tests of the datapaths through their models.

mod adder;
mod common;
mod entry;
mod fields;
mod rules;
mod transform;
