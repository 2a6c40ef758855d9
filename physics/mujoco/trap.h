// trap.h: calls into MuJoCo that can fail, with their failures caught.
//
// Each returns 0, TRAP_ERROR (MuJoCo called mju_error) or TRAP_WARNING (it
// raised a warning), and writes MuJoCo's own text to text [TRAP_TEXT].
#ifndef PALMAL_TRAP_H
#define PALMAL_TRAP_H

#include <mujoco/mujoco.h>
#include <mujoco/mjxmacro.h>

enum { TRAP_TEXT = 1024, TRAP_ERROR = 1, TRAP_WARNING = 2 };

// A file of the virtual file system of a model.
typedef struct {
  const char* name;
  const void* content;
  int size;
} trap_file;

// Compiles files[0], an MJCF file, with the other files as its assets.
int trap_load(const trap_file* files, int n, mjModel** model, char* text);
int trap_make_data(const mjModel* m, mjData** data, char* text);
int trap_reset(const mjModel* m, mjData* d, char* text);
int trap_forward(const mjModel* m, mjData* d, char* text);
// Fills cfrc_ext, forces on bodies from outside.
int trap_forces(const mjModel* m, mjData* d, char* text);
// Steps n times and stops at the first warning.
int trap_step(const mjModel* m, mjData* d, int n, char* text);

// Types of the arrays that the field functions find.
enum { FIELD_NUM, FIELD_INT, FIELD_FLOAT, FIELD_BYTE };

// Finds an array of the model or of the data by its name in MuJoCo's headers;
// NULL where there is none. count is its number of entries.
const void* model_field(const mjModel* m, const char* name, int* type, int* count);
mjtNum* data_field(const mjModel* m, mjData* d, const char* name, int* count);

#endif
