//go:build unix

package host

import "golang.org/x/sys/unix"

// mostResident is the largest resident memory of this process, in the system's unit; 0 if unknown.
func mostResident() int64 {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return int64(usage.Maxrss)
}

// Free is the space that this user may still write on the disk of a folder, in bytes.
func Free(folder string) (int64, error) {
	var space unix.Statfs_t
	if err := unix.Statfs(folder, &space); err != nil {
		return 0, err
	}
	return int64(space.Bavail) * int64(space.Bsize), nil
}
