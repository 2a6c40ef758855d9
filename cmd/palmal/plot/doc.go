// Package plot draws learning curves. It is a separate package because the fonts and formats of gonum/plot
// are a third of the program.
package plot
