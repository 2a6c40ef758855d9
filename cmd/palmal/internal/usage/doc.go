// Package usage is what the verbs of the program share towards the person who types them: exit
// codes, names that are refused with the nearest known one, flags that may stand anywhere, numbers,
// output that cannot steer a terminal and whose failure is remembered, hints that can be pasted, and
// shell completion. It closes the gaps of urfave/cli v2 that would swallow a mistake: there, flags
// behind a positional argument are ignored, an unknown verb ends with a code of its own, and the
// completion that it ships can run the command that it is asked to complete.
package usage
