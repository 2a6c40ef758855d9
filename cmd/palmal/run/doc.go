// Package run is the run directory: the files of one training run, and the loop that writes them.
// docs/run-directory.md documents the files for readers in other programs.
//
// The package promises that nothing that was written is lost: a checkpoint is written aside, synced
// and renamed; metrics are appended and synced before the checkpoint that counts them; and a run
// that continues from a checkpoint ends as if it had never been interrupted.
package run
