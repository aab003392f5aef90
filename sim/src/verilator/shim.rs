//! The C++ between a Verilated class and the abstract `Model`: it packs all ports into two flat arrays.

use std::fmt::Write;

use super::ports::{Declaration, Direction};

/// The prefix of everything that Verilator generates.
pub(super) const PREFIX: &str = "Vdesign";

/// The shim's source.
pub(super) fn source(declarations: &[Declaration], clock: &str) -> String {
    let (mut table, mut drive, mut sample) = (String::new(), String::new(), String::new());
    let mut clock_member = "";
    for Declaration { member, port } in declarations {
        if port.name == clock {
            clock_member = member;
            continue;
        }
        let offset = port.offset;
        let _ = writeln!(
            table,
            "    \"{} {} {} {offset}\\n\"",
            port.direction, port.name, port.width
        );
        let _ = match port.direction {
            Direction::Input => writeln!(drive, "    take(top.{member}, inputs + {offset});"),
            Direction::Output => writeln!(sample, "    give(top.{member}, outputs + {offset});"),
        };
    }
    TEMPLATE
        .replace("@PREFIX@", PREFIX)
        .replace("@TABLE@", table.trim_end())
        .replace("@DRIVE@", drive.trim_end())
        .replace("@SAMPLE@", sample.trim_end())
        .replace("@CLOCK@", clock_member)
}

const TEMPLATE: &str = r#"#include "model.h"
#include "@PREFIX@.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

[[noreturn]] static void stop(const char* file, int line, const std::string& message) {
  throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_finish(const char* file, int line, const char*) { stop(file, line, "$finish"); }
void vl_stop(const char* file, int line, const char*) { stop(file, line, "$stop"); }
void vl_fatal(const char* file, int line, const char*, const char* message) { stop(file, line, message); }

namespace {

template <class Port>
void take(Port& port, const uint32_t* words) {
  if constexpr (!std::is_integral_v<Port>) {
    std::memcpy(port.data(), words, sizeof(Port));
  } else if constexpr (sizeof(Port) == 8) {
    port = words[0] | static_cast<uint64_t>(words[1]) << 32;
  } else {
    port = static_cast<Port>(words[0]);
  }
}

template <class Port>
void give(const Port& port, uint32_t* words) {
  if constexpr (!std::is_integral_v<Port>) {
    std::memcpy(words, port.data(), sizeof(Port));
  } else {
    words[0] = static_cast<uint32_t>(port);
    if constexpr (sizeof(Port) == 8) words[1] = static_cast<uint32_t>(port >> 32);
  }
}

class Verilated@PREFIX@ final : public gristmill::Model {
 public:
  // Without an evaluation at a low clock the first rising edge would be lost.
  Verilated@PREFIX@() {
    context.traceEverOn(VM_TRACE);
    top.@CLOCK@ = 0;
    top.eval();
  }
  ~Verilated@PREFIX@() override { top.final(); }

  const char* ports() const override {
    return
@TABLE@
    "";
  }

  void settle(const uint32_t* inputs, uint32_t* outputs) override {
@DRIVE@
    evaluate(0);
@SAMPLE@
  }

  void edge() override { evaluate(1); }

  void trace(const char* path) override {
#if VM_TRACE
    waveform = std::make_unique<VerilatedVcdC>();
    top.trace(waveform.get(), 99);
    waveform->open(path);
    if (!waveform->isOpen()) throw std::runtime_error(std::string("cannot write ") + path);
#else
    throw std::runtime_error(std::string("built without waveforms, cannot write ") + path);
#endif
  }

 private:
  void evaluate(uint8_t clock) {
    Verilated::threadContextp(&context);
    top.@CLOCK@ = clock;
    top.eval();
#if VM_TRACE
    context.timeInc(1);
    if (waveform) waveform->dump(context.time());
#endif
  }

  VerilatedContext context;
  @PREFIX@ top{&context};
#if VM_TRACE
  std::unique_ptr<VerilatedVcdC> waveform;
#endif
};

}  // namespace

extern "C" __attribute__((visibility("default"))) gristmill::Model* gristmill_make_model() {
  return new Verilated@PREFIX@();
}
"#;
