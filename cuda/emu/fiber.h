// fiber.h: one stack for every CUDA thread, and the switch between them.
#pragma once
#include <stddef.h>

namespace emu {

const size_t STACK_BYTES = 64 << 10;     // stack of a thread
const size_t OVERFLOW_BYTES = 256 << 10;  // room below it, so that an overflow is an error and not a crash

// take_stack and give_stack keep stacks for reuse.
unsigned char* take_stack();
void give_stack(unsigned char* stack);
// stack_intact is false where a thread used more than STACK_BYTES.
bool stack_intact(const unsigned char* stack);

// start_context prepares a stack so that switch_context to it runs entry(). spread staggers the tops:
// with equal offsets the hot lines of all stacks would share a few sets of the cache.
void* start_context(unsigned char* stack, unsigned spread, void (*entry)());

}  // namespace emu

// switch_context saves the callee's registers on the stack, stores the stack pointer and continues on another stack.
extern "C" void emu_switch_context(void** save, void* load);
