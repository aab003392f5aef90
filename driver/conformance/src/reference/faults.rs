//! What can be broken: faults come and go while the card runs, a mutation is built in.

/// What is wrong with the card right now. All off at power-up and after a function reset.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// No interrupt reaches the host.
    pub drop_interrupts: bool,
    /// The card's clock stands: registers answer, nothing else happens.
    pub stopped: bool,
    /// Every register reads as all-ones, writes are lost.
    pub gone: bool,
    /// A job that starts in an engine never ends: the clock runs, its progress stands.
    pub hang_engine: bool,
    /// The queue engine fetches nothing: the clock runs.
    pub hang_queue: bool,
    /// Every job takes this many milliseconds more, in which progress and clock move a little.
    pub slow_milliseconds: u32,
    /// Every job takes more than any deadline allows, while progress moves, until this is off.
    pub hold_completions: bool,
    /// Completions are written without their last word.
    pub truncate_completions: bool,
    /// Completions carry a tag that no job has.
    pub wrong_tags: bool,
    /// Host memory answers the next jobs' accesses with an error, this many times.
    pub memory_errors: u32,
    /// After so many more jobs, one fails with an error of card memory.
    pub fail_after: Option<u32>,
    /// A soft reset ends with the demand for a function reset.
    pub dirty_reset: bool,
    /// A soft reset never ends.
    pub endless_reset: bool,
    /// The function reset is refused.
    pub function_reset_fails: bool,
}

/// The one thing that a card does wrong, for tests that show that the suite notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The version's major half is another.
    Version,
    /// An engine's adder has no latency.
    Latency,
    /// The cycle counter runs backwards.
    CyclesBackwards,
    /// A read-only register takes what is written.
    WritableRegister,
    /// The upper half of a queue's domain is lost.
    ForgetfulRegister,
    /// Completions carry the tag without its top bit.
    Tag,
    /// In rings of two entries, the second round's completions carry the first round's phase.
    Phase,
    /// The count of completions wraps with the ring.
    CompletionCount,
    /// Completions are written into slots that the host has not read.
    Overrun,
    /// Rings at addresses that are not possible are accepted.
    RingAddress,
    /// Overlapping rings are accepted.
    RingOverlap,
    /// One of the queues is never served.
    Starvation,
    /// A queue that was turned off goes on.
    Disable,
    /// One of the unknown opcodes succeeds.
    Opcode,
    /// The last word's reserved bits are not looked at.
    ReservedBits,
    /// Version 0 of the descriptor is accepted.
    DescriptorVersion,
    /// A region of no bytes is accepted.
    ZeroSize,
    /// The end of a copy is not compared with the end of its region.
    Bounds,
    /// The end of the bases is not compared with the end of their region.
    MsmBounds,
    /// A region's base need not be aligned.
    Alignment,
    /// The offset of the bases need not be aligned.
    MsmAlignment,
    /// The upper half of a handle's generation is not looked at.
    Generation,
    /// A region that was cleared can still be used.
    Clear,
    /// The domain of a queue is not looked at.
    Domain,
    /// Any queue is an admin queue.
    Admin,
    /// A long copy misses its last 64 bytes.
    Copy,
    /// A region is not wiped.
    Wipe,
    /// A copy to host memory that failed succeeds.
    HostMemoryError,
    /// Results that could not be written are not missed.
    MsmHostMemoryError,
    /// The wrong vector is raised by `INTERRUPT_TEST`.
    TestVector,
    /// The wrong vector is raised by completions.
    Vector,
    /// The flag that suppresses an interrupt is ignored.
    NoInterruptFlag,
    /// The queue's bit that allows interrupts is ignored.
    InterruptMask,
    /// Any value written to `RESET` resets.
    ResetKey,
    /// Generations survive a reset.
    ResetGeneration,
    /// The queue engine looks busy after a reset.
    ResetBusy,
    /// The windows a pass are not looked at.
    Window,
    /// The stride is not looked at.
    Stride,
    /// The number of pairs is not looked at.
    Length,
    /// The length of the scratch region is not looked at.
    Scratch,
    /// The result is wrong for 13 pairs.
    SmallResult,
    /// Infinity among the bases counts as the generator.
    Infinity,
    /// A pair of opposite points counts as one of them.
    Opposite,
    /// The scalar r - 1 counts as 1.
    LargestScalar,
    /// Equal pairs are added once.
    Equal,
    /// Scalars in Montgomery form are taken as they are.
    Montgomery,
    /// Streamed bases are read from one point further on.
    Streamed,
    /// A stride other than the tightest is taken as the tightest.
    WideStride,
    /// Resident scalars are read from the boundary of 64 bytes before them.
    ResidentScalars,
    /// The end of resident scalars is not compared with the end of their region.
    ResidentBounds,
    /// What a second pass adds is lost.
    SecondPass,
    /// Scalars at or above the order are accepted.
    ScalarRange,
    /// Coordinates at or above the modulus are accepted.
    BaseRange,
    /// The statistics block is not written.
    Statistics,
    /// Progress stands still while a job runs.
    Progress,
    /// A transform of two elements gives the first one twice.
    NttSizes,
    /// The output's order is natural when both orders should be reversed.
    NttOrders,
    /// Two results of a single coset transform are exchanged.
    NttCoset,
    /// The engine has its own 1/N.
    NttFactor,
    /// The last result of five transforms is wrong.
    NttBatch,
    /// The last result of the last column is wrong.
    NttColumns,
    /// Two results of an extension are exchanged.
    NttExtension,
    /// The upper twiddles between two passes are ones, from four times the size of one pass on.
    NttPasses,
    /// The last result is wrong when it overwrites the input.
    NttInPlace,
    /// The last result is wrong while another job waits in the queue.
    NttInFlight,
    /// The block behind the output is written to.
    NttNeighbours,
    /// The statistics block of a transform is not written.
    NttStatistics,
    /// Progress stands still while a transform runs.
    NttProgress,
    /// Sizes one over the limit are accepted.
    NttSizeLimit,
    /// Fields of an NTT that are not used need not be zero.
    NttUnused,
    /// The output's offset need not be aligned.
    NttAlignment,
    /// Areas may end a block behind the region.
    NttBounds,
    /// Areas may overlap.
    NttOverlap,
    /// Rows may be longer than the stride.
    NttStride,
    /// The direction of a table set is not looked at.
    NttTables,
    /// `EXTEND` goes with every flag.
    NttFlags,
    /// Elements at or above the modulus are accepted.
    NttRange,
    /// The last result of an element-wise job is wrong, if the elements are a power of two.
    PointwiseValues,
    /// The block behind the results is written to.
    PointwiseNeighbours,
    /// Progress stands still while an element-wise job runs.
    PointwiseProgress,
    /// Vectors of twice the size limit are accepted.
    PointwiseSizeLimit,
    /// The offset of c need not be aligned.
    PointwiseAlignment,
    /// The ends of b and c are not compared with the end of their region.
    PointwiseBounds,
    /// Vectors may overlap.
    PointwiseOverlap,
    /// Elements at or above the modulus are accepted.
    PointwiseRange,
    /// Every hundredth job of a queue fails.
    Endurance,
}
