//go:build mujoco && cgo

// trap.c: catches MuJoCo's errors and warnings, which would end the process.
//
// mju_user_error is one pointer for the whole process, called on the thread that
// failed and expected not to return. So the jump target is thread-local, and it
// lives in the C function that Go called: no Go frame is ever jumped over.
// Compiling a model needs none of this, since mj_loadXML catches its own errors.
#include "trap.h"

#include "catch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct catcher catcher;

static void keep(const char* message) {
  char* words = catcher.words;
  if (words && !words[0]) {
    strncpy(words, message, TRAP_TEXT - 1);
    words[TRAP_TEXT - 1] = 0;
  }
}

static void on_error(const char* message) {
  if (catcher.words) catcher.words[0] = 0;  // an error outranks the warning before it
  keep(message);
  if (catcher.target) longjmp(*catcher.target, 1);
}

static void on_warning(const char* message) {
  keep(message);
  catcher.warned = 1;
}

__attribute__((constructor)) static void install(void) {
  mju_user_error = on_error;
  mju_user_warning = on_warning;
}

static int add_file(mjVFS* vfs, const trap_file* f) {
  if (mj_makeEmptyFileVFS(vfs, f->name, f->size)) return TRAP_ERROR;
  memcpy(vfs->filedata[mj_findFileVFS(vfs, f->name)], f->content, f->size);
  return 0;
}

int trap_load(const trap_file* files, int n, mjModel** model, char* text) {
  mjVFS* vfs = malloc(sizeof(mjVFS));  // 2 MB: not on the stack
  if (!vfs) {
    strcpy(text, "out of memory");
    return TRAP_ERROR;
  }
  mj_defaultVFS(vfs);
  *model = NULL;
  TRAP({
    for (int i = 0; i < n && !result; i++) result = add_file(vfs, &files[i]);
    if (result) strcpy(text, "cannot hold the model's files in memory");
    else *model = mj_loadXML(files[0].name, vfs, text, TRAP_TEXT);
  })
  mj_deleteVFS(vfs);
  free(vfs);
  // mj_loadXML leaves the compiler's warnings in text although it succeeded
  if (*model && text[0]) {
    mj_deleteModel(*model);
    *model = NULL;
  }
  return *model ? 0 : TRAP_ERROR;
}

int trap_make_data(const mjModel* m, mjData** data, char* text) {
  *data = NULL;
  TRAP(*data = mj_makeData(m))
  if (!*data && !result) {
    strcpy(text, "out of memory");
    return TRAP_ERROR;
  }
  return result;
}

// Reports whether any warning has been counted since the last reset. Only MuJoCo's
// counters are reliable: it writes a text only for the first warning of each type, in
// a buffer that all threads share. So the text is our own.
static int counted(const mjData* d) {
  static const char* const meaning[mjNWARNING] = {
      [mjWARN_INERTIA] = "inertia matrix close to singular at DOF %d",
      [mjWARN_CONTACTFULL] = "contact buffer full, nconmax %d",
      [mjWARN_CNSTRFULL] = "constraint buffer full, njmax %d",
      [mjWARN_VGEOMFULL] = "visual geom buffer full, maxgeom %d",
      [mjWARN_BADQPOS] = "NaN, infinite or huge QPOS at DOF %d",
      [mjWARN_BADQVEL] = "NaN, infinite or huge QVEL at DOF %d",
      [mjWARN_BADQACC] = "NaN, infinite or huge QACC at DOF %d",
      [mjWARN_BADCTRL] = "NaN or infinite control of actuator %d",
  };
  for (int i = 0; i < mjNWARNING; i++)
    if (d->warning[i].number) {
      snprintf(catcher.words, TRAP_TEXT, meaning[i], d->warning[i].lastinfo);
      return 1;
    }
  return 0;
}

int trap_reset(const mjModel* m, mjData* d, char* text) {
  TRAP(mj_resetData(m, d))
  return result;
}

int trap_forward(const mjModel* m, mjData* d, char* text) {
  TRAP({
    mj_forward(m, d);
    if (counted(d)) catcher.warned = 1;
  })
  return result;
}

int trap_forces(const mjModel* m, mjData* d, char* text) {
  TRAP(mj_rnePostConstraint(m, d))
  return result;
}

int trap_step(const mjModel* m, mjData* d, int n, char* text) {
  TRAP({
    for (int i = 0; i < n && !catcher.warned; i++) {
      mj_step(m, d);
      if (counted(d)) catcher.warned = 1;
    }
  })
  return result;
}

const void* model_field(const mjModel* m, const char* wanted, int* type, int* count) {
  MJMODEL_POINTERS_PREAMBLE(m)
#define X(kind, name, rows, columns)                                              \
  if (!strcmp(wanted, #name)) {                                                   \
    *type = _Generic(m->name, mjtNum*: FIELD_NUM, int*: FIELD_INT,                \
                     float*: FIELD_FLOAT, default: FIELD_BYTE);                   \
    *count = (int)(m->rows) * (int)(columns);                                     \
    return m->name;                                                               \
  }
  MJMODEL_POINTERS
#undef X
  return NULL;
}

mjtNum* data_field(const mjModel* m, mjData* d, const char* wanted, int* count) {
  MJDATA_POINTERS_PREAMBLE(m)
#define X(kind, name, rows, columns)                                              \
  if (!strcmp(wanted, #name)) {                                                   \
    *count = (int)(m->rows) * (int)(columns);                                     \
    return _Generic(d->name, mjtNum*: (mjtNum*)(void*)d->name, default: NULL);    \
  }
  MJDATA_POINTERS
#undef X
  return NULL;
}
