#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "finemix/text/unicode.h"

namespace finemix::testing {

// Lines of text over many scripts, the same as scripts/oracle/tokenizer/generated_lines.py makes:
// what the `tokenizers` package says of them is committed under tests/data/text.
class LineGenerator {
 public:
  LineGenerator()
      : alphabets_(read_alphabets("alphabets.txt")),
        marks_(read_alphabets("marks.txt").front()),
        emoji_(read_alphabets("emoji.txt").front()),
        words_(read_lines("words.txt")),
        special_words_(read_lines("special_words.txt")) {}

  std::string line(std::uint64_t number) const {
    Random random(number);
    std::string text;
    append_word(text, random);
    for (std::uint64_t more = random.below(16); more > 0; --more) {
      text += kSeparators[random.below(std::size(kSeparators))];
      append_word(text, random);
    }
    return text;
  }

  // Every character that the lines are made of, alone and as a continuation, and some words.
  std::vector<std::string> vocabulary() const {
    std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    const auto add = [&](const std::string& piece) {
      tokens.push_back(piece);
      tokens.push_back("##" + piece);
    };
    for (const Alphabet& alphabet : alphabets_) {
      for (const std::string& c : alphabet) add(c);
    }
    for (const std::string& c : marks_) add(c);
    for (const std::string& c : emoji_) add(c);
    for (char32_t c = 0x21; c < 0x7F; ++c) add(utf8(c));
    for (const std::string& word : words_) {
      const std::size_t two = characters(word, 2);
      add(word);
      add(word.substr(0, two));
      tokens.push_back(word.substr(0, characters(word, 3)));
      tokens.push_back("##" + word.substr(two));
    }
    std::unordered_set<std::string> seen;
    std::erase_if(tokens, [&](const std::string& token) { return !seen.insert(token).second; });
    return tokens;
  }

 private:
  using Alphabet = std::vector<std::string>;  // characters in UTF-8

  // Knuth's MMIX linear congruential generator.
  class Random {
   public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15) {
      for (int i = 0; i < 3; ++i) below(1);
    }
    std::uint64_t below(std::uint64_t bound) {
      state_ = state_ * 6364136223846793005 + 1442695040888963407;
      return (state_ >> 33) % bound;
    }
    template <typename Items>
    const auto& choose(const Items& items) {
      return items[below(std::size(items))];
    }

   private:
    std::uint64_t state_;
  };

  static constexpr std::string_view kSeparators[] = {
      " ", " ", " ", " ",  " ",  " ",      " ",      " ",
      " ", "",  "",  "  ", "\t", "\u00a0", "\u3000", "\r\n\u2028\xC2\x85\v"};
  static constexpr std::string_view kAfterEmoji[] = {"", "\u200d", "\ufe0f", "\u200d\u2642\ufe0f"};
  // Code points beside the borders of what Unicode and UTF-8 treat alike.
  static constexpr char32_t kEdges[] = {
      0x0,     0x1,     0x1F,    0x7F,    0x80,    0x85,     0xAD,    0x7FF,   0x800,
      0x180E,  0x200B,  0x200D,  0x200E,  0x202E,  0x2060,   0x2FFF,  0x33FF,  0x3400,
      0x4DBF,  0x4DC0,  0x4DFF,  0x4E00,  0x9FFF,  0xA000,   0xABFF,  0xAC00,  0xD7A3,
      0xD7A4,  0xD7FF,  0xE000,  0xF8FF,  0xFAFF,  0xFB00,   0xFDD0,  0xFEFF,  0xFFF9,
      0xFFFC,  0xFFFD,  0xFFFE,  0xFFFF,  0x10000, 0x1F3FB,  0x1FFFF, 0x2A6DF, 0x2A6E0,
      0x2FA1F, 0x2FA20, 0xE0001, 0xEFFFF, 0xF0000, 0x10FFFD, 0x10FFFF};

  static std::ifstream open(const char* name) {
    return std::ifstream(std::string(FINEMIX_TEST_DATA "/text/") + name);
  }

  static std::vector<std::string> read_lines(const char* name) {
    std::ifstream file = open(name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  // An alphabet for each line of the file: "name first-last first-last …".
  static std::vector<Alphabet> read_alphabets(const char* name) {
    std::vector<Alphabet> alphabets;
    for (const std::string& line : read_lines(name)) {
      std::istringstream fields(line);
      std::string field;
      fields >> field;
      Alphabet& alphabet = alphabets.emplace_back();
      while (fields >> field) {
        const char32_t last = std::stoul(field.substr(field.find('-') + 1), nullptr, 16);
        for (char32_t c = std::stoul(field, nullptr, 16); c <= last; ++c) {
          alphabet.push_back(utf8(c));
        }
      }
    }
    return alphabets;
  }

  static std::string utf8(char32_t code) {
    std::string text;
    append_utf8(text, code);
    return text;
  }

  // Bytes of the first `count` characters.
  static std::size_t characters(std::string_view text, int count) {
    std::size_t at = 0;
    for (; count > 0 && at < text.size(); --count) next_code_point(text, at);
    return at;
  }

  // The choices are drawn in the order of the statements, which is that of the Python script.
  void append_word(std::string& text, Random& random) const {
    const std::uint64_t kind = random.below(20);
    if (kind < 6) {
      text += random.choose(words_);
    } else if (kind < 12 || kind == 13) {
      const Alphabet& alphabet = random.choose(alphabets_);
      const std::uint64_t count = kind == 13 ? 90 + random.below(25) : 1 + random.below(10);
      for (std::uint64_t i = 0; i < count; ++i) text += random.choose(alphabet);
    } else if (kind == 12) {
      text += random.choose(special_words_);
    } else if (kind == 14) {
      const Alphabet& alphabet = random.choose(alphabets_);
      for (std::uint64_t more = 1 + random.below(3); more > 0; --more) {
        text += random.choose(alphabet);
        for (std::uint64_t marks = random.below(6); marks > 0; --marks) {
          text += random.choose(marks_);
        }
      }
    } else if (kind == 15) {
      for (std::uint64_t more = 1 + random.below(4); more > 0; --more) {
        text += random.choose(emoji_);
        text += random.choose(kAfterEmoji);
      }
    } else if (kind == 16) {
      for (std::uint64_t more = 1 + random.below(4); more > 0; --more) {
        const std::uint64_t code = random.below(0x10F800);  // surrogates left out
        append_utf8(text, static_cast<char32_t>(code < 0xD800 ? code : code + 0x800));
      }
    } else if (kind == 17) {
      for (std::uint64_t more = 1 + random.below(4); more > 0; --more) {
        append_utf8(text, random.choose(kEdges));
      }
    } else if (kind == 18) {
      for (std::uint64_t more = 1 + random.below(8); more > 0; --more) {
        text += static_cast<char>(0x21 + random.below(94));
      }
    } else {
      text += random.choose(words_);
      text += random.choose(random.choose(alphabets_));
      text += random.choose(words_);
    }
  }

  std::vector<Alphabet> alphabets_;
  Alphabet marks_;
  Alphabet emoji_;
  std::vector<std::string> words_;
  std::vector<std::string> special_words_;
};

}  // namespace finemix::testing
