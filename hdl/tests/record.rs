//! The Verilog of every card is the one that the repository records.

use gristmill_hdl::config::CardConfig;
use gristmill_hdl::design::Design;
use gristmill_hdl::record;

#[test]
fn no_card_has_changed_unannounced() {
    let accept = std::env::var_os("GRISTMILL_ACCEPT").is_some();
    for path in record::cards().unwrap() {
        let config = CardConfig::read(&path).unwrap();
        let design = Design::new(&config, config.fill).unwrap();
        let result = if accept {
            record::accept(&design)
        } else {
            record::check(&design)
        };
        result.unwrap_or_else(|error| panic!("{error}"));
    }
}
