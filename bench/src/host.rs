//! What the SDK itself costs on the host, beside stock arkworks.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ark_bn254::{Fr, G1Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::PrimeField;
use gristmill::{
    AcceleratedAffine, AcceleratedGroup, Backend, Fallback, RawSum, Resident, ScalarForm, Session,
    install,
};
use gristmill_protocol::{CurveId, EngineCapability};

use crate::distribution::Distribution;
use crate::points::multiples;

/// Times that each is tried, in turns; the shortest counts.
pub const TRIALS: usize = 20;

/// The shortest of [`TRIALS`] runs of each, taken in turns.
fn shortest<const N: usize>(mut works: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut least = [Duration::MAX; N];
    for _ in 0..TRIALS {
        for (work, least) in works.iter_mut().zip(&mut least) {
            let started = Instant::now();
            work();
            *least = started.elapsed().min(*least);
        }
    }
    least.map(|least| least.as_secs_f64())
}

/// Wall time of the call that provers make, `msm_bigint`, on the accelerated group without a card, over that of
/// arkworks.
pub fn overhead(count: usize) -> f64 {
    let points = multiples::<G1Projective>(count);
    let accelerated: Vec<AcceleratedAffine<G1Projective>> =
        points.iter().copied().map(AcceleratedAffine).collect();
    let scalars: Vec<Fr> = Distribution::Uniform.scalars(count);
    let scalars: Vec<_> = scalars.into_iter().map(Fr::into_bigint).collect();
    install(Session::builder().build());
    let [stock, offloaded] = shortest([
        &mut || {
            let sum: G1Projective = VariableBaseMSM::msm_bigint(&points, black_box(&scalars));
            let _ = black_box(sum);
        },
        &mut || {
            let sum: AcceleratedGroup<G1Projective> =
                VariableBaseMSM::msm_bigint(&accelerated, black_box(&scalars));
            let _ = black_box(sum);
        },
    ]);
    offloaded / stock
}

/// Wall time that the host adds to a sum when it is checked, over that of arkworks computing the sum. A card
/// that answers at once and wrongly shows the host's part alone.
///
/// # Errors
/// If a session refuses the points.
pub fn check(count: usize) -> Result<f64, Box<dyn Error>> {
    let points = multiples::<G1Projective>(count);
    let scalars: Vec<Fr> = Distribution::Uniform.scalars(count);
    // A sum that fails its check is then an error, and not computed again on the CPU.
    let [unchecked, checked] = [false, true].map(|check| {
        let builder = Session::builder().card(Arc::new(Instantaneous));
        builder.check(check).fallback(Fallback::Never).build()
    });
    let free = unchecked.load_bases::<G1Projective>(&points)?;
    let guarded = checked.load_bases::<G1Projective>(&points)?;
    let [stock, plain, with_check] = shortest([
        &mut || {
            let _ = black_box(G1Projective::msm_unchecked(&points, black_box(&scalars)));
        },
        &mut || {
            let _ = black_box(unchecked.msm(&free, black_box(&scalars)));
        },
        &mut || {
            let _ = black_box(checked.msm(&guarded, black_box(&scalars)));
        },
    ]);
    Ok((with_check - plain) / stock)
}

/// A card that says zero to everything, in no time.
struct Instantaneous;

impl Backend for Instantaneous {
    fn description(&self) -> String {
        "a card that answers at once".into()
    }

    fn engine(&self, curve: CurveId) -> Option<EngineCapability> {
        (curve == CurveId::Bn254G1).then(EngineCapability::default)
    }

    fn load(&self, _: CurveId, _: Vec<u8>) -> Result<Arc<dyn Resident>, gristmill::Error> {
        Ok(Arc::new(Self))
    }
}

impl Resident for Instantaneous {
    fn msm(&self, _: usize, _: &[u8], _: ScalarForm) -> Result<RawSum, gristmill::Error> {
        Ok(RawSum::default())
    }
}
