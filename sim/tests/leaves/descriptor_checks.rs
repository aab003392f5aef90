//! What a descriptor of a transform may say, by the words of the protocol.

use gristmill_hdl::datapath::{Fill, fields};
use gristmill_hdl::ntt::order::Geometry;
use gristmill_hdl::ntt::{DescriptorChecks, Parameters};
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::ntt::{HEADER_BYTES, TableFault, table_set_bytes};
use gristmill_protocol::{Ntt, Status};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

use crate::both::Both;

const PASS_LOG2: u32 = 4;
const SIZE_LOG2: u32 = 8;
const ELEMENT_BYTES: usize = 8;
const CASES: usize = 2000;
/// Cycles from `start` in which a descriptor is refused by its fields, and by its areas.
const FIELDS: usize = 3;
const AREAS: usize = 4;

fn checks() -> DescriptorChecks {
    let geometry = Geometry {
        lanes_log2: 1,
        pass_log2: PASS_LOG2 as usize,
        tile_log2: 6,
        columns_log2: 2,
        split_log2: 1,
    };
    let parameters = Parameters {
        field: fields::toy_ntt(),
        lanes: 2,
        pass_log2: PASS_LOG2 as usize,
        table_log2: 4,
        fill: Fill::Record,
    };
    assert_eq!(parameters.field.element_bytes, ELEMENT_BYTES);
    DescriptorChecks::new(&parameters, &geometry, SIZE_LOG2 as usize)
}

#[derive(Clone, Copy, Debug)]
struct Case {
    words: [u64; 8],
    data_length: u64,
    tables_length: u64,
}

/// Names of the faults, in the order in which they count.
const FAULTS: [&str; 16] = [
    "extension or stride that mean nothing",
    "scratch that is not used",
    "extension that is inverse or reversed",
    "no batch",
    "size",
    "narrow extension",
    "input misaligned",
    "output misaligned",
    "scratch misaligned",
    "stride",
    "input beyond the region",
    "output beyond the region",
    "scratch beyond the region",
    "no tables",
    "output overlaps",
    "scratch overlaps",
];

impl Case {
    /// One that nothing is wrong with; areas and tables often end where their regions do, or begin where others end.
    fn good(source: &mut SmallRng) -> Self {
        let size = source.gen_range(0..=SIZE_LOG2 as u8);
        let most = SIZE_LOG2 as u8 - size;
        let extension = source.gen_bool(0.5).then(|| source.gen_range(0..=most));
        let extension = extension.map(|extension| match size + extension > PASS_LOG2 as u8 {
            true => extension.min(size + 1),
            false => extension,
        });
        let batch = source.gen_range(1..20);
        let row_blocks = (batch * ELEMENT_BYTES as u32).div_ceil(64) as u16;
        let spare = source.gen_range(0..2);
        let mut ntt = Ntt {
            size_log2: size,
            extension_log2: extension,
            stride_blocks: source.gen_bool(0.5).then_some(row_blocks + spare),
            batch,
            inverse: extension.is_none() && source.r#gen(),
            input_reversed: extension.is_none() && source.r#gen(),
            output_reversed: source.r#gen(),
            ..Ntt::default()
        };
        let (input, output) = (
            ntt.input_bytes(ELEMENT_BYTES),
            ntt.output_bytes(ELEMENT_BYTES),
        );
        let in_place = extension.unwrap_or(0) == 0 && source.r#gen();
        let mut areas = [(0, input), (1, output), (2, output)];
        areas.shuffle(source);
        let mut end = 0;
        for (area, bytes) in areas {
            let begins = end + 64 * source.gen_range(0..2);
            match area {
                0 => ntt.input = begins,
                1 if in_place => continue,
                1 => ntt.output = begins,
                _ if ntt.uses_scratch(PASS_LOG2) => ntt.scratch = begins,
                _ => continue,
            }
            end = begins + bytes;
        }
        if in_place {
            ntt.output = ntt.input;
        }
        ntt.tables.index = source.gen_range(1..64);
        let first = table_set_bytes(ELEMENT_BYTES, u32::from(size));
        let tables = ntt.table_bytes(ELEMENT_BYTES);
        let lengths = [
            tables,
            tables - 1,
            first,
            first + HEADER_BYTES,
            first + HEADER_BYTES - 1,
        ];
        let descriptor = gristmill_protocol::Descriptor {
            tag: source.r#gen(),
            statistics: 0,
            interrupt: source.r#gen(),
            operation: gristmill_protocol::Operation::Ntt(ntt),
        };
        Self {
            words: descriptor.words(),
            data_length: end + source.gen_range(0..2),
            tables_length: *lengths.choose(source).unwrap(),
        }
    }

    /// Something else in one of the fields, which is often wrong.
    fn spoil(&mut self, source: &mut SmallRng) {
        let offset = *[2, 4, 6].choose(source).unwrap();
        let far = [1 << 63, u64::MAX - 63, self.data_length & !63];
        match source.gen_range(0..16) {
            0 => self.words[0] ^= 1 << (16 + source.gen_range(0..5)),
            1 => self.words[5] ^= 1 << source.gen_range(0..32),
            2 => self.words[5] |= 0xff << (8 * source.gen_range(0..2)),
            3 => self.words[5] &= 0xffff_ffff,
            4 => self.words[5] |= 1 << source.gen_range(32..64),
            5 => self.words[5] = self.words[5].wrapping_sub(1 << 16),
            6 => self.words[5] = self.words[5].wrapping_add(source.gen_range(0..4)),
            7 => self.words[5] += (1 << 8) * source.gen_range(0..4),
            8 => self.words[offset] = *far.choose(source).unwrap(),
            9 => self.words[offset] |= 1 << source.gen_range(0..6),
            10 => self.words[offset] = self.words[offset].wrapping_add(64),
            11 => self.words[offset] = self.words[offset].wrapping_sub(64),
            12 => self.words[offset] = self.words[*[2, 4, 6].choose(source).unwrap()],
            13 => self.data_length = self.data_length.wrapping_sub(source.gen_range(0..3)),
            14 => self.words[7] = source.gen_range(0..2) << 48,
            _ => self.words[0] |= u64::from(flag::EXTEND | flag::INVERSE) << 16,
        }
    }

    fn ntt(&self) -> Ntt {
        Ntt::from_words(self.words)
    }

    /// Which faults it has, and how each is answered.
    fn faults(&self) -> [(bool, Status, u64); 16] {
        let ntt = self.ntt();
        let whole = ntt.output_size_log2();
        let extend = ntt.extension_log2.is_some();
        let field = |low: u32, bits: u32| self.words[5] >> low & ((1 << bits) - 1);
        let input = (ntt.input, ntt.input_bytes(ELEMENT_BYTES));
        let output = (ntt.output, ntt.output_bytes(ELEMENT_BYTES));
        let scratch = (ntt.scratch, ntt.output_bytes(ELEMENT_BYTES));
        let scratch_used = ntt.uses_scratch(PASS_LOG2);
        let end = |(first, bytes): (u64, u64)| u128::from(first) + u128::from(bytes);
        let beyond = |area| end(area) > u128::from(self.data_length);
        let overlap = |one: (u64, u64), other: (u64, u64)| {
            u128::from(one.0) < end(other) && u128::from(other.0) < end(one)
        };
        let in_place = input.0 == output.0 && ntt.extension_log2.unwrap_or(0) == 0;
        let stride = ntt.stride_blocks.map(|blocks| u64::from(blocks) * 64);
        let row = u64::from(ntt.batch) * ELEMENT_BYTES as u64;
        let scratch_overlaps = overlap(scratch, input) || overlap(scratch, output);
        [
            (
                !extend && field(8, 8) != 0 || stride.is_none() && field(16, 16) != 0,
                Status::ReservedNotZero,
                5,
            ),
            (
                !scratch_used && ntt.scratch != 0,
                Status::ReservedNotZero,
                6,
            ),
            (
                extend && (ntt.inverse || ntt.input_reversed),
                Status::UnsupportedParameter,
                0,
            ),
            (ntt.batch == 0, Status::SizeLimit, 0),
            (whole > SIZE_LOG2, Status::SizeLimit, u64::from(whole)),
            (
                extend && whole > PASS_LOG2 && u32::from(ntt.size_log2) < whole / 2,
                Status::UnsupportedParameter,
                5,
            ),
            (!input.0.is_multiple_of(64), Status::Misaligned, 2),
            (!output.0.is_multiple_of(64), Status::Misaligned, 4),
            (!scratch.0.is_multiple_of(64), Status::Misaligned, 6),
            (stride.is_some_and(|stride| row > stride), Status::Stride, 5),
            (beyond(input), Status::RegionBounds, 2),
            (beyond(output), Status::RegionBounds, 4),
            (scratch_used && beyond(scratch), Status::RegionBounds, 6),
            (
                self.words[7] & ((1 << 48) - 1) == 0,
                Status::TablesMismatch,
                TableFault::Missing as u64,
            ),
            (!in_place && overlap(input, output), Status::Overlap, 4),
            (scratch_used && scratch_overlaps, Status::Overlap, 6),
        ]
    }
}

fn descriptor(words: [u64; 8]) -> Bits<512> {
    (0..512).fold(Bits::default(), |all, bit| {
        all.replace_bit(bit, words[bit / 64] >> (bit % 64) & 1 == 1)
    })
}

fn set(both: &mut Both<DescriptorChecks>, case: &Case) {
    both.rust.words.next = descriptor(case.words);
    both.rust.data_length.next = case.data_length.into();
    both.rust.tables_length.next = case.tables_length.into();
    both.set("words", descriptor(case.words));
    both.set("data_length", Bits::<64>::from(case.data_length));
    both.set("tables_length", Bits::<64>::from(case.tables_length));
}

/// A cycle; what it says of the descriptor, if anything: nothing against it, or status and detail.
fn cycle(
    both: &mut Both<DescriptorChecks>,
    start: bool,
    clear: bool,
) -> Option<Option<(u64, u64)>> {
    both.rust.start.next = start;
    both.rust.clear.next = clear;
    both.set_bit("start", start);
    both.set_bit("clear", clear);
    both.settle();
    let rust = &both.rust;
    let (passed, refused) = (rust.passed.val(), rust.refused.val());
    assert_eq!(
        (passed, refused),
        (both.get_bit("passed"), both.get_bit("refused"))
    );
    assert_eq!(rust.status.val(), both.get("status"));
    assert_eq!(rust.detail.val(), both.get("detail"));
    assert!(!(passed && refused));
    let refusal = (rust.status.val().to_u64(), rust.detail.val().to_u64());
    let said = match refused {
        true => Some(Some(refusal)),
        false => passed.then_some(None),
    };
    both.cycle(|rust, clock| rust.clock.next = clock);
    said
}

/// What it gives out of a descriptor that it has passed.
fn check_fields(both: &mut Both<DescriptorChecks>, case: &Case) {
    let ntt = case.ntt();
    both.settle();
    let rust = &both.rust;
    let flags = [
        ("inverse", rust.inverse.val(), ntt.inverse),
        (
            "input_reversed",
            rust.input_reversed.val(),
            ntt.input_reversed,
        ),
        (
            "output_reversed",
            rust.output_reversed.val(),
            ntt.output_reversed,
        ),
        ("columns", rust.columns.val(), ntt.stride_blocks.is_some()),
        ("extend", rust.extend.val(), ntt.extension_log2.is_some()),
    ];
    for (name, found, wanted) in flags {
        assert_eq!(
            (found, both.get_bit(name)),
            (wanted, wanted),
            "{name}, {case:x?}"
        );
    }
    let first = table_set_bytes(ELEMENT_BYTES, u32::from(ntt.size_log2));
    let numbers = [
        ("size", rust.size.val().to_u64(), u64::from(ntt.size_log2)),
        (
            "extension",
            rust.extension.val().to_u64(),
            u64::from(ntt.extension_log2.unwrap_or(0)),
        ),
        ("batch", rust.batch.val().to_u64(), u64::from(ntt.batch)),
        (
            "stride",
            rust.stride.val().to_u64(),
            64 * u64::from(ntt.stride_blocks.unwrap_or(0)),
        ),
        ("source", rust.source.val().to_u64(), ntt.input),
        ("target", rust.target.val().to_u64(), ntt.output),
        ("scratch", rust.scratch.val().to_u64(), ntt.scratch),
        (
            "output_size",
            rust.output_size.val().to_u64(),
            u64::from(ntt.output_size_log2()),
        ),
        ("set_bytes", rust.set_bytes.val().to_u64(), first),
    ];
    let verilog = [
        both.get::<8>("size").to_u64(),
        both.get::<8>("extension").to_u64(),
        both.get::<32>("batch").to_u64(),
        both.get::<64>("stride").to_u64(),
        both.get::<64>("source").to_u64(),
        both.get::<64>("target").to_u64(),
        both.get::<64>("scratch").to_u64(),
        both.get::<8>("output_size").to_u64(),
        both.get::<64>("set_bytes").to_u64(),
    ];
    for ((name, found, wanted), verilog) in numbers.into_iter().zip(verilog) {
        assert_eq!((found, verilog), (wanted, wanted), "{name}, {case:x?}");
    }
    let short = case.tables_length < first;
    let header = case.tables_length < first + HEADER_BYTES;
    assert_eq!(
        (rust.short_first.val(), both.get_bit("short_first")),
        (short, short)
    );
    assert_eq!(
        (rust.short_header.val(), both.get_bit("short_header")),
        (header, header)
    );
    if ntt.extension_log2.is_some() && !short {
        let short = case.tables_length < ntt.table_bytes(ELEMENT_BYTES);
        assert_eq!(
            (rust.short_second.val(), both.get_bit("short_second")),
            (short, short)
        );
    }
}

#[test]
fn the_first_fault_counts() {
    let mut both = Both::new(checks(), "descriptor_checks");
    let mut source = SmallRng::seed_from_u64(6);
    let mut passed = 0;
    // how often a fault was the answer, and how often another one stood behind it
    let mut seen = [0; FAULTS.len()];
    let mut before = [0; FAULTS.len()];
    for _ in 0..CASES {
        let mut case = Case::good(&mut source);
        let spoils = source.gen_range(0..4);
        (0..spoils).for_each(|_| case.spoil(&mut source));
        let faults = case.faults();
        let first = faults.iter().position(|(holds, ..)| *holds);
        assert!(spoils > 0 || first.is_none(), "{case:x?}");
        let wanted = first.map(|first| (u64::from(faults[first].1.code()), faults[first].2));
        let latency = match first {
            Some(first) if !matches!(faults[first].1, Status::Overlap) => FIELDS,
            _ => AREAS,
        };
        // words and lengths are there in the cycle after `start`
        assert_eq!(cycle(&mut both, true, false), None);
        set(&mut both, &case);
        if source.gen_bool(0.05) {
            let cleared = source.gen_range(1..latency);
            for now in 1..=AREAS {
                let said = cycle(&mut both, false, now == cleared);
                assert_eq!(said, None, "cycle {now}, cleared in {cleared}");
            }
            continue;
        }
        for now in 1..=AREAS {
            let said = cycle(&mut both, false, false);
            let right = (now == latency).then_some(wanted);
            let name = first.map(|first| FAULTS[first]);
            assert_eq!(said, right, "cycle {now}, {name:?}, {case:x?}");
        }
        match first {
            Some(first) => {
                seen[first] += 1;
                before[first] += usize::from(faults[first + 1..].iter().any(|(holds, ..)| *holds));
            }
            None => {
                passed += 1;
                check_fields(&mut both, &case);
            }
        }
    }
    assert!(passed > CASES / 5, "{passed} passed");
    let last = FAULTS.len() - 1;
    for (fault, name) in FAULTS.iter().enumerate() {
        let (seen, before) = (seen[fault], before[fault]);
        assert!(
            seen > 10 && (before > 2 || fault == last),
            "{name}: {seen}, {before} before others"
        );
    }
}
