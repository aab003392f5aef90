//! A cycle model of the cards: cycles for any size, window, lanes, adders, link and memory.
//!
//! [`msm`] and [`ntt`] count what the RTL's structure says; a few constants, which stand for the latencies of queues and
//! movers, are fitted by least squares on half of the simulated points ([`Fit`]). The others are unseen, and judge it.

mod card;
pub mod groth16;
mod least_squares;
pub mod msm;
pub mod ntt;
mod scalars;

use std::path::{Path, PathBuf};

use gristmill_hdl::config::TRANSFORM_CARDS;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::distribution::Distribution;
use crate::points::{LinkKind, MemoryKind, Place, Point, Work};
pub use card::{Board, CardModel};

/// The largest relative error that an unseen point may have.
pub const TOLERANCE: f64 = 0.03;
/// Simulated points, and the RTL that they were simulated on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PointSet {
    /// [`rtl_digest`] of each card.
    pub rtl: std::collections::BTreeMap<String, String>,
    /// The points.
    pub points: Vec<Recorded>,
}

/// A simulated point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The point.
    #[serde(flatten)]
    pub point: Point,
    /// Its cycles.
    pub cycles: u64,
}

/// A point with what the model says of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The point.
    pub point: Point,
    /// Simulated cycles.
    pub simulated: u64,
    /// The model's cycles.
    pub modelled: f64,
    /// The constants were fitted on it.
    pub fitted: bool,
}

impl Judged {
    /// Relative error of the model.
    pub fn error(&self) -> f64 {
        self.modelled / self.simulated as f64 - 1.0
    }
}

/// The model with its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Of multi-scalar multiplications.
    pub msm: msm::Constants,
    /// Of transforms.
    pub ntt: ntt::Constants,
}

impl Fit {
    /// The model, fitted on those points that [`is_fitted`] chooses, and all points with its verdict.
    ///
    /// # Errors
    /// When a card has no file, or the points do not fix the constants.
    pub fn of(points: &[Recorded]) -> Result<(Self, Vec<Judged>), Failure> {
        let mut cards = card::Cards::default();
        let (mut of_msm, mut of_ntt) = (Vec::new(), Vec::new());
        for measured in points {
            let card = cards.get(&measured.point.place)?;
            match measured.point.work {
                Work::Msm { .. } => of_msm.push((measured, card.msm(&measured.point)?)),
                Work::Ntt { .. } => of_ntt.push((measured, card.ntt(&measured.point)?)),
            }
        }
        let cycles = |measured: &Recorded| measured.cycles as f64;
        let used = |measured: &Recorded| is_fitted(&measured.point);
        let rows = of_msm.iter().filter(|(measured, _)| used(measured));
        let rows = rows.map(|(measured, terms)| (*terms, cycles(measured)));
        let msm = msm::Constants::fit(rows).ok_or("too few points of MSMs")?;
        let rows = of_ntt.iter().filter(|(measured, _)| used(measured));
        let rows = rows.map(|(measured, terms)| (*terms, cycles(measured)));
        let ntt = ntt::Constants::fit(rows).ok_or("too few points of transforms")?;
        let judge = |measured: &Recorded, modelled: f64| Judged {
            point: measured.point.clone(),
            simulated: measured.cycles,
            modelled,
            fitted: used(measured),
        };
        let judged = of_msm
            .iter()
            .map(|(measured, terms)| judge(measured, msm.cycles(terms)))
            .chain(
                of_ntt
                    .iter()
                    .map(|(measured, terms)| judge(measured, ntt.cycles(terms))),
            )
            .collect();
        Ok((Self { msm, ntt }, judged))
    }

    /// The model's cycles of any point.
    ///
    /// # Errors
    /// When the card has no file, or not the engine.
    pub fn cycles(&self, point: &Point) -> Result<f64, Failure> {
        let card = CardModel::load(&point.place)?;
        Ok(match point.work {
            Work::Msm { .. } => self.msm.cycles(&card.msm(point)?),
            Work::Ntt { .. } => self.ntt.cycles(&card.ntt(point)?),
        })
    }
}

/// Whether the model's constants may be fitted on a point: never on a card, an n, a c or a K that is kept for judging.
///
/// The cards `bls12_381` and `toy2` (another width, other lanes of adders), `ntt_bls12_381`, `ntt_baby_bear` (another field,
/// other lanes), `ntt_baby_bear_8` and `ntt_koala_bear_8` (half a beat of lanes) are unseen as a whole, and so are every
/// other n of the other cards, c = 9 and the windows a pass that no fitted point has.
pub fn is_fitted(point: &Point) -> bool {
    let unseen = [
        "bls12_381",
        "toy2",
        "ntt_bls12_381",
        "ntt_baby_bear",
        "ntt_baby_bear_8",
        "ntt_koala_bear_8",
        "bn254_prover",
    ];
    if unseen.contains(&point.place.card.as_str()) || point.place.link == LinkKind::Gen4 {
        return false;
    }
    match point.work {
        Work::Msm { count, plan, .. } => {
            count.is_power_of_two()
                && count.trailing_zeros().is_multiple_of(2)
                && plan.is_none_or(|(window, windows)| window != 9 && windows.is_multiple_of(2))
        }
        Work::Ntt { log2, .. } => log2.is_multiple_of(2),
    }
}

/// SHA-256 of a card's recorded checksums: another one, other RTL.
///
/// # Errors
/// When there is no record of the card.
pub fn rtl_digest(card: &str) -> Result<String, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hdl/checksums");
    let text = std::fs::read(folder.join(card).with_extension("txt"))?;
    Ok(Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The file of the simulated points.
pub fn points_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/model_points.json")
}

/// The recorded points.
///
/// # Errors
/// When the file cannot be read.
pub fn recorded() -> Result<PointSet, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(
        points_file(),
    )?)?)
}

/// Simulates all points of [`listed`] that are not recorded, or of a card that has changed since, and records them.
///
/// # Errors
/// When a card cannot be simulated or fails, or the file cannot be written.
pub fn record() -> Result<PointSet, Failure> {
    let old = recorded().unwrap_or_default();
    let mut set = PointSet::default();
    let points = listed();
    for point in &points {
        let card = &point.place.card;
        set.rtl.insert(card.clone(), rtl_digest(card)?);
    }
    let outdated = old.outdated();
    let known = |point: &Point| {
        let is = |known: &&Recorded| known.point == *point;
        let current = !outdated.contains(&point.place.card.as_str());
        old.points.iter().find(is).filter(|_| current)
    };
    set.points = points.iter().filter_map(known).cloned().collect();
    let missing: Vec<Point> = points
        .iter()
        .filter(|point| known(point).is_none())
        .cloned()
        .collect();
    crate::points::measure(&missing, |measured| {
        eprintln!("{}: {} cycles", measured.point, measured.cycles);
        set.points.push(Recorded {
            point: measured.point,
            cycles: measured.cycles,
        });
        Ok(std::fs::write(points_file(), set.text()?)?)
    })?;
    let place = |recorded: &Recorded| points.iter().position(|point| *point == recorded.point);
    set.points.sort_by_key(place);
    std::fs::write(points_file(), set.text()?)?;
    Ok(set)
}

impl PointSet {
    /// As JSON, a line a point.
    fn text(&self) -> Result<String, Failure> {
        let lines: Result<Vec<_>, _> = self.points.iter().map(serde_json::to_string).collect();
        let rtl = serde_json::to_string_pretty(&self.rtl)?;
        Ok(format!(
            "{{\"rtl\": {rtl},\n\"points\": [\n{}\n]}}\n",
            lines?.join(",\n")
        ))
    }

    /// The cards whose RTL is no longer the one that was simulated.
    pub fn outdated(&self) -> Vec<&str> {
        let now = |card: &str| rtl_digest(card).ok();
        let other = |(card, digest): (&'_ String, &String)| now(card).as_ref() != Some(digest);
        let cards = self.rtl.iter().filter(|entry| other(*entry));
        cards.map(|(card, _)| card.as_str()).collect()
    }
}

/// The points that the model is fitted on and judged by.
pub fn listed() -> Vec<Point> {
    use Distribution::{Uniform, Witness};
    use LinkKind::{Gen3, Gen4, Ideal};
    use MemoryKind::{Ddr4, Flat};
    let place = |card: &str, link, memory| Place {
        card: card.into(),
        link,
        memory,
    };
    let mut points = Vec::new();
    let mut msm = |place: &Place, count: usize, scalars, plan| {
        points.push(Point {
            place: place.clone(),
            work: Work::Msm {
                count,
                scalars,
                plan,
            },
        });
    };
    let bn254 = place("bn254", Ideal, Flat);
    for count in [
        256, 512, 1024, 1500, 2048, 4096, 6000, 8192, 16384, 20000, 65536,
    ] {
        msm(&bn254, count, Uniform, None);
    }
    for count in [1024, 4096, 8192, 16384, 65536] {
        msm(&bn254, count, Witness, None);
    }
    for (count, window, windows) in [
        (1024, 5, 26),
        (1024, 5, 32),
        (1024, 7, 12),
        (2048, 8, 8),
        (2048, 9, 10),
        (4096, 6, 22),
        (4096, 7, 19),
        (4096, 9, 29),
        (4096, 10, 8),
        (4096, 10, 26),
        (4096, 11, 12),
        (8192, 12, 6),
        (16384, 12, 11),
        (16384, 13, 8),
        (16384, 13, 5),
        (16384, 14, 4),
        (16384, 14, 3),
        (16384, 15, 2),
        (8192, 15, 2),
        (8192, 16, 1),
    ] {
        msm(&bn254, count, Uniform, Some((window, windows)));
    }
    let gen3 = place("bn254", Gen3, Ddr4);
    for count in [256, 1024, 2048, 4096, 16384, 30000] {
        msm(&gen3, count, Uniform, None);
    }
    for count in [4096, 8192, 16384] {
        msm(&gen3, count, Witness, None);
    }
    msm(&gen3, 16384, Uniform, Some((13, 4)));
    msm(&place("bn254", Gen4, Ddr4), 4096, Uniform, None);
    for card in ["bls12_381"] {
        for count in [256, 1024, 3000, 8192] {
            msm(&place(card, Ideal, Flat), count, Uniform, None);
        }
        msm(&place(card, Ideal, Flat), 4096, Witness, None);
        msm(&place(card, Gen3, Ddr4), 4096, Uniform, None);
    }
    for card in ["toy", "toy2"] {
        let toy = place(card, Ideal, Flat);
        for count in [256, 1000, 1024, 4096, 10000] {
            msm(&toy, count, Uniform, None);
        }
        for (count, window, windows) in [(1024, 2, 4), (4096, 4, 2), (4096, 3, 4), (2048, 6, 2)] {
            msm(&toy, count, Uniform, Some((window, windows)));
        }
        msm(&toy, 4096, Witness, None);
    }
    let mut ntt = |place: &Place, log2: u32, inverse, reversed| {
        points.push(Point {
            place: place.clone(),
            work: Work::Ntt {
                log2,
                batch: 1,
                inverse,
                reversed,
            },
        });
    };
    for card in TRANSFORM_CARDS {
        let flat = place(card, Ideal, Flat);
        for log2 in [8, 9, 10, 11, 12, 13, 14] {
            ntt(&flat, log2, false, false);
        }
        for log2 in [10, 12, 13] {
            ntt(&flat, log2, false, true);
        }
        ntt(&flat, 14, true, false);
        let ddr4 = place(card, Gen3, Ddr4);
        for log2 in [13, 14, 15, 16, 17] {
            ntt(&ddr4, log2, false, false);
        }
        ntt(&ddr4, 15, true, true);
        ntt(&ddr4, 16, false, true);
    }
    points
}
