// Package host tells how much memory there is for this process: that of the computer, and what control
// groups and resource limits leave of it. A process that takes more is killed without a word (control
// groups) or finds that nothing can be allocated (resource limits), so it should know before.
package host
