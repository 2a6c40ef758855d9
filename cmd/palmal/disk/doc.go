// Package disk writes files so that neither a kill nor a power cut nor a full disk leaves half of one: it
// writes aside, syncs, renames and syncs the directory. It works below a directory that it holds open, or
// at a user's path.
package disk
