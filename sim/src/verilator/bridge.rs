//! The C++ side: a loader of shared libraries, and the abstract class that each of them implements.

#[cxx::bridge(namespace = "gristmill")]
pub(super) mod ffi {
    unsafe extern "C++" {
        include!("loader.h");

        type Model;

        /// Opens the shared library and makes one model.
        fn open_model(path: &str) -> Result<UniquePtr<Model>>;
        /// The port table, one line a port.
        fn ports(model: &Model) -> &str;
        /// Drives the inputs, settles, samples the outputs.
        ///
        /// # Safety
        /// Both slices have the lengths of the model's port table.
        unsafe fn settle(model: Pin<&mut Model>, inputs: &[u32], outputs: &mut [u32])
        -> Result<()>;
        /// The rising edge of the clock.
        fn edge(model: Pin<&mut Model>) -> Result<()>;
        /// `settle` and `edge` in one call.
        ///
        /// # Safety
        /// As for `settle`.
        unsafe fn cycle(model: Pin<&mut Model>, inputs: &[u32], outputs: &mut [u32]) -> Result<()>;
        /// Starts a waveform file.
        fn trace(model: Pin<&mut Model>, path: &str) -> Result<()>;
    }
}

// SAFETY: a model keeps all its state in its own VerilatedContext, is built for one thread and uses no
// thread-local state between calls, so it may be used from any thread as long as that is one at a time.
unsafe impl Send for ffi::Model {}
