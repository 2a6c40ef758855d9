// memory.cpp: device memory with red zones. New memory is NaN; so is what lies around it.
#include <stdlib.h>
#include <string.h>
#include <map>
#include <mutex>
#include "emulator.h"

namespace emu {

static const size_t RED = 256;  // bytes on either side; keeps the alignment of cuMemAlloc

// Allocation is a piece of memory and the context that it goes with.
struct Allocation {
  size_t bytes;
  const void* owner;
};

// Memory is all allocations, by their address.
struct Memory {
  std::mutex mutex;
  std::map<uint64_t, Allocation> blocks;
  std::map<const void*, size_t> used;  // bytes by owner
};
static Memory& memory() {
  static Memory m;
  return m;
}

size_t memory_used(const void* owner) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  return memory().used[owner];
}

uint64_t allocate(size_t bytes, const void* owner, size_t most) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  if (memory().used[owner] + bytes > most) return 0;
  size_t whole = (bytes + 2 * RED + 255) & ~(size_t)255;
  auto* p = (unsigned char*)aligned_alloc(256, whole);
  if (!p) return 0;
  memset(p, 0xff, whole);
  memory().blocks[(uint64_t)p + RED] = {bytes, owner};
  memory().used[owner] += bytes;
  return (uint64_t)p + RED;
}

bool release(uint64_t address) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto i = memory().blocks.find(address);
  if (i == memory().blocks.end()) return false;
  memset((void*)address, 0xff, i->second.bytes);  // a late reader finds NaN
  memory().used[i->second.owner] -= i->second.bytes;
  memory().blocks.erase(i);
  free((void*)(address - RED));
  return true;
}

void release_all(const void* owner) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  memory().used.erase(owner);
  for (auto i = memory().blocks.begin(); i != memory().blocks.end();) {
    if (i->second.owner != owner) {
      ++i;
      continue;
    }
    free((void*)(i->first - RED));
    i = memory().blocks.erase(i);
  }
}

bool covers(uint64_t address, size_t bytes) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto i = memory().blocks.upper_bound(address);
  if (i == memory().blocks.begin()) return false;
  --i;
  return address + bytes <= i->first + i->second.bytes;
}

std::string broken_red_zone() {
  std::lock_guard<std::mutex> lock(memory().mutex);
  for (auto& [address, block] : memory().blocks) {
    const size_t bytes = block.bytes;
    auto* p = (const unsigned char*)address;
    for (size_t i = 0; i < RED; i++) {
      if (p[bytes + i] != 0xff) return "wrote " + std::to_string(i) + " bytes past the end of an allocation of " + std::to_string(bytes) + " bytes";
      if (p[-1 - (ptrdiff_t)i] != 0xff) return "wrote " + std::to_string(i + 1) + " bytes before an allocation of " + std::to_string(bytes) + " bytes";
    }
  }
  return "";
}

}  // namespace emu
