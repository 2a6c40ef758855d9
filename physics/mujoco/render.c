//go:build mujoco && cgo

#include "render.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catch.h"

enum { MOST_GEOMS = 2000 };

// MuJoCo keeps OpenGL's functions once for the whole process and takes them from
// whichever library is loaded. So one thread at a time tries libraries, and the first
// way that works is the only one afterwards.
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static int settled = -1;

struct renderer {
  gl_context gl;
  mjModel* model;
  mjData* data;
  mjvScene scene;
  mjvOption option;
  mjvCamera camera;
  mjrContext context;
  unsigned char* rgb;  // [height][width][3] from bottom to top
  int width, height;
};

// A quality that a CPU draws in tens of milliseconds: smooth edges, and shadows that
// are not black. Mirror images are left out: they would double the time.
static void choose_quality(mjModel* m, int width, int height) {
  m->vis.global.offwidth = width;
  m->vis.global.offheight = height;
  // Four samples a pixel of a very large picture take half a gigabyte, and its edges are fine without.
  m->vis.quality.offsamples = (long)width * height > (4L << 20) ? 0 : 4;
  m->vis.quality.shadowsize = 2048;
  for (int i = 0; i < 3; i++) {
    m->vis.headlight.ambient[i] = 0.3f;
    m->vis.headlight.diffuse[i] = 0.2f;
    m->vis.headlight.specular[i] = 0;
  }
}

// Draws large floors as infinite: contacts treat them so, and a walker leaves the part
// that the model shows. The pattern keeps its size.
static void unbound_floors(mjModel* m) {
  const mjtNum large = 5;
  for (int i = 0; i < m->ngeom; i++) {
    mjtNum* size = m->geom_size + 3 * i;
    if (m->geom_type[i] != mjGEOM_PLANE || size[0] < large || size[1] < large) continue;
    int material = m->geom_matid[i];
    if (material >= 0 && !m->mat_texuniform[material]) {
      m->mat_texuniform[material] = 1;
      for (int k = 0; k < 2; k++) m->mat_texrepeat[2 * material + k] /= (float)size[k];
    }
    size[0] = size[1] = 0;
  }
}

// The part of render_open that MuJoCo may refuse.
static int prepare(renderer* r, const mjModel* m, int camera, char* text) {
  TRAP({
    r->model = mj_copyModel(NULL, m);
    choose_quality(r->model, r->width, r->height);
    unbound_floors(r->model);
    r->data = mj_makeData(r->model);
    mjv_makeScene(r->model, &r->scene, MOST_GEOMS);
    r->scene.flags[mjRND_REFLECTION] = 0;
    if (camera == CAMERA_FREE) mjv_defaultFreeCamera(r->model, &r->camera);
    else {
      r->camera.type = mjCAMERA_FIXED;
      r->camera.fixedcamid = camera;
    }
    mjr_makeContext(r->model, &r->context, mjFONTSCALE_100);
    mjr_setBuffer(mjFB_OFFSCREEN, &r->context);
  })
  return result;
}

static int open_way(renderer* r, const mjModel* m, int way, int camera, char* text) {
  if (settled >= 0 && settled != way) {
    snprintf(text, TRAP_TEXT, "%s: MuJoCo draws by %s in this process", gl_way(way), gl_way(settled));
    return TRAP_ERROR;
  }
  if (gl_open(&r->gl, way, r->width, r->height, text) || prepare(r, m, camera, text)) return TRAP_ERROR;
  if (r->context.currentBuffer != mjFB_OFFSCREEN) {
    snprintf(text, TRAP_TEXT, "%s: there is no offscreen framebuffer", gl_way(way));
    return TRAP_ERROR;
  }
  settled = way;
  return 0;
}

int render_open(renderer** opened, const mjModel* m, int way, int camera, int width, int height, char* text) {
  renderer* r = calloc(1, sizeof *r);
  *opened = NULL;
  if (!r || !(r->rgb = malloc((size_t)width * height * 3))) {
    free(r);
    strcpy(text, "out of memory");
    return TRAP_ERROR;
  }
  r->width = width;
  r->height = height;
  mjv_defaultScene(&r->scene);
  mjv_defaultOption(&r->option);
  mjv_defaultCamera(&r->camera);
  mjr_defaultContext(&r->context);
  pthread_mutex_lock(&opening);
  int failed = open_way(r, m, way, camera, text);
  if (failed) render_close(r);
  else *opened = r;
  pthread_mutex_unlock(&opening);
  return failed;
}

// Copies the state that decides positions, and computes only those.
static void pose(renderer* r, const mjData* d) {
  const mjModel* m = r->model;
  mju_copy(r->data->qpos, d->qpos, m->nq);
  mju_copy(r->data->mocap_pos, d->mocap_pos, 3 * m->nmocap);
  mju_copy(r->data->mocap_quat, d->mocap_quat, 4 * m->nmocap);
  mj_kinematics(m, r->data);
  mj_comPos(m, r->data);
  mj_camlight(m, r->data);
  mj_tendon(m, r->data);
}

int render_draw(renderer* r, const mjData* d, unsigned char* rgba, char* text) {
  mjrRect frame = {0, 0, r->width, r->height};
  TRAP({
    pose(r, d);
    mjv_updateScene(r->model, r->data, &r->option, NULL, &r->camera, mjCAT_ALL, &r->scene);
    mjr_render(frame, &r->scene, &r->context);
    mjr_readPixels(r->rgb, NULL, frame, &r->context);
  })
  if (result) return result;
  for (int y = 0; y < r->height; y++) {
    const unsigned char* from = r->rgb + (size_t)3 * r->width * (r->height - 1 - y);
    for (int x = 0; x < r->width; x++, from += 3, rgba += 4) {
      memcpy(rgba, from, 3);
      rgba[3] = 255;
    }
  }
  return 0;
}

const char* render_name(const renderer* r) { return r->gl.name; }

void render_close(renderer* r) {
  if (r->gl.library) mjr_freeContext(&r->context);
  mjv_freeScene(&r->scene);
  if (r->data) mj_deleteData(r->data);
  if (r->model) mj_deleteModel(r->model);
  gl_close(&r->gl);
  free(r->rgb);
  free(r);
}
