// gl.h: an OpenGL context without a window, from a library found at run time.
//
// The build needs none of these libraries: MuJoCo looks for the functions of OpenGL
// in whichever is loaded when its rendering context is made.
#ifndef PALMAL_GL_H
#define PALMAL_GL_H

// Ways to get one, tried in this order.
enum { GL_EGL, GL_OSMESA, GL_WAYS };

typedef struct {
  void* library;   // NULL while closed
  void* display;   // EGL's display
  void* context;   // EGL's or OSMesa's context
  void* pixels;    // OSMesa's picture
  char name[128];  // way, device and renderer, for people
} gl_context;

// Opens a context of the way and makes it current on the calling thread, which then
// owns it. Returns 0, or 1 with the reason in text [TRAP_TEXT].
int gl_open(gl_context* gl, int way, int width, int height, char* text);
const char* gl_way(int way);
void gl_close(gl_context* gl);

#endif
