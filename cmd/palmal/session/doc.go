// Package session is the work of one process on a run: it begins or resumes a run, plays it, and keeps the
// books in run.json. The program and package palmal do both by it; neither output nor signals are its business.
package session
