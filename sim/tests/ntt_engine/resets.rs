//! Soft resets, at rest and in the middle of jobs.

use crate::bench::Shape;
use crate::on_toys;
use gristmill_protocol::register;

#[test]
fn a_reset_at_any_time_leaves_a_good_engine() {
    on_toys(|bench| {
        let shape = Shape {
            size: 6,
            batch: 4,
            inverse: true,
            ..Shape::default()
        };
        for cycles in [0, 60, 150, 220, 300, 410, 530, 800] {
            if cycles > 0 {
                let input = bench.random_input(&shape);
                let placed = bench.place(shape, input, 0);
                for tag in 0..3 {
                    bench.queue.put(bench.descriptor(&placed, tag).words());
                }
                bench.queue.ring(&mut bench.host);
                for _ in 0..cycles {
                    bench.host.step();
                }
            }
            bench.host.soft_reset();
            let status = bench.host.read(register::STATUS);
            assert_eq!(
                status,
                register::status_bits::READY,
                "after {cycles} cycles"
            );
            bench.reopen();
            for size in [2, 4, 7] {
                bench.check(Shape {
                    size,
                    batch: 2,
                    ..Shape::default()
                });
            }
        }
    });
}
