//! The cards in this machine's slots.

use std::sync::Arc;

use gristmill_driver::Transport;
use gristmill_vfio::{VfioKernel, kernel::sysfs::Slot};

use crate::{
    choice::{CardChoice, CardProvider},
    error::Error,
};

/// A card in a slot, reached through the kernel's VFIO.
#[derive(Clone, Debug)]
pub(crate) struct SlotCard {
    address: String,
}

impl SlotCard {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.into(),
        }
    }
}

impl CardProvider for SlotCard {
    fn choice(&self) -> CardChoice {
        CardChoice::Vfio(self.address.clone())
    }

    fn summary(&self) -> String {
        Slot::look(&self.address).to_string()
    }

    fn is_usable(&self) -> bool {
        Slot::look(&self.address).obstacle.is_none()
    }

    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(
            VfioKernel::open(&self.address).map_err(Error::card)?,
        ))
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Arc<dyn CardProvider>> {
    let slots = Slot::all().into_iter();
    slots
        .map(|slot| Arc::new(SlotCard::new(&slot.address)) as Arc<dyn CardProvider>)
        .collect()
}
