// emulator.h: declarations that the parts of the emulator and intrinsics.h share.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <initializer_list>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

struct dim3 { unsigned x, y, z; };

namespace emu {

// Site is a call of a barrier or collective in the source code.
enum SiteState { UNKNOWN, KEPT, SKIPPED };
struct Site {
  const char* file;
  int line;
  SiteState state;
};

struct Block;

// Self is what a running CUDA thread knows of itself.
struct Self {
  dim3 thread, block_index, block_size, grid_size;
  unsigned lane, warp;
  unsigned char* shared;
  Block* block;
  unsigned group;  // number of grid barriers that it has passed
};
extern thread_local Self* self;

// barrier returns when all threads of the block have called it.
void barrier(Site*);
// warp_barrier returns when all lanes of the warp have called it.
void warp_barrier(Site*, unsigned mask);
// collect gives every lane the words of all lanes, valid until its next collective.
const uint64_t* collect(Site*, unsigned mask, uint64_t word);
// group_barrier returns when `blocks` blocks have called it; see device.cuh.
void group_barrier(Site*, uint32_t* counter, uint32_t blocks, uint32_t& phase);

// fresh_read reports a load_fresh to the search for races; elsewhere it does nothing.
void fresh_read(const void* address, size_t bytes, const void* code);

// Kernel is a compiled kernel, an entry of a linked list.
struct Kernel {
  const char* name;
  void (*run)(const unsigned char* arguments);
  size_t argument_bytes;
  unsigned max_threads;  // limit of __launch_bounds__
  unsigned allowed_shared;
  Kernel* next;
};
extern Kernel* kernels;
struct Registration {
  explicit Registration(Kernel* k) { k->next = kernels, kernels = k; }
};
Kernel* find(const char* name);

// call unpacks arguments that lie one after another, 8 bytes or a multiple each.
template <class... A, size_t... I>
void call(void (*f)(A...), const unsigned char* packed, std::index_sequence<I...>) {
  std::tuple<std::remove_const_t<A>...> values;
  (void)std::initializer_list<int>{
      (__builtin_memcpy(&std::get<I>(values), packed, sizeof(A)), packed += sizeof(A), 0)...};
  f(std::get<I>(values)...);
}
template <class... A>
void call(void (*f)(A...), const unsigned char* packed) {
  static_assert(((sizeof(A) % 8 == 0) && ...), "arguments of kernels take 8 bytes or are structs of such");
  call(f, packed, std::index_sequence_for<A...>{});
}
template <class... A>
constexpr size_t bytes_of(void (*)(A...)) { return (sizeof(A) + ... + 0); }

#define EMULATED_KERNEL(kernel, threads)                                             \
  static void run_##kernel(const unsigned char* p) { emu::call(kernel, p); }         \
  static emu::Kernel emulated_##kernel = {#kernel, run_##kernel, emu::bytes_of(kernel), \
                                          threads, 48 << 10, nullptr};               \
  static emu::Registration registered_##kernel(&emulated_##kernel);

// Launch is a running grid. message is the reason of its failure.
struct Launch {
  Kernel* kernel;
  dim3 grid, block;
  unsigned shared;
  bool cooperative;
  const unsigned char* arguments;
};
// run_launch returns "" or an error.
std::string run_launch(const Launch&);

// environment reads a whole number from the environment, environment_at entry i of a list, or its last entry where
// the list is shorter.
long environment(const char* name, long fallback);
long environment_at(const char* name, size_t i, long fallback);

// The devices; d is a CUdevice.
const int RESERVED_SHARED = 1 << 10, THREADS_PER_SM = 2048;
int shared_per_block();  // most bytes of shared memory of a block
int shared_per_sm();     // bytes of a multiprocessor
int sms();
size_t memory_size(int d);
size_t memory_of_others(int d);  // bytes in use by other processes
bool admits(int d);              // whether its compute mode lets this process in

// Device memory. allocate returns 0 if the owner would have more than most bytes.
uint64_t allocate(size_t bytes, const void* owner, size_t most);
bool release(uint64_t address);
void release_all(const void* owner);
bool covers(uint64_t address, size_t bytes);  // lies in one allocation
bool given_back(uint64_t address);            // lies in one that was released
std::string broken_red_zone();                // "" or which allocation was overrun
size_t memory_used(const void* owner);

}  // namespace emu
