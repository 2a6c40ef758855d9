// Package physics simulates the worlds of package task: small analytic ones in
// pure Go, robots in MuJoCo.
//
// A World plays whole episodes in parallel. Everything random in an episode comes
// from (seed, episode number) alone, and episodes are handed over in their order,
// so a result never depends on the number of workers.
//
// Terminated and truncated are two things here. An episode is terminated when the
// task says so of its last state; it is truncated when it reaches the horizon,
// and then its last state still has a future.
//
// A world can be changed before it is opened: its model's attributes, its goals and
// the parameters of its task, by Options; Perturbed reads such changes from text.
//
// An episode whose simulation breaks down is dropped, counted and replaced; see Play.
//
// Replay plays recorded actions again and says how far the world is from the
// recording.
package physics
