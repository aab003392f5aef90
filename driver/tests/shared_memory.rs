//! Memory that host and card share. Small enough for Miri, which checks the accesses themselves:
//! `MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-disable-weak-memory-emulation" cargo +nightly miri test
//! -p gristmill-driver --test shared_memory` (its weak memory does not know one byte with two sizes).

use gristmill_driver::{DmaVec, HostFault, HostMemory, Interrupts, Rights, TransportError};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn what_the_host_writes_the_card_reads_and_back() {
    let memory = HostMemory::new(40);
    let buffer = memory.allocate(100).unwrap();
    assert_eq!(buffer.iova() % 64, 0);
    assert_eq!(buffer.as_ptr() as usize % 64, 0);
    for (offset, length) in [(0, 100), (1, 7), (3, 30), (8, 16), (93, 7), (50, 0)] {
        let written: Vec<u8> = (0..length as u8).map(|i| i ^ 0x5a).collect();
        let mut read = vec![0; length];
        buffer.write(offset, &written).unwrap();
        memory
            .read(buffer.iova() + offset as u64, &mut read)
            .unwrap();
        assert_eq!(read, written);
        memory.write(buffer.iova() + offset as u64, &read).unwrap();
        buffer.read(offset, &mut read).unwrap();
        assert_eq!(read, written);
    }
    buffer.clear();
    let mut read = [1; 100];
    memory.read(buffer.iova(), &mut read).unwrap();
    assert_eq!(read, [0; 100]);
}

#[test]
fn accesses_outside_fault_and_change_nothing() {
    let memory = HostMemory::new(40);
    let buffer = memory.allocate(64).unwrap();
    let end = buffer.iova() + 64;
    let fault = |iova| Err(HostFault { iova });
    assert_eq!(memory.write(end - 8, &[1; 16]), fault(end));
    assert_eq!(memory.read(end, &mut [0]), fault(end));
    assert_eq!(memory.read(0, &mut [0]), fault(0));
    assert_eq!(memory.read(u64::MAX, &mut [0; 2]), fault(u64::MAX));
    assert_eq!(buffer.load(56), Ok(0));
    let outside = |offset, bytes| TransportError::OutsideBuffer {
        offset,
        bytes,
        length: 64,
    };
    assert_eq!(buffer.load(57), Err(outside(57, 8)));
    assert_eq!(buffer.load(4), Err(outside(4, 8)));
    assert_eq!(buffer.write(64, &[1]), Err(outside(64, 1)));
    assert_eq!(buffer.write(usize::MAX, &[1]), Err(outside(usize::MAX, 1)));
}

#[test]
fn a_freed_buffer_faults_and_its_address_stays_unused() {
    let memory = HostMemory::new(40);
    let buffer = memory.allocate(64).unwrap();
    let iova = buffer.iova();
    buffer.free().unwrap();
    assert_eq!(memory.read(iova, &mut [0]), Err(HostFault { iova }));
    assert_ne!(memory.allocate(64).unwrap().iova(), iova);
}

#[test]
fn addresses_stay_below_the_cards_limit_and_are_reused_in_the_end() {
    // Addresses from 1 MiB to 2 MiB.
    let memory = HostMemory::new(21);
    let kept = memory.allocate(4096).unwrap();
    for _ in 0..1000 {
        let buffer = memory.allocate(10_000).unwrap();
        assert!(buffer.iova() + 10_000 <= 1 << 21);
        memory.write(buffer.iova(), &[1; 64]).unwrap();
    }
    kept.store(0, 7).unwrap();
    assert!(matches!(
        memory.allocate(1 << 20),
        Err(TransportError::Allocate { .. })
    ));
}

#[test]
fn accesses_run_across_neighbouring_segments() {
    let memory = HostMemory::new(40);
    let mut parts = [[0u64; 8]; 2];
    let pointers = parts
        .each_mut()
        .map(|part| NonNull::from(part).cast::<u8>());
    // SAFETY: aligned to 8, valid until the end of the test, used by nobody else.
    unsafe {
        assert!(memory.map(0x1000, pointers[0], 64, Rights::ALL));
        assert!(memory.map(0x1040, pointers[1], 64, Rights::ALL));
        assert!(!memory.map(0x1020, pointers[1], 64, Rights::ALL));
        assert!(!memory.map(u64::MAX - 7, pointers[1], 64, Rights::ALL));
    }
    let written: Vec<u8> = (0..100).collect();
    memory.write(0x1004, &written).unwrap();
    let mut read = [0; 100];
    memory.read(0x1004, &mut read).unwrap();
    assert_eq!(read, written[..]);
    assert!(memory.unmap(0x1040) && !memory.unmap(0x1040));
    let iova = 0x1040;
    assert_eq!(memory.read(0x1004, &mut read), Err(HostFault { iova }));
}

#[test]
fn the_last_word_carries_the_others() {
    let memory = HostMemory::new(40);
    let buffer = memory.allocate(64).unwrap();
    let iova = buffer.iova();
    let rounds: u64 = if cfg!(miri) { 20 } else { 2000 };
    std::thread::scope(|scope| {
        let (memory, buffer) = (&memory, &buffer);
        scope.spawn(move || {
            for round in 1..=rounds {
                let words = [0, round, round, round, round, round, round, round];
                let slot: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                memory.write(iova, &slot).unwrap();
                let mut answer = [0; 8];
                while u64::from_le_bytes(answer) != round {
                    memory.read(iova, &mut answer).unwrap();
                    std::thread::yield_now();
                }
            }
        });
        for round in 1..=rounds {
            while buffer.load(56).unwrap() != round {
                std::thread::yield_now();
            }
            for word in 1..7 {
                assert_eq!(buffer.load(8 * word).unwrap(), round);
            }
            buffer.store(0, round).unwrap();
        }
    });
}

#[test]
fn a_vector_is_written_while_nobody_else_has_it() {
    let memory = HostMemory::new(40);
    let mut vector = DmaVec::<u32>::new(memory.allocate(40).unwrap(), 10).unwrap();
    vector.as_mut_slice().unwrap()[3] = 7;
    assert_eq!(vector[..5], [0, 0, 0, 7, 0]);
    let dma = vector.as_dma();
    assert!(vector.as_mut_slice().is_none());
    let part = dma.slice(12, 4).unwrap();
    assert_eq!(part.as_bytes(), 7u32.to_le_bytes());
    assert_eq!(part.iova(), dma.iova() + 12);
    assert!(part.slice(1, 4).is_none() && dma.slice(usize::MAX, 2).is_none());
    let mut read = [0; 4];
    memory.read(part.iova(), &mut read).unwrap();
    assert_eq!(read, 7u32.to_le_bytes());
    drop((dma, part));
    assert!(vector.as_mut_slice().is_some());
    assert!(DmaVec::<u64>::new(memory.allocate(40).unwrap(), 6).is_err());
}

#[test]
fn interrupts_wait_for_who_comes_later() {
    let interrupts = Arc::new(Interrupts::new(2));
    let now = Instant::now();
    assert_eq!(interrupts.wait(0, now), Ok(false));
    interrupts.raise(1);
    interrupts.raise(1);
    interrupts.raise(9);
    assert_eq!(interrupts.wait(0, now), Ok(false));
    assert_eq!(interrupts.wait(1, now), Ok(true));
    assert_eq!(interrupts.wait(1, now), Ok(false));
    let vector = 2;
    assert_eq!(
        interrupts.wait(2, now),
        Err(TransportError::NoVector { vector })
    );
    let raising = interrupts.clone();
    let thread = std::thread::spawn(move || raising.raise(0));
    let patience = Instant::now() + Duration::from_secs(20);
    assert_eq!(interrupts.wait(0, patience), Ok(true));
    thread.join().unwrap();
}
