// Package host reports how much memory this process may use: the computer's, within control groups, resource
// limits and jobs of Windows. Beyond it a process is killed without a message (control groups) or cannot
// allocate (the others), so it should know before. It also says what the process used, and what a disk has left.
package host
