// context.h: what the files that make up the driver share: the context of a thread, and how calls are refused.
#pragma once
#include <cuda.h>
#include <string>
#include "emulator.h"
#include "stream.h"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult

namespace emu {

// Context owns memory and streams on a device: as on a GPU, a failed launch fails every later call in it. Every device
// has one, its primary context, while somebody holds it.
struct Context {
  CUdevice device = 0;
  int holders = 0;
  CUresult failure = CUDA_SUCCESS;
  std::string message;
  Timeline timeline;
};

// current is the context of the calling thread.
extern thread_local Context* current;

CUresult ready();                                             // whether calls are taken
CUresult refuse(CUresult code, const std::string& message);   // code, with words
CUresult settle(const std::string& wrong);                    // what work that was carried out came to
int resident(int threads, size_t shared);  // blocks of a multiprocessor

}  // namespace emu
