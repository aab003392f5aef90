//! The SDK without a card, beside stock arkworks.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ark_bn254::G1Projective;
use ark_ec::VariableBaseMSM;
use gristmill::Session;

use crate::card::points;
use crate::distribution::Distribution;

/// Times that each is tried, in turns; the shortest counts.
pub const TRIALS: usize = 20;

/// Wall time of a multiplication through a session without a card, over that of arkworks.
pub fn overhead(count: usize) -> Result<f64, Box<dyn Error>> {
    let (points, scalars) = (points(count), Distribution::Uniform.scalars(count));
    let session = Session::builder().build();
    let bases = session.load_bases::<G1Projective>(&points)?;
    let (mut stock, mut through_session) = (Duration::MAX, Duration::MAX);
    for _ in 0..TRIALS {
        let started = Instant::now();
        let _: G1Projective = black_box(G1Projective::msm_unchecked(&points, black_box(&scalars)));
        stock = stock.min(started.elapsed());
        let started = Instant::now();
        let _: G1Projective = black_box(session.msm(&bases, black_box(&scalars))?);
        through_session = through_session.min(started.elapsed());
    }
    Ok(through_session.as_secs_f64() / stock.as_secs_f64())
}
