#include "finemix/text/spm_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/text/charsmap.h"
#include "finemix/text/unicode.h"
#include "finemix/text/vocabulary.h"
#include "text/byte_piece.h"
#include "text/protobuf.h"

namespace finemix {
namespace {

using Wire = ProtobufField::Wire;
using PieceType = SpmModel::PieceType;

// Real models have 1 to 5 MB.
constexpr std::uint64_t kMaxFileBytes = 64u << 20;

// A message of the file, with the fields in it that may be there once.
class Message {
 public:
  Message(std::string_view bytes, std::string object, std::size_t offset)
      : object_(std::move(object)), reader_(bytes, object_, offset) {}

  bool next(ProtobufField& field) { return reader_.next(field); }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kMalformed, printable(object_) + ": " + what);
  }

  // A field that is there twice would be one thing to a reader that takes the first, and another
  // to one that takes the last.
  void expect(const ProtobufField& field, Wire wire, std::string_view name) {
    if (field.wire != wire) {
      refuse(std::string(name) + " has wire type " + std::to_string(static_cast<int>(field.wire)) +
             ", expected " + std::to_string(static_cast<int>(wire)));
    }
    const std::uint64_t bit = std::uint64_t{1} << field.number;
    if (seen_ & bit) refuse(std::string(name) + " is there twice");
    seen_ |= bit;
  }

  std::string_view bytes(const ProtobufField& field, std::string_view name) {
    expect(field, Wire::kBytes, name);
    return field.bytes;
  }

  std::string_view text(const ProtobufField& field, std::string_view name) {
    const std::string_view text = bytes(field, name);
    std::string storage;
    if (valid_utf8(text, storage).data() != text.data()) {
      refuse(std::string(name) + " is no UTF-8: " + quote(text));
    }
    return text;
  }

  std::int64_t integer(const ProtobufField& field, std::string_view name, std::int64_t low,
                       std::int64_t high) {
    expect(field, Wire::kVarint, name);
    const auto value = std::bit_cast<std::int64_t>(field.value);
    if (value < low || value > high) {
      refuse(std::string(name) + " is " + std::to_string(value) + ", expected " +
             std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
  }

  bool boolean(const ProtobufField& field, std::string_view name) {
    return integer(field, name, 0, 1) == 1;
  }

 private:
  std::string object_;
  ProtobufReader reader_;
  std::uint64_t seen_ = 0;  // a bit for each field; those with a meaning are below 64
};

std::size_t offset_in(std::string_view file, std::string_view part) {
  return static_cast<std::size_t>(part.data() - file.data());
}

// What the trainer noted down, as far as a tokenizer asks.
struct TrainerNotes {
  struct Special {
    std::string_view role;
    std::int64_t id = 0;
    bool given = false;
  };
  // The unknown piece's id is asked for even where it isn't given: 0 then.
  std::array<Special, 4> special{{{"unk_id"}, {"bos_id"}, {"eos_id"}, {"pad_id"}}};
};

SpmModel::Piece read_piece(std::string_view file, const ProtobufField& outer, std::size_t index,
                           std::string_view name) {
  const std::string object = std::string(name) + ": piece " + std::to_string(index);
  Message message(outer.bytes, object, offset_in(file, outer.bytes));
  SpmModel::Piece piece;
  for (ProtobufField field; message.next(field);) {
    switch (field.number) {
      case 1:
        piece.text = message.text(field, "its text");
        break;
      case 2:
        message.expect(field, Wire::kFixed32, "its score");
        piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
        break;
      case 3:
        piece.type = static_cast<PieceType>(message.integer(field, "its type", 1, 6));
        break;
      default:
        break;
    }
  }
  if (piece.text.empty()) message.refuse("it is empty");
  if (piece.text.size() > kMaxTokenBytes) {
    message.refuse("it has " + std::to_string(piece.text.size()) + " bytes, expected at most " +
                   std::to_string(kMaxTokenBytes));
  }
  if (piece.text.find('\0') != std::string::npos) {
    message.refuse(quote(piece.text) + " holds a NUL byte");
  }
  if (!std::isfinite(piece.score)) {
    message.refuse(quote(piece.text) + " has score " + std::to_string(piece.score) +
                   ", expected a finite one");
  }
  return piece;
}

TrainerNotes read_trainer(std::string_view file, std::string_view bytes, SpmModel& model) {
  constexpr std::int64_t kLastId = static_cast<std::int64_t>(kMaxTokens) - 1;
  Message message(bytes, model.name + ": trainer_spec", offset_in(file, bytes));
  TrainerNotes notes;
  for (ProtobufField field; message.next(field);) {
    switch (field.number) {
      case 3: {
        const std::int64_t type = message.integer(field, "model_type", 1, 4);
        if (type > 2) {
          message.refuse(std::string("model_type is ") + (type == 3 ? "WORD" : "CHAR") +
                         ", expected UNIGRAM or BPE: no supported family has such models");
        }
        model.algorithm = static_cast<SpmModel::Algorithm>(type);
        break;
      }
      case 24:
        if (message.boolean(field, "treat_whitespace_as_suffix")) {
          message.refuse("treat_whitespace_as_suffix is set: no supported family has such models");
        }
        break;
      case 35:
        model.byte_fallback = message.boolean(field, "byte_fallback");
        break;
      case 40:
      case 41:
      case 42:
      case 43: {
        TrainerNotes::Special& special = notes.special[field.number - 40];
        special.id = message.integer(field, special.role, -1, kLastId);
        special.given = true;
        break;
      }
      default:
        break;
    }
  }
  return notes;
}

// The table of a normalizer or a denormalizer, checked; empty where there is none.
std::string read_charsmap(std::string_view file, std::string_view bytes,
                          const std::string& object) {
  Message message(bytes, object, offset_in(file, bytes));
  std::string charsmap;
  for (ProtobufField field; message.next(field);) {
    if (field.number == 2) charsmap = message.bytes(field, "precompiled_charsmap");
  }
  if (!charsmap.empty()) Charsmap(charsmap, object);
  return charsmap;
}

// Sample texts and their pieces: nobody asks for them, but a file whose self-test is broken is.
void check_self_test(std::string_view file, std::string_view bytes, const std::string& object) {
  ProtobufReader reader(bytes, object, offset_in(file, bytes));
  for (ProtobufField field; reader.next(field);) {
    if (field.wire != Wire::kBytes) continue;
    ProtobufReader sample(field.bytes, object, offset_in(file, field.bytes));
    for (ProtobufField text; sample.next(text);) continue;
  }
}

[[noreturn]] void refuse(const SpmModel& model, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(model.name) + ": " + what);
}

std::string said_piece(const SpmModel& model, std::size_t id) {
  return "piece " + std::to_string(id) + ", " + quote(model.pieces[id].text);
}

void check_distinct(const SpmModel& model) {
  std::vector<std::size_t> order(model.pieces.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto text = [&](std::size_t i) -> const std::string& { return model.pieces[i].text; };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return text(a) != text(b) ? text(a) < text(b) : a < b;
  });
  const auto twice = std::ranges::adjacent_find(order, {}, text);
  if (twice != order.end()) {
    refuse(model, said_piece(model, twice[1]) + ", is piece " + std::to_string(twice[0]) + " too");
  }
}

void check_types(SpmModel& model) {
  std::array<bool, 256> bytes{};
  std::size_t unknown = 0;
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const SpmModel::Piece& piece = model.pieces[id];
    if (piece.type == PieceType::kUnknown) {
      if (++unknown > 1) {
        refuse(model, said_piece(model, id) + ", is UNKNOWN, and so is piece " +
                          std::to_string(model.unknown_id) + ": expected one");
      }
      model.unknown_id = static_cast<std::int32_t>(id);
    } else if (piece.type == PieceType::kByte) {
      if (!model.byte_fallback) {
        refuse(model, said_piece(model, id) + ", is BYTE, but byte_fallback is not set");
      }
      unsigned byte = 0;
      while (byte < bytes.size() && byte_piece(byte) != piece.text) ++byte;
      if (byte == bytes.size()) {
        refuse(model, said_piece(model, id) + ", is BYTE, expected a name like '<0x0A>'");
      }
      bytes[byte] = true;
    }
  }
  if (unknown == 0) refuse(model, "no piece is UNKNOWN, expected one");
  const auto missing = std::ranges::find(bytes, false);
  if (model.byte_fallback && missing != bytes.end()) {
    refuse(model, "byte_fallback is set, but there is no piece " +
                      quote(byte_piece(static_cast<unsigned>(missing - bytes.begin()))));
  }
}

void check_special_ids(const SpmModel& model, const TrainerNotes& notes) {
  const auto size = static_cast<std::int64_t>(model.pieces.size());
  for (const TrainerNotes::Special& special : notes.special) {
    const std::string said =
        "trainer_spec: " + std::string(special.role) + " is " + std::to_string(special.id);
    if (special.role == "unk_id") {
      if (special.id != model.unknown_id) {
        refuse(model, said + ", but the UNKNOWN piece is " + std::to_string(model.unknown_id));
      }
      continue;
    }
    if (!special.given || special.id < 0) continue;
    if (special.id >= size) {
      refuse(model, said + ", but there are " + std::to_string(size) + " pieces");
    }
    const auto id = static_cast<std::size_t>(special.id);
    if (model.pieces[id].type == PieceType::kNormal || model.pieces[id].type == PieceType::kByte) {
      refuse(model, said + ", but " + said_piece(model, id) + ", is an ordinary piece");
    }
  }
}

}  // namespace

SpmModel parse_spm_model(std::string_view file, std::string_view name) {
  SpmModel model;
  model.name = name;
  if (file.empty()) refuse(model, "it is empty, expected a sentencepiece model");
  TrainerNotes notes;
  Message message(file, model.name, 0);
  for (ProtobufField field; message.next(field);) {
    switch (field.number) {
      case 1:
        if (field.wire != Wire::kBytes) refuse(model, "a piece is no message");
        if (model.pieces.size() == kMaxTokens) {
          refuse(model, "more than " + std::to_string(kMaxTokens) + " pieces");
        }
        model.pieces.push_back(read_piece(file, field, model.pieces.size(), name));
        break;
      case 2:
        notes = read_trainer(file, message.bytes(field, "trainer_spec"), model);
        break;
      case 3:
        model.charsmap = read_charsmap(file, message.bytes(field, "normalizer_spec"),
                                       model.name + ": normalizer_spec");
        break;
      case 4:
        check_self_test(file, message.bytes(field, "self_test_data"),
                        model.name + ": self_test_data");
        break;
      case 5:
        read_charsmap(file, message.bytes(field, "denormalizer_spec"),
                      model.name + ": denormalizer_spec");
        break;
      default:
        break;
    }
  }
  if (model.pieces.empty()) refuse(model, "it has no pieces, expected a sentencepiece model");
  check_distinct(model);
  check_types(model);
  check_special_ids(model, notes);
  return model;
}

SpmModel read_spm_model(const std::filesystem::path& path) {
  return parse_spm_model(read_text_file(path, kMaxFileBytes, Links::kOnlyToItsLike),
                         path.native());
}

}  // namespace finemix
