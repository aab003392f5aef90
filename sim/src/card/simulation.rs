use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gristmill_driver::{DmaBuffer, HostMemory, Interrupts, Transport, TransportError};
use gristmill_protocol::register::BAR_BYTES;

use super::board::{Board, BoardError, BoardOptions};
use crate::axi::{Access, Completion, Counters, DramCounters};
use crate::verilator::ModelLibrary;

/// What a simulated card has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Cycles since power-up; none pass while the card has nothing to do.
    pub cycles: u64,
    /// What passed to and from host memory.
    pub host: Counters,
    /// What passed to and from card memory.
    pub memory: Counters,
    /// What happened in card memory, if it is DRAM.
    pub dram: Option<DramCounters>,
}

/// A simulated card in this process. It runs in a thread of its own, and only while there is work.
pub struct CardSimulation {
    name: String,
    host: Arc<HostMemory>,
    shared: Arc<Shared>,
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    interrupts: Interrupts,
    vectors: u32,
    progress: Mutex<Progress>,
    failure: Mutex<Option<Arc<BoardError>>>,
}

enum Command {
    Read {
        address: u32,
        reply: SyncSender<u32>,
    },
    Write {
        address: u32,
        value: u32,
    },
    Reset {
        reply: SyncSender<()>,
    },
}

/// What a bus gives for a register that does not answer.
const NO_ANSWER: u32 = u32::MAX;
/// Cycles between two looks at the commands.
const BATCH: u32 = 32;
/// The card gives up a register access after a number of cycles; this is for a machine that does not get to them.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

impl CardSimulation {
    /// Powers up a card whose addresses have `address_bits` bits.
    pub fn start(
        name: impl Into<String>,
        library: &ModelLibrary,
        options: &BoardOptions,
        address_bits: u32,
    ) -> Result<Self, BoardError> {
        let host = HostMemory::new(address_bits);
        let board = Board::new(library, options, Arc::clone(&host))?;
        let shared = Arc::new(Shared {
            interrupts: Interrupts::new(board.vectors()),
            vectors: board.vectors(),
            progress: Mutex::default(),
            failure: Mutex::default(),
        });
        let (commands, receiver) = mpsc::channel();
        let worker = Worker {
            board,
            shared: Arc::clone(&shared),
            reads: VecDeque::new(),
        };
        let thread = thread::spawn(move || worker.run(&receiver));
        let (commands, thread) = (Some(commands), Some(thread));
        Ok(Self {
            name: name.into(),
            host,
            shared,
            commands,
            thread,
        })
    }

    /// The memory that the card reaches as its host's.
    pub fn host_memory(&self) -> &Arc<HostMemory> {
        &self.host
    }

    /// Its interrupt vectors.
    pub fn interrupts(&self) -> &Interrupts {
        &self.shared.interrupts
    }

    /// How many interrupt vectors it has.
    pub fn vectors(&self) -> u32 {
        self.shared.vectors
    }

    /// What the card has done up to a moment ago.
    pub fn progress(&self) -> Progress {
        *locked(&self.shared.progress)
    }

    /// Cycles since power-up.
    pub fn cycles(&self) -> u64 {
        self.progress().cycles
    }

    /// Why the simulation ended, if it has: a rule of a bus was broken, or the model stopped.
    pub fn failure(&self) -> Option<Arc<BoardError>> {
        locked(&self.shared.failure).clone()
    }

    fn down(&self) -> TransportError {
        let reason = match self.failure() {
            Some(failure) => failure.to_string(),
            None => "the simulation has ended".into(),
        };
        TransportError::Down { reason }
    }

    fn send(&self, command: Command) -> Result<(), TransportError> {
        let commands = self.commands.as_ref().ok_or_else(|| self.down())?;
        commands.send(command).map_err(|_| self.down())
    }

    fn wait<T>(
        &self,
        answer: &Receiver<T>,
        what: &'static str,
        limit: Duration,
    ) -> Result<T, TransportError> {
        answer.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => TransportError::TimedOut {
                what,
                waited: limit,
            },
            RecvTimeoutError::Disconnected => self.down(),
        })
    }
}

fn register(offset: u32) -> Result<u32, TransportError> {
    if offset.is_multiple_of(4) && offset < BAR_BYTES {
        Ok(offset)
    } else {
        Err(TransportError::NoRegister { offset })
    }
}

impl Transport for CardSimulation {
    fn name(&self) -> String {
        format!("simulation:{}", self.name)
    }

    /// A register that the card refuses, or does not answer for, reads as all-ones, as it would over PCIe.
    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(Command::Read {
            address: register(offset)?,
            reply,
        })?;
        self.wait(&answer, "a register read", ANSWER_LIMIT)
    }

    /// The write is posted: it happens after all earlier accesses, and this does not wait for it.
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.send(Command::Write {
            address: register(offset)?,
            value,
        })
    }

    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.host.allocate(bytes)
    }

    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        let raised = self.shared.interrupts.wait(vector, deadline)?;
        match self.failure() {
            Some(_) => Err(self.down()),
            None => Ok(raised),
        }
    }

    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(Command::Reset { reply })?;
        let limit = deadline.saturating_duration_since(Instant::now());
        self.wait(&answer, "a function reset", limit)
    }
}

impl Drop for CardSimulation {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // It looks for this between two batches of cycles, and gives up a register access after its limit of
            // cycles. It reports its failures itself; a panic in it has been printed.
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Worker {
    board: Board,
    shared: Arc<Shared>,
    /// Who waits for register reads, in their order.
    reads: VecDeque<SyncSender<u32>>,
}

impl Worker {
    fn run(mut self, commands: &Receiver<Command>) {
        if let Err(failure) = self.work(commands) {
            *locked(&self.shared.failure) = Some(Arc::new(failure));
            (0..self.shared.vectors).for_each(|vector| self.shared.interrupts.raise(vector));
        }
    }

    /// Steps while there is work, until nobody can give any more.
    fn work(&mut self, commands: &Receiver<Command>) -> Result<(), BoardError> {
        loop {
            if self.board.is_idle() {
                match commands.recv() {
                    Ok(command) => self.take(command)?,
                    Err(_) => return Ok(()),
                }
            }
            loop {
                match commands.try_recv() {
                    Ok(command) => self.take(command)?,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            for _ in 0..BATCH {
                self.step()?;
            }
            *locked(&self.shared.progress) = Progress {
                cycles: self.board.cycles(),
                host: *self.board.host_counters(),
                memory: *self.board.memory_counters(),
                dram: self.board.dram_counters(),
            };
        }
    }

    fn take(&mut self, command: Command) -> Result<(), BoardError> {
        match command {
            Command::Read { address, reply } => {
                self.submit(Access::Read { address })?;
                self.reads.push_back(reply);
            }
            Command::Write { address, value } => self.submit(Access::Write { address, value })?,
            Command::Reset { reply } => {
                self.board.reset()?;
                for read in self.reads.drain(..) {
                    answer(&read, NO_ANSWER);
                }
                answer(&reply, ());
            }
        }
        Ok(())
    }

    fn submit(&mut self, access: Access) -> Result<(), BoardError> {
        while self.board.submit(access).is_err() {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), BoardError> {
        let step = self.board.step()?;
        if let Some(Completion {
            access: Access::Read { .. },
            result,
        }) = step.completion
            && let Some(read) = self.reads.pop_front()
        {
            answer(&read, result.unwrap_or(NO_ANSWER));
        }
        let mut interrupts = step.interrupts;
        while interrupts != 0 {
            self.shared.interrupts.raise(interrupts.trailing_zeros());
            interrupts &= interrupts - 1;
        }
        Ok(())
    }
}

/// Answers someone who may have given up waiting.
fn answer<T>(reply: &SyncSender<T>, value: T) {
    let _ = reply.try_send(value);
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
