// Package episodes reads and writes recorded episodes: npz files of NumPy, JSON lines and Parquet files, those
// of a LeRobotDataset (v3) among them.
//
// Files come from outside. They are parsed and never executed: an npz array of Python objects is refused,
// since only unpickling, which runs code, could read it. No size that a file claims is believed before the
// bytes are there, and all sizes have limits. What was read is complete and finite: every [Episode] that a
// function of this package returns has passed [Episode.Check].
package episodes
