//! The Verilog of every card is the one that the repository records.

use gristmill_hdl::config::CardConfig;
use gristmill_hdl::datapath::Fill;
use gristmill_hdl::record;

#[test]
fn no_card_has_changed_unannounced() {
    for path in record::cards().unwrap() {
        let config = CardConfig::load(&path.to_string_lossy()).unwrap();
        record::check(&config.design(Fill::Record).unwrap())
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
