//! Talks to a Gristmill card: transports, DMA memory, queues, faults.
