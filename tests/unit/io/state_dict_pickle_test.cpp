#include "io/state_dict_pickle.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "io_testing.h"
#include "torch_zip_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::little_endian;
using testing::pickle::global;
using testing::pickle::kOrderedDict;
using testing::pickle::kProto;
using testing::pickle::number;
using testing::pickle::state_dict;
using testing::pickle::storage;
using testing::pickle::tensor;
using testing::pickle::text;
using testing::pickle::tuple;
using testing::pickle::vector_tensor;
using Sizes = std::vector<std::int64_t>;

std::vector<PickledTensor> parse(const std::string& pickle) {
  return parse_state_dict_pickle(pickle, "data.pkl");
}

void expect_refused(const std::string& pickle, std::initializer_list<std::string_view> fragments) {
  SCOPED_TRACE(::testing::PrintToString(pickle.substr(0, 400)));
  expect_error(ErrorKind::kMalformed, {"data.pkl, byte "}, [&] { parse(pickle); });
  expect_error(ErrorKind::kMalformed, fragments, [&] { parse(pickle); });
}

// Of a value that is put in a state dict.
void expect_value_refused(const std::string& value,
                          std::initializer_list<std::string_view> fragments) {
  expect_refused(state_dict(text("w") + value), fragments);
}

TEST(StateDictPickle, TensorsAreGivenWithTheirStorages) {
  const std::string pickle =
      state_dict(text("a") + tensor(storage("k", 100, "HalfStorage"), 7, {2, 3}, {3, 1}) +
                 text("b") + vector_tensor("0", 1));
  const std::vector<PickledTensor> tensors = parse(pickle);
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[0].dtype, DType::kF16);
  EXPECT_EQ(tensors[0].storage, "k");
  EXPECT_EQ(tensors[0].storage_elements, 100);
  EXPECT_EQ(tensors[0].offset, 7);
  EXPECT_EQ(tensors[0].shape, (Sizes{2, 3}));
  EXPECT_EQ(tensors[0].strides, (Sizes{3, 1}));
  EXPECT_EQ(tensors[1].name, "b");
}

TEST(StateDictPickle, EveryTypedStorageIsKnown) {
  for (const auto& [name, dtype] : {std::pair{"FloatStorage", DType::kF32},
                                    {"HalfStorage", DType::kF16},
                                    {"BFloat16Storage", DType::kBF16},
                                    {"DoubleStorage", DType::kF64},
                                    {"LongStorage", DType::kI64},
                                    {"IntStorage", DType::kI32},
                                    {"ShortStorage", DType::kI16},
                                    {"CharStorage", DType::kI8},
                                    {"ByteStorage", DType::kU8},
                                    {"BoolStorage", DType::kBool}}) {
    EXPECT_EQ(parse(state_dict(text("w") + tensor(storage("0", 1, name), 0, {}, {})))[0].dtype,
              dtype);
  }
}

TEST(StateDictPickle, EmptyDictsPlainDictsAndSingleEntriesAreRead) {
  EXPECT_TRUE(parse(kProto + kOrderedDict + ".").empty());
  EXPECT_TRUE(parse(kProto + "}.").empty());
  EXPECT_EQ(parse(kProto + "}" + text("w") + vector_tensor("0", 1) + "s.")[0].name, "w");
}

TEST(StateDictPickle, ParametersAreTheirTensors) {
  const std::string rebuild = global("torch._utils", "_rebuild_parameter");
  const std::string arguments = "(" + vector_tensor("0", 3) + "\x88" + kOrderedDict;
  EXPECT_EQ(parse(state_dict(text("w") + rebuild + arguments + "tR"))[0].shape, Sizes{3});
  const std::string with_state = global("torch._utils", "_rebuild_parameter_with_state");
  EXPECT_EQ(parse(state_dict(text("w") + with_state + arguments + "}tR"))[0].shape, Sizes{3});
  expect_value_refused(rebuild + arguments + "}tR", {"_rebuild_parameter with 4 arguments"});
  expect_value_refused(with_state + arguments + "tR",
                       {"_rebuild_parameter_with_state with 3 arguments, expected 4"});
  expect_value_refused(rebuild + "(N\x88" + kOrderedDict + "tR",
                       {"argument 1 of _rebuild_parameter is None, expected a tensor"});
}

TEST(StateDictPickle, MetadataIsDropped) {
  const std::string metadata =
      "}" + text("_metadata") + kOrderedDict + text("") + "}" + text("version") + "K\x01sssb.";
  EXPECT_EQ(parse(kProto + kOrderedDict + "(" + text("w") + vector_tensor("0", 1) + "u" + metadata)
                .size(),
            1U);
  expect_refused(kProto + kOrderedDict + text("x") + "b.",
                 {"the state that is set is a string, expected a dict"});
  expect_refused(kProto + "N}b.", {"what a state is set on is None, expected a dict"});
}

TEST(StateDictPickle, MemoIsKept) {
  // The tensor is put at 0 and used a second time; the name is put over an older entry.
  const std::string pickle =
      state_dict(text("a") + "q" + std::string(1, '\0') + vector_tensor("0", 1) + "q\x01" +
                 text("b") + "q" + std::string(1, '\0') + "h\x01" + "r" + little_endian(2, 4));
  const auto tensors = parse(pickle);
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[1].name, "b");
  EXPECT_EQ(tensors[1].storage, "0");
  EXPECT_EQ(parse(state_dict(text("a") + vector_tensor("0", 1) + "q" + std::string(1, '\0') +
                             text("b") + "j" + little_endian(0, 4)))
                .size(),
            2U);
}

TEST(StateDictPickle, MemoEntriesAreSetInOrderAndBeforeTheyAreUsed) {
  expect_refused(kProto + "}q\x01.", {"memo entry 1 is set when there are 0"});
  expect_refused(kProto + "}r" + little_endian(0xFFFFFFFF, 4) + ".",
                 {"memo entry 4294967295 is set when there are 0"});
  expect_refused(kProto + "h" + std::string(1, '\0') + ".",
                 {"memo entry 0 is used when there are 0"});
  expect_refused(kProto + "j" + little_endian(7, 4) + ".", {"memo entry 7 is used"});
  expect_refused(kProto + "q" + std::string(1, '\0') + ".", {"needs 1 values on the stack"});
}

TEST(StateDictPickle, IntegersOfEveryLengthAreRead) {
  for (const auto& [code, value] :
       {std::pair<std::string, std::int64_t>{"K\xFF", 255},
        {"M" + little_endian(65535, 2), 65535},
        {"J" + little_endian(0x7FFFFFFF, 4), 0x7FFFFFFF},
        {std::string("\x8A\0", 2), 0},
        {"\x8A\x02" + little_endian(0x7FFF, 2), 0x7FFF},
        {"\x8A\x08" + little_endian(0x7FFFFFFFFFFFFFFF, 8), 0x7FFFFFFFFFFFFFFF}}) {
    const std::string pickle =
        state_dict(text("w") + global("torch._utils", "_rebuild_tensor_v2") + "(" +
                   storage("0", 1) + code + "))\x89" + kOrderedDict + "tR");
    EXPECT_EQ(parse(pickle)[0].offset, value);
  }
}

TEST(StateDictPickle, NegativeNumbersAreRefused) {
  expect_value_refused(tensor(storage("0", 1), -1, {1}, {1}), {"offset of a tensor is -1"});
  expect_value_refused(tensor(storage("0", 1), 0, {-5}, {1}), {"shape or of strides is -5"});
  expect_value_refused(tensor(storage("0", 1), 0, {1}, {-1}), {"shape or of strides is -1"});
  expect_value_refused(vector_tensor("0", std::numeric_limits<std::int64_t>::min()),
                       {"elements of a storage is -9223372036854775808"});
  const std::string minus_one = "J" + little_endian(0xFFFFFFFF, 4);
  expect_value_refused(global("torch._utils", "_rebuild_tensor_v2") + "(" + storage("0", 1) +
                           minus_one + "))\x89" + kOrderedDict + "tR",
                       {"offset of a tensor is -1"});
  expect_value_refused(global("torch._utils", "_rebuild_tensor_v2") + "(" + storage("0", 1) +
                           "\x8A\x01\xFF))\x89" + kOrderedDict + "tR",
                       {"offset of a tensor is -1"});
}

TEST(StateDictPickle, IntegersOfOver64BitsAreRefused) {
  expect_refused(kProto + "\x8A\x09" + std::string(9, '\1') + ".", {"an int of 9 bytes"});
}

TEST(StateDictPickle, EveryGlobalButThoseOfAStateDictIsRefusedByName) {
  for (const auto& [module, name] : {std::pair{"os", "system"},
                                     {"posix", "system"},
                                     {"builtins", "eval"},
                                     {"__builtin__", "getattr"},
                                     {"subprocess", "Popen"},
                                     {"torch", "load"},
                                     {"torch._utils", "_rebuild_qtensor"},
                                     {"torch._utils", "_rebuild_tensor_v3"},
                                     {"torch.storage", "UntypedStorage"},
                                     {"torch", "FloatTensor"},
                                     {"torch", "collections.OrderedDict"},
                                     {"collections", "OrderedDict.fromkeys"},
                                     {"collections", ""},
                                     {"", ""}}) {
    expect_value_refused(
        global(module, name),
        {std::string("asks for '") + module + "." + name + "'", "nothing of it was run"});
  }
  expect_value_refused(global("a\x1b[2J", "b"), {"a\\x1B[2J.b"});
}

TEST(StateDictPickle, GlobalsNamesAreBounded) {
  expect_refused(kProto + "c" + std::string(1000, 'x') + "\n\n.", {"without end in its first 256"});
  expect_refused(kProto + "ccollections", {"a name without end"});
}

TEST(StateDictPickle, EveryOtherOpcodeIsRefusedByName) {
  const std::string allowed = "(.NRJKMX)t}sucbQqrhj\x80\x85\x86\x87\x88\x89\x8A";
  int refused = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const char opcode = static_cast<char>(byte);
    if (allowed.find(opcode) != std::string::npos) continue;
    ++refused;
    expect_refused(kProto + "}" + opcode + ".", {"opcode 0x", "expected only those"});
  }
  EXPECT_EQ(refused, 256 - 27);
  expect_refused(kProto + "}\x81.", {"byte 3: opcode 0x81 (NEWOBJ)"});
  expect_refused(kProto + "}i.", {"(INST)"});
  expect_refused(kProto + "}\x93.", {"(STACK_GLOBAL)"});
  expect_refused(kProto + "}P0\n.", {"(PERSID)"});
  expect_refused(kProto + "}\xFF.", {"opcode 0xFF (none)"});
}

TEST(StateDictPickle, OtherProtocolsAreRefused) {
  expect_refused("}.", {"opcode 0x7D (EMPTY_DICT), expected PROTO"});
  expect_refused("\x80\x04}.", {"pickle protocol 4, expected 2"});
  expect_refused(kProto + kProto + "}.", {"PROTO is there twice"});
}

TEST(StateDictPickle, EveryPrefixIsRefused) {
  const std::string pickle = state_dict(text("w") + vector_tensor("0", 3) + "q" + '\0');
  ASSERT_EQ(parse(pickle).size(), 1U);
  for (std::size_t length = 0; length < pickle.size(); ++length) {
    expect_refused(pickle.substr(0, length), {});
  }
}

TEST(StateDictPickle, BytesAfterTheEndAreRefused) {
  expect_refused(kProto + "}." + "x", {"1 bytes after the end"});
}

TEST(StateDictPickle, StringsAreBoundedByWhatIsLeft) {
  expect_refused(kProto + "X" + little_endian(0xFFFFFFFF, 4) + "abc.",
                 {"4294967295 bytes wanted where 4 are left"});
}

TEST(StateDictPickle, StackThatRunsEmptyIsRefused) {
  for (const char* opcodes : {"R", "b", "s", "Q", "\x85", "\x86", "\x87", "N\x86", "}Ns"}) {
    expect_refused(kProto + opcodes + ".", {"values on the stack, but there are"});
  }
  expect_refused(kProto + "t.", {"needs a mark"});
  expect_refused(kProto + "u.", {"needs a mark"});
  expect_refused(kProto + "(u.", {"needs 1 values"});
  // Not even to what lies below a mark.
  expect_refused(kProto + "}(" + "R.", {"needs 2 values on the stack, but there are 0"});
  expect_refused(kProto + "}}(" + "b.", {"there are 0"});
}

TEST(StateDictPickle, EndWithMoreOrLessThanOneValueIsRefused) {
  expect_refused(kProto + ".", {"ends with 0 values and 0 marks"});
  expect_refused(kProto + "}}.", {"ends with 2 values"});
  expect_refused(kProto + "}(.", {"ends with 1 values and 1 marks"});
}

TEST(StateDictPickle, StackMarksAndMemoAreBounded) {
  expect_refused(kProto + std::string(10'001, 'N') + ".", {"more than 10000 values on the stack"});
  expect_refused(kProto + std::string(10'001, '(') + ".", {"more than 10000 marks"});
  std::string puts = kProto + "}";
  for (std::uint64_t i = 0; i <= 1'000'000; ++i) puts += "r" + little_endian(i, 4);
  expect_refused(puts + ".", {"more than 1000000 values"});
  // Of 9,000 values each.
  std::string tuples = kProto;
  for (int i = 0; i < 115; ++i) tuples += "(" + std::string(9'000, 'N') + "t";
  expect_refused(tuples + ".", {"more than 1000000 values"});
  // Half of them each: they are counted together.
  puts.resize(kProto.size() + 1 + 5 * 500'000);
  tuples = puts;
  for (int i = 0; i < 57; ++i) tuples += "(" + std::string(9'000, 'N') + "t";
  expect_refused(tuples + ".", {"more than 1000000 values"});
}

TEST(StateDictPickle, NumbersOfTensorsStoragesAndEntriesAreBounded) {
  const std::string key = text("k");
  const auto repeat = [](const std::string& opcodes, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += opcodes;
    return all;
  };
  // The callable and the arguments of a tensor, from the memo each time.
  const std::string callable = global("torch._utils", "_rebuild_tensor_v2") + "q" + '\0';
  const std::string arguments =
      "(" + storage("0", 1) + number(0) + "))\x89" + kOrderedDict + "tq\x01";
  const std::string call = key + "h" + '\0' + "h\x01Rs";
  const std::string begin = kProto + "}" + key + callable + arguments + "Rs";
  EXPECT_EQ(parse(begin + repeat(call, 99'999) + ".").size(), 100'000U);
  expect_refused(begin + repeat(call, 100'000) + ".", {"more than the 100000 tensors"});

  std::string id = storage("0", 1);
  id.insert(id.size() - 1, std::string("q\0", 2));
  const std::string again = key + "h" + '\0' + "Qs";
  expect_refused(kProto + "}" + key + id + "s" + repeat(again, 100'000) + ".",
                 {"more than the 100000 tensors"});

  expect_refused(kProto + "}" + repeat(key + "Ns", 500'001) + ".", {"more than 1000000 values"});
  // One tensor under too many names.
  const std::string named = key + "h" + '\0' + "s";
  expect_refused(
      kProto + "}" + key + vector_tensor("0", 1) + "q" + '\0' + "s" + repeat(named, 100'000) + ".",
      {"more than the 100000 tensors"});
}

TEST(StateDictPickle, NestingIsNotFollowed) {
  // A tuple in a tuple, half a million deep, and a dict that holds itself.
  std::string nested = kProto + "N";
  nested.append(500'000, '\x85');
  expect_refused(nested + ".", {"the file holds a tuple, expected a state dict"});
  expect_refused(kProto + "}q" + '\0' + text("self") + "h" + '\0' + "s.",
                 {"the value of 'self' is a dict, expected a state dict"});
}

TEST(StateDictPickle, CallsOfWhatIsNoGlobalAreRefused) {
  expect_value_refused("N)R", {"what is called is None"});
  expect_value_refused(kOrderedDict + ")R", {"what is called is a dict"});
  expect_value_refused(global("collections", "OrderedDict") + "NR",
                       {"the arguments of a call is None"});
  expect_value_refused(global("torch", "FloatStorage") + ")R",
                       {"calls FloatStorage, expected that it only names a type"});
}

TEST(StateDictPickle, ArgumentsAreThoseOfTheCall) {
  const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
  expect_value_refused(global("collections", "OrderedDict") + "N\x85R",
                       {"OrderedDict with 1 arguments, expected 0"});
  expect_value_refused(rebuild + ")R", {"_rebuild_tensor_v2 with 0 arguments, expected 6"});
  // Seven: conj or neg bits, which change the values.
  expect_value_refused(
      rebuild + "(" + storage("0", 1) + number(0) + "))\x89" + kOrderedDict + "}tR",
      {"with 7 arguments"});
  const std::vector<std::string> right = {storage("0", 1), number(0),   ")", ")",
                                          "\x89",          kOrderedDict};
  for (std::size_t wrong = 0; wrong < right.size(); ++wrong) {
    std::string arguments = "(";
    for (std::size_t i = 0; i < right.size(); ++i) arguments += i == wrong ? "N" : right[i];
    expect_value_refused(rebuild + arguments + "tR", {"argument " + std::to_string(wrong + 1) +
                                                      " of _rebuild_tensor_v2 is None, expected"});
  }
  expect_value_refused(
      rebuild + "(" + storage("0", 1) + number(0) + "))\x89}" + text("hook") + "NstR",
      {"backward hooks"});
}

TEST(StateDictPickle, ShapesAreTuplesOfAsManyNumbersAsStrides) {
  expect_value_refused(tensor(storage("0", 1), 0, {1, 1}, {1}), {"2 dimensions and 1 strides"});
  expect_value_refused(tensor(storage("0", 1), 0, Sizes(33, 1), Sizes(33, 1)),
                       {"33 dimensions, expected at most 32"});
  expect_value_refused(global("torch._utils", "_rebuild_tensor_v2") + "(" + storage("0", 1) +
                           number(0) + "N\x85" + tuple({1}) + "\x89" + kOrderedDict + "tR",
                       {"a number of a shape or of strides is None"});
}

TEST(StateDictPickle, PersistentIdsAreThoseOfStorages) {
  expect_value_refused("NQ", {"a persistent id is None"});
  expect_value_refused(")Q", {"a persistent id of 0 values, expected 5"});
  const auto id = [](const std::string& word, const std::string& type) {
    return "(" + word + type + text("0") + text("cpu") + number(1) + "tQ";
  };
  expect_value_refused(id(text("module"), global("torch", "FloatStorage")),
                       {"a persistent id of 'module', expected one of 'storage'"});
  expect_value_refused(id(text("storage"), global("collections", "OrderedDict")),
                       {"a storage of type 'OrderedDict'"});
  expect_value_refused(id(text("storage"), text("FloatStorage")),
                       {"value 2 of a persistent id is a string, expected a global"});
}

TEST(StateDictPickle, EntriesAreNamesAndTensors) {
  expect_refused(state_dict("K\x01" + vector_tensor("0", 1)),
                 {"a dict's key is an int, expected a string"});
  expect_refused(state_dict(text("w")), {"a key without a value"});
  expect_refused(kProto + "(" + text("w") + "Nu.", {"needs 3 values"});
  expect_refused(kProto + "N(" + text("w") + "Nu.", {"what entries are set in is None"});
  for (const auto& [value, kind] : {std::pair<std::string, std::string>{"N", "None"},
                                    {"K\x01", "an int"},
                                    {"\x88", "a bool"},
                                    {text("x"), "a string"},
                                    {")", "a tuple"},
                                    {"}", "a dict"},
                                    {global("torch", "FloatStorage"), "a global"},
                                    {storage("0", 1), "a storage"}}) {
    expect_refused(state_dict(text("epoch") + value),
                   {"the value of 'epoch' is " + kind, "save model.state_dict() alone"});
    if (kind == "a dict") continue;
    expect_refused(kProto + value + ".", {"the file holds " + kind + ", expected a state dict"});
  }
}

}  // namespace
}  // namespace finemix
