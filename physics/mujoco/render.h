// render.h: MuJoCo's own renderer, drawing into memory, with its failures caught.
#ifndef PALMAL_RENDER_H
#define PALMAL_RENDER_H

#include "gl.h"
#include "trap.h"

// Further cameras; those of the model count from 0.
enum { CAMERA_FREE = -1 };

// A renderer has its own model and simulation, so that drawing does not change the
// simulated state. The thread that opened it makes all its calls.
typedef struct renderer renderer;

// Returns 0, or TRAP_ERROR with the reason in text.
int render_open(renderer** opened, const mjModel* m, int way, int camera, int width, int height, char* text);
// Draws the state of d, from top to bottom, into rgba [height][width][4].
int render_draw(renderer* r, const mjData* d, unsigned char* rgba, char* text);
const char* render_name(const renderer* r);
void render_close(renderer* r);

#endif
