// Package driver wraps the CUDA driver for gpu: a device whose context belongs to one locked thread, a
// queue of launches and copies on it, and errors with the driver's own text.
//
// It uses the package-level calls of gorgonia.org/cu, never its work queue (cu.Ctx), in which every call
// costs tens of microseconds. Its own cgo adds what cu v0.9.6 lacks: packed and cooperative
// launches, more than 48 KB of shared memory, newer attributes, pinned memory and error names.
//
// Work comes in jobs, see Device.Do. A job keeps its first failure, and the calls after it do nothing, so
// that a job reads as the list of its launches:
//
//	err := device.Do(func(q *driver.Queue) {
//		driver.Upload(q, x, rows)
//		launchNounVerb(q, driver.Line(n, 256), x, y, int64(n))
//		driver.Download(q, out, y)
//	})
//
// Launches and uploads return before the device is done. Download and Queue.Wait wait; a kernel's
// failure shows there, or at the launch itself where Options.Sync is set.
//
// Everything except this comment needs the tag cuda.
package driver
