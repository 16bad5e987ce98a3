#include "sim/document.h"

#include "sim/error_text.h"
#include "sim/nearest_match.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace racktwin {
namespace {

Document parsed(std::string text, std::string name = "test.toml") {
  auto document = Document::parse(std::move(text), std::move(name));
  if (!document) FAIL(format_errors(document.error(), false));
  return std::move(*document);
}

// The errors after `read` has looked at the text, formatted.
template <class Read>
std::string complaint(std::string text, Read read) {
  Document document = parsed(std::move(text));
  Table root = document.root();
  read(root);
  document.report_unknown_keys();
  return format_errors(document.errors(), false);
}

std::string syntax_complaint(std::string text) {
  const auto document = Document::parse(std::move(text), "test.toml");
  return document ? "accepted" : format_errors(document.error(), false);
}

}  // namespace

TEST_CASE("a document gives back texts, numbers, booleans and lists") {
  Document document = parsed(R"(
name = "hall a"
gpus = 0x48
liquid = true
tags = ["x", "y"]
budget = "132 kW"
share = 0.5
percent = "85 %"
temps = ["20 degC", "300 K"]
)");
  Table root = document.root();
  CHECK(root.text("name") == "hall a");
  CHECK(root.integer("gpus") == 72);
  CHECK(root.optional_boolean("liquid") == true);
  CHECK(root.texts("tags") == std::vector<std::string>{"x", "y"});
  CHECK(root.quantity("budget", Dimension::kPower) == 132e3);
  CHECK(root.quantity("share", Dimension::kNone) == 0.5);
  CHECK(root.quantity("percent", Dimension::kNone) == 0.85);
  CHECK(root.quantities("temps", Dimension::kTemperature)[1] == Approx(26.85));
  document.report_unknown_keys();
  CHECK(document.errors().empty());
}

TEST_CASE("optional keys that are missing are no error") {
  Document document = parsed("");
  Table root = document.root();
  CHECK_FALSE(root.optional_text("a"));
  CHECK_FALSE(root.optional_integer("a"));
  CHECK_FALSE(root.optional_boolean("a"));
  CHECK_FALSE(root.optional_quantity("a", Dimension::kPower));
  CHECK_FALSE(root.optional_sourced("a", Dimension::kPower));
  CHECK_FALSE(root.optional_table("a"));
  CHECK(root.texts("a").empty());
  CHECK(root.tables("a").empty());
  CHECK(root.keys().empty());
  document.report_unknown_keys();
  CHECK(document.errors().empty());
}

TEST_CASE("tables and lists of tables are read in place") {
  Document document = parsed("[site.hall]\nrows = 2\n[[event]]\nat = \"5 s\"\n[[event]]\nat = \"1 min\"\n");
  Table root = document.root();
  CHECK(root.table("site").table("hall").integer("rows") == 2);
  std::vector<Table> events = root.tables("event");
  REQUIRE(events.size() == 2);
  CHECK(events[1].quantity("at", Dimension::kTime) == 60);
  CHECK(events[1].loc().line == 5);
  CHECK(document.errors().empty());
}

TEST_CASE("keys come in the order of the file") {
  Document document = parsed("z = 1\nb.y = 1\na = 2\n[m]\nq = 1\nc = 2\n[d]\n[m.b]\n");
  CHECK(document.root().keys() == std::vector<std::string>{"z", "b", "a", "m", "d"});
  CHECK(document.root().table("m").keys() == std::vector<std::string>{"q", "c", "b"});
}

TEST_CASE("locations are those of the values") {
  Document document = parsed("name = \"x\"\n  [ site ]\n\tpower= \"1 kW\"\n", "places.toml");
  Table root = document.root();
  CHECK(root.loc("name").line == 1);
  CHECK(root.loc("name").column == 8);
  CHECK(*root.loc("name").file == "places.toml");
  CHECK(root.loc("site").line == 2);
  CHECK(root.loc("site").column == 3);
  CHECK(root.table("site").loc("power").line == 3);
  CHECK(root.table("site").loc("power").column == 9);
  CHECK(root.table("site").loc("nothing").line == 2);
  CHECK(root.loc().line == 0);
}

TEST_CASE("a wrong unit is shown with its line and a caret") {
  std::string text(40, '\n');
  text += "  rack_budget = \"132 kv\"\n";
  CHECK(complaint(text, [](Table& root) { root.quantity("rack_budget", Dimension::kPower); }) ==
        R"(error: unknown unit "kv" for power
  --> test.toml:41:17
   |
41 |   rack_budget = "132 kv"
   |                 ^^^^^^^^ expected a power, e.g. "132 kW"
)");
}

TEST_CASE("a bare number is refused where a unit belongs") {
  CHECK(complaint("budget = 132", [](Table& root) { root.optional_quantity("budget", Dimension::kPower); }) ==
        R"(error: a power needs a unit
  --> test.toml:1:10
   |
 1 | budget = 132
   |          ^^^ write "132 kW"
)");
  CHECK(complaint("used = 1.5", [](Table& root) { root.quantity("used", Dimension::kEnergy); }) ==
        R"(error: an energy needs a unit
  --> test.toml:1:8
   |
 1 | used = 1.5
   |        ^^^ write "5 kWh"
)");
  CHECK(complaint("x = nan", [](Table& root) { root.quantity("x", Dimension::kNone); }) ==
        R"(error: "x" must be a finite number
  --> test.toml:1:5
   |
 1 | x = nan
   |     ^^^ write "85 %"
)");
}

TEST_CASE("a missing key is reported at its table with an example") {
  CHECK(complaint("[rack]\n", [](Table& root) { root.table("rack").quantity("budget", Dimension::kPower); }) ==
        R"(error: missing key "budget"
  --> test.toml:1:1
   |
 1 | [rack]
   | ^^^^^^ e.g. budget = "132 kW"
)");
  CHECK(complaint("", [](Table& root) { root.text("name"); }) == R"(error: missing key "name"
  --> test.toml
   = help: e.g. name = "..."
)");
  CHECK(complaint("", [](Table& root) { root.integer("n", 512); }).find("e.g. n = 512") != std::string::npos);
  CHECK(complaint("", [](Table& root) {
          root.quantities("t", Dimension::kTemperature);
        }).find("e.g. t = [\"25 degC\"]") != std::string::npos);
}

TEST_CASE("a missing table is one error, however much is read from it") {
  CHECK(complaint("", [](Table& root) {
          Table rack = root.table("rack");
          CHECK(rack.text("name").empty());
          CHECK(rack.integer("gpus") == 0);
          CHECK(std::isnan(rack.quantity("budget", Dimension::kPower)));
          CHECK(std::isnan(rack.sourced("tdp", Dimension::kPower).value));
          CHECK(rack.table("tray").tables("gpu").empty());
          CHECK(rack.quantities("temps", Dimension::kTemperature).empty());
          CHECK_FALSE(rack.has("name"));
          CHECK(rack.keys().empty());
          CHECK(rack.loc("name").file == nullptr);
          rack.error_at("name", "too long");
        }) == "error: missing table \"rack\"\n  --> test.toml\n   = help: e.g. [rack]\n");
}

TEST_CASE("a value of another type is refused with both types") {
  const auto message = [](std::string text, auto read) {
    const std::string all = complaint(std::move(text), read);
    return all.substr(0, all.find('\n'));
  };
  CHECK(message("x = 5", [](Table& t) { t.text("x"); }) == "error: \"x\" must be a text, not a whole number");
  CHECK(message("x = '5'", [](Table& t) { t.integer("x"); }) == "error: \"x\" must be a whole number, not a text");
  CHECK(message("x = 5.5", [](Table& t) { t.integer("x"); }) ==
        "error: \"x\" must be a whole number, not a number with a point");
  CHECK(message("x = 'a'", [](Table& t) { t.optional_boolean("x"); }) == "error: \"x\" must be a boolean, not a text");
  CHECK(message("x = true", [](Table& t) { t.optional_text("x"); }) == "error: \"x\" must be a text, not a boolean");
  CHECK(message("x = 1979-05-27", [](Table& t) { t.text("x"); }) == "error: \"x\" must be a text, not a date");
  CHECK(message("x = []", [](Table& t) { t.quantity("x", Dimension::kPower); }) ==
        "error: \"x\" must be a power, not a list");
  CHECK(message("x = 5", [](Table& t) { t.table("x"); }) == "error: \"x\" must be a table, not a whole number");
  CHECK(message("x = 'a'", [](Table& t) { t.texts("x"); }) == "error: \"x\" must be a list, not a text");
  CHECK(message("x = [1]", [](Table& t) { t.texts("x"); }) == "error: \"x\" must be a text, not a whole number");
  CHECK(message("[x]", [](Table& t) { t.tables("x"); }) == "error: \"x\" must be a list, not a table");
  CHECK(message("x = [1]", [](Table& t) { t.tables("x"); }) ==
        "error: \"x\" must be a list of tables, not a whole number");
}

TEST_CASE("the contents of a value of a wrong type are not reported again as unknown keys") {
  Document document = parsed("[x]\na = 1\nb = 2\n");
  document.root().text("x");
  document.report_unknown_keys();
  CHECK(document.errors().size() == 1);
}

TEST_CASE("a key that nobody asked for is an error with the nearest known key") {
  CHECK(complaint("[rack]\nbugdet = \"1 kW\"\n", [](Table& root) {
          Table rack = root.table("rack");
          rack.optional_quantity("budget", Dimension::kPower);
          rack.optional_text("name");
        }) == R"(error: unknown key "bugdet"
  --> test.toml:2:1
   |
 2 | bugdet = "1 kW"
   | ^^^^^^ did you mean "budget"?
)");
}

TEST_CASE("a key that resembles nothing is an error with the known keys") {
  CHECK(complaint("foo.bar = 1\n", [](Table& root) {
          root.optional_text("name");
          root.optional_integer("gpus");
        }) == R"(error: unknown key "foo"
  --> test.toml:1:1
   |
 1 | foo.bar = 1
   | ^^^ known keys here: gpus, name
)");
}

TEST_CASE("unknown keys are found in lists of tables, and asking whether a key is there does not make it known") {
  Document document = parsed("[[event]]\nat = '1 s'\n[[event]]\nat = '1 s'\nwho = 1\n");
  for (Table& event : document.root().tables("event")) {
    event.quantity("at", Dimension::kTime);
    CHECK(event.has("at"));
    event.has("who");
  }
  document.report_unknown_keys();
  REQUIRE(document.errors().size() == 1);
  CHECK(document.errors()[0].message == "unknown key \"who\"");
  CHECK(document.errors()[0].loc.line == 5);
  CHECK(document.errors()[0].length == 3);
}

TEST_CASE("in a document that nobody read every key is unknown") {
  Document document = parsed("a = 1\n[b]\nc = 1\n");
  document.report_unknown_keys();
  CHECK(document.errors().size() == 2);
}

TEST_CASE("a sourced value carries its evidence, source, note and range") {
  Document document = parsed(R"([gpu.gb200]
tdp = { is = "1200 W", from = "nvidia-dps", evidence = "published", note = "per package", range = ["1100 W", "1300 W"] }
mass = { is = "2 kg", from = "assumption", evidence = "assumed" }
)");
  Table gpu = document.root().table("gpu").table("gb200");
  const Sourced tdp = gpu.sourced("tdp", Dimension::kPower);
  CHECK(tdp.value == 1200);
  CHECK(tdp.evidence == Evidence::kPublished);
  CHECK(evidence_word(tdp.evidence) == "published");
  CHECK(tdp.from == "nvidia-dps");
  CHECK(tdp.note == "per package");
  CHECK(tdp.low == 1100);
  CHECK(tdp.high == 1300);
  CHECK(tdp.loc.line == 2);
  CHECK(tdp.loc.column == 14);
  const Sourced mass = *gpu.optional_sourced("mass", Dimension::kMass);
  CHECK(mass.evidence == Evidence::kAssumed);
  CHECK(std::isnan(mass.low));
  CHECK(std::isnan(Sourced().value));
  CHECK(Sourced(3).evidence == Evidence::kDerived);
  document.report_unknown_keys();
  CHECK(document.errors().empty());
}

TEST_CASE("a sourced value without source or with unknown evidence is refused") {
  const auto read = [](Table& root) { root.sourced("tdp", Dimension::kPower); };
  CHECK(complaint("tdp = \"1200 W\"", read) == R"(error: "tdp" needs a source and its evidence
  --> test.toml:1:7
   |
 1 | tdp = "1200 W"
   |       ^^^^^^^^ write { is = "1200 W", from = "...", evidence = "published" }
)");
  CHECK(complaint("tdp = { is = \"1 W\" }", read) == R"(error: missing key "from"
  --> test.toml:1:7
   |
 1 | tdp = { is = "1 W" }
   |       ^^^^^^^^^^^^^^ e.g. from = "..."

error: missing key "evidence"
  --> test.toml:1:7
   |
 1 | tdp = { is = "1 W" }
   |       ^^^^^^^^^^^^^^ e.g. evidence = "published"
)");
  CHECK(complaint("[tdp]\nis = '1 W'\nfrom = 'x'\nevidence = 'guessed'", read) ==
        R"(error: unknown evidence "guessed"
  --> test.toml:4:12
   |
 4 | evidence = 'guessed'
   |            ^^^^^^^^^ one of measured, published, reported, derived, assumed
)");
  CHECK(complaint("", read).find("missing key \"tdp\"") != std::string::npos);
  const std::string start = "[tdp]\nis = '1 W'\nfrom = 'x'\nevidence = 'assumed'\n";
  CHECK(complaint(start + "range = ['2 W', '1 W']", read) == R"(error: a range is two values, the lower one first
  --> test.toml:5:9
   |
 5 | range = ['2 W', '1 W']
   |         ^^^^^^^^^^^^^^
)");
  CHECK(complaint(start + "range = ['1 W', 2]", read).find("error: a power needs a unit") == 0);
  CHECK(complaint(start + "rnage = []", read).find("did you mean \"range\"?") != std::string::npos);
}

TEST_CASE("a reader can report an error at a value or at the table") {
  Document document = parsed("[rack]\ngpus = 73\n");
  Table rack = document.root().table("rack");
  rack.error_at("gpus", "too many", "at most 72");
  rack.error_at("cpus", "none");
  REQUIRE(document.errors().size() == 2);
  CHECK(document.errors()[0].loc.column == 8);
  CHECK(document.errors()[0].length == 2);
  CHECK(document.errors()[1].loc.line == 1);
}

TEST_CASE("a document laid underneath fills what is missing") {
  Document document = parsed("name = 'mine'\nlist = [1]\n[site]\nrows = 2\n[odd]\n", "mine.toml");
  document.merge_under(parsed(
      "name = 'base'\nlist = [1, 2]\nodd = 1\n[site]\nrows = 1\nwarm = '40 degX'\n[more]\nx = 1\n", "base.toml"));
  Table root = document.root();
  CHECK(root.keys() == std::vector<std::string>{"name", "list", "site", "odd", "more"});
  CHECK(root.text("name") == "mine");
  CHECK(root.table("site").integer("rows") == 2);
  CHECK(root.table("more").integer("x") == 1);
  root.table("odd");
  CHECK(document.errors().empty());
  root.table("site").quantity("warm", Dimension::kTemperature);
  CHECK(format_errors(document.errors(), false) == R"(error: unknown unit "degX" for temperature
  --> base.toml:6:8
   |
 6 | warm = '40 degX'
   |        ^^^^^^^^^ expected a temperature, e.g. "25 degC"
)");
}

TEST_CASE("keys and errors of a document laid underneath stay known") {
  Document base = parsed("include = 'x'\n", "base.toml");
  base.root().text("include");
  base.root().error_at("include", "no such file");
  Document document = parsed("");
  document.merge_under(std::move(base));
  document.report_unknown_keys();
  REQUIRE(document.errors().size() == 1);
  CHECK(document.errors()[0].message == "no such file");
}

TEST_CASE("values can be set by dotted paths") {
  Document document = parsed("gpu.tdp = { is = '1 W' }\n[[event]]\nat = '1 s'\n[[event]]\nat = '2 s'\n");
  REQUIRE(document.set("workload.gpus=256"));
  REQUIRE(document.set("workload.budget = 132 kW"));
  REQUIRE(document.set("workload.name=\"a = b\""));
  REQUIRE(document.set("workload.sizes=['1 W', '2 W']"));
  REQUIRE(document.set("workload.note="));
  REQUIRE(document.set("workload.tricky=1\ny = 2"));
  REQUIRE(document.set("event.1.at=3 s"));
  REQUIRE(document.set("gpu.tdp.is=2 W"));
  Table root = document.root();
  Table workload = root.table("workload");
  CHECK(workload.integer("gpus") == 256);
  CHECK(workload.quantity("budget", Dimension::kPower) == 132e3);
  CHECK(workload.text("name") == "a = b");
  CHECK(workload.quantities("sizes", Dimension::kPower) == std::vector<double>{1, 2});
  CHECK(workload.text("note").empty());
  CHECK(workload.text("tricky") == "1\ny = 2");
  CHECK(root.tables("event")[0].quantity("at", Dimension::kTime) == 1);
  CHECK(root.tables("event")[1].quantity("at", Dimension::kTime) == 3);
  CHECK(root.table("gpu").table("tdp").quantity("is", Dimension::kPower) == 2);
  CHECK(document.errors().empty());
  document.report_unknown_keys();
  CHECK(document.errors().empty());
}

TEST_CASE("errors in set values point at the command line") {
  Document document = parsed("budget = \"1 kW\"\n");
  REQUIRE(document.set("budget=132"));
  REQUIRE(document.set("foo=1"));
  document.root().quantity("budget", Dimension::kPower);
  document.report_unknown_keys();
  CHECK(format_errors(document.errors(), false) == R"(error: a power needs a unit
  --> command line: budget=132
   = help: write "132 kW"

error: unknown key "foo"
  --> command line: foo=1
   = help: known keys here: budget
)");
}

TEST_CASE("an assignment that leads nowhere is refused and changes nothing") {
  Document document = parsed("name = 'x'\n[[event]]\nat = '1 s'\n");
  const auto refusal = [&](std::string_view assignment) {
    const auto result = document.set(assignment);
    return result ? "accepted" : result.error().front().message;
  };
  CHECK(refusal("name") == "no \"=\" in the assignment");
  CHECK(refusal("") == "no \"=\" in the assignment");
  CHECK(refusal("=1") == "an empty key in the assignment");
  CHECK(refusal("a..b=1") == "an empty key in the assignment");
  CHECK(refusal("name.first=1") == "\"first\" cannot be set in a text");
  CHECK(refusal("event.1.at=1 s") == "\"1\" is no index of a list with 1 items");
  CHECK(refusal("event.-1.at=1 s") == "\"-1\" is no index of a list with 1 items");
  CHECK(refusal("event.99999999999999999999.at=1") == "\"99999999999999999999\" is no index of a list with 1 items");
  CHECK(refusal("event.at=1 s") == "\"at\" is no index of a list with 1 items");
  CHECK(document.root().keys() == std::vector<std::string>{"name", "event"});
}

TEST_CASE("syntax errors are shown where they are") {
  CHECK(syntax_complaint("a = 1\nb = 132 kW\n") ==
        R"(error: syntax error in key-value pair: expected a comment or whitespace, saw 'k'
  --> test.toml:2:9
   |
 2 | b = 132 kW
   |         ^ words and quantities stand in quotes, e.g. "132 kW"
)");
  CHECK(syntax_complaint("a = kW") == R"(error: syntax error in value: could not determine value type
  --> test.toml:1:5
   |
 1 | a = kW
   |     ^ words and quantities stand in quotes, e.g. "132 kW"
)");
  CHECK(syntax_complaint("a = 1\na = 2\n") ==
        R"(error: syntax error in key-value pair: cannot redefine existing integer 'a'
  --> test.toml:2:5
   |
 2 | a = 2
   |     ^
)");
  for (const char* text :
       {"a =", "[t", "a = \"abc\nb = 1", "a = [1,", "a = [1, }", "a = {b = }", "a = {b = 1\n}", "= 1",
        "a = 99999999999999999999", "a = \x80", "\xFF", "a = \"\\q\"", "a = 1e400", "\r", "a\n", "[[", "a = \"\xC3"}) {
    INFO(text);
    CHECK(syntax_complaint(text).find("error: syntax error") == 0);
  }
}

TEST_CASE("a letter outside ASCII in a bare key is a syntax error") {
  CHECK(syntax_complaint("\tb\xC3\xA4r = 1\n") ==
        "error: syntax error in key-value pair: expected '=', saw '\xC3\xA4'\n  --> test.toml:1:3\n   |\n"
        " 1 | \tb\xC3\xA4r = 1\n   | \t ^\n");
}

TEST_CASE("tabs and characters of several bytes keep the caret under the value") {
  CHECK(complaint("\"\xC3\xA4\xC3\xB6\"\t= \"\xC3\xBC kW\"\n",
                  [](Table& root) { root.quantity("\xC3\xA4\xC3\xB6", Dimension::kPower); }) ==
        "error: no number in \"\xC3\xBC kW\"\n  --> test.toml:1:8\n   |\n"
        " 1 | \"\xC3\xA4\xC3\xB6\"\t= \"\xC3\xBC kW\"\n"
        "   |     \t  ^^^^^^ expected a power, e.g. \"132 kW\"\n");
}

TEST_CASE("a byte order mark and line ends of Windows do not shift anything") {
  const std::string text =
      "\xEF\xBB\xBF"
      "a = 1\r\n[t]\r\nb = \"x\"\r\n";
  CHECK(complaint(text, [](Table& root) {
          root.quantity("a", Dimension::kPower);
          root.table("t").quantity("b", Dimension::kPower);
        }) == R"(error: a power needs a unit
  --> test.toml:1:5
   |
 1 | a = 1
   |     ^ write "132 kW"

error: no number in "x"
  --> test.toml:3:5
   |
 3 | b = "x"
   |     ^^^ expected a power, e.g. "132 kW"
)");
}

TEST_CASE("a value over several lines is underlined where it begins, without control characters") {
  CHECK(complaint("a = '''\n1\n2'''\n", [](Table& root) { root.quantity("a", Dimension::kPower); }) ==
        R"(error: cannot read the number in "1?2"
  --> test.toml:1:5
   |
 1 | a = '''
   |     ^ expected a power, e.g. "132 kW"
)");
}

TEST_CASE("an unreadable file is an input/output error") {
  const auto missing = Document::load("/nonexistent/x.toml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error()[0].code == ErrorCode::kIo);
  CHECK(format_errors(missing.error(), false) ==
        "error: cannot read \"/nonexistent/x.toml\": No such file or directory\n");
  const auto folder = Document::load("/");
  REQUIRE_FALSE(folder);
  CHECK(folder.error()[0].code == ErrorCode::kIo);
}

TEST_CASE("a file is loaded and its lines are quoted as they were when it was read") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "racktwin_document_test.toml";
  const std::string text = "gpus = \"x\"\n";
  std::ofstream(path) << text;
  auto document = Document::load(path.string());
  std::filesystem::remove(path);
  REQUIRE(document);
  CHECK(document->source_text() == text);
  document->root().integer("gpus");
  CHECK(format_errors(document->errors(), false).find(" 1 | gpus = \"x\"") != std::string::npos);
}

TEST_CASE("lines of files that were not parsed are read from the file") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "racktwin_document_test.csv";
  std::ofstream(path) << "time,power\n1,x\n";
  const auto file = std::make_shared<const std::string>(path.string());
  Errors errors{{ErrorCode::kBadInput, "no number", {file, 2, 3}, 1, "", {"a note", "another"}}};
  CHECK(format_errors(errors, false) ==
        "error: no number\n  --> " + *file + ":2:3\n   |\n 2 | 1,x\n   |   ^\n   = note: a note\n   = note: another\n");
  errors[0].loc.line = 9;  // beyond the end
  CHECK(format_errors(errors, false).find("--> " + *file + ":9:3\n   = note") != std::string::npos);
  std::filesystem::remove(path);
}

TEST_CASE("errors without a file print without a place") {
  CHECK(format_errors({{ErrorCode::kInternal, "broken", {}, 1, "mend it", {"why"}}}, false) ==
        "error: broken\n   = help: mend it\n   = note: why\n");
  CHECK(format_errors({}, false).empty());
}

TEST_CASE("errors are coloured when asked") {
  Document document = parsed("a = 1");
  document.root().quantity("a", Dimension::kPower);
  CHECK(format_errors(document.errors(), true) ==
        "\x1b[1;31merror\x1b[0m\x1b[1m: a power needs a unit\x1b[0m\n"
        "  \x1b[1;34m-->\x1b[0m test.toml:1:5\n"
        "   \x1b[1;34m|\x1b[0m\n"
        "\x1b[1;34m 1 |\x1b[0m a = 1\n"
        "   \x1b[1;34m|\x1b[0m     \x1b[1;31m^ write \"132 kW\"\x1b[0m\n");
}

TEST_CASE("at most twenty errors are printed") {
  const Errors errors(23, Error{ErrorCode::kBadInput, "e", {}, 1, {}, {}});
  const std::string text = format_errors(errors, false);
  CHECK(text.size() == std::string("error: e\n").size() * 20 + 19 + std::string("\nand 3 more\n").size());
  CHECK(text.find("\nand 3 more\n") != std::string::npos);
}

TEST_CASE("columns and lengths out of range do not harm") {
  parsed("a = 1\n", "range.toml");
  const auto file = std::make_shared<const std::string>("range.toml");
  for (const int column : {-5, 0, 1, 5, 1000, 2147483647}) {
    for (const int length : {-1, 0, 1, 2147483647}) {
      for (const int line : {-1, 0, 1, 2, 3, 2147483647}) {
        CHECK_FALSE(format_errors({{ErrorCode::kBadInput, "e", {file, line, column}, length, "", {}}}, false).empty());
      }
    }
  }
}

TEST_CASE("documents can be parsed and errors formatted from several threads") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 50; ++k) {
        const auto broken = Document::parse("a = ", "shared.toml");
        if (!broken) format_errors(broken.error(), false);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("the nearest match is a typing mistake away") {
  const std::vector<std::string> words{"budget", "gpus", "name", "tdp", "evidence"};
  CHECK(nearest_match("bugdet", words) == "budget");
  CHECK(nearest_match("gpu", words) == "gpus");
  CHECK(nearest_match("gups", words) == "gpus");
  CHECK(nearest_match("NAME", words) == "name");
  CHECK(nearest_match("evidense", words) == "evidence");
  CHECK(nearest_match("tpd", {"tip", "TPD"}) == "TPD");
  CHECK(nearest_match("temp", {"power", "temperature"}) == "temperature");
  CHECK(nearest_match("Util", {"utilization", "temperature"}) == "utilization");
  CHECK_FALSE(nearest_match("te", {"test", "temperature"}));
  CHECK_FALSE(nearest_match("t", {"temperature"}));
  CHECK_FALSE(nearest_match("foo", words));
  CHECK_FALSE(nearest_match("x", {"y", "z"}));
  CHECK_FALSE(nearest_match("", words));
  CHECK_FALSE(nearest_match("gpus", {}));
}

}  // namespace racktwin
