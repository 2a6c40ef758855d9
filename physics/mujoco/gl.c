//go:build mujoco && cgo

// gl.c: the types and constants below are those of EGL/egl.h, EGL/eglext.h and
// GL/osmesa.h, written out so that no header is needed.
#include "gl.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trap.h"

typedef void (*function)(void);
typedef void* pointer;

enum {
  EGL_NONE = 0x3038,
  EGL_SURFACE_TYPE = 0x3033,
  EGL_PBUFFER_BIT = 0x0001,
  EGL_RENDERABLE_TYPE = 0x3040,
  EGL_OPENGL_BIT = 0x0008,
  EGL_RED_SIZE = 0x3024,
  EGL_GREEN_SIZE = 0x3023,
  EGL_BLUE_SIZE = 0x3022,
  EGL_DEPTH_SIZE = 0x3025,
  EGL_OPENGL_API = 0x30A2,
  EGL_PLATFORM_DEVICE_EXT = 0x313F,
  EGL_PLATFORM_SURFACELESS_MESA = 0x31DD,
  OSMESA_RGBA = 0x1908,
  GL_RENDERER = 0x1F01,
  GL_UNSIGNED_BYTE = 0x1401,
  MOST_DEVICES = 16,
};

typedef struct {
  function (*proc)(const char*);
  unsigned (*query_devices)(int, pointer*, int*);
  pointer (*platform_display)(unsigned, pointer, const int*);
  unsigned (*initialize)(pointer, int*, int*);
  unsigned (*bind_api)(unsigned);
  unsigned (*choose_config)(pointer, const int*, pointer*, int, int*);
  pointer (*create_context)(pointer, pointer, pointer, const int*);
  unsigned (*make_current)(pointer, pointer, pointer, pointer);
  unsigned (*destroy_context)(pointer, pointer);
} egl_functions;

static int fail(char* text, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, TRAP_TEXT, format, arguments);
  va_end(arguments);
  return 1;
}

// Loads the first library of two names.
static void* load(const char* first, const char* second) {
  void* library = dlopen(first, RTLD_NOW | RTLD_LOCAL);
  return library ? library : dlopen(second, RTLD_NOW | RTLD_LOCAL);
}

// Names the way and the renderer: a GPU or a software renderer.
static void describe(gl_context* gl, const char* way, function get_string) {
  const unsigned char* (*text)(unsigned) = (const unsigned char* (*)(unsigned))get_string;
  const unsigned char* renderer = text ? text(GL_RENDERER) : NULL;
  snprintf(gl->name, sizeof gl->name, "%s, %s", way, renderer ? (const char*)renderer : "unknown renderer");
}

static int egl_bind(egl_functions* egl, void* library) {
  *(void**)&egl->proc = dlsym(library, "eglGetProcAddress");
  if (!egl->proc) return 0;
#define BIND(field, name) \
  if (!(*(function*)&egl->field = egl->proc(name))) return 0;
  BIND(query_devices, "eglQueryDevicesEXT")
  BIND(platform_display, "eglGetPlatformDisplayEXT")
  BIND(initialize, "eglInitialize")
  BIND(bind_api, "eglBindAPI")
  BIND(choose_config, "eglChooseConfig")
  BIND(create_context, "eglCreateContext")
  BIND(make_current, "eglMakeCurrent")
  BIND(destroy_context, "eglDestroyContext")
#undef BIND
  return 1;
}

// The display stays initialised: all contexts of a device share it.
static void egl_release(const egl_functions* egl, gl_context* gl) {
  egl->make_current(gl->display, NULL, NULL, NULL);
  if (gl->context) egl->destroy_context(gl->display, gl->context);
  gl->display = gl->context = NULL;
}

// Tries one display: a context without a surface, since MuJoCo draws into its own
// framebuffer.
static int egl_try(const egl_functions* egl, gl_context* gl, unsigned platform, pointer device) {
  static const int attributes[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT,
                                   EGL_RED_SIZE, 8, EGL_GREEN_SIZE, 8, EGL_BLUE_SIZE, 8, EGL_DEPTH_SIZE, 24, EGL_NONE};
  pointer config;
  int found = 0;
  gl->display = egl->platform_display(platform, device, NULL);
  if (!gl->display) return 0;
  if (egl->initialize(gl->display, NULL, NULL) && egl->bind_api(EGL_OPENGL_API) &&
      egl->choose_config(gl->display, attributes, &config, 1, &found) && found > 0 &&
      (gl->context = egl->create_context(gl->display, config, NULL, NULL)) &&
      egl->make_current(gl->display, NULL, NULL, gl->context))
    return 1;
  egl_release(egl, gl);
  return 0;
}

// Reads which device the user wants, as MuJoCo's Python package does; -1 if that is not said.
static int egl_chosen(int count, int* chosen, char* text) {
  const char* value = getenv("MUJOCO_EGL_DEVICE_ID");
  if (!value) return 1;
  char* end;
  long number = strtol(value, &end, 10);
  if (end == value || *end || number < 0 || number >= count)
    return !fail(text, "EGL: MUJOCO_EGL_DEVICE_ID is \"%.40s\", want a number from 0 to %d", value, count - 1);
  *chosen = (int)number;
  return 1;
}

// Devices come in the order of their drivers, NVIDIA's before Mesa's.
static int egl_open(gl_context* gl, char* text) {
  egl_functions egl;
  pointer devices[MOST_DEVICES];
  int count = 0;
  char way[32];
  gl->library = load("libEGL.so.1", "libEGL.so");
  if (!gl->library) return fail(text, "EGL: there is no libEGL.so.1");
  if (!egl_bind(&egl, gl->library)) return fail(text, "EGL: the library lacks devices or platforms");
  if (!egl.query_devices(MOST_DEVICES, devices, &count)) count = 0;
  int chosen = -1;
  if (!egl_chosen(count, &chosen, text)) return 1;
  for (int i = 0; i < count; i++)
    if ((chosen < 0 || i == chosen) && egl_try(&egl, gl, EGL_PLATFORM_DEVICE_EXT, devices[i])) {
      snprintf(way, sizeof way, "EGL device %d", i);
      describe(gl, way, egl.proc("glGetString"));
      return 0;
    }
  if (chosen >= 0) return fail(text, "EGL: device %d of MUJOCO_EGL_DEVICE_ID gives no OpenGL", chosen);
  if (egl_try(&egl, gl, EGL_PLATFORM_SURFACELESS_MESA, NULL)) {
    describe(gl, "EGL surfaceless", egl.proc("glGetString"));
    return 0;
  }
  return fail(text, "EGL: none of %d devices, nor a display without surface, gives OpenGL", count);
}

static int osmesa_open(gl_context* gl, int width, int height, char* text) {
  gl->library = load("libOSMesa.so.8", "libOSMesa.so");
  if (!gl->library) return fail(text, "OSMesa: there is no libOSMesa.so.8");
  pointer (*create)(unsigned, int, int, int, pointer);
  unsigned char (*make_current)(pointer, void*, unsigned, int, int);
  function (*proc)(const char*);
  *(void**)&create = dlsym(gl->library, "OSMesaCreateContextExt");
  *(void**)&make_current = dlsym(gl->library, "OSMesaMakeCurrent");
  *(void**)&proc = dlsym(gl->library, "OSMesaGetProcAddress");
  if (!create || !make_current || !proc) return fail(text, "OSMesa: the library lacks OSMesaCreateContextExt");
  gl->pixels = calloc((size_t)width * height, 4);
  gl->context = create(OSMESA_RGBA, 24, 8, 8, NULL);
  if (!gl->pixels || !gl->context || !make_current(gl->context, gl->pixels, GL_UNSIGNED_BYTE, width, height))
    return fail(text, "OSMesa: cannot make a context of %d x %d", width, height);
  describe(gl, "OSMesa", proc("glGetString"));
  return 0;
}

const char* gl_way(int way) { return way == GL_EGL ? "EGL" : "OSMesa"; }

int gl_open(gl_context* gl, int way, int width, int height, char* text) {
  memset(gl, 0, sizeof *gl);
  int failed = way == GL_EGL ? egl_open(gl, text) : osmesa_open(gl, width, height, text);
  if (failed) gl_close(gl);
  return failed;
}

void gl_close(gl_context* gl) {
  egl_functions egl;
  if (gl->display && egl_bind(&egl, gl->library)) egl_release(&egl, gl);
  if (gl->context) {
    void (*destroy)(pointer);
    *(void**)&destroy = dlsym(gl->library, "OSMesaDestroyContext");
    if (destroy) destroy(gl->context);
  }
  // Unload it: MuJoCo uses EGL's functions as long as EGL is loaded.
  if (gl->library) dlclose(gl->library);
  free(gl->pixels);
  memset(gl, 0, sizeof *gl);
}
