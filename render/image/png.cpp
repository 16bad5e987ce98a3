#include "render/image/image.h"
#include "sim/check.h"
#include "sim/new_file.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace racktwin {

namespace fs = std::filesystem;

namespace {

constexpr png_uint_32 kMostPixelsOfSide = 16384;  // the largest picture that racktwin writes, and reads

// Measured on pictures of halls at 1080p: 20 to 70 ms. Filters make them slower to write and not smaller; level 6 saves
// a fifth of the size and takes twice as long.
constexpr int kCompressionLevel = 3;
constexpr int kFilter = PNG_FILTER_NONE;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// libpng reports an error through a callback that must not return: it notes why and jumps back into the function of
// ours that called libpng. Only plain C lies between the two.
void note_error(png_structp png, png_const_charp message) {
  auto& reason = *static_cast<std::string*>(png_get_error_ptr(png));
  reason = errno != 0 ? std::strerror(errno) : message;
  png_longjmp(png, 1);
}
void ignore_warning(png_structp /*png*/, png_const_charp /*message*/) {}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<png_text> chunks_of(const PngText& text) {
  std::vector<png_text> chunks;
  for (const auto& [keyword, value] : text) {
    RT_CHECK(!keyword.empty() && keyword.size() < 80 && is_ascii(keyword));  // source: PNG 1.2, section 4.2.3
    png_text chunk{};
    chunk.compression = is_ascii(value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunk.key = const_cast<char*>(keyword.c_str());
    chunk.text = const_cast<char*>(value.c_str());
    chunks.push_back(chunk);
  }
  return chunks;
}

class PngWriter {
 public:
  PngWriter() : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, &reason_, note_error, ignore_warning)) {
    RT_CHECK(png_ != nullptr);
    info_ = png_create_info_struct(png_);
    RT_CHECK(info_ != nullptr);
  }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  // False if it failed: see reason().
  bool write(std::FILE* file, const Image& image, const std::vector<png_text>& text) {
    errno = 0;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_init_io(png_, file);
    const auto width = static_cast<png_uint_32>(image.width), height = static_cast<png_uint_32>(image.height);
    png_set_IHDR(png_, info_, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png_, info_, PNG_sRGB_INTENT_PERCEPTUAL);
    png_set_compression_level(png_, kCompressionLevel);
    png_set_filter(png_, PNG_FILTER_TYPE_BASE, kFilter);
    png_set_text(png_, info_, text.data(), static_cast<int>(text.size()));
    png_write_info(png_, info_);
    png_set_filler(png_, 0, PNG_FILLER_AFTER);  // leaves alpha out
    for (int y = 0; y < image.height; ++y) png_write_row(png_, image.at(0, y));
    png_write_end(png_, nullptr);
    return true;
  }
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
  png_structp png_;
  png_infop info_ = nullptr;
};

class PngReader {
 public:
  PngReader() : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reason_, note_error, ignore_warning)) {
    RT_CHECK(png_ != nullptr);
    info_ = png_create_info_struct(png_);
    RT_CHECK(info_ != nullptr);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  // Both false if they failed: see reason().
  bool read_header(std::FILE* file, Image& image) {
    errno = 0;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_init_io(png_, file);
    png_set_user_limits(png_, kMostPixelsOfSide, kMostPixelsOfSide);
    png_read_info(png_, info_);
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_add_alpha(png_, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    image.width = static_cast<int>(png_get_image_width(png_, info_));
    image.height = static_cast<int>(png_get_image_height(png_, info_));
    return true;
  }
  bool read_rows(const std::vector<png_bytep>& rows) {
    errno = 0;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, const_cast<png_bytepp>(rows.data()));
    png_read_end(png_, info_);
    return true;
  }
  PngText text() const {
    png_textp chunks = nullptr;
    const int count = png_get_text(png_, info_, &chunks, nullptr);
    PngText text;
    for (int i = 0; i < count; ++i) text.emplace_back(chunks[i].key, chunks[i].text);
    return text;
  }
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
  png_structp png_;
  png_infop info_ = nullptr;
};

}  // namespace

Result<void> write_png(const std::string& path, const Image& image, const PngText& text, bool force) {
  RT_CHECK(image.width > 0 && image.height > 0);
  RT_CHECK_EQ(image.pixels.size(), 4 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  Result<NewFile> file = NewFile::create(path, force);
  if (!file) return fail(file.error());
  PngWriter writer;
  if (!writer.write(file->stream(), image, chunks_of(text)))
    return fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", path, writer.reason()));
  return file->finish();
}

Result<std::string> png_bytes(const Image& image, const PngText& text) {
  char* data = nullptr;
  std::size_t size = 0;
  File stream(::open_memstream(&data, &size));
  RT_CHECK(stream != nullptr);
  PngWriter writer;
  const bool is_written = writer.write(stream.get(), image, chunks_of(text));
  stream.reset();  // data and size hold now
  std::string bytes(data, size);
  std::free(data);
  if (!is_written) return fail(ErrorCode::kIo, fmt::format("cannot make a PNG: {}", writer.reason()));
  return bytes;
}

Result<Image> read_png(const std::string& path, PngText* text) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fail(ErrorCode::kBadInput, path + " is no PNG picture: it is a directory");
  const File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  const auto bad = [&](const std::string& reason) {
    return fail(ErrorCode::kBadInput, fmt::format("{} is no PNG picture, or damaged: {}", path, reason));
  };
  PngReader reader;
  Image image;
  if (!reader.read_header(file.get(), image)) return bad(reader.reason());
  const std::size_t row_bytes = 4 * static_cast<std::size_t>(image.width);
  image.pixels.resize(row_bytes * static_cast<std::size_t>(image.height));
  std::vector<png_bytep> rows(static_cast<std::size_t>(image.height));
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = image.pixels.data() + y * row_bytes;
  if (!reader.read_rows(rows)) return bad(reader.reason());
  if (text != nullptr) *text = reader.text();
  return image;
}

}  // namespace racktwin
