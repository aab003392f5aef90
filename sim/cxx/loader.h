#pragma once
#include <memory>

#include "model.h"
#include "rust/cxx.h"

namespace gristmill {

std::unique_ptr<Model> open_model(rust::Str path);
rust::Str ports(const Model& model);
void settle(Model& model, rust::Slice<const uint32_t> inputs, rust::Slice<uint32_t> outputs);
void edge(Model& model);
void cycle(Model& model, rust::Slice<const uint32_t> inputs, rust::Slice<uint32_t> outputs);
void trace(Model& model, rust::Str path);

}  // namespace gristmill
