//! What a descriptor says, and whether it may.

use super::Parameters;
use super::order::Geometry;
use crate::cells::{Fixed, Register};
use gristmill_protocol::Status;
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::ntt::{HEADER_BYTES, TableFault};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the checks are doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum CheckState {
    /// Waiting for a descriptor.
    Idle,
    /// Working out sizes.
    Measure,
    /// And the ends of areas.
    Ends,
    /// Comparing them with the limits.
    Check,
    /// Comparing areas.
    Overlap,
}

/// Takes a descriptor apart and compares it with the limits of the engine and of its regions; what the headers of the
/// tables say is not known here.
///
/// Latency from `start`: `refused` in 3 cycles or, when areas overlap, in 4; `passed` in 4. A descriptor gets one of them, once.
#[derive(LogicBlock, Default)]
pub struct DescriptorChecks {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything.
    pub clear: Signal<In, Bit>,
    /// One cycle, only while no other is being checked: a descriptor.
    pub start: Signal<In, Bit>,
    /// The descriptor; this and what follows is stable from the cycle after `start` for as long as the fields are read.
    pub words: Signal<In, Bits<512>>,
    /// Bytes of the data's region.
    pub data_length: Signal<In, Bits<64>>,
    /// Bytes of the tables' region.
    pub tables_length: Signal<In, Bits<64>>,
    /// One cycle: there is nothing against it.
    pub passed: Signal<Out, Bit>,
    /// One cycle: there is.
    pub refused: Signal<Out, Bit>,
    /// With `refused`: status.
    pub status: Signal<Out, Bits<16>>,
    /// With `refused`: detail.
    pub detail: Signal<Out, Bits<64>>,
    /// Binary logarithm of the input's size; this and what follows to `scratch` is the descriptor, latency 0.
    pub size: Signal<Out, Bits<8>>,
    /// Binary logarithm of the factor by which the output is longer.
    pub extension: Signal<Out, Bits<8>>,
    /// From values to coefficients.
    pub inverse: Signal<Out, Bit>,
    /// The input is in bit-reversed order.
    pub input_reversed: Signal<Out, Bit>,
    /// The output is.
    pub output_reversed: Signal<Out, Bit>,
    /// The transforms are the columns of a matrix.
    pub columns: Signal<Out, Bit>,
    /// Inverse, then forward at the extended size.
    pub extend: Signal<Out, Bit>,
    /// Transforms.
    pub batch: Signal<Out, Bits<32>>,
    /// Bytes of a row of the matrix.
    pub stride: Signal<Out, Bits<64>>,
    /// Offset of the input in the data's region.
    pub source: Signal<Out, Bits<64>>,
    /// Offset of the output.
    pub target: Signal<Out, Bits<64>>,
    /// Offset of the scratch area.
    pub scratch: Signal<Out, Bits<64>>,
    /// Binary logarithm of the output's size; this and what follows stands from `passed` to the next `start`.
    pub output_size: Signal<Out, Bits<8>>,
    /// Bytes of the first table set.
    pub set_bytes: Signal<Out, Bits<64>>,
    /// The tables' region ends before the first set does.
    pub short_first: Signal<Out, Bit>,
    /// It ends before the second set does; where it has all of the first.
    pub short_second: Signal<Out, Bit>,
    /// It ends before the header of the second set does.
    pub short_header: Signal<Out, Bit>,
    misaligned: Fixed<Bits<16>>,
    size_limit: Fixed<Bits<16>>,
    reserved: Fixed<Bits<16>>,
    unsupported: Fixed<Bits<16>>,
    stride_status: Fixed<Bits<16>>,
    bounds: Fixed<Bits<16>>,
    overlap: Fixed<Bits<16>>,
    mismatch: Fixed<Bits<16>>,
    missing: Fixed<Bits<64>>,
    inverse_flag: Fixed<Bits<16>>,
    input_flag: Fixed<Bits<16>>,
    output_flag: Fixed<Bits<16>>,
    columns_flag: Fixed<Bits<16>>,
    extend_flag: Fixed<Bits<16>>,
    header_bytes: Fixed<Bits<64>>,
    size_most: Fixed<Bits<16>>,
    pass_log2: Fixed<Bits<16>>,
    element_log2: Fixed<Bits<8>>,
    state: Register<CheckState>,
    whole: Register<Bits<16>>,
    row_bytes: Register<Bits<64>>,
    input_bytes: Register<Bits<64>>,
    output_bytes: Register<Bits<64>>,
    input_end: Register<Bits<64>>,
    output_end: Register<Bits<64>>,
    scratch_end: Register<Bits<64>>,
    first_bytes: Register<Bits<64>>,
    second_bytes: Register<Bits<64>>,
    first_beyond: Register<Bit>,
    second_beyond: Register<Bit>,
    header_beyond: Register<Bit>,
    flags: Signal<Local, Bits<16>>,
    stride_blocks: Signal<Local, Bits<16>>,
    whole_now: Signal<Local, Bits<16>>,
    uses_scratch: Signal<Local, Bit>,
    in_place: Signal<Local, Bit>,
    narrow: Signal<Local, Bit>,
}

impl DescriptorChecks {
    /// The checks of an engine for transforms up to 2^`size_log2`.
    pub fn new(parameters: &Parameters, geometry: &Geometry, size_log2: usize) -> Self {
        let status = |status: Status| Fixed::new(u64::from(status.code()).into());
        let flag = |flag: u16| Fixed::new(u64::from(flag).into());
        Self {
            misaligned: status(Status::Misaligned),
            size_limit: status(Status::SizeLimit),
            reserved: status(Status::ReservedNotZero),
            unsupported: status(Status::UnsupportedParameter),
            stride_status: status(Status::Stride),
            bounds: status(Status::RegionBounds),
            overlap: status(Status::Overlap),
            mismatch: status(Status::TablesMismatch),
            missing: Fixed::new((TableFault::Missing as u64).into()),
            inverse_flag: flag(flag::INVERSE),
            input_flag: flag(flag::INPUT_REVERSED),
            output_flag: flag(flag::OUTPUT_REVERSED),
            columns_flag: flag(flag::COLUMNS),
            extend_flag: flag(flag::EXTEND),
            header_bytes: Fixed::new(HEADER_BYTES.into()),
            size_most: Fixed::new((size_log2 as u64).into()),
            pass_log2: Fixed::new((geometry.pass_log2 as u64).into()),
            element_log2: Fixed::new(u64::from(parameters.field.element_bytes.ilog2()).into()),
            ..Default::default()
        }
    }
}

impl Logic for DescriptorChecks {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            whole,
            row_bytes,
            input_bytes,
            output_bytes,
            input_end,
            output_end,
            scratch_end,
            first_bytes,
            second_bytes,
            first_beyond,
            second_beyond,
            header_beyond
        );

        // the descriptor's fields
        self.flags.next = self.words.val().get_bits::<16>(16);
        self.size.next = self.words.val().get_bits::<8>(320);
        self.extension.next = self.words.val().get_bits::<8>(328);
        self.stride_blocks.next = self.words.val().get_bits::<16>(336);
        self.batch.next = self.words.val().get_bits::<32>(352);
        self.source.next = self.words.val().get_bits::<64>(128);
        self.target.next = self.words.val().get_bits::<64>(256);
        self.scratch.next = self.words.val().get_bits::<64>(384);
        self.inverse.next = (self.flags.val() & self.inverse_flag.val()).any();
        self.input_reversed.next = (self.flags.val() & self.input_flag.val()).any();
        self.output_reversed.next = (self.flags.val() & self.output_flag.val()).any();
        self.columns.next = (self.flags.val() & self.columns_flag.val()).any();
        self.extend.next = (self.flags.val() & self.extend_flag.val()).any();
        self.stride.next = bit_cast::<64, 16>(self.stride_blocks.val()) << 6;
        self.whole_now.next = bit_cast::<16, 8>(self.size.val());
        if self.extend.val() {
            self.whole_now.next =
                bit_cast::<16, 8>(self.size.val()) + bit_cast::<16, 8>(self.extension.val());
        }
        self.uses_scratch.next =
            self.extend.val() | (bit_cast::<16, 8>(self.size.val()) > self.pass_log2.val());
        self.in_place.next = (self.source.val() == self.target.val())
            & (!self.extend.val() | !self.extension.val().any());
        // an extension whose coefficients are less than a row of the matrix N1 x N2
        self.narrow.next = self.extend.val()
            & (self.whole.q.val() > self.pass_log2.val())
            & (bit_cast::<16, 8>(self.size.val()) < (self.whole.q.val() >> 1));
        self.output_size.next = bit_cast::<8, 16>(self.whole.q.val());
        self.set_bytes.next = self.first_bytes.q.val();
        self.short_first.next = self.first_beyond.q.val();
        self.short_second.next = self.second_beyond.q.val();
        self.short_header.next = self.header_beyond.q.val();

        self.refused.next = false;
        self.status.next = 0.into();
        self.detail.next = 0.into();
        match self.state.q.val() {
            CheckState::Idle => {
                if self.start.val() {
                    self.state.d.next = CheckState::Measure;
                }
            }
            CheckState::Measure => {
                self.whole.d.next = self.whole_now.val();
                self.row_bytes.d.next =
                    bit_cast::<64, 32>(self.batch.val()) << self.element_log2.val();
                self.first_bytes.d.next =
                    bits::<64>(1) << (((self.size.val() + 1) >> 1) + self.element_log2.val());
                self.second_bytes.d.next = bits::<64>(1)
                    << (((bit_cast::<8, 16>(self.whole_now.val()) + 1) >> 1)
                        + self.element_log2.val());
                self.state.d.next = CheckState::Ends;
            }
            CheckState::Ends => {
                // areas in whole blocks; a set has at least a block a table
                self.input_bytes.d.next = self.stride.val() << self.size.val();
                self.output_bytes.d.next = self.stride.val() << self.whole.q.val();
                if !self.columns.val() {
                    self.input_bytes.d.next =
                        (((self.row_bytes.q.val() << self.size.val()) + 63) >> 6) << 6;
                    self.output_bytes.d.next =
                        (((self.row_bytes.q.val() << self.whole.q.val()) + 63) >> 6) << 6;
                }
                self.first_bytes.d.next = (self.first_bytes.q.val() << 2) + self.header_bytes.val();
                if self.first_bytes.q.val() < 64 {
                    self.first_bytes.d.next = self.header_bytes.val() + 256;
                }
                self.second_bytes.d.next =
                    (self.second_bytes.q.val() << 2) + self.header_bytes.val();
                if self.second_bytes.q.val() < 64 {
                    self.second_bytes.d.next = self.header_bytes.val() + 256;
                }
                self.state.d.next = CheckState::Check;
            }
            CheckState::Check => {
                self.input_end.d.next = self.source.val() + self.input_bytes.q.val();
                self.output_end.d.next = self.target.val() + self.output_bytes.q.val();
                self.scratch_end.d.next = self.scratch.val() + self.output_bytes.q.val();
                self.first_beyond.d.next = self.tables_length.val() < self.first_bytes.q.val();
                self.second_beyond.d.next = (self.tables_length.val() - self.first_bytes.q.val())
                    < self.second_bytes.q.val();
                self.header_beyond.d.next =
                    self.tables_length.val() < (self.first_bytes.q.val() + self.header_bytes.val());
                self.state.d.next = CheckState::Overlap;
                // the last of these that holds counts
                if !self.words.val().get_bits::<48>(448).any() {
                    self.refused.next = true;
                    self.status.next = self.mismatch.val();
                    self.detail.next = self.missing.val();
                }
                if self.uses_scratch.val()
                    & ((self.scratch.val() > self.data_length.val())
                        | (self.output_bytes.q.val()
                            > (self.data_length.val() - self.scratch.val())))
                {
                    self.refused.next = true;
                    self.status.next = self.bounds.val();
                    self.detail.next = 6.into();
                }
                if (self.target.val() > self.data_length.val())
                    | (self.output_bytes.q.val() > (self.data_length.val() - self.target.val()))
                {
                    self.refused.next = true;
                    self.status.next = self.bounds.val();
                    self.detail.next = 4.into();
                }
                if (self.source.val() > self.data_length.val())
                    | (self.input_bytes.q.val() > (self.data_length.val() - self.source.val()))
                {
                    self.refused.next = true;
                    self.status.next = self.bounds.val();
                    self.detail.next = 2.into();
                }
                if self.columns.val() & (self.row_bytes.q.val() > self.stride.val()) {
                    self.refused.next = true;
                    self.status.next = self.stride_status.val();
                    self.detail.next = 5.into();
                }
                if (self.scratch.val() & 63).any() {
                    self.refused.next = true;
                    self.status.next = self.misaligned.val();
                    self.detail.next = 6.into();
                }
                if (self.target.val() & 63).any() {
                    self.refused.next = true;
                    self.status.next = self.misaligned.val();
                    self.detail.next = 4.into();
                }
                if (self.source.val() & 63).any() {
                    self.refused.next = true;
                    self.status.next = self.misaligned.val();
                    self.detail.next = 2.into();
                }
                if self.narrow.val() {
                    self.refused.next = true;
                    self.status.next = self.unsupported.val();
                    self.detail.next = 5.into();
                }
                if self.whole.q.val() > self.size_most.val() {
                    self.refused.next = true;
                    self.status.next = self.size_limit.val();
                    self.detail.next = bit_cast::<64, 16>(self.whole.q.val());
                }
                if !self.batch.val().any() {
                    self.refused.next = true;
                    self.status.next = self.size_limit.val();
                    self.detail.next = 0.into();
                }
                if self.extend.val() & (self.inverse.val() | self.input_reversed.val()) {
                    self.refused.next = true;
                    self.status.next = self.unsupported.val();
                    self.detail.next = 0.into();
                }
                if !self.uses_scratch.val() & self.scratch.val().any() {
                    self.refused.next = true;
                    self.status.next = self.reserved.val();
                    self.detail.next = 6.into();
                }
                if (!self.extend.val() & self.extension.val().any())
                    | (!self.columns.val() & self.stride_blocks.val().any())
                {
                    self.refused.next = true;
                    self.status.next = self.reserved.val();
                    self.detail.next = 5.into();
                }
            }
            CheckState::Overlap => {
                self.state.d.next = CheckState::Idle;
                if self.uses_scratch.val()
                    & (((self.scratch.val() < self.input_end.q.val())
                        & (self.source.val() < self.scratch_end.q.val()))
                        | ((self.scratch.val() < self.output_end.q.val())
                            & (self.target.val() < self.scratch_end.q.val())))
                {
                    self.refused.next = true;
                    self.status.next = self.overlap.val();
                    self.detail.next = 6.into();
                }
                if !self.in_place.val()
                    & (self.source.val() < self.output_end.q.val())
                    & (self.target.val() < self.input_end.q.val())
                {
                    self.refused.next = true;
                    self.status.next = self.overlap.val();
                    self.detail.next = 4.into();
                }
            }
        }
        self.passed.next = (self.state.q.val() == CheckState::Overlap) & !self.refused.val();
        if self.refused.val() | self.clear.val() {
            self.state.d.next = CheckState::Idle;
        }
    }
}
