// context.h: shared by the files of the driver: the context of a thread, and refusals of calls.
#pragma once
#include <cuda.h>
#include <string>
#include "emulator.h"
#include "stream.h"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult

namespace emu {

// Context owns memory and streams on a device: as on a GPU, a failed launch fails every later call in it. Every device
// has one, its primary context, while it is retained.
struct Context {
  CUdevice device = 0;
  int holders = 0;
  CUresult failure = CUDA_SUCCESS;
  std::string message;
  Timeline timeline;
};

// current is the context of the calling thread.
extern thread_local Context* current;

CUresult ready();                                             // success if calls are accepted
CUresult refuse(CUresult code, const std::string& message);   // records the message and returns code
CUresult settle(const std::string& wrong);                    // the result of executed work
int resident(int threads, size_t shared);  // blocks that fit a multiprocessor

}  // namespace emu
