// catch.h: where MuJoCo's error handlers of trap.c jump to and leave their words.
#ifndef PALMAL_CATCH_H
#define PALMAL_CATCH_H

#include <setjmp.h>
#include <stddef.h>

// The call that the present thread makes into MuJoCo, if any.
struct catcher {
  jmp_buf* target;  // NULL outside of a call
  char* words;      // [TRAP_TEXT] of the caller
  int warned;
};
extern _Thread_local struct catcher catcher;

// Runs one statement with errors caught. Variables that it assigns and that are
// read afterwards have to be volatile, as after any longjmp.
#define TRAP(statement)                                    \
  jmp_buf here;                                            \
  text[0] = 0;                                             \
  catcher.words = text;                                    \
  catcher.warned = 0;                                      \
  catcher.target = &here;                                  \
  int volatile result = setjmp(here) ? TRAP_ERROR : 0;     \
  if (!result) {                                           \
    statement;                                             \
    if (catcher.warned) result = TRAP_WARNING;             \
  }                                                        \
  catcher.target = NULL;                                   \
  catcher.words = NULL;

#endif
