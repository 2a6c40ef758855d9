// memory.cpp: device memory with red zones. New memory, its red zones and freed memory are NaN. Freed memory stays
// for a while so that late readers and writers show.
#include <stdlib.h>
#include <string.h>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>
#include "emulator.h"
#include "races.h"

namespace emu {

static const size_t RED = 256;         // bytes on either side; keeps the alignment of cuMemAlloc
static const size_t STAY = 64u << 20, MANY = 256;  // most bytes and allocations of freed memory that stay
static const size_t LOOKED_AT = 64;     // first bytes of each that are checked after every launch

// Allocation is a piece of memory and its context.
struct Allocation {
  size_t bytes;
  const void* owner;
  std::shared_ptr<std::vector<Word>> shadow = nullptr;  // records for races, from the first access on
};

// Memory is all allocations, by address.
struct Memory {
  std::mutex mutex;
  std::map<uint64_t, Allocation> blocks;
  std::map<const void*, size_t> used;       // bytes by owner
  std::map<uint64_t, Allocation> released;  // freed; age has the oldest first
  std::deque<uint64_t> age;
  size_t kept = 0;
  std::atomic<uint64_t> version{1};  // counts changes
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
  memory().version++;
  memory().used[owner] += bytes;
  return (uint64_t)p + RED;
}

// forget returns the oldest freed memory to the CPU.
static void forget() {
  const uint64_t address = memory().age.front();
  memory().age.pop_front();
  memory().kept -= memory().released[address].bytes;
  memory().released.erase(address);
  free((void*)(address - RED));
}

bool release(uint64_t address) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto i = memory().blocks.find(address);
  if (i == memory().blocks.end()) return false;
  const Allocation gone = {i->second.bytes, i->second.owner};
  memory().version++;
  memset((void*)address, 0xff, gone.bytes);  // a late reader finds NaN
  memory().used[gone.owner] -= gone.bytes, memory().kept += gone.bytes;
  memory().blocks.erase(i);
  memory().released[address] = gone, memory().age.push_back(address);
  while (memory().kept > STAY || memory().age.size() > MANY) forget();
  return true;
}

Word* shadow_of(uintptr_t address) {
  // Threads touch one array after another for a while.
  static thread_local uintptr_t at = 0, bytes = 0;
  static thread_local std::shared_ptr<std::vector<Word>> shadow;
  static thread_local uint64_t as_of = 0;
  if (as_of == memory().version && address - at < bytes) return shadow->data() + (address - at) / 4;
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto i = memory().blocks.upper_bound(address);
  if (i == memory().blocks.begin()) return nullptr;
  --i;
  if (address - i->first >= i->second.bytes) return nullptr;
  if (!i->second.shadow) i->second.shadow = std::make_shared<std::vector<Word>>(i->second.bytes / 4 + 5);
  at = i->first, bytes = i->second.bytes, shadow = i->second.shadow, as_of = memory().version;
  return shadow->data() + (address - at) / 4;
}

bool given_back(uint64_t address) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto i = memory().released.upper_bound(address);
  if (i == memory().released.begin()) return false;
  --i;
  return address < i->first + i->second.bytes;
}

void release_all(const void* owner) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  memory().version++;
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
  for (auto& [address, block] : memory().released)
    for (size_t i = 0; i < block.bytes && i < LOOKED_AT; i++)
      if (((const unsigned char*)address)[i] != 0xff) return "wrote " + std::to_string(i) + " bytes after the start of freed device memory";
  return "";
}

}  // namespace emu
