// fiber.cpp: see fiber.h. The switch takes 15 instructions; swapcontext would make a system call each time.
#include "fiber.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <mutex>
#include <vector>

#if !defined(__x86_64__)
#error "the emulator's switch of stacks is written for x86-64"
#endif

asm(R"(
.text
.globl emu_switch_context
.hidden emu_switch_context
.type emu_switch_context,@function
emu_switch_context:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size emu_switch_context,.-emu_switch_context
)");

namespace emu {

static const uint64_t CANARY = 0x5aa5c33c0ff01ee1u;  // lies between overflow and stack
static const size_t WHOLE = OVERFLOW_BYTES + STACK_BYTES;

// Stacks keeps stacks that no fiber uses: mapping one costs more than a small kernel.
struct Stacks {
  std::mutex mutex;
  std::vector<unsigned char*> free;
};
static Stacks& stacks() {
  static Stacks* s = new Stacks;  // never destroyed, for CPU threads that outlive main
  return *s;
}

static unsigned char* kept_stack() {
  std::lock_guard<std::mutex> lock(stacks().mutex);
  auto& free = stacks().free;
  if (free.empty()) return nullptr;
  auto s = free.back();
  free.pop_back();
  return s;
}

unsigned char* take_stack() {
  unsigned char* s = kept_stack();
  if (!s) {
    void* p = mmap(nullptr, WHOLE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) abort();
    s = (unsigned char*)p;
  }
  memcpy(s + OVERFLOW_BYTES, &CANARY, sizeof CANARY);
  return s;
}

void give_stack(unsigned char* stack) {
  std::lock_guard<std::mutex> lock(stacks().mutex);
  stacks().free.push_back(stack);
}

bool stack_intact(const unsigned char* stack) { return !memcmp(stack + OVERFLOW_BYTES, &CANARY, sizeof CANARY); }

void* start_context(unsigned char* stack, unsigned spread, void (*entry)()) {
  uintptr_t top = ((uintptr_t)stack + WHOLE - spread * 37 % 61 * 64) & ~(uintptr_t)15;
  void** sp = (void**)top;
  *--sp = nullptr;        // a return address that entry never uses keeps the alignment of the ABI
  *--sp = (void*)entry;   // where the switch returns to
  for (int i = 0; i < 6; i++) *--sp = nullptr;
  return sp;
}

}  // namespace emu
