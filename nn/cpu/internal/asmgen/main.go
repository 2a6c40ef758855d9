// Command asmgen writes the assembly of package cpu for amd64, from one description for both widths of vectors:
//
//	asmgen DIR
//
// matrix_amd64.s holds the tiles of matrix products and the transposition, half_amd64.s the tiles and roundings of bf16
// numbers, amx_amd64.s their products by AMX, element_amd64.s the loops over elements.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: asmgen DIR")
		os.Exit(2)
	}
	for name, text := range files() {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "asmgen:", err)
			os.Exit(1)
		}
	}
}

// files are the generated files by their names.
func files() map[string]string {
	return map[string]string{"element_amd64.s": elementFile(), "matrix_amd64.s": matrixFile(), "half_amd64.s": halfFile(), "amx_amd64.s": amxFile()}
}
