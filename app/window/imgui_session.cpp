#include "app/window/imgui_session.h"

#include "render/text/font.h"

#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>

namespace racktwin {
namespace {

constexpr float kFont_pt = 15, kSmallFont_pt = 12.5F;

// Latin, Greek letters for Δ and µ, punctuation (dashes, middle dots, ellipsis, arrows), mathematical signs.
constexpr ImWchar kGlyphs[] = {0x20,   0xFF,   0x391,  0x3C9,  0x2010, 0x2027, 0x2030, 0x203A,
                               0x2190, 0x2193, 0x2212, 0x2212, 0x2248, 0x2265, 0};

// Digits of equal width, so that figures under each other can be compared and do not jitter while they change.
void make_figures_tabular(ImFont& font) {
  float widest = 0;
  for (ImWchar digit = '0'; digit <= '9'; ++digit) widest = std::max(widest, font.GetCharAdvance(digit));
  for (ImWchar digit = '0'; digit <= '9'; ++digit) {
    auto* glyph = const_cast<ImFontGlyph*>(font.FindGlyphNoFallback(digit));
    if (glyph == nullptr) continue;
    const float shift = (widest - glyph->AdvanceX) / 2;
    glyph->X0 += shift;
    glyph->X1 += shift;
    glyph->AdvanceX = widest;
    font.IndexAdvanceX[digit] = widest;
  }
}

void add_font(ImFontAtlas& atlas, FontFace face, float size_px) {
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;
  config.OversampleH = 2;
  const std::string_view file = FontBook::file(face);
  atlas.AddFontFromMemoryTTF(const_cast<char*>(file.data()), static_cast<int>(file.size()), size_px, &config, kGlyphs);
}

}  // namespace

ImGuiSession::ImGuiSession() {
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;  // nothing is written beside the user's files
  io.LogFilename = nullptr;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  io.ConfigDragClickToInputText = true;  // one click and type; a double click is out of reach of a slow display
}

ImGuiSession::~ImGuiSession() {
  if (is_drawing_) ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext();
}

bool ImGuiSession::start_drawing() { return is_drawing_ = ImGui_ImplOpenGL3_Init("#version 330 core"); }

void ImGuiSession::prepare_frame(float scale) {
  if (scale != scale_) {
    scale_ = scale;
    ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
    atlas.Clear();
    add_font(atlas, FontFace::kRegular, kFont_pt * scale);
    add_font(atlas, FontFace::kSemiBold, kFont_pt * scale);
    add_font(atlas, FontFace::kRegular, kSmallFont_pt * scale);
    atlas.Build();
    for (ImFont* font : atlas.Fonts) make_figures_tabular(*font);
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }
  ImGui_ImplOpenGL3_NewFrame();
}

void ImGuiSession::draw() {
  ImGui::Render();
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

}  // namespace racktwin
