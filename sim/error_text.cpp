#include "sim/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace racktwin {
namespace {

struct TextRegistry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> texts;
};

TextRegistry& text_registry() {
  static TextRegistry registry;
  return registry;
}

std::shared_ptr<const std::string> remembered_text(const std::string& name) {
  TextRegistry& registry = text_registry();
  const std::lock_guard lock(registry.mutex);
  const auto it = registry.texts.find(name);
  return it == registry.texts.end() ? nullptr : it->second;
}

constexpr std::size_t kMostErrors = 20;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// Control characters other than tabs would garble the terminal.
std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') c = '?';
  }
  return result;
}

std::optional<std::string> source_line(const std::string& file, int line) {
  std::string text;
  if (const auto remembered = remembered_text(file)) {
    std::size_t begin = 0;
    for (int i = 1; i < line; ++i) {
      begin = remembered->find('\n', begin);
      if (begin == std::string::npos) return std::nullopt;
      ++begin;
    }
    text = remembered->substr(begin, remembered->find('\n', begin) - begin);
  } else {
    std::ifstream stream(file);
    for (int i = 0; i < line; ++i) {
      if (!std::getline(stream, text)) return std::nullopt;
    }
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (line == 1 && text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) text.erase(0, kByteOrderMark.size());
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return printable(text);
}

// "      ^^^^" under `line`; columns are characters, tabs stay tabs.
std::pair<std::string, std::string> underline(std::string_view line, int column, int length) {
  std::string padding;
  int characters = 0;
  for (const char byte : line) {
    if (!begins_character(byte)) continue;
    if (++characters < column) padding += byte == '\t' ? '\t' : ' ';
  }
  const int carets = std::max(1, std::min(length, characters - column + 1));
  return {padding, std::string(static_cast<std::size_t>(carets), '^')};
}

struct Palette {
  std::string_view red, bold, blue, reset;
};

std::string format_error(const Error& error, const Palette& palette) {
  const auto& [red, bold, blue, reset] = palette;
  std::string out = fmt::format("{}error{}{}: {}{}\n", red, reset, bold, printable(error.message), reset);
  std::string hint = printable(error.hint);
  const SourceLoc& loc = error.loc;
  const std::string number = loc.line > 0 ? std::to_string(loc.line) : "";
  const std::size_t width = std::max<std::size_t>(2, number.size());
  if (loc.file != nullptr) {
    std::string place = printable(*loc.file);
    if (loc.line > 0) place += fmt::format(":{}", loc.line);
    if (loc.line > 0 && loc.column > 0) place += fmt::format(":{}", loc.column);
    out += fmt::format("{:{}}{}-->{} {}\n", "", width, blue, reset, place);
    const auto line = loc.line > 0 ? source_line(*loc.file, loc.line) : std::nullopt;
    if (line && loc.column > 0) {
      const auto [padding, carets] = underline(*line, loc.column, error.length);
      out += fmt::format("{:{}} {}|{}\n", "", width, blue, reset);
      out += fmt::format("{}{:>{}} |{} {}\n", blue, number, width, reset, *line);
      out += fmt::format("{:{}} {}|{} {}{}{}{}{}{}\n", "", width, blue, reset, padding, red, carets,
                         hint.empty() ? "" : " ", hint, reset);
      hint.clear();
    }
  }
  if (!hint.empty()) out += fmt::format("{:{}} {}={} help: {}\n", "", width, blue, reset, hint);
  for (const std::string& note : error.notes) {
    out += fmt::format("{:{}} {}={} note: {}\n", "", width, blue, reset, printable(note));
  }
  return out;
}

}  // namespace

std::shared_ptr<const std::string> remember_text(const std::string& name, std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  TextRegistry& registry = text_registry();
  const std::lock_guard lock(registry.mutex);
  registry.texts[name] = shared;
  return shared;
}

std::string format_errors(const Errors& errors, bool colour) {
  const Palette palette = colour ? Palette{"\x1b[1;31m", "\x1b[1m", "\x1b[1;34m", "\x1b[0m"} : Palette{};
  std::string out;
  for (std::size_t i = 0; i < std::min(errors.size(), kMostErrors); ++i) {
    if (i > 0) out += '\n';
    out += format_error(errors[i], palette);
  }
  if (errors.size() > kMostErrors) out += fmt::format("\nand {} more\n", errors.size() - kMostErrors);
  return out;
}

}  // namespace racktwin
