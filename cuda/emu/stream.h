// stream.h: work that has been enqueued and is not done. A real device may do it at any time between the call that
// enqueues it and the next synchronisation; the emulator does it as late as it may, so that a program that changes or
// gives back memory too early, or forgets to wait, gets a wrong result here and not only on a busy GPU.
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
  std::shared_ptr<Stream> stream;  // null: no point at all, which nothing waits for
  uint64_t ticket = 0;             // number of work that comes before it
  bool passed() const;
};

// Work is one thing that a stream has to do.
struct Work {
  std::function<std::string()> run;    // "" or what went wrong
  Moment after;                        // point of another stream to wait for
  const void* host = nullptr;          // memory of the host that it reads or writes
  size_t bytes = 0;                    // size of that memory
};

// Stream is work in its order.
struct Stream {
  std::deque<Work> waiting;
  uint64_t enqueued = 0, done = 0;
};

// Event is the moment of its last record, and when it was reached, in seconds.
struct Event {
  Moment moment;
  std::shared_ptr<double> seconds = std::make_shared<double>(0);
};

// Timeline is the streams of a context, which threads may share. Its functions that carry work out return "" or what
// went wrong, after which nothing that waits is done any more.
class Timeline {
 public:
  Timeline();
  Stream* create();
  void destroy(Stream*);
  // find is the shared stream of a handle; null stands for the stream without a name.
  std::shared_ptr<Stream> find(Stream*) const;
  void enqueue(Stream*, Work);
  // finish carries out all work of a stream, and of others as far as it waits for them.
  std::string finish(Stream*);
  std::string finish_all();
  // reach carries out what comes before a moment.
  std::string reach(const Moment&);
  // step carries out one piece of work of a stream, for programs that ask again and again.
  std::string step(Stream*);
  // uses reports whether work that waits reads or writes memory of the host.
  bool uses(const void* host, size_t bytes) const;

 private:
  std::string advance(const std::shared_ptr<Stream>&, uint64_t ticket);
  std::string others_first(const Stream*);
  std::string finish(const std::shared_ptr<Stream>&);
  void abandon();
  mutable std::recursive_mutex mutex;
  std::vector<std::shared_ptr<Stream>> streams;  // the first has no name
};

}  // namespace emu
