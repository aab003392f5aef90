#pragma once
#include <cstdint>

namespace gristmill {

// What every Verilated design looks like from outside. Inputs and outputs are flat arrays of 32-bit words in the
// layout that `ports` describes: one line a port, "direction name width offset".
class Model {
 public:
  virtual ~Model() = default;
  virtual const char* ports() const = 0;
  // Drives the inputs with the clock low, lets everything combinational settle, and samples the outputs.
  virtual void settle(const uint32_t* inputs, uint32_t* outputs) = 0;
  // The rising edge of the clock, with the inputs of the last `settle`.
  virtual void edge() = 0;
  // Writes waveforms to the file from now on; throws where the design was built without.
  virtual void trace(const char* path) = 0;
};

}  // namespace gristmill
