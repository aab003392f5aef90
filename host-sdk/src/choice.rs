//! Which card, and what to do without it: the environment's say in the matter.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use gristmill_driver::{Card, CardOptions, Transport};

use crate::{
    backend::Backend,
    card::{DriverCard, PATIENCE},
    error::Error,
    remote::{ServedCard, SpawnedSimulator},
    slot::{self, SlotCard},
};

/// Names the variable that chooses the card.
pub const CARD_VARIABLE: &str = "GRISTMILL_CARD";
/// Names the variable that says what to do when the card cannot.
pub const FALLBACK_VARIABLE: &str = "GRISTMILL_FALLBACK";
/// Names the variable that switches the check of results on.
pub const CHECK_VARIABLE: &str = "GRISTMILL_CHECK";

/// Which card to use. The text form is the one of `GRISTMILL_CARD`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CardChoice {
    /// `auto`: the first card of the machine, if it has one, for what is large enough to pay.
    #[default]
    Auto,
    /// `off`: no card.
    Off,
    /// `sim`: a simulated card.
    Sim,
    /// `vfio:<address>`: the card at this PCI address, through the kernel's VFIO.
    Vfio(String),
    /// `vfio-user:<path>`: the card that another process serves on this socket.
    VfioUser(PathBuf),
}

impl FromStr for CardChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "off" => Ok(Self::Off),
            None if text == "sim" => Ok(Self::Sim),
            Some(("vfio", address)) if !address.is_empty() => Ok(Self::Vfio(address.into())),
            Some(("vfio-user", path)) if !path.is_empty() => Ok(Self::VfioUser(path.into())),
            _ => Err(Error::Environment {
                variable: CARD_VARIABLE,
                value: text.into(),
                expected: "auto, off, sim, vfio:<address> or vfio-user:<path>",
            }),
        }
    }
}

impl fmt::Display for CardChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Sim => f.write_str("sim"),
            Self::Vfio(address) => write!(f, "vfio:{address}"),
            Self::VfioUser(path) => write!(f, "vfio-user:{}", path.display()),
        }
    }
}

/// What happens to an operation that no card does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    /// `cpu`: arkworks does it on the CPU; the caller sees the same answer, and the reason is counted.
    #[default]
    Cpu,
    /// `never`: it is an error. Operations that the card does not offer at all (transforms without an engine
    /// for their field, G2) stay on the CPU and are no error.
    Never,
}

impl FromStr for Fallback {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "never" => Ok(Self::Never),
            _ => Err(Error::Environment {
                variable: FALLBACK_VARIABLE,
                value: text.into(),
                expected: "cpu or never",
            }),
        }
    }
}

/// Parses the value of `GRISTMILL_CHECK`.
pub(crate) fn parse_check(text: &str) -> Result<bool, Error> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(Error::Environment {
            variable: CHECK_VARIABLE,
            value: text.into(),
            expected: "0 or 1",
        }),
    }
}

/// A card that can be opened: one line of `gristmill list`.
pub trait CardProvider: Send + Sync {
    /// The choice that names it: `sim`, `vfio:<address>`, `vfio-user:<path>`.
    fn choice(&self) -> CardChoice;

    /// What it is, in a line.
    fn summary(&self) -> String;

    /// Whether it can be opened, as far as that can be told without trying.
    fn is_usable(&self) -> bool {
        true
    }

    /// The way to it.
    ///
    /// # Errors
    /// Whatever keeps the card out of reach.
    fn transport(&self) -> Result<Arc<dyn Transport>, Error>;

    /// How the driver uses it.
    fn options(&self) -> CardOptions {
        CardOptions::default()
    }

    /// Wall time that a job may take.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Opens it.
    ///
    /// # Errors
    /// Whatever keeps the card from answering.
    fn open(&self) -> Result<Arc<dyn Backend>, Error> {
        self.open_on(self.transport()?)
    }

    /// Opens it on a transport to it.
    ///
    /// # Errors
    /// Whatever keeps the card from answering.
    fn open_on(&self, transport: Arc<dyn Transport>) -> Result<Arc<dyn Backend>, Error> {
        let card = Card::open(transport, self.options()).map_err(Error::card)?;
        Ok(Arc::new(DriverCard::with_patience(card, self.patience())))
    }
}

/// The cards in this machine's slots. Programs that have others (such as the simulator) hand in their own list.
pub fn machine_cards() -> Vec<Arc<dyn CardProvider>> {
    slot::all()
}

/// The chosen card: one of those on offer, or the one that the choice leads to by itself.
///
/// # Errors
/// [`Error::Off`]; [`Error::NoCard`] for `auto` without a usable one.
pub fn choose(
    choice: &CardChoice,
    cards: &[Arc<dyn CardProvider>],
) -> Result<Arc<dyn CardProvider>, Error> {
    let offered = || cards.iter().find(|card| card.choice() == *choice).cloned();
    let by_name: Arc<dyn CardProvider> = match choice {
        CardChoice::Off => return Err(Error::Off),
        CardChoice::Auto => {
            let usable = cards.iter().find(|card| card.is_usable());
            return usable.cloned().ok_or(Error::NoCard);
        }
        CardChoice::Sim => Arc::new(SpawnedSimulator::from_environment()),
        CardChoice::Vfio(address) => Arc::new(SlotCard::new(address)),
        CardChoice::VfioUser(path) => Arc::new(ServedCard::new(path)),
    };
    Ok(offered().unwrap_or(by_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_as_they_are_written() {
        for text in [
            "auto",
            "off",
            "sim",
            "vfio:0000:01:00.0",
            "vfio-user:/run/card",
        ] {
            assert_eq!(text.parse::<CardChoice>().unwrap().to_string(), text);
        }
        for text in ["", "Auto", "vfio", "vfio:", "vfio-user:", "pci:1"] {
            assert!(text.parse::<CardChoice>().is_err(), "{text}");
        }
        assert!("".parse::<Fallback>().is_err());
        assert!(parse_check("yes").is_err());
    }

    #[test]
    fn a_named_card_that_is_not_there_is_a_typed_error() {
        let named = CardChoice::Vfio("ffff:ff:1f.7".into());
        let card = choose(&named, &[]).unwrap();
        assert!(!card.is_usable());
        assert!(card.summary().contains("there is no such PCI function"));
        let Err(Error::Card(error)) = card.open() else {
            panic!("a card where none is");
        };
        assert!(error.to_string().contains("there is no such PCI function"));
        assert!(matches!(
            choose(&CardChoice::Auto, &[card]),
            Err(Error::NoCard)
        ));
        assert!(matches!(choose(&CardChoice::Off, &[]), Err(Error::Off)));
    }
}
