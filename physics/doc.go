// Package physics simulates the worlds of package task: small analytic ones in
// pure Go, robots in MuJoCo.
//
// A World samples whole episodes in parallel. All randomness of an episode depends
// on (seed, episode number) alone, and episodes are handed over in order, so no
// result depends on the number of workers.
//
// Terminated and truncated differ. An episode is terminated when the task's
// termination holds in its last state, whose value is then 0. It is truncated when
// it reaches the horizon; its last state then still has a value.
//
// A world can be changed before it is opened: its model's attributes, its goals and
// the parameters of its task, by Options; Perturbed reads such changes from text.
//
// An episode whose simulation breaks down is dropped, counted and replaced; see Sample.
//
// Replay applies recorded actions and compares the world with the recording.
package physics
