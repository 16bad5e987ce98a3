"""Writes render/colour/colour_tables.h: python3 assets/colour_maps/generate.py > render/colour/colour_tables.h

Needs the Debian package python3-matplotlib (made with 3.6.3), whose 256 entries per map it rounds to 8-bit sRGB.
"""
import matplotlib

MAPS = {
    "viridis": "Stefan van der Walt and Nathaniel Smith, github.com/BIDS/colormap, CC0",
    "inferno": "Stefan van der Walt and Nathaniel Smith, github.com/BIDS/colormap, CC0",
    "cividis": "Nunez, Anderton and Renslow 2018, PLoS ONE 13(7) e0199239; matplotlib licence",
}

print("// Written by assets/colour_maps/generate.py. RRGGBB, 16 entries a line, lowest first.")
print("#pragma once\n\n#include <string_view>\n\nnamespace racktwin {\n")
for name, source in MAPS.items():
    entries = ["%02x%02x%02x" % tuple(round(255 * c) for c in rgb) for rgb in matplotlib.colormaps[name].colors]
    lines = ["".join(entries[i : i + 16]) for i in range(0, 256, 16)]
    print(f"// source: {source}")
    print(f"inline constexpr std::string_view k{name.capitalize()} =")
    print("\n".join(f'    "{line}"' for line in lines) + ";\n")
print("}  // namespace racktwin")
