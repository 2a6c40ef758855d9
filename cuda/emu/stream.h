// stream.h: enqueued work that is not done yet. A real device may do it at any time between the enqueueing call and
// the next synchronisation. The emulator does it as late as it may, so that a program that changes or frees memory too
// early, or forgets to wait, gets a wrong result here and not only on a busy GPU.
#pragma once
#include <stdint.h>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace emu {

struct Stream;

// Moment is a point in the work of a stream.
struct Moment {
  std::shared_ptr<Stream> stream;  // null: no moment; nothing waits for it
  uint64_t ticket = 0;             // number of pieces of work before it
  bool passed() const;
};

// Work is one piece of work of a stream.
struct Work {
  std::function<std::string()> run;    // returns "" or an error
  Moment after;                        // moment of another stream to wait for
  const void* host = nullptr;          // host memory that it reads or writes
  size_t bytes = 0;                    // size of that memory
};

// Stream is a sequence of work.
struct Stream {
  std::deque<Work> waiting;
  uint64_t enqueued = 0, done = 0;
};

// Event is the moment of its last record, and when it was reached, in seconds.
struct Event {
  Moment moment;
  std::shared_ptr<double> seconds = std::make_shared<double>(0);
};

// Timeline is the streams of a context; threads may share it. Its functions that execute work return "" or an error,
// after which no more work is done.
class Timeline {
 public:
  Timeline();
  Stream* create();
  void destroy(Stream*);
  // find returns the shared stream of a handle; a null handle is the default stream.
  std::shared_ptr<Stream> find(Stream*) const;
  void enqueue(Stream*, Work);
  // finish executes all work of a stream, and the work of other streams that it waits for.
  std::string finish(Stream*);
  std::string finish_all();
  // reach executes the work before a moment.
  std::string reach(const Moment&);
  // step executes one piece of work of a stream, for programs that poll.
  std::string step(Stream*);
  // uses reports whether enqueued work reads or writes host memory.
  bool uses(const void* host, size_t bytes) const;

 private:
  std::string advance(const std::shared_ptr<Stream>&, uint64_t ticket);
  std::string others_first(const Stream*);
  std::string finish(const std::shared_ptr<Stream>&);
  void abandon();
  mutable std::recursive_mutex mutex;
  std::vector<std::shared_ptr<Stream>> streams;  // the first is the default stream
};

}  // namespace emu
