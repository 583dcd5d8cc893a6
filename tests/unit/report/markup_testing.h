#pragma once

#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// What is wrong with a text that should be well-formed markup with every element closed, every
// attribute quoted, and no references but those of markup_escaped(); "" when nothing is.
inline std::string markup_problem(std::string_view text) {
  std::vector<std::string> open;
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    if (text.find(none) != std::string_view::npos) return "U+FFFE or U+FFFF, which are none";
  }
  const auto here = [&](std::size_t i) { return " at “" + std::string(text.substr(i, 40)) + "”"; };
  const auto reference = [&](std::size_t i) {
    for (const char* known : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      if (text.substr(i).starts_with(known)) return true;
    }
    return false;
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '&' && !reference(i)) return "a bare ampersand" + here(i);
    if (text[i] != '<') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    if (text[i + 1] == '?' || text[i + 1] == '!') {
      i = text.find('>', i) + 1;
      continue;
    }
    const bool closes = text[i + 1] == '/';
    i += closes ? 2 : 1;
    std::string name;
    while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) ||
                               (!name.empty() && text[i] == '-'))) {
      name += text[i++];
    }
    if (name.empty()) return "a bare <" + here(begin);
    if (closes) {
      if (open.empty() || open.back() != name || text[i] != '>')
        return "no element to close" + here(begin);
      open.pop_back();
      ++i;
      continue;
    }
    std::vector<std::string> attributes;
    while (i < text.size() && text[i] == ' ') {
      std::string attribute;
      while (++i < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '-')) {
        attribute += text[i];
      }
      if (text.substr(i, 2) != "=\"") return "an attribute without quotes" + here(begin);
      for (const std::string& other : attributes) {
        if (other == attribute) return "an attribute twice" + here(begin);
      }
      attributes.push_back(attribute);
      for (i += 2; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '<' || (text[i] == '&' && !reference(i))) return "a bad value" + here(begin);
      }
      ++i;
    }
    const bool empty = text.substr(i, 2) == "/>";
    i += empty ? 2 : 1;
    if (text[i - 1] != '>') return "a tag without an end" + here(begin);
    if (!empty) open.push_back(name);
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace finemix
