// Package disk writes files so that neither a kill nor a power cut nor a full disk leaves half of
// one: aside, synced, renamed, the directory synced. It works below a directory that it holds open,
// or at a path that a user gives.
package disk
