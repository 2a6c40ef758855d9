// stream.cpp: see stream.h.
#include "stream.h"
#include <time.h>
#include "emulator.h"

namespace emu {

typedef std::lock_guard<std::recursive_mutex> Lock;

bool Moment::passed() const { return !stream || stream->done >= ticket; }

Timeline::Timeline() { streams.push_back(std::make_shared<Stream>()); }

Stream* Timeline::create() {
  Lock lock(mutex);
  streams.push_back(std::make_shared<Stream>());
  return streams.back().get();
}

std::shared_ptr<Stream> Timeline::find(Stream* s) const {
  Lock lock(mutex);
  for (auto& known : streams)
    if (known.get() == s) return known;
  return s ? nullptr : streams.front();
}

void Timeline::destroy(Stream* s) {
  Lock lock(mutex);
  for (size_t i = 1; i < streams.size(); i++)
    if (streams[i].get() == s) {
      streams.erase(streams.begin() + (ptrdiff_t)i);
      return;
    }
}

void Timeline::enqueue(Stream* to, Work work) {
  Lock lock(mutex);
  auto s = find(to);
  s->waiting.push_back(std::move(work));
  s->enqueued++;
}

// abandon forgets all enqueued work, as a failed context does.
void Timeline::abandon() {
  for (auto& s : streams) s->waiting.clear(), s->done = s->enqueued;
}

std::string Timeline::advance(const std::shared_ptr<Stream>& s, uint64_t ticket) {
  while (s->done < ticket && !s->waiting.empty()) {
    Work work = std::move(s->waiting.front());
    s->waiting.pop_front();
    std::string wrong;
    if (!work.after.passed()) wrong = advance(work.after.stream, work.after.ticket);
    if (wrong.empty() && work.run) wrong = work.run();
    s->done++;
    if (!wrong.empty()) return abandon(), wrong;
  }
  return "";
}

// others_first executes the work of all other streams first, the opposite of the usual order here.
std::string Timeline::others_first(const Stream* but) {
  if (!environment("PALMAL_EMU_OTHERS_FIRST", 0)) return "";
  for (size_t i = 0; i < streams.size(); i++) {
    auto s = streams[i];
    if (s.get() == but) continue;
    if (auto wrong = advance(s, s->enqueued); !wrong.empty()) return wrong;
  }
  return "";
}

// slow delays a device that has work, while the host's other threads run.
static void slow(const Stream& s) {
  const long milliseconds = environment("PALMAL_EMU_DELAY", 0);
  if (s.waiting.empty() || milliseconds <= 0) return;
  timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, nullptr);
}

std::string Timeline::finish(const std::shared_ptr<Stream>& s) {
  if (!s) return "";
  Lock lock(mutex);
  if (auto wrong = others_first(s.get()); !wrong.empty()) return wrong;
  return advance(s, s->enqueued);
}

std::string Timeline::finish(Stream* which) {
  auto s = find(which);
  if (s) slow(*s);
  return finish(s);
}

std::string Timeline::finish_all() {
  Lock lock(mutex);
  for (size_t i = 0; i < streams.size(); i++)
    if (auto wrong = finish(streams[i]); !wrong.empty()) return wrong;
  return "";
}

std::string Timeline::reach(const Moment& m) {
  Lock lock(mutex);
  if (m.passed()) return "";
  slow(*m.stream);
  if (auto wrong = others_first(m.stream.get()); !wrong.empty()) return wrong;
  return advance(m.stream, m.ticket);
}

std::string Timeline::step(Stream* which) {
  Lock lock(mutex);
  auto s = find(which);
  return s ? advance(s, s->done + 1) : "";
}

bool Timeline::uses(const void* host, size_t bytes) const {
  Lock lock(mutex);
  const auto* from = (const unsigned char*)host;
  for (auto& s : streams)
    for (auto& work : s->waiting) {
      const auto* at = (const unsigned char*)work.host;
      if (at && at < from + bytes && from < at + work.bytes) return true;
    }
  return false;
}

}  // namespace emu
