#include "loader.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace gristmill {

// The library is never closed: its models may outlive any owner that we could name, and unloading C++ is not safe.
std::unique_ptr<Model> open_model(rust::Str path) {
  void* library = dlopen(std::string(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  void* factory = dlsym(library, "gristmill_make_model");
  if (factory == nullptr) throw std::runtime_error(dlerror());
  return std::unique_ptr<Model>(reinterpret_cast<Model* (*)()>(factory)());
}

rust::Str ports(const Model& model) { return model.ports(); }

void settle(Model& model, rust::Slice<const uint32_t> inputs, rust::Slice<uint32_t> outputs) {
  model.settle(inputs.data(), outputs.data());
}

void edge(Model& model) { model.edge(); }

void cycle(Model& model, rust::Slice<const uint32_t> inputs, rust::Slice<uint32_t> outputs) {
  model.settle(inputs.data(), outputs.data());
  model.edge();
}

void trace(Model& model, rust::Str path) { model.trace(std::string(path).c_str()); }

}  // namespace gristmill
