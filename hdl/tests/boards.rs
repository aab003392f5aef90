//! The record of what has been built is of the RTL as it is.

use gristmill_hdl::datapath::Fill;
use gristmill_hdl::ntt::SelfTest;
use std::fs;
use std::path::Path;

#[test]
fn the_image_of_the_ecpix5_is_of_this_rtl() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bitstreams/manifest.toml");
    let text = fs::read_to_string(path).expect("the record is there");
    let record: toml::Table = text.parse().expect("the record is TOML");
    let image = &record["image"]["ecpix5"];
    let emitted = SelfTest::verilog(Fill::Portable, "ntt_self_test");
    assert_eq!(
        image["rtl_sha256"].as_str(),
        Some(
            emitted
                .expect("the self-test can be emitted")
                .sha256()
                .as_str()
        ),
        "`make bitstream` builds the image anew"
    );
}
