// Package driver is the CUDA driver as gpu wants it: a device whose context belongs to one locked
// thread, a queue of launches and copies on it, and an error with the driver's own words.
//
// It uses gorgonia.org/cu by its package-level calls, never its work queue (cu.Ctx), whose every call
// costs tens of microseconds, and adds by its own cgo what cu v0.9.6 lacks: packed and cooperative
// launches, more than 48 KB of shared memory, newer attributes, pinned memory and error names.
//
// Work is handed over in jobs, see Device.Do. Within a job the first failure sticks and the calls
// after it do nothing, so that a job reads as the list of its launches:
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
// Everything but this page needs the tag cuda.
package driver
