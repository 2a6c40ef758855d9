// Package run is the run directory: what one training run leaves on disk, and the loop that writes
// it. docs/run-directory.md documents the files for those who read them with other programs.
//
// The package promises that nothing that was written is lost: a checkpoint is written aside, synced
// and renamed; metrics are appended and synced before the checkpoint that counts them; and a run
// that is taken up from a checkpoint goes on as if it had never been interrupted.
package run
