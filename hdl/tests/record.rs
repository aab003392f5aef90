//! The Verilog of every card is the one that the repository records.

use gristmill_hdl::config::CardConfig;
use gristmill_hdl::datapath::Fill;
use gristmill_hdl::record;
use rayon::prelude::*;

#[test]
fn no_card_has_changed_unannounced() {
    record::cards().unwrap().par_iter().for_each(|path| {
        let config = CardConfig::load(&path.to_string_lossy()).unwrap();
        record::check(&config.design(Fill::Record).unwrap())
            .unwrap_or_else(|error| panic!("{error}"));
    });
}
