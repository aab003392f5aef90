use crate::verilator::{Input, Model, ModelError, Output};

use super::signals::{
    Address, Lines, LiteMaster, LiteSlave, MasterSignals, SlaveSignals, WriteBeat,
};

/// Where a model has an AXI4 master: the signals between it and a [`Memory`](super::Memory).
#[derive(Clone, Copy, Debug)]
pub struct MemoryPort {
    aw: AddressPort,
    w_valid: Output,
    w_ready: Input,
    w_data: Output,
    w_strobes: Output,
    w_last: Output,
    b_valid: Input,
    b_ready: Output,
    b_id: Input,
    b_response: Input,
    ar: AddressPort,
    r_valid: Input,
    r_ready: Output,
    r_id: Input,
    r_data: Input,
    r_response: Input,
    r_last: Input,
}

#[derive(Clone, Copy, Debug)]
struct AddressPort {
    valid: Output,
    ready: Input,
    id: Output,
    address: Output,
    length: Output,
    size: Output,
    burst: Output,
}

impl AddressPort {
    fn find(model: &Model, prefix: &str) -> Result<Self, ModelError> {
        let output = |name: &str| model.output(&format!("{prefix}{name}"));
        Ok(Self {
            valid: output("valid")?,
            ready: model.input(&format!("{prefix}ready"))?,
            id: output("id")?,
            address: output("addr")?,
            length: output("len")?,
            size: output("size")?,
            burst: output("burst")?,
        })
    }

    fn sample(&self, model: &Model) -> Option<Address> {
        model.bit(self.valid).then(|| Address {
            id: model.get(self.id) as u32,
            address: model.get(self.address),
            length: model.get(self.length) as u8,
            size: model.get(self.size) as u8,
            burst: model.get(self.burst) as u8,
        })
    }
}

impl MemoryPort {
    /// Finds the signals of the master whose names begin with `prefix`: `host$` for `host$awvalid`.
    pub fn find(model: &Model, prefix: &str) -> Result<Self, ModelError> {
        let input = |name: &str| model.input(&format!("{prefix}{name}"));
        let output = |name: &str| model.output(&format!("{prefix}{name}"));
        Ok(Self {
            aw: AddressPort::find(model, &format!("{prefix}aw"))?,
            w_valid: output("wvalid")?,
            w_ready: input("wready")?,
            w_data: output("wdata")?,
            w_strobes: output("wstrb")?,
            w_last: output("wlast")?,
            b_valid: input("bvalid")?,
            b_ready: output("bready")?,
            b_id: input("bid")?,
            b_response: input("bresp")?,
            ar: AddressPort::find(model, &format!("{prefix}ar"))?,
            r_valid: input("rvalid")?,
            r_ready: output("rready")?,
            r_id: input("rid")?,
            r_data: input("rdata")?,
            r_response: input("rresp")?,
            r_last: input("rlast")?,
        })
    }

    /// Bytes of a beat.
    pub fn beat_bytes(&self) -> usize {
        self.w_data.width() / 8
    }

    /// Sets the model's inputs for the coming cycle.
    pub fn drive(&self, model: &mut Model, slave: &SlaveSignals) {
        model.set(self.aw.ready, u64::from(slave.aw_ready));
        model.set(self.w_ready, u64::from(slave.w_ready));
        model.set(self.ar.ready, u64::from(slave.ar_ready));
        model.set(self.b_valid, u64::from(slave.b.is_some()));
        if let Some(response) = &slave.b {
            model.set(self.b_id, u64::from(response.id));
            model.set(self.b_response, response.response as u64);
        }
        model.set(self.r_valid, u64::from(slave.r.is_some()));
        if let Some(beat) = &slave.r {
            model.set(self.r_id, u64::from(beat.id));
            model.set(self.r_response, beat.response as u64);
            model.set(self.r_last, u64::from(beat.last));
            model.set_bytes(self.r_data, &*beat.data);
        }
    }

    /// What the model drove in the cycle that has passed.
    pub fn sample(&self, model: &Model) -> MasterSignals {
        let w = model.bit(self.w_valid).then(|| {
            let mut data = Lines::default();
            let bytes = model.bytes(self.w_data);
            data[..bytes.len()].copy_from_slice(bytes);
            let strobes = model.get(self.w_strobes);
            WriteBeat {
                data,
                strobes,
                last: model.bit(self.w_last),
            }
        });
        MasterSignals {
            aw: self.aw.sample(model),
            w,
            b_ready: model.bit(self.b_ready),
            ar: self.ar.sample(model),
            r_ready: model.bit(self.r_ready),
        }
    }
}

/// Where a model has an AXI4-Lite slave: the signals between it and a [`RegisterMaster`](super::RegisterMaster).
#[derive(Clone, Copy, Debug)]
pub struct LitePort {
    aw_valid: Input,
    aw_ready: Output,
    aw_address: Input,
    w_valid: Input,
    w_ready: Output,
    w_data: Input,
    w_strobes: Input,
    b_valid: Output,
    b_ready: Input,
    b_response: Output,
    ar_valid: Input,
    ar_ready: Output,
    ar_address: Input,
    r_valid: Output,
    r_ready: Input,
    r_data: Output,
    r_response: Output,
}

impl LitePort {
    /// Finds the signals of the slave whose names begin with `prefix`: `registers$` for `registers$awvalid`.
    pub fn find(model: &Model, prefix: &str) -> Result<Self, ModelError> {
        let input = |name: &str| model.input(&format!("{prefix}{name}"));
        let output = |name: &str| model.output(&format!("{prefix}{name}"));
        Ok(Self {
            aw_valid: input("awvalid")?,
            aw_ready: output("awready")?,
            aw_address: input("awaddr")?,
            w_valid: input("wvalid")?,
            w_ready: output("wready")?,
            w_data: input("wdata")?,
            w_strobes: input("wstrb")?,
            b_valid: output("bvalid")?,
            b_ready: input("bready")?,
            b_response: output("bresp")?,
            ar_valid: input("arvalid")?,
            ar_ready: output("arready")?,
            ar_address: input("araddr")?,
            r_valid: output("rvalid")?,
            r_ready: input("rready")?,
            r_data: output("rdata")?,
            r_response: output("rresp")?,
        })
    }

    /// Sets the model's inputs for the coming cycle.
    pub fn drive(&self, model: &mut Model, master: &LiteMaster) {
        model.set(self.aw_valid, u64::from(master.aw.is_some()));
        model.set(self.aw_address, u64::from(master.aw.unwrap_or_default()));
        model.set(self.w_valid, u64::from(master.w.is_some()));
        model.set(self.w_data, u64::from(master.w.unwrap_or_default()));
        model.set(self.w_strobes, 0xf);
        model.set(self.b_ready, u64::from(master.b_ready));
        model.set(self.ar_valid, u64::from(master.ar.is_some()));
        model.set(self.ar_address, u64::from(master.ar.unwrap_or_default()));
        model.set(self.r_ready, u64::from(master.r_ready));
    }

    /// What the model drove in the cycle that has passed.
    pub fn sample(&self, model: &Model) -> LiteSlave {
        LiteSlave {
            aw_ready: model.bit(self.aw_ready),
            w_ready: model.bit(self.w_ready),
            b: model
                .bit(self.b_valid)
                .then(|| model.get(self.b_response) as u8),
            ar_ready: model.bit(self.ar_ready),
            r: model.bit(self.r_valid).then(|| {
                (
                    model.get(self.r_data) as u32,
                    model.get(self.r_response) as u8,
                )
            }),
        }
    }
}
