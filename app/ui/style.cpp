#include "app/ui/style.h"

#include "app/window/imgui_session.h"

namespace racktwin {
namespace {

// 0xRRGGBB
constexpr Rgba rgb(std::uint32_t hex) {
  return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8), static_cast<std::uint8_t>(hex),
          255};
}

ImFont* font_of(UiFont font) { return ImGui::GetIO().Fonts->Fonts[static_cast<int>(font)]; }

void set_colours(const UiColours& c, ImVec4* colours) {
  const auto set = [&](ImGuiCol which, Rgba colour) { colours[which] = im_vec4(colour); };
  set(ImGuiCol_Text, c.text);
  set(ImGuiCol_TextDisabled, c.text_weak);
  set(ImGuiCol_WindowBg, c.panel);
  set(ImGuiCol_PopupBg, c.panel);
  set(ImGuiCol_Border, c.line);
  set(ImGuiCol_FrameBg, c.field);
  set(ImGuiCol_FrameBgHovered, c.field_hovered);
  set(ImGuiCol_FrameBgActive, c.field_active);
  set(ImGuiCol_Button, c.field);
  set(ImGuiCol_ButtonHovered, c.field_hovered);
  set(ImGuiCol_ButtonActive, c.field_active);
  set(ImGuiCol_Header, with_alpha(c.accent, 0.25));
  set(ImGuiCol_HeaderHovered, c.field_hovered);
  set(ImGuiCol_HeaderActive, with_alpha(c.accent, 0.4));
  set(ImGuiCol_Separator, c.line);
  set(ImGuiCol_SeparatorHovered, c.accent);
  set(ImGuiCol_SeparatorActive, c.accent);
  set(ImGuiCol_CheckMark, c.accent);
  set(ImGuiCol_SliderGrab, with_alpha(c.accent, 0.55));  // the value stands over it
  set(ImGuiCol_SliderGrabActive, c.accent);
  set(ImGuiCol_ScrollbarBg, with_alpha(c.panel, 0));
  set(ImGuiCol_ScrollbarGrab, c.field_hovered);
  set(ImGuiCol_ScrollbarGrabHovered, c.field_active);
  set(ImGuiCol_ScrollbarGrabActive, c.accent);
  set(ImGuiCol_TableBorderLight, c.line);
  set(ImGuiCol_TableBorderStrong, c.line);
  set(ImGuiCol_TextSelectedBg, with_alpha(c.accent, 0.35));
  set(ImGuiCol_NavHighlight, c.accent);
}

}  // namespace

const UiColours& ui_colours(bool is_dark) {
  static constexpr UiColours kDark = {.window = rgb(0x0f1216),
                                      .panel = rgb(0x191e24),
                                      .line = rgb(0x2b323a),
                                      .field = rgb(0x252c34),
                                      .field_hovered = rgb(0x323b45),
                                      .field_active = rgb(0x3d4854),
                                      .text = rgb(0xe8ecf0),
                                      .text_weak = rgb(0x9aa5b1),
                                      .accent = rgb(0x56b4e9),
                                      .on_accent = rgb(0x0d1013),
                                      .warning = rgb(0xe69f00),
                                      .good = rgb(0x3bb893),
                                      .series = rgb(0x56b4e9),
                                      .series_band = rgb(0x56b4e9)};
  static constexpr UiColours kLight = {.window = rgb(0xd9dee4),
                                       .panel = rgb(0xf8f9fb),
                                       .line = rgb(0xd5dae1),
                                       .field = rgb(0xe7ebf0),
                                       .field_hovered = rgb(0xd9dfe6),
                                       .field_active = rgb(0xc9d1da),
                                       .text = rgb(0x161c23),
                                       .text_weak = rgb(0x56616d),
                                       .accent = rgb(0x0072b2),
                                       .on_accent = rgb(0xffffff),
                                       .warning = rgb(0xb84e00),
                                       .good = rgb(0x007a58),
                                       .series = rgb(0x0072b2),
                                       .series_band = rgb(0x0072b2)};
  return is_dark ? kDark : kLight;
}

void apply_style(bool is_dark, float scale) {
  ImGuiStyle style;
  style.WindowPadding = {10, 8};
  style.FramePadding = {8, 4};
  style.ItemSpacing = {8, 5};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {4, 2};
  style.IndentSpacing = 14;
  style.ScrollbarSize = 11;
  style.WindowRounding = style.ChildRounding = 0;
  style.FrameRounding = style.GrabRounding = style.PopupRounding = style.ScrollbarRounding = 4;
  style.WindowBorderSize = 0;
  style.PopupBorderSize = 1;
  style.ScaleAllSizes(scale);
  set_colours(ui_colours(is_dark), style.Colors);
  ImGui::GetStyle() = style;
}

ImU32 im_colour(Rgba colour) { return IM_COL32(colour.r, colour.g, colour.b, colour.a); }

ImVec4 im_vec4(Rgba colour) {
  return {static_cast<float>(colour.r) / 255, static_cast<float>(colour.g) / 255, static_cast<float>(colour.b) / 255,
          static_cast<float>(colour.a) / 255};
}

Rgba with_alpha(Rgba colour, double alpha) {
  colour.a = static_cast<std::uint8_t>(255 * alpha);
  return colour;
}

ImFont* semibold_font() { return font_of(UiFont::kSemiBold); }
ImFont* small_font() { return font_of(UiFont::kSmall); }

}  // namespace racktwin
