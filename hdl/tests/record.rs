//! The Verilog of every card is the one that the repository records.

use gristmill_hdl::config::{CardConfig, TRANSFORM_CARDS};
use gristmill_hdl::datapath::Fill;
use gristmill_hdl::record;
use gristmill_protocol::FieldId;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn no_card_has_changed_unannounced() {
    record::cards().unwrap().par_iter().for_each(|path| {
        let config = CardConfig::load(&path.to_string_lossy()).unwrap();
        record::check(&config.design(Fill::Record).unwrap())
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn the_list_of_transform_cards_is_the_folders() {
    let only_transforms = |path: &PathBuf| {
        let card = CardConfig::load(&path.to_string_lossy()).unwrap();
        let field = card.ntt.as_ref()?.field()?.1;
        (card.msm.is_none() && card.pointwise.is_none() && field != FieldId::Toy)
            .then_some(card.name)
    };
    let paths = record::cards().unwrap();
    let found: BTreeSet<_> = paths.iter().filter_map(only_transforms).collect();
    assert_eq!(found, TRANSFORM_CARDS.map(str::to_owned).into());
}
