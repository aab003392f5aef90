//! Registers and interrupts.

use crate::core_bench::{MEMORY_BYTES, Queue, descriptor, everywhere};
use gristmill_protocol::register::{self, queue_register, status_bits};
use gristmill_protocol::{IDENTITY, Operation, VERSION_MAJOR, VERSION_MINOR};

#[test]
fn registers_say_what_the_card_is() {
    everywhere(|mut bench| {
        assert_eq!(bench.read(register::IDENTITY), IDENTITY);
        let version = u32::from(VERSION_MAJOR) << 16 | u32::from(VERSION_MINOR);
        assert_eq!(bench.read(register::VERSION), version);
        assert_eq!(bench.read(register::STATUS), status_bits::READY);
        assert_eq!(bench.read(register::QUEUE_COUNT), 4);
        assert_eq!(bench.read(register::REGION_COUNT), 64);
        assert_eq!(bench.read(register::MEMORY_LOW), MEMORY_BYTES as u32);
        assert_eq!(bench.read(register::ADDRESS_BITS), 48);
        assert_eq!(bench.read(register::ENGINE_COUNT), 1);
        assert_eq!(bench.read(register::BUSY), 0);
        assert_eq!(bench.read(register::RESET_COUNT), 0);
        assert_eq!(bench.read(register::CAPABILITY_BASE), 1);
        assert_eq!(bench.read(register::CAPABILITY_BASE + 4 * 9), 254);
        assert_eq!(bench.read(register::CAPABILITY_BASE + 64), 0);
        assert_eq!(bench.read(0xffc), 0);
        bench.write(register::IDENTITY, 0);
        assert_eq!(bench.read(register::IDENTITY), IDENTITY);
        let before = bench.read(register::CYCLES_LOW);
        assert!(bench.read(register::CYCLES_LOW) > before);
        assert_eq!(bench.read(register::CYCLES_HIGH), 0);
        bench.write(register::INTERRUPT_TEST, 5);
        bench.write(register::INTERRUPT_TEST, 8);
        bench.settle();
        assert_eq!(bench.interrupts, [0, 0, 0, 0, 0, 1, 0, 0]);
    });
}

#[test]
fn interrupts_can_be_declined() {
    everywhere(|mut bench| {
        let mut queue = Queue::open(&mut bench, 2, 2, 0);
        let mut silent = descriptor(7, Operation::Nop);
        silent.interrupt = false;
        queue.words(&mut bench, silent.words());
        bench.settle();
        assert_eq!(bench.interrupts[2], 0);
        let control = queue_register(2, register::CONTROL);
        bench.write(control, register::control_bits::ENABLE);
        queue.succeed(&mut bench, Operation::Nop);
        bench.settle();
        assert_eq!(bench.interrupts[2], 0);
        bench.write(control, 3);
        queue.succeed(&mut bench, Operation::Nop);
        bench.settle();
        assert_eq!(bench.interrupts[2], 1);
    });
}
