// Package usage is the part of the command line that all verbs share: exit codes, refusals of unknown names with
// the nearest known one, flags at any place, numbers, output that cannot control a terminal and remembers its first
// failure, hints that can be pasted, and shell completion. It closes gaps of urfave/cli v2 that would swallow a
// mistake: there, flags after a positional argument are ignored, an unknown verb ends with another exit code, and
// the completion can run the command that it should complete.
package usage
