#include "finemix/train/training_store.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/json.h"
#include "finemix/io/manifest.h"
#include "finemix/io/safetensors.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTensors = "state.safetensors";
constexpr std::string_view kJson = "state.json";

fs::path directory_for(const fs::path& output) {
  const fs::path named = output.has_filename() ? output : output.parent_path();
  return named.parent_path() / ("." + named.filename().native() + ".finemix-training");
}

// The tensors of a state, under the names that its file has for them.
template <typename State, typename Visit>
void for_tensors(State& state, const Visit& visit) {
  visit("weights", state.weights);
  visit("first_moment", state.optimizer.first_moment);
  visit("second_moment", state.optimizer.second_moment);
  visit("rows", state.optimizer.rows);
  visit("row_moments", state.optimizer.row_moments);
  visit("best_weights", state.best_weights);
}

void write_tensors(const fs::path& path, const TrainingState& state) {
  std::vector<at::Tensor> owners;
  std::vector<TensorBytes> tensors;
  for_tensors(state, [&](const char* name, const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    const at::Tensor& owner = owners.emplace_back(tensor.to(at::kCPU).contiguous());
    tensors.push_back({name,
                       owner.scalar_type() == at::kLong ? DType::kI64 : DType::kF32,
                       owner.sizes().vec(),
                       {static_cast<const std::byte*>(owner.const_data_ptr()), owner.nbytes()}});
  });
  write_safetensors(path, tensors);
}

void read_tensors(const fs::path& path, TrainingState& state) {
  const SafetensorsReader file(path);
  for_tensors(state, [&](std::string_view name, at::Tensor& tensor) {
    for (const TensorInfo& info : file.tensors()) {
      if (info.name != name) continue;
      tensor = at::empty(info.shape, info.dtype == DType::kI64 ? at::kLong : at::kFloat);
      file.read(info, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
    }
  });
}

Json to_json(const TrainingState& state, const std::string& identity) {
  Json json = {{"identity", identity},
               {"epoch", state.epoch},
               {"batch", state.batch},
               {"step", state.step},
               {"loss_sum", state.loss_sum},
               {"epoch_losses", state.epoch_losses},
               {"optimizer_steps", state.optimizer.steps},
               {"best_step", state.best_step},
               {"validation", nullptr}};
  if (state.validation) {
    json["validation"] = {{"correct", state.validation->accuracy.correct},
                          {"total", state.validation->accuracy.total},
                          {"loss", state.validation->loss}};
  }
  return json;
}

TrainingState from_json(const Json& json) {
  TrainingState state;
  state.epoch = json.at("epoch");
  state.batch = json.at("batch");
  state.step = json.at("step");
  state.loss_sum = json.at("loss_sum");
  state.epoch_losses = json.at("epoch_losses").get<std::vector<double>>();
  state.optimizer.steps = json.at("optimizer_steps");
  state.best_step = json.at("best_step");
  if (const Json& best = json.at("validation"); !best.is_null()) {
    state.validation = {wilson_rate(best.at("correct"), best.at("total")), best.at("loss")};
  }
  return state;
}

}  // namespace

std::string kept_after(std::int64_t step) {
  return "the state after step " + std::to_string(step) + " is kept; --resume goes on";
}

TrainingStore::TrainingStore(const fs::path& output, bool resume, double seconds,
                             std::string inputs)
    : directory_(directory_for(output)),
      inputs_(std::move(inputs)),
      resume_(resume),
      interval_(seconds) {}

std::optional<TrainingState> TrainingStore::load(std::string identity) {
  identity_ = std::move(identity) + inputs_;
  // This run may never come to save, which would clear up as well.
  recover_output(directory_);
  std::error_code error;
  if (!resume_ || !fs::exists(directory_, error)) return std::nullopt;
  const auto next = [&] { return ": remove " + quote(directory_.native()) + " to begin anew"; };
  if (const Verification found = verify_manifest(directory_); !found.problems.empty()) {
    throw Error(ErrorKind::kMalformed, "the state of an earlier run is not as it was written (" +
                                           found.problems.front().path + " " +
                                           found.problems.front().what + ")" + next());
  }
  const fs::path path = directory_ / kJson;
  const Json json = read_json_file(path);
  try {
    if (json.at("identity") != identity_) {
      throw Error(ErrorKind::kMismatch,
                  "--resume: the earlier run had other inputs or options: give it the same, or " +
                      next().substr(2));
    }
    TrainingState state = from_json(json);
    read_tensors(directory_ / kTensors, state);
    return state;
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kMalformed,
                quote(path.native()) + " is no state of a training" + next());
  }
}

bool TrainingStore::due() const { return std::chrono::steady_clock::now() - last_ >= interval_; }

void TrainingStore::save(const TrainingState& state) {
  std::uint64_t bytes = 1 << 16;
  for_tensors(state, [&](const char*, const at::Tensor& tensor) {
    if (tensor.defined()) bytes += tensor.nbytes();
  });
  AtomicDirectory directory(directory_, /*overwrite=*/true, bytes);
  write_tensors(directory.staging() / kTensors, state);
  write_text_file(directory.staging() / kJson, json_text(to_json(state, identity_)), false);
  write_manifest(directory.staging());
  directory.commit();
  last_ = std::chrono::steady_clock::now();
}

std::optional<std::int64_t> TrainingStore::save_held() {
  if (!held_) return std::nullopt;
  save(*held_);
  return held_->step;
}

void TrainingStore::discard() {
  try {
    remove_output(directory_);
  } catch (const Error&) {  // it is only in the way
  }
}

}  // namespace finemix
