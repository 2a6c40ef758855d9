// layout.c: prints a row of table.txt from the headers that it is compiled with.
//
// members.h, which generate writes, holds one line per line of members.txt: SIZE, VALUE or AT with the
// name, or ABSENT where the headers know no such word. A number stands first, then a letter for the type.
#include <mujoco/mujoco.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// The letters, of a number or of the numbers that a pointer or an array leads to.
#define LETTER(x)                                                                                     \
  _Generic((x), int: 'i', int*: 'i', long: 'l', long*: 'l', double: 'd', double*: 'd', float: 'f',    \
           float*: 'f', unsigned char: 'b', unsigned char*: 'b', bool: 'b', bool*: 'b', char*: 'b',    \
           default: 's')

#define SIZE(type) printf(" %zun", sizeof(type));
#define VALUE(name) printf(" %dn", (int)(name));
#define AT(type, member) printf(" %zu%c", offsetof(type, member), LETTER(((type*)0)->member));
#define ABSENT printf(" -");

int main(void) {
  printf("%d", mjVERSION_HEADER);
#include "members.h"
  printf("\n");
  return 0;
}
