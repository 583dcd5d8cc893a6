#include "io/state_dict_pickle.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "io/pickle_bytes.h"
#include "io/pickle_globals.h"
#include "io/pickle_opcodes.h"

namespace finemix {
namespace {

// Bounds on what a pickle can make its reader hold. What torch.save writes of a tensor and its
// module is some 35 values (those of tuples, of dicts and of the memo), and it sets 1,000 entries
// of a dict at a time.
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxNumbers = 5 * kMaxTensors;  // of all shapes
constexpr std::size_t kMaxStack = 10'000;

enum class Kind : std::uint8_t {
  kNone,
  kBool,
  kInt,
  kString,
  kTuple,
  kDict,
  kGlobal,
  kStorage,
  kTensor
};

// In the order of Kind.
constexpr std::array<std::string_view, 9> kKindNames = {"None",     "a bool",    "an int",
                                                        "a string", "a tuple",   "a dict",
                                                        "a global", "a storage", "a tensor"};

// What lies on the stack. Values never hold values: tuples, dicts, storages and tensors are places
// in arrays, so that no nesting is too deep and no cycle keeps anything.
struct Value {
  Kind kind = Kind::kNone;
  std::uint32_t count = 0;  // of bytes of a string, of values of a tuple
  std::int64_t number = 0;  // of an int; the place of anything else
};

struct Storage {
  DType dtype;
  Value key;
  std::int64_t elements;
};

struct Tensor {
  std::size_t storage;
  std::int64_t offset;
  Value shape;
  Value strides;
};

struct Entry {
  std::size_t dict;
  Value key;
  Value value;
};

class Machine {
 public:
  Machine(std::string_view pickle, std::string_view object) : in_(pickle, object) {}

  std::vector<PickledTensor> run() {
    while (!stopped_) {
      step(in_.take_opcode());
    }
    if (in_.left() != 0) refuse(std::to_string(in_.left()) + " bytes after the end of the pickle");
    return state_dict();
  }

 private:
  void step(std::uint8_t byte) {
    if (!protocol_seen_ && byte != static_cast<std::uint8_t>(Opcode::kProto)) {
      refuse(opcode_text(byte) + ", expected PROTO: no pickle of torch.save");
    }
    switch (static_cast<Opcode>(byte)) {
      case Opcode::kProto:
        return take_protocol();
      case Opcode::kMark:
        if (marks_.size() == kMaxStack) refuse("more than " + std::to_string(kMaxStack) + " marks");
        return marks_.push_back(stack_.size());
      case Opcode::kNone:
        return push({Kind::kNone});
      case Opcode::kNewTrue:
      case Opcode::kNewFalse:
        return push({Kind::kBool, 0, static_cast<Opcode>(byte) == Opcode::kNewTrue});
      case Opcode::kBinInt:
        return push({Kind::kInt, 0, static_cast<std::int32_t>(in_.take_number(4))});
      case Opcode::kBinInt1:
        return push({Kind::kInt, 0, static_cast<std::int64_t>(in_.take_number(1))});
      case Opcode::kBinInt2:
        return push({Kind::kInt, 0, static_cast<std::int64_t>(in_.take_number(2))});
      case Opcode::kLong1:
        return push({Kind::kInt, 0, in_.take_long()});
      case Opcode::kBinUnicode:
        return push(take_string());
      case Opcode::kEmptyTuple:
        return push_tuple(0);
      case Opcode::kTuple1:
        return push_tuple(1);
      case Opcode::kTuple2:
        return push_tuple(2);
      case Opcode::kTuple3:
        return push_tuple(3);
      case Opcode::kTuple:
        return push_tuple(pop_mark());
      case Opcode::kEmptyDict:
        return push(new_dict());
      case Opcode::kSetItem:
        return set_items(2);
      case Opcode::kSetItems:
        return set_items(pop_mark());
      case Opcode::kBuild:
        return build();
      case Opcode::kGlobal:
        return push(take_global());
      case Opcode::kReduce:
        return reduce();
      case Opcode::kBinPersId:
        return push(storage_of(pop()));
      case Opcode::kBinPut:
        return put(in_.take_number(1));
      case Opcode::kLongBinPut:
        return put(in_.take_number(4));
      case Opcode::kBinGet:
        return get(in_.take_number(1));
      case Opcode::kLongBinGet:
        return get(in_.take_number(4));
      case Opcode::kStop:
        stopped_ = true;
        return;
    }
    refuse(opcode_text(byte) +
           ", expected only those that a state dict needs: was something else saved?");
  }

  Value take_string() {
    const std::uint64_t bytes = in_.take_number(4);
    const auto begin = static_cast<std::int64_t>(in_.place());
    in_.take(bytes);
    return {Kind::kString, static_cast<std::uint32_t>(bytes), begin};
  }

  void take_protocol() {
    const std::uint64_t protocol = in_.take_number(1);
    if (std::exchange(protocol_seen_, true)) refuse("PROTO is there twice, expected it once");
    if (protocol != 2) {
      refuse("pickle protocol " + std::to_string(protocol) +
             ", expected 2: save the model again with torch.save's own pickle_protocol");
    }
  }

  Value take_global() {
    const std::string_view module = in_.take_line();
    const std::string_view name = in_.take_line();
    const PickleGlobal* const global = find_pickle_global(module, name);
    if (global == nullptr) {
      refuse("asks for " + quote(std::string(module) + "." + std::string(name)) +
             ", expected only what a state dict needs (OrderedDict, tensors, parameters and typed "
             "storages of " +
             dtype_names() +
             "): nothing of it was run; do not load the file with anything that would");
    }
    hold_values(1);
    globals_.push_back(global);
    return {Kind::kGlobal, 0, static_cast<std::int64_t>(globals_.size()) - 1};
  }

  // ---- the stack

  void push(Value value) {
    if (stack_.size() == kMaxStack) {
      refuse("more than " + std::to_string(kMaxStack) + " values on the stack");
    }
    stack_.push_back(value);
  }

  // What lies below the last mark belongs to whatever set it.
  std::size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  void need(std::size_t count) {
    if (above_mark() < count) {
      refuse("needs " + std::to_string(count) + " values on the stack, but there are " +
             std::to_string(above_mark()));
    }
  }

  Value pop() {
    need(1);
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }

  // The number of values above the last mark, which is taken away.
  std::size_t pop_mark() {
    if (marks_.empty()) refuse("needs a mark, but there is none");
    const std::size_t count = above_mark();
    marks_.pop_back();
    return count;
  }

  void push_tuple(std::size_t count) {
    need(count);
    const Value tuple{Kind::kTuple, static_cast<std::uint32_t>(count),
                      static_cast<std::int64_t>(tuple_values_.size())};
    hold_values(count);
    tuple_values_.insert(tuple_values_.end(), stack_.end() - static_cast<std::ptrdiff_t>(count),
                         stack_.end());
    stack_.resize(stack_.size() - count);
    push(tuple);
  }

  void hold_values(std::size_t count) {
    values_ += count;
    if (values_ > kMaxValues) {
      refuse("more than " + std::to_string(kMaxValues) + " values, expected fewer");
    }
  }

  void put(std::uint64_t place) {
    need(1);
    // A pickler counts: so the memo is an array, and never larger than the pickle.
    if (place > memo_.size()) {
      refuse("memo entry " + std::to_string(place) + " is set when there are " +
             std::to_string(memo_.size()) + ", expected the next");
    }
    if (place == memo_.size()) {
      hold_values(1);
      memo_.emplace_back();
    }
    memo_[place] = stack_.back();
  }

  void get(std::uint64_t place) {
    if (place >= memo_.size()) {
      refuse("memo entry " + std::to_string(place) + " is used when there are " +
             std::to_string(memo_.size()));
    }
    push(memo_[place]);
  }

  // ---- dicts

  Value new_dict() {
    hold_values(1);
    dict_sizes_.push_back(0);
    return {Kind::kDict, 0, static_cast<std::int64_t>(dict_sizes_.size()) - 1};
  }

  void set_items(std::size_t count) {
    if (count % 2 != 0) refuse("a key without a value");
    need(count + 1);
    const std::size_t begin = stack_.size() - count;
    const Value dict = stack_[begin - 1];
    expect(dict, Kind::kDict, "what entries are set in");
    const auto place = static_cast<std::size_t>(dict.number);
    hold_values(count);
    for (std::size_t i = begin; i < stack_.size(); i += 2) {
      expect(stack_[i], Kind::kString, "a dict's key");
      entries_.push_back({place, stack_[i], stack_[i + 1]});
    }
    dict_sizes_[place] += count / 2;
    stack_.resize(begin);
  }

  // Attributes of a dict (the `_metadata` of a module's state dict): they change no tensor.
  void build() {
    need(2);
    expect(pop(), Kind::kDict, "the state that is set");
    expect(stack_.back(), Kind::kDict, "what a state is set on");
  }

  // ---- what globals make

  void reduce() {
    need(2);
    const Value arguments = pop();
    const Value callable = pop();
    expect(callable, Kind::kGlobal, "what is called");
    expect(arguments, Kind::kTuple, "the arguments of a call");
    const PickleGlobal& global = *globals_[static_cast<std::size_t>(callable.number)];
    const std::span<const Value> given = values(arguments);
    switch (global.role) {
      case PickleRole::kOrderedDict:
        expect_arguments(global, given, {});
        return push(new_dict());
      case PickleRole::kTensor:
        return push(tensor_of(global, given));
      case PickleRole::kParameter:
        expect_arguments(global, given, {Kind::kTensor, Kind::kBool, Kind::kDict});
        expect_empty(given[2]);
        return push(given[0]);
      case PickleRole::kParameterWithState:
        expect_count(global, given, 4);
        expect_arguments(global, given.first(3), {Kind::kTensor, Kind::kBool, Kind::kDict});
        expect_empty(given[2]);
        return push(given[0]);
      case PickleRole::kStorage:
        refuse("calls " + std::string(global.name) + ", expected that it only names a type");
    }
  }

  Value tensor_of(const PickleGlobal& global, std::span<const Value> given) {
    expect_arguments(
        global, given,
        {Kind::kStorage, Kind::kInt, Kind::kTuple, Kind::kTuple, Kind::kBool, Kind::kDict});
    expect_empty(given[5]);
    expect_not_negative(given[1].number, "the offset of a tensor");
    const Value shape = given[2];
    const Value strides = given[3];
    if (shape.count > kMaxDimensions) {
      refuse("a tensor of " + std::to_string(shape.count) + " dimensions, expected at most " +
             std::to_string(kMaxDimensions));
    }
    if (shape.count != strides.count) {
      refuse("a tensor with " + std::to_string(shape.count) + " dimensions and " +
             std::to_string(strides.count) + " strides");
    }
    for (const Value tuple : {shape, strides}) {
      for (const Value number : values(tuple)) {
        expect(number, Kind::kInt, "a number of a shape or of strides");
        expect_not_negative(number.number, "a number of a shape or of strides");
      }
    }
    if (tensors_.size() == kMaxTensors) refuse_many_tensors();
    tensors_.push_back(
        {static_cast<std::size_t>(given[0].number), given[1].number, shape, strides});
    return {Kind::kTensor, 0, static_cast<std::int64_t>(tensors_.size()) - 1};
  }

  // Of ("storage", a type, the key, a device, the number of elements).
  Value storage_of(Value id) {
    constexpr std::array kKinds = {Kind::kString, Kind::kGlobal, Kind::kString, Kind::kString,
                                   Kind::kInt};
    expect(id, Kind::kTuple, "a persistent id");
    const std::span<const Value> given = values(id);
    if (given.size() != kKinds.size()) {
      refuse("a persistent id of " + std::to_string(given.size()) + " values, expected 5");
    }
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      expect(given[i], kKinds[i], "value " + std::to_string(i + 1) + " of a persistent id");
    }
    if (text(given[0]) != "storage") {
      refuse("a persistent id of " + quote(text(given[0])) + ", expected one of 'storage'");
    }
    const PickleGlobal& type = *globals_[static_cast<std::size_t>(given[1].number)];
    if (type.role != PickleRole::kStorage) {
      refuse("a storage of type " + quote(type.name) + ", expected a typed storage");
    }
    expect_not_negative(given[4].number, "the elements of a storage");
    if (storages_.size() == kMaxTensors) refuse_many_tensors();
    storages_.push_back({type.dtype, given[2], given[4].number});
    return {Kind::kStorage, 0, static_cast<std::int64_t>(storages_.size()) - 1};
  }

  // ---- the result

  std::vector<PickledTensor> state_dict() {
    const auto refuse_whole = [&](const std::string& found) {
      refuse(found + ", expected a state dict: save model.state_dict() alone");
    };
    if (stack_.size() != 1 || !marks_.empty()) {
      refuse("ends with " + std::to_string(stack_.size()) + " values and " +
             std::to_string(marks_.size()) + " marks on the stack, expected one value");
    }
    const Value root = stack_[0];
    if (root.kind != Kind::kDict) refuse_whole("the file holds " + kind_name(root));
    const auto place = static_cast<std::size_t>(root.number);
    if (dict_sizes_[place] > kMaxTensors) refuse_many_tensors();
    std::vector<PickledTensor> result;
    result.reserve(dict_sizes_[place]);
    std::size_t name_bytes = 0;
    std::size_t numbers_held = 0;
    for (const Entry& entry : entries_) {
      if (entry.dict != place) continue;
      // Before anyone copies them: the memo makes a long name a short one to give again.
      name_bytes += entry.key.count;
      if (name_bytes > in_.size()) {
        refuse("tensor " + quote(text(entry.key)) +
               ": with it the names have more bytes than the " +
               "pickle: one is there twice, expected it once");
      }
      if (entry.value.kind != Kind::kTensor) {
        refuse_whole("the value of " + quote(text(entry.key)) + " is " + kind_name(entry.value));
      }
      const Tensor& tensor = tensors_[static_cast<std::size_t>(entry.value.number)];
      const Storage& storage = storages_[tensor.storage];
      numbers_held += tensor.shape.count;
      if (numbers_held > kMaxNumbers) {
        refuse("tensor " + quote(text(entry.key)) + ": with it the tensors have more than " +
               std::to_string(kMaxNumbers) + " dimensions in all, expected fewer");
      }
      result.push_back({text(entry.key), storage.dtype, text(storage.key), storage.elements,
                        tensor.offset, numbers(tensor.shape), numbers(tensor.strides)});
    }
    return result;
  }

  // ---- values, and what is wrong with them

  std::span<const Value> values(Value tuple) const {
    return std::span(tuple_values_).subspan(static_cast<std::size_t>(tuple.number), tuple.count);
  }

  std::string_view text(Value string) const {
    return in_.text(static_cast<std::size_t>(string.number), string.count);
  }

  std::vector<std::int64_t> numbers(Value tuple) const {
    std::vector<std::int64_t> result;
    result.reserve(tuple.count);
    for (const Value value : values(tuple)) result.push_back(value.number);
    return result;
  }

  static std::string kind_name(Value value) {
    return std::string(kKindNames[static_cast<std::size_t>(value.kind)]);
  }

  void expect(Value value, Kind kind, const std::string& what) const {
    if (value.kind != kind) {
      refuse(what + " is " + kind_name(value) + ", expected " +
             std::string(kKindNames[static_cast<std::size_t>(kind)]));
    }
  }

  void expect_count(const PickleGlobal& global, std::span<const Value> given,
                    std::size_t count) const {
    if (given.size() != count) {
      refuse(std::string(global.name) + " with " + std::to_string(given.size()) +
             " arguments, expected " + std::to_string(count));
    }
  }

  void expect_arguments(const PickleGlobal& global, std::span<const Value> given,
                        std::initializer_list<Kind> kinds) const {
    expect_count(global, given, kinds.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      expect(given[i], kinds.begin()[i],
             "argument " + std::to_string(i + 1) + " of " + std::string(global.name));
    }
  }

  void expect_empty(Value dict) const {
    const std::size_t size = dict_sizes_[static_cast<std::size_t>(dict.number)];
    if (size != 0)
      refuse("a tensor with " + std::to_string(size) + " backward hooks, expected none");
  }

  void expect_not_negative(std::int64_t number, const std::string& what) const {
    if (number < 0) refuse(what + " is " + std::to_string(number) + ", expected 0 or more");
  }

  [[noreturn]] void refuse_many_tensors() const {
    refuse("more than the " + std::to_string(kMaxTensors) + " tensors that are allowed");
  }

  [[noreturn]] void refuse(const std::string& found) const { in_.refuse(found); }

  PickleBytes in_;
  bool protocol_seen_ = false;
  bool stopped_ = false;
  std::size_t values_ = 0;  // held in what is below, but for the stack
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::vector<Value> memo_;
  std::vector<const PickleGlobal*> globals_;  // as often as they are named
  std::vector<Value> tuple_values_;           // of all tuples, one after the other
  std::vector<std::size_t> dict_sizes_;
  std::vector<Entry> entries_;  // of all dicts
  std::vector<Storage> storages_;
  std::vector<Tensor> tensors_;
};

}  // namespace

std::vector<PickledTensor> parse_state_dict_pickle(std::string_view pickle,
                                                   std::string_view object) {
  return Machine(pickle, object).run();
}

}  // namespace finemix
