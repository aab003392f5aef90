//! The README's figures are those of the recorded results.

use gristmill_bench::report::readme;
use gristmill_bench::results::{Results, file};

#[test]
fn the_readme_is_made_from_the_results() {
    let mut results = Results::load(&file()).unwrap();
    let remedy = "`make report` makes them again";
    assert_eq!(readme::differences(&results).unwrap(), [""; 0], "{remedy}");
    // another figure is another page
    for measured in &mut results.cards {
        measured.cycles += 1_000_000;
    }
    assert_eq!(readme::differences(&results).unwrap().len(), 2);
}
