// Most of an overlay's pixels: rectangles of one colour, with overlay.vert.
flat in vec4 colour;
out vec4 pixel;

void main() { pixel = colour; }
