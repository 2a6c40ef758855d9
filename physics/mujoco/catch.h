// catch.h: the jump target and the text of trap.c's error handlers.
#ifndef PALMAL_CATCH_H
#define PALMAL_CATCH_H

#include <setjmp.h>
#include <stddef.h>

// The current call of this thread into MuJoCo, if any.
struct catcher {
  jmp_buf* target;  // NULL outside of a call
  char* words;      // the caller's text [TRAP_TEXT]
  int warned;
};
extern _Thread_local struct catcher catcher;

// Runs one statement with errors caught. Variables that it assigns must be volatile
// if they are read afterwards, as with any longjmp.
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
