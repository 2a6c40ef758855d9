// Package host reports how much memory this process may use: the computer's, within control groups and
// resource limits. Beyond it a process is killed without a message (control groups) or cannot allocate
// (resource limits), so it should know before.
package host
